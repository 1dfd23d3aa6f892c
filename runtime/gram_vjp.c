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
    const int64_t rows = hg1_halved(hg1_vjp_panel_rows(n), HG_LEAST_PANEL_ROWS, d, HG_PANEL_ELEMENTS);
    const int64_t columns = hg1_halved(hg1_vjp_chunk_columns(m), HG_LEAST_CHUNK_COLUMNS, d, HG_CHUNK_ELEMENTS);
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
    work->columns_bytes = (size_t)(plan->stored_columns * d) * element;
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

/* ---- Tasks ---- */

/* One panel against the chunks [begin, end). Returns non-zero when the call is cancelled. */
static int panel_and_chunks(hg1_vjp *work, hg1_vjp_block *b, int64_t group, int first_panel, int64_t panel,
                            int64_t begin, int64_t end) {
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
        hg1_vjp_pairs(work, b);
        if (work->want_columns) {
            hg1_vjp_columns_part(work, b, group, first_panel, chunk - begin);
        }
        if (work->want_rows) {
            hg1_vjp_points_part(work, b, sum);
        }
        if (work->want_parameters) {
            hg1_vjp_parameters_part(work, b, sum);
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
    hg1_vjp_block b;
    b.slot = slot_memory(work, slot);
    for (int64_t panel = first; panel < last; ++panel) {
        if (panel_and_chunks(work, &b, group, panel == first, panel, begin, end)) {
            return;
        }
    }
    for (int64_t chunk = begin; work->want_columns && plan->panels > work->groups && chunk < end; ++chunk) {
        const int64_t length = hg1_padded_columns(plan, hg1_chunk_size(plan, chunk)) * plan->d;
        hg1_settle(element, hg1_vjp_columns_sum(work, group, chunk),
                   b.slot + work->columns_errors + (size_t)(chunk - begin) * work->columns_bytes, length);
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
    hg1_prepare_call(plan, &work->call, memory);
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
    if (status == HG_OK) {
        status = call != NULL ? hg1_check_gram_vjp(&work->setting, call) : hg1_check_extents(&work->setting, n, m);
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
    if (status == HG_OK) {
        hg1_tell_form(&work.setting);
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
    hg_options sizing;
    if (bytes == NULL) {
        return HG_ERROR_BYTES_NULL;
    }
    const hg_status status = begin(&work, kernel, hg1_options_for_sizing(options, &sizing), n, m, d, NULL);
    *bytes = status == HG_OK ? work.bytes : 0;
    return status;
}
