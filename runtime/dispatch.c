/* Which variant of a library runs on this machine, and what the library says of itself. */
#include "hg_internal.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { CHOICE_NOT_READ = 0, CHOICE_NONE = 1, CHOICE_UNKNOWN = 2, CHOICE_FIRST = 3 };

/* The environment is read once, at the first call; a number is kept, not a string, so that one atomic store suffices.
 */
HG_SHARED int hg1_isa_choice = CHOICE_NOT_READ;

static int isa_choice(void) {
    int choice = __atomic_load_n(&hg1_isa_choice, __ATOMIC_RELAXED);
    if (choice == CHOICE_NOT_READ) {
        const char *name = getenv("HALOGRAM_ISA");
        if (name == NULL || name[0] == '\0') {
            choice = CHOICE_NONE;
        } else {
            const int number = hg1_isa_number(name);
            choice = number < 0 ? CHOICE_UNKNOWN : CHOICE_FIRST + number;
        }
        __atomic_store_n(&hg1_isa_choice, choice, __ATOMIC_RELAXED);
    }
    return choice;
}

HG_HELPER_DEFINITION hg_status hg1_choose_variant(const hg1_kernel *kernel, const hg1_variant **variant) {
    const int choice = isa_choice();
    *variant = NULL;
    if (choice == CHOICE_UNKNOWN) {
        return HG_ERROR_ISA_UNKNOWN;
    }
    for (int32_t v = 0; v < kernel->variant_count; ++v) {
        const int number = hg1_isa_number(kernel->variants[v].isa);
        if (choice != CHOICE_NONE && number != choice - CHOICE_FIRST) {
            continue;
        }
        if (hg1_isa_supported(number)) {
            *variant = &kernel->variants[v];
            return HG_OK;
        }
        if (choice != CHOICE_NONE) {
            return HG_ERROR_ISA_UNSUPPORTED;
        }
    }
    return choice == CHOICE_NONE ? HG_ERROR_NO_VARIANT : HG_ERROR_ISA_UNKNOWN;
}

static void describe(const hg1_kernel *kernel, hg_info *info) {
    const hg1_variant *variant;
    info->size = sizeof *info;
    info->abi_version = HG_ABI_VERSION;
    info->name = kernel->name;
    info->version = kernel->version;
    info->formula = kernel->formula;
    info->dtype = kernel->dtype;
    info->operations = kernel->operations;
    info->variants = kernel->variants_text;
    info->features = kernel->features;
    info->form = kernel->form;
    info->status = hg1_choose_variant(kernel, &variant);
    info->variant = variant != NULL ? variant->isa : NULL;
}

/* Nobody waits for another thread, which a fork may have left behind in the parent: who comes while the first call is at
   work fills a copy of his own, and the first one to finish is published. A copy that is published is never freed. */
HG_SHARED const hg_info *hg1_info(const hg1_kernel *kernel, hg1_description *description) {
    const hg_info *found = __atomic_load_n(&description->published, __ATOMIC_ACQUIRE);
    if (found != NULL) {
        return found;
    }
    const int first = __atomic_exchange_n(&description->taken, 1, __ATOMIC_RELAXED) == 0;
    hg_info *made = first ? &description->info : (hg_info *)calloc(1, sizeof *made);
    while (made == NULL) { /* no memory: perhaps there is some again, or another thread is ready, when it next runs */
        sched_yield();
        found = __atomic_load_n(&description->published, __ATOMIC_ACQUIRE);
        if (found != NULL) {
            return found;
        }
        made = (hg_info *)calloc(1, sizeof *made);
    }
    describe(kernel, made);
    if (!__atomic_compare_exchange_n(&description->published, &found, made, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        if (!first) {
            free(made);
        }
        return found;
    }
    return made;
}
