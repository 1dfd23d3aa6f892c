/* Distributes the items of one call over threads; progress and cancellation. */
#include "fp_state.h"
#include "hg_internal.h"

#include <string.h>

HG_HELPER_DEFINITION double hg1_operations_of_call(const hg1_setting *setting, int32_t estimate) {
    return (double)estimate * (setting->kernel->features == 0 ? (double)setting->d / 16.0 : 1.0);
}

HG_HELPER_DEFINITION int hg1_call_is_large(const hg1_setting *setting, int64_t n, int64_t m) {
    const double operations = hg1_operations_of_call(setting, setting->kernel->operations_per_pair);
    return (double)n * (double)m * operations > HG_THREADS_FROM_OPERATIONS;
}

HG_HELPER_DEFINITION int hg1_call_threads(const hg1_setting *setting, int64_t n, int64_t m) {
    if (!hg1_call_is_large(setting, n, m)) {
        return 1;
    }
    return setting->options.threads > 0 ? setting->options.threads : hg1_get_num_threads();
}

HG_HELPER_DEFINITION void hg1_run_begin(hg1_run *run, const hg_options *options, int slots, int64_t total) {
    run->options = options;
    run->slots = slots;
    run->stopped = 0;
    run->misused = 0;
    run->reporting = 0;
    run->done = 0;
    run->total = total;
    run->reported = 0;
}

static int cancelled(hg1_run *run) {
    if (__atomic_load_n(&run->stopped, __ATOMIC_RELAXED)) {
        return 1;
    }
    if (run->options->cancel != NULL && __atomic_load_n(run->options->cancel, __ATOMIC_RELAXED) != 0) {
        __atomic_store_n(&run->stopped, 1, __ATOMIC_RELAXED);
        return 1;
    }
    return 0;
}

HG_HELPER_DEFINITION int hg1_run_advance(hg1_run *run) {
    const int64_t done = __atomic_add_fetch(&run->done, 1, __ATOMIC_RELAXED);
    /* Whoever finds the callback taken goes on working; the one inside, or the end of the call, reports for it. */
    if (run->options->progress != NULL && !__atomic_exchange_n(&run->reporting, 1, __ATOMIC_ACQUIRE)) {
        if (done > run->reported) {
            run->reported = done;
            run->options->progress(run->options->progress_user, done, run->total);
        }
        __atomic_store_n(&run->reporting, 0, __ATOMIC_RELEASE);
    }
    return cancelled(run);
}

HG_HELPER_DEFINITION hg_status hg1_run_end(hg1_run *run) {
    if (run->stopped) {
        return run->misused ? HG_ERROR_PARALLEL_FOR : HG_ERROR_CANCELLED;
    }
    if (run->options->progress != NULL && run->reported < run->total) {
        run->options->progress(run->options->progress_user, run->total, run->total);
    }
    return HG_OK;
}

typedef struct hg1_items {
    hg1_run *run;
    hg1_item function;
    void *state;
    int64_t items, next;
} hg1_items;

/* One slot: takes items until none is left. So a slot needs no thread of its own, and uneven items balance. */
static void run_slot(void *context, int64_t slot) {
    hg1_items *items = (hg1_items *)context;
    const hg1_fp_state saved = hg1_fp_enter();
    while (!cancelled(items->run)) {
        const int64_t item = __atomic_fetch_add(&items->next, 1, __ATOMIC_RELAXED);
        if (item >= items->items) {
            break;
        }
        items->function(items->state, (int)slot, item);
    }
    hg1_fp_leave(saved);
}

/* The slots of one parallel_for of the caller, who is not taken at his word: two threads in one slot would write the same
   memory, and a slot that is left out leaves K unwritten where all are. */
typedef struct hg1_claims {
    hg1_items *items;
    int64_t slots, finished;
    int broken;
    uint64_t begun[HG_LARGEST_THREADS / 64 + 1]; /* a bit for each slot */
} hg1_claims;

static void run_claimed_slot(void *context, int64_t slot) {
    hg1_claims *claims = (hg1_claims *)context;
    const uint64_t bit = (uint64_t)1 << ((uint64_t)slot % 64);
    if (slot < 0 || slot >= claims->slots ||
        (__atomic_fetch_or(&claims->begun[slot / 64], bit, __ATOMIC_RELAXED) & bit) != 0) {
        __atomic_store_n(&claims->broken, 1, __ATOMIC_RELAXED);
        return;
    }
    run_slot(claims->items, slot);
    __atomic_add_fetch(&claims->finished, 1, __ATOMIC_RELEASE);
}

static void run_on_callers_threads(hg1_items *items, int64_t slots) {
    hg1_run *run = items->run;
    hg1_claims claims;
    claims.items = items;
    claims.slots = slots;
    claims.finished = 0;
    claims.broken = 0;
    memset(claims.begun, 0, (size_t)(slots / 64 + 1) * sizeof claims.begun[0]);
    run->options->parallel_for(run->options->parallel_for_user, slots, run_claimed_slot, &claims);
    const int whole = __atomic_load_n(&claims.finished, __ATOMIC_ACQUIRE) == slots &&
                      !__atomic_load_n(&claims.broken, __ATOMIC_RELAXED);
    /* Who cancels may also leave out what has not begun. */
    if (!whole && !cancelled(run)) {
        run->misused = 1;
        __atomic_store_n(&run->stopped, 1, __ATOMIC_RELAXED);
    }
}

HG_HELPER_DEFINITION void hg1_run_items(hg1_run *run, int64_t items, hg1_item function, void *state) {
    hg1_items list;
    list.run = run;
    list.function = function;
    list.state = state;
    list.items = items;
    list.next = 0;
    const int64_t slots = items < run->slots ? items : run->slots;
    if (cancelled(run)) {
        return;
    }
    if (slots <= 1) {
        run_slot(&list, 0);
    } else if (run->options->parallel_for != NULL) {
        run_on_callers_threads(&list, slots);
    } else {
        hg1_pool_run(slots, run_slot, &list);
    }
}
