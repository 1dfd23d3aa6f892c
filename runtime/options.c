/* The options of a call, from headers of this and of other versions of ABI 1. */
#include "hg_internal.h"

#include <stddef.h>
#include <string.h>

/* A size beyond this is a mistake, and what it would have looked at is not memory of the caller. */
enum { LARGEST_OPTIONS = 4096 };

/* Fields that an older ABI 1 header lacks keep what `copy` has. Those that a newer one adds to the end must be zero, which
   is the default of every field: then the call means the same here. */
static hg_status copy_options(const hg_options *options, hg_options *copy) {
    const size_t size = options->size;
    if (size <= sizeof *copy) {
        if (size != sizeof *copy && size != offsetof(hg_options, form)) {
            return HG_ERROR_OPTIONS_SIZE;
        }
        memcpy(copy, options, size);
    } else {
        if (size > LARGEST_OPTIONS || size % sizeof(void *) != 0) {
            return HG_ERROR_OPTIONS_SIZE;
        }
        for (size_t byte = sizeof *copy; byte < size; ++byte) {
            if (((const char *)options)[byte] != 0) {
                return HG_ERROR_OPTIONS_UNKNOWN;
            }
        }
        memcpy(copy, options, sizeof *copy);
    }
    copy->size = sizeof *copy;
    return HG_OK;
}

HG_HELPER_DEFINITION hg_status hg1_check_options(const hg_options *options, hg_options *checked) {
    memset(checked, 0, sizeof *checked);
    checked->size = sizeof *checked;
    if (options == NULL) {
        return HG_OK;
    }
    const hg_status status = copy_options(options, checked);
    if (status != HG_OK) {
        return status;
    }
    if (options->threads < 0 || options->threads > HG_LARGEST_THREADS) {
        return HG_ERROR_THREADS;
    }
    if (options->workspace == NULL && options->workspace_bytes != 0) {
        return HG_ERROR_WORKSPACE_NULL;
    }
    if ((uintptr_t)options->workspace % HG_ALIGNMENT != 0) {
        return HG_ERROR_WORKSPACE_ALIGNMENT;
    }
    return HG_OK;
}

HG_HELPER_DEFINITION const hg_options *hg1_options_for_sizing(const hg_options *options, hg_options *copy) {
    memset(copy, 0, sizeof *copy);
    if (options == NULL || copy_options(options, copy) != HG_OK) {
        return options;
    }
    copy->workspace = NULL;
    copy->workspace_bytes = 0;
    return copy;
}
