/* Where one row panel meets one column chunk: the pair planes, and the parts of the gradients that are summed from
   them by the leaves. */
#include "hg_internal.h"

#include <string.h>

/* ---- Pair planes ---- */

/* w of `w_rows` x `w_columns` pairs from row `row`; g is the caller's matrix or a padded copy. */
static void call_pairs(const hg1_vjp *work, const hg1_vjp_block *b, int64_t row, int64_t rows, const void *g,
                       int64_t ldg, int64_t w_rows, int64_t w_columns) {
    const hg1_plan *plan = &work->plan;
    const size_t element = (size_t)work->setting.kernel->element_size;
    hg1_arguments arguments;
    hg1_arguments_begin(plan, work->memory, b->slot, &arguments);
    hg1_arguments_panel(plan, b->slot, &arguments, b->rows, row, rows);
    hg1_arguments_chunk(plan, work->memory, &arguments, b->chunk, b->columns, 0);
    hg1_arguments_buffer(plan, &arguments, g, 2, w_columns, w_rows, ldg, 0, 0);
    hg1_arguments_buffer(plan, &arguments, b->slot + work->w + (size_t)(row * b->padded_columns) * element, 3,
                         w_columns, w_rows, b->padded_columns, work->setting.kernel->pair_planes,
                         b->padded_columns * b->padded_rows);
    work->leaves->pairs(arguments.list);
}

static void clear_padding(const hg1_vjp *work, const hg1_vjp_block *b) {
    const size_t element = (size_t)work->setting.kernel->element_size;
    const size_t row_bytes = (size_t)b->padded_columns * element, used = (size_t)b->columns * element;
    char *row = b->slot + work->w;
    for (int32_t plane = 0; plane < work->setting.kernel->pair_planes; ++plane) {
        for (int64_t i = 0; i < b->rows; ++i, row += row_bytes) {
            memset(row + used, 0, row_bytes - used);
        }
        memset(row, 0, (size_t)(b->padded_rows - b->rows) * row_bytes);
        row += (size_t)(b->padded_rows - b->rows) * row_bytes;
    }
}

HG_HELPER_DEFINITION void hg1_vjp_pairs(const hg1_vjp *work, const hg1_vjp_block *b) {
    const hg1_plan *plan = &work->plan;
    const size_t element = (size_t)work->setting.kernel->element_size;
    const int64_t row_multiple = work->setting.variant->row_multiple;
    const int64_t ldg = work->call.ldg, first = b->chunk * plan->chunk_columns;
    /* Each entry of w is a function of its pair alone, so that how many rows go at a time changes no bit. */
    const int64_t most = hg1_rows_in_place(plan, b->columns, ldg);
    const int64_t scratch_rows = plan->scratch_elements / b->padded_columns / row_multiple * row_multiple;
    for (int64_t row = 0; row < b->rows;) {
        const int64_t left = b->rows - row;
        const char *g = (const char *)work->call.g + (size_t)((b->begin + row) * ldg + first) * element;
        if (left >= row_multiple && most > 0) {
            const int64_t rows = hg1_least(left, most);
            call_pairs(work, b, row, rows, g, ldg, rows, b->columns);
            row += rows;
            continue;
        }
        /* Too small, or too far apart, for a leaf to read in place. */
        const int64_t rows = left < scratch_rows ? left : scratch_rows, padded = hg1_padded_rows(plan, rows);
        const size_t row_bytes = (size_t)b->padded_columns * element;
        char *scratch = b->slot + plan->scratch;
        memset(scratch, 0, (size_t)padded * row_bytes);
        for (int64_t i = 0; i < rows; ++i) {
            memcpy(scratch + (size_t)i * row_bytes, g + (size_t)(i * ldg) * element, (size_t)b->columns * element);
        }
        call_pairs(work, b, row, rows, scratch, b->padded_columns, padded, b->padded_columns);
        row += rows;
    }
    clear_padding(work, b);
}

/* ---- Parts of the gradients from the pair planes ---- */

/* Starts the arguments of a leaf that reads w. The extents say what is summed: nothing of the padding, whose parts of a
   gradient need not be finite, and then 0 times them is not 0. */
