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

enum { DESCRIPTION_EMPTY = 0, DESCRIPTION_BEING_FILLED = 1, DESCRIPTION_FILLED = 2 };

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

HG_SHARED const hg_info *hg1_info(const hg1_kernel *kernel, hg1_description *description) {
    int state = DESCRIPTION_EMPTY;
    if (__atomic_load_n(&description->state, __ATOMIC_ACQUIRE) == DESCRIPTION_FILLED) {
        return &description->info;
    }
    if (__atomic_compare_exchange_n(&description->state, &state, DESCRIPTION_BEING_FILLED, 0, __ATOMIC_ACQUIRE,
                                    __ATOMIC_ACQUIRE)) {
        describe(kernel, &description->info);
        __atomic_store_n(&description->state, DESCRIPTION_FILLED, __ATOMIC_RELEASE);
    }
    /* Another thread is a few assignments away from the end. */
    while (__atomic_load_n(&description->state, __ATOMIC_ACQUIRE) != DESCRIPTION_FILLED) {
        sched_yield();
    }
    return &description->info;
}
