/* The gradients of a Gram matrix from its cotangent: for every panel and chunk the pair planes w, and from them the
   parts of gx, gy and the parameters' gradients. vjp_sums.c adds the parts. */
#include "fp_state.h"
#include "hg_internal.h"

#include <string.h>

static char *slot_memory(const hg1_vjp *work, int slot) {
    return work->memory + work->plan.slots_begin + (size_t)slot * work->plan.slot_bytes;
}

/* Groups, segments and slots: who computes what. */
static void divide(hg1_vjp *work, int64_t most) {
    hg1_plan *plan = &work->plan;
    work->groups = plan->panels < HG_VJP_GROUPS ? plan->panels : HG_VJP_GROUPS;
    work->segment_chunks = 1;
    while (work->segment_chunks < plan->chunks) {
        work->segment_chunks *= 2;
    }
    work->segments = plan->chunks > 0;
    while (work->segment_chunks > 1 && work->groups * work->segments < 2 * most && most > 1) {
        const int64_t half = work->segment_chunks / 2;
        const int64_t segments = (plan->chunks - 1) / half + 1;
        if (segments > HG_VJP_SEGMENTS) {
            break;
        }
        work->segment_chunks = half;
        work->segments = segments;
    }
    const int64_t items = work->groups * work->segments;
    plan->slots = (int)(items < most ? (items > 0 ? items : 1) : most);
    const int64_t longest = work->segment_chunks < plan->chunks ? work->segment_chunks : plan->chunks;
    work->levels = 1;
    while (longest >> work->levels != 0) {
        ++work->levels;
    }
}

static hg_status make_plan(hg1_vjp *work, int64_t n, int64_t m) {
    hg1_plan *plan = &work->plan;
    const hg1_setting *setting = &work->setting;
    const size_t element = (size_t)setting->kernel->element_size;
    const int64_t d = setting->d;
    work->leaves = setting->variant->gram_vjp;
    plan->setting = setting;
    plan->prepare = &work->leaves->prepare;
    plan->counts = setting->kernel->gram_vjp_counts;
    int64_t rows = n <= HG_VJP_FEW_ROWS    ? HG_VJP_PANEL_ROWS_OF_FEW
                   : n <= HG_VJP_SOME_ROWS ? HG_VJP_PANEL_ROWS_OF_SOME
                                           : HG_VJP_PANEL_ROWS;
    int64_t columns = m <= HG_VJP_SOME_COLUMNS ? HG_VJP_CHUNK_COLUMNS_OF_SOME : HG_VJP_CHUNK_COLUMNS;
    rows = hg1_halved(rows, HG_LEAST_PANEL_ROWS, d, HG_PANEL_ELEMENTS);
    columns = hg1_halved(columns, HG_LEAST_CHUNK_COLUMNS, d, HG_CHUNK_ELEMENTS);
    const hg_status status = hg1_plan_shape(plan, setting, n, m, rows, columns);
    if (status != HG_OK) {
        return status;
    }
    divide(work, hg1_call_threads(setting, n, m));
    work->points_length = plan->stored_rows * d;
    work->parameters_length = setting->scalars + setting->vectors * d;
    /* Every sum begins at an aligned place, because leaves write into it. */
    work->sum_length = (work->points_length + work->parameters_length + 15) / 16 * 16;
    work->stored_points = work->segments > 1 ? work->points_length : 0;
    work->stored_length = work->stored_points + work->parameters_length;

    hg1_layout shared = {0, 0}, slot = {0, 0};
    hg1_plan_shared(plan, &shared, plan->chunks);
    work->sums = hg1_layout_add(&shared, work->segments, plan->panels, work->stored_length, element);
    work->columns_sums = hg1_layout_add(&shared, work->groups, plan->chunks, plan->stored_columns * d, element);
    work->parameter_sums = hg1_layout_add(&shared, work->groups, work->parameters_length, 1, element);
    work->parameter_errors = hg1_layout_add(&shared, work->parameters_length, 1, 1, element);
    hg1_plan_slot(plan, &slot);
    work->w = hg1_layout_add(&slot, plan->stored_rows, plan->stored_columns, setting->kernel->pair_planes, element);
    work->t = hg1_layout_add(&slot, plan->stored_rows, setting->scalars, 1, element);
    work->gv = hg1_layout_add(&slot, plan->stored_rows, d, setting->vectors, element);
    /* A group of one panel writes its part of gy straight into the group's sum. */
    const int64_t longest = work->segment_chunks < plan->chunks ? work->segment_chunks : plan->chunks;
    const int64_t several = plan->panels > work->groups;
    work->columns_part = hg1_layout_add(&slot, several * plan->stored_columns, d, 1, element);
    work->columns_errors = hg1_layout_add(&slot, several * longest, plan->stored_columns, d, element);
    work->pending = hg1_layout_add(&slot, work->levels + 1, work->sum_length, 1, element);
    plan->slot_bytes = slot.bytes;
    plan->slots_begin = hg1_layout_add(&shared, plan->slots, (int64_t)slot.bytes, 1, 1);
    work->bytes = n > 0 && m > 0 ? shared.bytes : 0;
    if (setting->kernel->pair_planes > 0 &&
        plan->stored_rows * plan->stored_columns > INT32_MAX / setting->kernel->pair_planes) {
        return HG_ERROR_D_TOO_LARGE;
    }
    return shared.failed || slot.failed ? HG_ERROR_SIZE_OVERFLOW : HG_OK;
}

