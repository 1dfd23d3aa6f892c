/* The sums over points, in one fixed order that depends on the sizes alone, never on threads or on the variant.

   gx: inside a leaf over the columns of a chunk; then over chunks as a binary counter does it: two sums of 2^k chunks
   make one of 2^(k+1), and at the end the smaller ones are added to the larger ones. A segment of 2^s chunks is one
   whole node of that tree, so that the number of segments changes no bit. gy: inside a leaf over the rows of a panel;
   then over the panels of a group in order, with the rounding errors carried along; then over the groups pairwise.
   Gradients of parameters: over columns and chunks as gx, over panels and groups as gy. */
#include "hg_internal.h"

#include <string.h>

static size_t element_size(const hg1_vjp *work) {
    return (size_t)work->setting.kernel->element_size;
}

HG_HELPER_DEFINITION char *hg1_vjp_sum(const hg1_vjp *work, int64_t segment, int64_t panel) {
    const int64_t at = segment * work->plan.panels + panel;
    return work->memory + work->sums + (size_t)(at * work->stored_length) * element_size(work);
}

HG_HELPER_DEFINITION char *hg1_vjp_columns_sum(const hg1_vjp *work, int64_t group, int64_t chunk) {
    const int64_t at = group * work->plan.chunks + chunk;
    return work->memory + work->columns_sums + (size_t)at * work->columns_bytes;
}

HG_HELPER_DEFINITION int64_t hg1_vjp_group_begin(const hg1_vjp *work, int64_t group) {
    const int64_t panels = work->plan.panels, rest = panels % work->groups;
    return panels / work->groups * group + rest * group / work->groups;
}

HG_HELPER_DEFINITION void hg1_vjp_add(const hg1_vjp *work, int64_t rows, char *value, const char *earlier) {
    const size_t element = element_size(work);
    const size_t parameters = (size_t)work->points_length * element;
    if (work->want_rows) {
        hg1_add(element, value, earlier, rows * work->plan.d);
    }
    if (work->want_parameters) {
        hg1_add(element, value + parameters, earlier + parameters, work->parameters_length);
    }
}

/* The upper levels of the tree over chunks; the panel's sum is left with segment 0. */
static void add_segments(const hg1_vjp *work, int64_t panel) {
    const int64_t rows = hg1_panel_size(&work->plan, panel);
    char *pending[8]; /* HG_VJP_SEGMENTS = 2^4 needs five */
    unsigned occupied = 0;
    char *value = NULL;
    for (int64_t segment = 0; segment < work->segments; ++segment) {
        value = hg1_vjp_sum(work, segment, panel);
        int level = 0;
        for (; (occupied >> level & 1u) != 0; ++level) {
            hg1_vjp_add(work, rows, value, pending[level]);
        }
        pending[level] = value;
        ++occupied;
    }
    value = NULL;
    for (int level = 0; occupied >> level != 0; ++level) {
        if ((occupied >> level & 1u) != 0) {
            if (value != NULL) {
                hg1_vjp_add(work, rows, value, pending[level]);
            } else {
                value = pending[level];
            }
        }
    }
    char *first = hg1_vjp_sum(work, 0, panel);
    if (value != NULL && value != first) {
        memcpy(first, value, (size_t)work->stored_length * element_size(work));
    }
}

/* value[0] = pairwise sum of `count` arrays, `pitch` bytes apart. */
static void add_groups(size_t element, char *values, int64_t count, size_t pitch, int64_t length) {
    for (int64_t step = 1; step < count; step *= 2) {
        for (int64_t group = 0; group + step < count; group += 2 * step) {
            hg1_add(element, values + (size_t)group * pitch, values + (size_t)(group + step) * pitch, length);
        }
    }
}

static void finish_chunk(void *state, int slot, int64_t chunk) {
    const hg1_vjp *work = (const hg1_vjp *)state;
    const hg1_plan *plan = &work->plan;
    const int64_t columns = hg1_chunk_size(plan, chunk), padded = hg1_padded_columns(plan, columns);
    char *sum = hg1_vjp_columns_sum(work, 0, chunk);
    (void)slot;
    add_groups(element_size(work), sum, work->groups, (size_t)plan->chunks * work->columns_bytes, padded * plan->d);
    if (!work->self) {
        char *gy = (char *)work->call.gy + (size_t)(chunk * plan->chunk_columns * work->call.ldgy) * element_size(work);
        hg1_unpack_transposed(element_size(work), gy, work->call.ldgy, sum, columns, padded, plan->d, 0);
    }
}

