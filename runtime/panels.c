/* Row panels of x and column chunks of y: their shape, their packed copies, and the argument lists of the leaves. */
#include "hg_internal.h"

#include <string.h>

static int64_t round_up(int64_t value, int64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

static int64_t common_multiple(int64_t a, int64_t b) {
    int64_t u = a, v = b;
    while (v != 0) {
        const int64_t rest = u % v;
        u = v;
        v = rest;
    }
    return a / u * b;
}

HG_HELPER_DEFINITION int64_t hg1_padded_rows(const hg1_plan *plan, int64_t rows) {
    return round_up(rows, plan->setting->variant->row_multiple);
}

HG_HELPER_DEFINITION int64_t hg1_padded_columns(const hg1_plan *plan, int64_t columns) {
    return round_up(columns, common_multiple(HG_CHUNK_PADDING, plan->setting->variant->column_multiple));
}

HG_HELPER_DEFINITION int64_t hg1_panel_size(const hg1_plan *plan, int64_t panel) {
    return hg1_least(plan->panel_rows, plan->n - panel * plan->panel_rows);
}

HG_HELPER_DEFINITION int64_t hg1_halved(int64_t size, int64_t lower_limit, int64_t d, int64_t elements) {
    while (size > lower_limit && size * d > elements) {
        size /= 2;
    }
    return size;
}

HG_HELPER_DEFINITION int64_t hg1_chunk_size(const hg1_plan *plan, int64_t chunk) {
    return hg1_least(plan->chunk_columns, plan->m - chunk * plan->chunk_columns);
}

HG_HELPER_DEFINITION int64_t hg1_rows_in_place(const hg1_plan *plan, int64_t columns, int64_t ld) {
    const hg1_variant *variant = plan->setting->variant;
    if (columns < variant->column_multiple) {
        return 0;
    }
    const int64_t most = ld > 0 ? (INT32_MAX - columns) / ld : 1;
    return most / variant->row_multiple * variant->row_multiple;
}

HG_HELPER_DEFINITION hg_status hg1_plan_shape(hg1_plan *plan, const hg1_setting *setting, int64_t n, int64_t m,
                                              int64_t panel_rows, int64_t chunk_columns) {
    plan->setting = setting;
    plan->n = n;
    plan->m = m;
    plan->d = setting->d;
    plan->width = setting->width;
    plan->panel_rows = panel_rows;
    plan->chunk_columns = chunk_columns;
    plan->panels = n / panel_rows + (n % panel_rows != 0);
    plan->chunks = m / chunk_columns + (m % chunk_columns != 0);
    plan->stored_rows = hg1_padded_rows(plan, hg1_least(n, panel_rows));
    plan->stored_columns = hg1_padded_columns(plan, hg1_least(m, chunk_columns));
    /* A piece with too few rows has row_multiple of them and any columns; one with too few columns has some rows. */
    const int64_t few = hg1_padded_rows(plan, hg1_least(n, HG_SCRATCH_ROWS)) * hg1_padded_columns(plan, 1);
    plan->scratch_elements = setting->variant->row_multiple * plan->stored_columns;
    plan->scratch_elements = plan->scratch_elements < few ? few : plan->scratch_elements;
    /* Leaves index with 32 bits inside their buffers. */
    const int64_t row_planes = plan->counts.xf > 1 ? plan->counts.xf : 1;
    const int64_t column_planes = plan->counts.yf > 1 ? plan->counts.yf : 1;
    const int64_t largest = INT32_MAX - HG_CHUNK_ELEMENTS;
    if (setting->width * plan->stored_columns > largest / column_planes ||
        setting->width * plan->stored_rows > largest / row_planes || setting->width > largest / (plan->counts.pf + 1)) {
        return HG_ERROR_D_TOO_LARGE;
    }
    return HG_OK;
}

HG_HELPER_DEFINITION void hg1_plan_shared(hg1_plan *plan, hg1_layout *layout, int64_t stored_chunks) {
    const size_t element = (size_t)plan->setting->kernel->element_size;
    const int64_t parameters = plan->setting->kernel->parameter_count;
    const int64_t columns = plan->stored_columns;
    plan->parameter_list = hg1_layout_add(layout, parameters, 1, 1, sizeof(void *));
    plan->parameter_buffers = hg1_layout_add(layout, parameters, 1, 1, sizeof(hg1_buffer));
    plan->parameter_dimensions = hg1_layout_add(layout, parameters, 1, 1, sizeof(hg1_dimension));
    plan->ps = hg1_layout_add(layout, plan->counts.ps, 1, 1, element);
    plan->pf = hg1_layout_add(layout, plan->d, plan->counts.pf, 1, element);
    plan->center = hg1_layout_add(layout, plan->setting->kernel->centred ? plan->d : 0, 1, 1, element);
    /* stored_columns is a multiple of HG_CHUNK_PADDING, hence every chunk begins at an aligned place. */
    plan->y.points_bytes = (size_t)(columns * plan->width) * element;
    plan->y.scalars_bytes = (size_t)(columns * plan->counts.ys) * element;
    plan->y.planes_bytes = (size_t)(columns * plan->d * plan->counts.yf) * element;
    plan->y.points = hg1_layout_add(layout, stored_chunks, columns, plan->width, element);
    plan->y.scalars = hg1_layout_add(layout, stored_chunks, columns, plan->counts.ys, element);
    plan->y.planes = hg1_layout_add(layout, stored_chunks, columns, plan->d * plan->counts.yf, element);
}

HG_HELPER_DEFINITION void hg1_plan_slot(hg1_plan *plan, hg1_layout *layout) {
    const size_t element = (size_t)plan->setting->kernel->element_size;
    const int64_t arguments = plan->setting->kernel->parameter_count + HG_LEAF_ARGUMENTS;
    plan->arguments = hg1_layout_add(layout, arguments, 1, 1, sizeof(void *));
    plan->x_points = hg1_layout_add(layout, plan->stored_rows, plan->width, 1, element);
    plan->x_scalars = hg1_layout_add(layout, plan->stored_rows, plan->counts.xs, 1, element);
    plan->x_planes = hg1_layout_add(layout, plan->stored_rows, plan->d, plan->counts.xf, element);
    plan->scratch = hg1_layout_add(layout, plan->scratch_elements, 1, 1, element);
}

/* ---- Argument lists ---- */

static void fill_buffer(const hg1_plan *plan, hg1_buffer *buffer, hg1_dimension *dimension, const void *host,
                        int dimensions) {
    memset(buffer, 0, sizeof *buffer);
    buffer->host = (uint8_t *)(uintptr_t)host;
    buffer->type_code = 2;
    buffer->type_bits = (uint8_t)(8 * plan->setting->kernel->element_size);
    buffer->type_lanes = 1;
    buffer->dimensions = dimensions;
    buffer->dim = dimension;
}

static void fill_dimension(hg1_dimension *dimension, int64_t extent, int64_t stride) {
    dimension->min = 0;
    dimension->extent = (int32_t)extent;
    dimension->stride = (int32_t)stride;
    dimension->flags = 0;
}

HG_HELPER_DEFINITION void hg1_arguments_buffer(const hg1_plan *plan, hg1_arguments *arguments, const void *host,
                                               int dimensions, int64_t extent0, int64_t extent1, int64_t stride1,
                                               int64_t extent2, int64_t stride2) {
    hg1_buffer *buffer = &arguments->buffers[arguments->used];
    hg1_dimension *dimension = &arguments->dimensions[3 * arguments->used];
    ++arguments->used;
    fill_buffer(plan, buffer, dimension, host, dimensions);
    fill_dimension(&dimension[0], extent0, 1);
    fill_dimension(&dimension[1], extent1, stride1);
    fill_dimension(&dimension[2], extent2, stride2);
    arguments->list[arguments->count++] = buffer;
}

HG_HELPER_DEFINITION void hg1_arguments_begin(const hg1_plan *plan, char *memory, char *slot,
                                              hg1_arguments *arguments) {
    const int32_t parameters = plan->setting->kernel->parameter_count;
    const int64_t d = plan->d;
    arguments->list = (void **)(void *)(slot + plan->arguments);
    arguments->count = parameters;
    arguments->used = 0;
    memcpy(arguments->list, memory + plan->parameter_list, (size_t)parameters * sizeof(void *));
    hg1_arguments_buffer(plan, arguments, memory + plan->ps, 1, plan->counts.ps, 0, 0, 0, 0);
    hg1_arguments_buffer(plan, arguments, memory + plan->pf, 2, d, plan->counts.pf, d, 0, 0);
}

HG_HELPER_DEFINITION void hg1_arguments_panel(const hg1_plan *plan, char *slot, hg1_arguments *arguments,
                                              int64_t panel_rows, int64_t row, int64_t rows) {
    const size_t element = (size_t)plan->setting->kernel->element_size;
    const int64_t d = plan->d, width = plan->width, xs = plan->counts.xs, xf = plan->counts.xf;
    const int64_t padded = hg1_padded_rows(plan, rows), stored = hg1_padded_rows(plan, panel_rows);
    const size_t planes = (size_t)(row * d) * element, scalars = (size_t)(row * xs) * element;
    hg1_arguments_buffer(plan, arguments, slot + plan->x_points + (size_t)(row * width) * element, 2, width, padded,
                         width, 0, 0);
    hg1_arguments_buffer(plan, arguments, slot + plan->x_scalars + scalars, 2, xs, padded, xs, 0, 0);
    hg1_arguments_buffer(plan, arguments, slot + plan->x_planes + (xf != 0 ? planes : 0), 3, d, padded, d, xf,
                         d * stored);
}

HG_HELPER_DEFINITION void hg1_arguments_chunk(const hg1_plan *plan, char *memory, hg1_arguments *arguments,
                                              int64_t place, int64_t chunk_columns, int64_t column) {
    const size_t element = (size_t)plan->setting->kernel->element_size;
    const int64_t d = plan->d, ys = plan->counts.ys, yf = plan->counts.yf;
    const int64_t stored = hg1_padded_columns(plan, chunk_columns);
    /* `column` is a multiple of the padding, so that what is left of the chunk is padded as well. */
    const int64_t padded = stored - column;
    const size_t at = (size_t)place, begin = (size_t)column * element;
    char *points = memory + plan->y.points + at * plan->y.points_bytes;
    char *scalars = memory + plan->y.scalars + at * plan->y.scalars_bytes;
    char *planes = memory + plan->y.planes + at * plan->y.planes_bytes;
    hg1_arguments_buffer(plan, arguments, points + begin, 2, padded, plan->width, stored, 0, 0);
    hg1_arguments_buffer(plan, arguments, scalars + (ys != 0 ? begin : 0), 2, padded, ys, stored, 0, 0);
    hg1_arguments_buffer(plan, arguments, planes + (yf != 0 ? begin : 0), 3, padded, d, stored, yf, stored * d);
}

/* ---- Packing and preparing ---- */

static void prepare_parameters(const hg1_plan *plan, const hg1_call *call, char *memory) {
    const hg1_kernel *kernel = plan->setting->kernel;
    void **list = (void **)(void *)(memory + plan->parameter_list);
    hg1_buffer *buffers = (hg1_buffer *)(void *)(memory + plan->parameter_buffers);
    hg1_dimension *dimensions = (hg1_dimension *)(void *)(memory + plan->parameter_dimensions);
    for (int32_t p = 0; p < kernel->parameter_count; ++p) {
        if (kernel->parameter_kinds[p] == HG1_VECTOR) {
            fill_buffer(plan, &buffers[p], &dimensions[p], call->parameters[p].vector, 1);
            fill_dimension(&dimensions[p], plan->width, 1);
            list[p] = &buffers[p];
        } else {
            /* Every member of the union begins at its address; leaves only read. */
            list[p] = (void *)(uintptr_t)&call->parameters[p];
        }
    }
    if (plan->prepare->parameters != NULL) {
        hg1_arguments arguments;
        hg1_arguments_begin(plan, memory, memory + plan->slots_begin, &arguments);
        /* Only its extent is read: how the leaf learns of D. It stands before the two outputs. */
        hg1_arguments_buffer(plan, &arguments, memory + plan->pf, 1, plan->d, 0, 0, 0, 0);
        void **last = &arguments.list[arguments.count - 1], *features = last[0];
        last[0] = last[-1];
        last[-1] = last[-2];
        last[-2] = features;
        plan->prepare->parameters(arguments.list);
    }
}

HG_HELPER_DEFINITION void hg1_prepare_call(const hg1_plan *plan, const hg1_call *call, char *memory) {
    const hg1_kernel *kernel = plan->setting->kernel;
    if (kernel->centred) {
        /* Of y alone: what matters is that one side of a close pair is near the center, and so y = NULL has the bits of
           y = x. */
        const int self = call->y == NULL;
        hg1_center((size_t)kernel->element_size, memory + plan->center, self ? call->x : call->y,
                   self ? call->n : call->m, self ? call->ldx : call->ldy, plan->d);
    }
    prepare_parameters(plan, call, memory);
}

/* `count` points from number `begin` on, as they are packed for leaves. */
static hg1_points points_of(const hg1_plan *plan, const char *memory, const void *all, int64_t ld, int64_t begin,
                            int64_t count, int64_t padded) {
    const hg1_kernel *kernel = plan->setting->kernel;
    const hg1_points points = {
        .first = (const char *)all + (size_t)(begin * ld) * (size_t)kernel->element_size,
        .ld = ld,
        .count = count,
        .padded = padded,
        .width = plan->width,
        .center = kernel->centred ? memory + plan->center : NULL,
        .centred = plan->d,
    };
    return points;
}

HG_HELPER_DEFINITION void hg1_prepare_chunk(const hg1_plan *plan, const hg1_call *call, char *memory, char *slot,
                                            int64_t chunk, int64_t place) {
    const size_t element = (size_t)plan->setting->kernel->element_size;
    const int64_t columns = hg1_chunk_size(plan, chunk), begin = chunk * plan->chunk_columns;
    const void *y = call->y != NULL ? call->y : call->x;
    const hg1_points points = points_of(plan, memory, y, call->y != NULL ? call->ldy : call->ldx, begin, columns,
                                        hg1_padded_columns(plan, columns));
    hg1_pack_transposed(element, memory + plan->y.points + (size_t)place * plan->y.points_bytes, &points);
    if (plan->prepare->y != NULL) {
        hg1_arguments arguments;
        hg1_arguments_begin(plan, memory, slot, &arguments);
        hg1_arguments_chunk(plan, memory, &arguments, place, columns, 0);
        plan->prepare->y(arguments.list);
    }
}

HG_HELPER_DEFINITION void hg1_prepare_panel(const hg1_plan *plan, const hg1_call *call, char *memory, char *slot,
                                            int64_t begin, int64_t rows) {
    const hg1_points points = points_of(plan, memory, call->x, call->ldx, begin, rows, hg1_padded_rows(plan, rows));
    hg1_pack_rows((size_t)plan->setting->kernel->element_size, slot + plan->x_points, &points);
    if (plan->prepare->x != NULL) {
        hg1_arguments arguments;
        hg1_arguments_begin(plan, memory, slot, &arguments);
        hg1_arguments_panel(plan, slot, &arguments, rows, 0, rows);
        plan->prepare->x(arguments.list);
    }
}