/* ---- Pair planes ---- */

/* Where one panel meets one chunk. */
typedef struct block {
    char *slot;
    int64_t begin, rows, padded_rows;
    int64_t chunk, columns, padded_columns;
} block;

/* w of `w_rows` x `w_columns` pairs from row `row`; g is the caller's matrix or a padded copy. */
static void call_pairs(const hg1_vjp *work, const block *b, int64_t row, int64_t rows, const void *g, int64_t ldg,
                       int64_t w_rows, int64_t w_columns) {
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

static void clear_padding(const hg1_vjp *work, const block *b) {
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

static void compute_pairs(const hg1_vjp *work, const block *b) {
    const hg1_plan *plan = &work->plan;
    const size_t element = (size_t)work->setting.kernel->element_size;
    const int64_t row_multiple = work->setting.variant->row_multiple;
    const int64_t column_multiple = work->setting.variant->column_multiple;
    const int64_t ldg = work->call.ldg, first = b->chunk * plan->chunk_columns;
    /* Leaves index g with 32 bits: fewer rows at a time where its rows are far apart. Each entry of w is a function of
       its pair alone, so that this changes no bit. */
    int64_t most = ldg > 0 ? (INT32_MAX - b->columns) / ldg : 1;
    most = most / row_multiple * row_multiple;
    const int64_t scratch_rows = plan->scratch_elements / b->padded_columns / row_multiple * row_multiple;
    for (int64_t row = 0; row < b->rows;) {
        const int64_t left = b->rows - row;
        const char *g = (const char *)work->call.g + (size_t)((b->begin + row) * ldg + first) * element;
        if (b->columns >= column_multiple && left >= row_multiple && most > 0) {
            const int64_t rows = left < most ? left : most;
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

/* Starts the arguments of a leaf that reads w. */
static void begin_reduction(const hg1_vjp *work, const block *b, hg1_arguments *arguments) {
    const hg1_plan *plan = &work->plan;
    hg1_arguments_begin(plan, work->memory, b->slot, arguments);
    hg1_arguments_panel(plan, b->slot, arguments, b->rows, 0, b->rows);
    hg1_arguments_chunk(plan, work->memory, arguments, b->chunk, b->columns, 0);
    hg1_arguments_buffer(plan, arguments, b->slot + work->w, 3, b->padded_columns, b->padded_rows, b->padded_columns,
                         work->setting.kernel->pair_planes, b->padded_columns * b->padded_rows);
}

static void points_part(const hg1_vjp *work, const block *b, char *sum) {
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

static void parameters_part(const hg1_vjp *work, const block *b, char *sum) {
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
static void columns_part(const hg1_vjp *work, const block *b, int64_t group, int first_panel, int64_t place) {
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
        char *errors = b->slot + work->columns_errors + (size_t)place * work->plan.y.points_bytes;
        if (first_panel) {
            memset(errors, 0, (size_t)length * element);
        } else {
            hg1_add_exactly(element, sum, errors, part, length);
        }
    }
}

/* ---- Tasks ---- */

/* One panel against the chunks [begin, end). Returns non-zero when the call is cancelled. */
static int panel_and_chunks(hg1_vjp *work, block *b, int64_t group, int first_panel, int64_t panel, int64_t begin,
                            int64_t end) {
    const hg1_plan *plan = &work->plan;
    const size_t sum_bytes = (size_t)work->sum_length * (size_t)work->setting.kernel->element_size;
    /* Level k holds the sum of 2^k chunks where bit k of `occupied` is set; one more place for the sum being made. */
    char *pending = b->slot + work->pending, *sum = pending + (size_t)work->levels * sum_bytes;
    uint64_t occupied = 0;
    const int want_sum = work->want_rows || work->want_parameters;
    b->begin = panel * plan->panel_rows;
    b->rows = hg1_panel_size(plan, panel);
    b->padded_rows = hg1_padded_rows(plan, b->rows);
    hg1_prepare_panel(plan, &work->call, work->memory, b->slot, b->begin, b->rows);
    for (int64_t chunk = begin; chunk < end; ++chunk) {
        b->chunk = chunk;
        b->columns = hg1_chunk_size(plan, chunk);
        b->padded_columns = hg1_padded_columns(plan, b->columns);
        compute_pairs(work, b);
        if (work->want_columns) {
            columns_part(work, b, group, first_panel, chunk - begin);
        }
        if (work->want_rows) {
            points_part(work, b, sum);
        }
        if (work->want_parameters) {
            parameters_part(work, b, sum);
        }
        if (want_sum) {
            size_t level = 0;
            for (; (occupied >> level & 1u) != 0; ++level) {
                hg1_vjp_add(work, b->rows, sum, pending + level * sum_bytes);
            }
            memcpy(pending + level * sum_bytes, sum, sum_bytes);
            ++occupied;
        }
        if (hg1_run_advance(&work->run)) {
            return 1;
        }
    }
    char *total = NULL;
    for (size_t level = 0; occupied >> level != 0; ++level) {
        if ((occupied >> level & 1u) != 0) {
            char *part = pending + level * sum_bytes;
            if (total != NULL) {
                hg1_vjp_add(work, b->rows, total, part);
            } else {
                total = part;
            }
        }
    }
    if (total != NULL && work->segments == 1 && work->want_rows) {
        hg1_vjp_write_points(work, panel, total);
    }
    if (total != NULL) {
        const size_t element = (size_t)work->setting.kernel->element_size;
        memcpy(hg1_vjp_sum(work, begin / work->segment_chunks, panel),
               total + (size_t)(work->points_length - work->stored_points) * element,
               (size_t)work->stored_length * element);
    }
    return 0;
}

static void group_item(void *state, int slot, int64_t item) {
    hg1_vjp *work = (hg1_vjp *)state;
    const hg1_plan *plan = &work->plan;
    const size_t element = (size_t)work->setting.kernel->element_size;
    const int64_t group = item / work->segments, begin = item % work->segments * work->segment_chunks;
    const int64_t end = plan->chunks - begin < work->segment_chunks ? plan->chunks : begin + work->segment_chunks;
    const int64_t first = hg1_vjp_group_begin(work, group), last = hg1_vjp_group_begin(work, group + 1);
    block b;
    b.slot = slot_memory(work, slot);
    for (int64_t panel = first; panel < last; ++panel) {
        if (panel_and_chunks(work, &b, group, panel == first, panel, begin, end)) {
            return;
        }
    }
    for (int64_t chunk = begin; work->want_columns && plan->panels > work->groups && chunk < end; ++chunk) {
        const int64_t length = hg1_padded_columns(plan, hg1_chunk_size(plan, chunk)) * plan->d;
        hg1_settle(element, hg1_vjp_columns_sum(work, group, chunk),
                   b.slot + work->columns_errors + (size_t)(chunk - begin) * plan->y.points_bytes, length);
    }
}

static void pack_item(void *state, int slot, int64_t chunk) {
    const hg1_vjp *work = (const hg1_vjp *)state;
    hg1_prepare_chunk(&work->plan, &work->call, work->memory, slot_memory(work, slot), chunk, chunk);
}

static hg_status compute(void *state, char *memory) {
    hg1_vjp *work = (hg1_vjp *)state;
    const hg1_plan *plan = &work->plan;
    work->memory = memory;
    const hg1_fp_state saved = hg1_fp_enter();
    hg1_prepare_parameters(plan, &work->call, memory);
    hg1_run_begin(&work->run, &work->setting.options, plan->slots, plan->panels * plan->chunks);
    hg1_run_items(&work->run, plan->chunks, pack_item, work);
    hg1_run_items(&work->run, work->groups * work->segments, group_item, work);
    hg1_vjp_finish(work);
    const hg_status status = hg1_run_end(&work->run);
    hg1_fp_leave(saved);
    return status;
}

static hg_status begin(hg1_vjp *work, const hg1_kernel *kernel, const hg_options *options, int64_t n, int64_t m,
                       int64_t d, const hg1_call *call) {
    hg_status status = hg1_check_options(options, &work->setting.options);
    if (status == HG_OK) {
        status = hg1_check_sizes(kernel, n, m, d, &work->setting);
    }
    if (status == HG_OK && call != NULL) {
        status = hg1_check_gram_vjp(&work->setting, call);
    }
    if (status == HG_OK) {
        status = hg1_choose_variant(kernel, &work->setting.variant);
    }
    return status == HG_OK ? make_plan(work, n, m) : status;
}

HG_SHARED hg_status hg1_gram_vjp(const hg1_kernel *kernel, const hg_options *options, const hg1_call *call) {
    hg1_vjp work;
    hg_status status = begin(&work, kernel, options, call->n, call->m, call->d, call);
    if (status == HG_OK) {
        status = hg1_check_workspace(&work.setting, call, work.bytes);
    }
    if (status != HG_OK) {
        return status;
    }
    work.call = *call;
    if (call->n == 0 || call->m == 0) {
        hg1_vjp_zero(&work);
        return HG_OK;
    }
    work.self = call->y == NULL;
    work.want_rows = call->gx != NULL;
    work.want_columns = work.self ? call->gx != NULL : call->gy != NULL;
    work.want_parameters = 0;
    for (int32_t p = 0; call->gparameters != NULL && p < kernel->parameter_count; ++p) {
        work.want_parameters |= kernel->parameter_kinds[p] != HG1_INTEGER && call->gparameters[p] != NULL;
    }
    if (!work.want_rows && !work.want_columns && !work.want_parameters) {
        return HG_OK;
    }
    return hg1_with_workspace(&work.setting.options, work.bytes, compute, &work);
}

HG_SHARED hg_status hg1_gram_vjp_workspace(const hg1_kernel *kernel, const hg_options *options, int64_t n, int64_t m,
                                           int64_t d, size_t *bytes) {
    hg1_vjp work;
    if (bytes == NULL) {
        return HG_ERROR_BYTES_NULL;
    }
    *bytes = 0;
    hg_options sizing;
    const hg_status status = begin(&work, kernel, hg1_options_for_sizing(options, &sizing), n, m, d, NULL);
    if (status == HG_OK) {
        *bytes = work.bytes;
    }
    return status;
}
