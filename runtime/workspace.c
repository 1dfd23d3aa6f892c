/* Where a call's temporary memory lies and where it comes from. */
#include "hg_internal.h"

#include <stdlib.h>

HG_HELPER_DEFINITION size_t hg1_layout_add(hg1_layout *layout, int64_t count_a, int64_t count_b, int64_t count_c,
                                           size_t element) {
    const size_t limit = (size_t)PTRDIFF_MAX - HG_ALIGNMENT;
    const size_t begin = layout->bytes;
    size_t bytes = 0;
    int failed = layout->failed || count_a < 0 || count_b < 0 || count_c < 0;
    failed = failed || __builtin_mul_overflow((uint64_t)count_a, (uint64_t)count_b, &bytes);
    failed = failed || __builtin_mul_overflow(bytes, (uint64_t)count_c, &bytes);
    failed = failed || __builtin_mul_overflow(bytes, element, &bytes);
    failed = failed || bytes > limit || begin > limit - bytes;
    if (failed) {
        layout->failed = 1;
        return 0;
    }
    layout->bytes = (begin + bytes + HG_ALIGNMENT - 1) / HG_ALIGNMENT * HG_ALIGNMENT;
    return begin;
}

static char *aligned(char *memory) {
    return memory + (HG_ALIGNMENT - (uintptr_t)memory % HG_ALIGNMENT) % HG_ALIGNMENT;
}

/* Not inlined: only calls that use the stack buffer may pay for it. */
static __attribute__((noinline)) hg_status with_stack(hg1_worker worker, void *state) {
    char memory[HG_STACK_WORKSPACE + HG_ALIGNMENT];
    return worker(state, aligned(memory));
}

HG_HELPER_DEFINITION hg_status hg1_with_workspace(const hg_options *options, size_t bytes, hg1_worker worker,
                                                  void *state) {
    if (options->workspace != NULL) {
        return worker(state, (char *)options->workspace);
    }
    if (bytes <= HG_STACK_WORKSPACE) {
        return with_stack(worker, state);
    }
    char *memory = (char *)malloc(bytes + HG_ALIGNMENT);
    if (memory == NULL) {
        return HG_ERROR_OUT_OF_MEMORY;
    }
    const hg_status status = worker(state, aligned(memory));
    free(memory);
    return status;
}
