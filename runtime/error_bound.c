/* The error bound of the expanded form, and the choice between the two forms that follows from it. One pass over the
   points, on the caller's thread: n + m points beside n m pairs. */
#include "fp_state.h"
#include "hg_internal.h"

typedef struct error_bound {
    hg1_plan plan;
    hg1_setting setting;
    const hg1_call *call;
    const hg1_gram_leaves *leaves;
    size_t bytes;
    double bound;
} error_bound;

static double larger(double a, double b) {
    return a > b ? a : b;
}

/* The largest sum of squares of a point of x, and of y. */
static void largest_sums(error_bound *work, char *memory, char *slot, double sums[2]) {
    const hg1_plan *plan = &work->plan;
    const hg1_kernel *kernel = work->setting.kernel;
    const size_t element = (size_t)kernel->element_size;
    sums[0] = sums[1] = 0;
    for (int64_t panel = 0; panel < plan->panels; ++panel) {
        const int64_t rows = hg1_panel_size(plan, panel);
        hg1_prepare_panel(plan, work->call, memory, slot, panel * plan->panel_rows, rows);
        const char *first = slot + plan->x_scalars + (size_t)kernel->bound_x * element;
        sums[0] = larger(sums[0], hg1_largest(element, first, rows, plan->counts.xs));
    }
    for (int64_t chunk = 0; chunk < plan->chunks; ++chunk) {
        const int64_t columns = hg1_chunk_size(plan, chunk);
        hg1_prepare_chunk(plan, work->call, memory, slot, chunk, 0);
        const char *first =
            memory + plan->y.scalars + (size_t)(kernel->bound_y * hg1_padded_columns(plan, columns)) * element;
        sums[1] = larger(sums[1], hg1_largest(element, first, columns, 1));
    }
}

static hg_status compute(void *state, char *memory) {
    error_bound *work = (error_bound *)state;
    const hg1_plan *plan = &work->plan;
    char *slot = memory + plan->slots_begin;
    double sums[2];
    const hg1_fp_state saved = hg1_fp_enter();
    hg1_prepare_call(plan, work->call, memory);
    largest_sums(work, memory, slot, sums);
    hg1_arguments arguments;
    hg1_arguments_begin(plan, memory, slot, &arguments);
    hg1_arguments_buffer(plan, &arguments, sums, 1, 2, 0, 0, 0, 0);
    hg1_arguments_buffer(plan, &arguments, &work->bound, 1, 1, 0, 0, 0, 0);
    for (int k = arguments.used - 2; k < arguments.used; ++k) {
        arguments.buffers[k].type_bits = 64;
    }
    work->leaves->error_bound(arguments.list);
    hg1_fp_leave(saved);
    return HG_OK;
}

static hg_status make_plan(error_bound *work) {
    hg1_plan *plan = &work->plan;
    const hg1_setting *setting = &work->setting;
    work->leaves = setting->variant->gram;
    plan->prepare = &work->leaves->prepare;
    plan->counts = setting->kernel->gram_counts;
    const int64_t rows = hg1_halved(HG_GRAM_PANEL_ROWS, HG_LEAST_PANEL_ROWS, setting->d, HG_PANEL_ELEMENTS);
    const int64_t columns = hg1_halved(HG_GRAM_CHUNK_COLUMNS, HG_LEAST_CHUNK_COLUMNS, setting->d, HG_CHUNK_ELEMENTS);
    const hg_status status = hg1_plan_shape(plan, setting, work->call->n, work->call->m, rows, columns);
    if (status != HG_OK) {
        return status;
    }
    hg1_layout shared = {0, 0}, slot = {0, 0};
    hg1_plan_shared(plan, &shared, 1);
    hg1_plan_slot(plan, &slot);
    plan->slots = 1;
    plan->slot_bytes = slot.bytes;
    plan->slots_begin = hg1_layout_add(&shared, 1, (int64_t)slot.bytes, 1, 1);
    work->bytes = shared.bytes;
    return shared.failed || slot.failed ? HG_ERROR_SIZE_OVERFLOW : HG_OK;
}

static hg_status begin(error_bound *work, const hg1_kernel *kernel, const hg_options *options, const hg1_call *call) {
    hg_status status = hg1_check_options(options, &work->setting.options);
    if (status == HG_OK) {
        status = hg1_check_sizes(kernel, call->n, call->m, call->d, &work->setting);
    }
    if (status == HG_OK) {
        status = hg1_choose_variant(kernel, &work->setting.variant);
    }
    work->call = call;
    work->bound = 0;
    return status == HG_OK ? make_plan(work) : status;
}

/* `kernel` is in the expanded form. */
static hg_status bound_of_call(const hg1_kernel *kernel, const hg_options *options, const hg1_call *call,
                               double *bound) {
    error_bound work;
    hg_status status = begin(&work, kernel, options, call);
    if (status == HG_OK) {
        status = hg1_check_points(&work.setting, call);
    }
    if (status == HG_OK) {
        status = hg1_check_workspace(&work.setting, call, work.bytes);
    }
    if (status == HG_OK && call->n > 0 && call->m > 0) {
        status = hg1_with_workspace(&work.setting.options, work.bytes, compute, &work);
    }
    *bound = work.bound;
    return status;
}

HG_SHARED hg_status hg1_gram_error_bound(const hg1_kernel *kernel, const hg1_call *call, void *bound) {
    double value;
    if (bound == NULL) {
        return HG_ERROR_BOUND_NULL;
    }
    const hg_status status = bound_of_call(kernel->expanded != NULL ? kernel->expanded : kernel, NULL, call, &value);
    if (status != HG_OK) {
        return status;
    }
    const hg1_fp_state saved = hg1_fp_enter(); /* the conversion is inexact */
    if (kernel->element_size == (int32_t)sizeof(float)) {
        *(float *)bound = (float)(value * (1 + 0x1p-22)); /* not below, however it is rounded */
    } else {
        *(double *)bound = value;
    }
    hg1_fp_leave(saved);
    return HG_OK;
}

HG_HELPER_DEFINITION size_t hg1_error_bound_bytes(const hg1_kernel *kernel, int64_t n, int64_t m, int64_t d) {
    error_bound work;
    hg1_call call = {0};
    call.n = n;
    call.m = m;
    call.d = d;
    return begin(&work, kernel, NULL, &call) == HG_OK ? work.bytes : 0;
}

HG_HELPER_DEFINITION hg_status hg1_choose_form(const hg1_kernel **kernel, const hg_options *options,
                                               const hg1_call *call) {
    const hg1_kernel *direct = *kernel, *expanded = direct->expanded;
    hg1_setting setting;
    if (expanded == NULL || hg1_check_sizes(direct, call->n, call->m, call->d, &setting) != HG_OK ||
        !hg1_call_is_large(&setting, call->n, call->m)) {
        return HG_OK;
    }
    double bound;
    const hg_status status = bound_of_call(expanded, options, call, &bound);
    if (status == HG_OK && bound <= direct->tolerance) {
        *kernel = expanded;
    }
    return status; /* never another form, and so other bits, for want of memory */
}

HG_HELPER_DEFINITION void hg1_tell_form(const hg1_setting *setting) {
    if (setting->options.form != NULL) {
        *setting->options.form = setting->kernel->expanded != NULL ? "direct" : setting->kernel->form;
    }
}