static void begin_reduction(const hg1_vjp *work, const hg1_vjp_block *b, hg1_arguments *arguments) {
    const hg1_plan *plan = &work->plan;
    hg1_arguments_begin(plan, work->memory, b->slot, arguments);
    hg1_arguments_panel(plan, b->slot, arguments, b->rows, 0, b->rows);
    hg1_arguments_chunk(plan, work->memory, arguments, b->chunk, b->columns, 0);
    hg1_arguments_buffer(plan, arguments, b->slot + work->w, 3, b->columns, b->rows, b->padded_columns,
                         work->setting.kernel->pair_planes, b->padded_columns * b->padded_rows);
}

HG_HELPER_DEFINITION void hg1_vjp_points_part(const hg1_vjp *work, const hg1_vjp_block *b, char *sum) {
    const int64_t d = work->plan.d;
    hg1_arguments arguments;
    if (work->leaves->rows == NULL) {
        memset(sum, 0, (size_t)(b->rows * d) * (size_t)work->setting.kernel->element_size);
        return;
    }
    begin_reduction(work, b, &arguments);
    hg1_arguments_buffer(&work->plan, &arguments, sum, 2, d, b->padded_rows, d, 0, 0);
    work->leaves->rows(arguments.list);
}

HG_HELPER_DEFINITION void hg1_vjp_parameters_part(const hg1_vjp *work, const hg1_vjp_block *b, char *sum) {
    const size_t element = (size_t)work->setting.kernel->element_size;
    const int64_t d = work->plan.d, scalars = work->setting.scalars, vectors = work->setting.vectors;
    char *out = sum + (size_t)work->points_length * element;
    hg1_arguments arguments;
    memset(out, 0, (size_t)work->parameters_length * element);
    if (scalars > 0 && work->leaves->scalars != NULL) {
        char *t = b->slot + work->t;
        begin_reduction(work, b, &arguments);
        hg1_arguments_buffer(&work->plan, &arguments, t, 2, b->padded_rows, scalars, b->padded_rows, 0, 0);
        work->leaves->scalars(arguments.list);
        for (int64_t s = 0; s < scalars; ++s) {
            char *column = t + (size_t)(s * b->padded_rows) * element;
            hg1_sum_rows(element, column, b->rows, 1);
            memcpy(out + (size_t)s * element, column, element);
        }
    }
    if (vectors > 0 && work->leaves->vectors != NULL) {
        char *gv = b->slot + work->gv;
        begin_reduction(work, b, &arguments);
        hg1_arguments_buffer(&work->plan, &arguments, gv, 3, d, b->padded_rows, d, vectors, d * b->padded_rows);
        work->leaves->vectors(arguments.list);
        for (int64_t v = 0; v < vectors; ++v) {
            char *rows = gv + (size_t)(v * d * b->padded_rows) * element;
            hg1_sum_rows(element, rows, b->rows, d);
            memcpy(out + (size_t)(scalars + v * d) * element, rows, (size_t)d * element);
        }
    }
}

/* gy of the chunk: the first panel of a group writes the group's sum, the others are added to it. */
HG_HELPER_DEFINITION void hg1_vjp_columns_part(const hg1_vjp *work, const hg1_vjp_block *b, int64_t group,
                                               int first_panel, int64_t place) {
    const size_t element = (size_t)work->setting.kernel->element_size;
    const int64_t d = work->plan.d, length = b->padded_columns * d;
    char *sum = hg1_vjp_columns_sum(work, group, b->chunk);
    char *part = first_panel ? sum : b->slot + work->columns_part;
    hg1_arguments arguments;
    if (work->leaves->columns == NULL) {
        memset(part, 0, (size_t)length * element);
    } else {
        begin_reduction(work, b, &arguments);
        hg1_arguments_buffer(&work->plan, &arguments, part, 2, b->padded_columns, d, b->padded_columns, 0, 0);
        work->leaves->columns(arguments.list);
    }
    if (work->plan.panels > work->groups) {
        char *errors = b->slot + work->columns_errors + (size_t)place * work->columns_bytes;
        if (first_panel) {
            memset(errors, 0, (size_t)length * element);
        } else {
            hg1_add_exactly(element, sum, errors, part, length);
        }
    }
}