HG_HELPER_DEFINITION void hg1_vjp_write_points(const hg1_vjp *work, int64_t panel, const char *sum) {
    const size_t element = element_size(work), row_bytes = (size_t)work->plan.d * element;
    const int64_t begin = panel * work->plan.panel_rows, rows = hg1_panel_size(&work->plan, panel);
    char *gx = (char *)work->call.gx + (size_t)(begin * work->call.ldgx) * element;
    for (int64_t i = 0; i < rows; ++i) {
        memcpy(gx + (size_t)(i * work->call.ldgx) * element, sum + (size_t)i * row_bytes, row_bytes);
    }
}

static void finish_panel(void *state, int slot, int64_t panel) {
    const hg1_vjp *work = (const hg1_vjp *)state;
    const hg1_plan *plan = &work->plan;
    (void)slot;
    if (work->segments > 1) {
        add_segments(work, panel);
        if (work->want_rows) {
            hg1_vjp_write_points(work, panel, hg1_vjp_sum(work, 0, panel));
        }
    }
    if (work->want_rows && work->self) {
        /* Sizes of panels and chunks are powers of two: a panel never crosses the border of a chunk. */
        const size_t element = element_size(work);
        const int64_t begin = panel * plan->panel_rows, chunk = begin / plan->chunk_columns, ld = work->call.ldgx;
        const int64_t padded = hg1_padded_columns(plan, hg1_chunk_size(plan, chunk));
        const char *columns = hg1_vjp_columns_sum(work, 0, chunk) + (size_t)(begin % plan->chunk_columns) * element;
        hg1_unpack_transposed(element, (char *)work->call.gx + (size_t)(begin * ld) * element, ld, columns,
                              hg1_panel_size(plan, panel), padded, plan->d, 1);
    }
}

static void finish_parameters(const hg1_vjp *work) {
    const hg1_kernel *kernel = work->setting.kernel;
    const size_t element = element_size(work);
    const int64_t length = work->parameters_length;
    const size_t pitch = (size_t)length * element, begin = (size_t)work->stored_points * element;
    char *sums = work->memory + work->parameter_sums, *errors = work->memory + work->parameter_errors;
    for (int64_t group = 0; group < work->groups; ++group) {
        const int64_t first = hg1_vjp_group_begin(work, group), end = hg1_vjp_group_begin(work, group + 1);
        char *sum = sums + (size_t)group * pitch;
        memcpy(sum, hg1_vjp_sum(work, 0, first) + begin, pitch);
        memset(errors, 0, pitch);
        for (int64_t panel = first + 1; panel < end; ++panel) {
            hg1_add_exactly(element, sum, errors, hg1_vjp_sum(work, 0, panel) + begin, length);
        }
        hg1_settle(element, sum, errors, length);
    }
    add_groups(element, sums, work->groups, pitch, length);
    const char *scalar = sums, *vector = sums + (size_t)work->setting.scalars * element;
    const size_t vector_bytes = (size_t)work->plan.d * element;
    for (int32_t p = 0; p < kernel->parameter_count; ++p) {
        void *gradient = work->call.gparameters[p];
        if (kernel->parameter_kinds[p] == HG1_SCALAR) {
            if (gradient != NULL) {
                memcpy(gradient, scalar, element);
            }
            scalar += element;
        } else if (kernel->parameter_kinds[p] == HG1_VECTOR) {
            if (gradient != NULL) {
                memcpy(gradient, vector, vector_bytes);
            }
            vector += vector_bytes;
        }
    }
}

HG_HELPER_DEFINITION void hg1_vjp_finish(hg1_vjp *work) {
    if (work->want_columns) {
        hg1_run_items(&work->run, work->plan.chunks, finish_chunk, work);
    }
    if (work->segments > 1 || (work->self && work->want_rows)) {
        hg1_run_items(&work->run, work->plan.panels, finish_panel, work);
    }
    if (work->want_parameters && !work->run.stopped) {
        finish_parameters(work);
    }
}

HG_HELPER_DEFINITION void hg1_vjp_zero(const hg1_vjp *work) {
    const hg1_call *call = &work->call;
    const hg1_kernel *kernel = work->setting.kernel;
    const size_t element = element_size(work), width = (size_t)work->setting.d * element;
    for (int64_t i = 0; call->gx != NULL && i < call->n; ++i) {
        memset((char *)call->gx + (size_t)(i * call->ldgx) * element, 0, width);
    }
    for (int64_t j = 0; call->gy != NULL && call->y != NULL && j < call->m; ++j) {
        memset((char *)call->gy + (size_t)(j * call->ldgy) * element, 0, width);
    }
    for (int32_t p = 0; call->gparameters != NULL && p < kernel->parameter_count; ++p) {
        const hg1_parameter_kind kind = kernel->parameter_kinds[p];
        if (kind != HG1_INTEGER && call->gparameters[p] != NULL) {
            memset(call->gparameters[p], 0, kind == HG1_VECTOR ? width : element);
        }
    }
}
