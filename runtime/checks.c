/* The arguments of a call, checked in a fixed order: sizes, pointers, leading dimensions, extents, overlaps. */
#include "hg_internal.h"

HG_HELPER_DEFINITION hg_status hg1_check_sizes(const hg1_kernel *kernel, int64_t n, int64_t m, int64_t d,
                                               hg1_setting *setting) {
    setting->kernel = kernel;
    setting->d = kernel->features != 0 ? kernel->features : d;
    setting->width = setting->d;
    setting->scalars = 0;
    setting->vectors = 0;
    for (int32_t p = 0; p < kernel->parameter_count; ++p) {
        setting->scalars += kernel->parameter_kinds[p] == HG1_SCALAR;
        setting->vectors += kernel->parameter_kinds[p] == HG1_VECTOR;
    }
    if (n < 0) {
        return HG_ERROR_N_NEGATIVE;
    }
    if (m < 0) {
        return HG_ERROR_M_NEGATIVE;
    }
    if (setting->d <= 0) {
        return HG_ERROR_D_NOT_POSITIVE;
    }
    if (setting->d > HG_LARGEST_D) {
        return HG_ERROR_D_TOO_LARGE;
    }
    setting->width = setting->d * kernel->point_planes;
    return HG_OK;
}

/* The memory of `rows` rows of `width` elements; 0 when it does not fit into the address space. */
static int make_region(hg1_region *region, const void *data, int64_t rows, int64_t width, int64_t ld, int32_t element) {
    const size_t size = (size_t)element;
    region->data = data;
    region->rows = 0;
    region->width = 0;
    region->pitch = 0;
    if (data == NULL || rows == 0 || width == 0) {
        return 1;
    }
    size_t last;
    if (__builtin_mul_overflow((uint64_t)width, size, &region->width) ||
        __builtin_mul_overflow((uint64_t)ld, size, &region->pitch) ||
        __builtin_mul_overflow((uint64_t)(rows - 1), region->pitch, &last) ||
        __builtin_add_overflow(last, region->width, &last) || last > (size_t)PTRDIFF_MAX ||
        (uintptr_t)data > UINTPTR_MAX - last) {
        return 0;
    }
    region->rows = (size_t)rows;
    return 1;
}

HG_HELPER_DEFINITION hg_status hg1_check_extents(const hg1_setting *setting, int64_t n, int64_t m) {
    const int64_t width = setting->width;
    const int32_t element = setting->kernel->element_size;
    hg1_region region; /* at any address that is not NULL */
    const int fits = make_region(&region, setting, n, width, width, element) &&
                     make_region(&region, setting, m, width, width, element) &&
                     make_region(&region, setting, n, m, m, element);
    return fits ? HG_OK : HG_ERROR_SIZE_OVERFLOW;
}

static int overlap(const hg1_region *a, const hg1_region *b) {
    if (a->rows == 0 || b->rows == 0) {
        return 0;
    }
    const uintptr_t a_begin = (uintptr_t)a->data, b_begin = (uintptr_t)b->data;
    const uintptr_t a_end = a_begin + (a->rows - 1) * a->pitch + a->width;
    const uintptr_t b_end = b_begin + (b->rows - 1) * b->pitch + b->width;
    if (a_end <= b_begin || b_end <= a_begin) {
        return 0;
    }
    if (a->rows > 1 && b->rows > 1 && a->pitch == b->pitch) {
        /* Column ranges of one matrix, such as gx and gy side by side, may be interleaved without sharing a byte. */
        const size_t offset = a_begin <= b_begin ? (b_begin - a_begin) % a->pitch
                                                 : (a->pitch - (a_begin - b_begin) % a->pitch) % a->pitch;
        return offset < a->width || offset + b->width > a->pitch;
    }
    return 1;
}

/* ---- What both operations check: x, y and the parameters ---- */

static hg_status check_input_pointers(const hg1_setting *setting, const hg1_call *call) {
    if (call->y == NULL && call->m != call->n && call->m != 0) {
        return HG_ERROR_M_NOT_N;
    }
    if (call->x == NULL && call->n > 0) {
        return HG_ERROR_X_NULL;
    }
    for (int32_t p = 0; p < setting->kernel->parameter_count; ++p) {
        if (setting->kernel->parameter_kinds[p] == HG1_VECTOR && call->parameters[p].vector == NULL) {
            return HG_ERROR_PARAMETER_NULL;
        }
    }
    return HG_OK;
}

static hg_status check_input_leading(const hg1_setting *setting, const hg1_call *call) {
    if (call->ldx < setting->width) {
        return HG_ERROR_LDX_TOO_SMALL;
    }
    if (call->y != NULL && call->ldy < setting->width) {
        return HG_ERROR_LDY_TOO_SMALL;
    }
    return HG_OK;
}

typedef struct inputs {
    hg1_region x, y, g;
} inputs;

static int make_inputs(const hg1_setting *setting, const hg1_call *call, inputs *in) {
    const int32_t element = setting->kernel->element_size;
    hg1_region vector;
    for (int32_t p = 0; p < setting->kernel->parameter_count; ++p) {
        if (setting->kernel->parameter_kinds[p] == HG1_VECTOR &&
            !make_region(&vector, call->parameters[p].vector, 1, setting->width, setting->width, element)) {
            return 0;
        }
    }
    return make_region(&in->x, call->x, call->n, setting->width, call->ldx, element) &&
           make_region(&in->y, call->y, call->m, setting->width, call->ldy, element) &&
           make_region(&in->g, call->g, call->n, call->m, call->ldg, element);
}

static int overlaps_parameter(const hg1_setting *setting, const hg1_call *call, const hg1_region *region) {
    for (int32_t p = 0; p < setting->kernel->parameter_count; ++p) {
        hg1_region vector;
        if (setting->kernel->parameter_kinds[p] == HG1_VECTOR) {
            (void)make_region(&vector, call->parameters[p].vector, 1, setting->width, setting->width,
                              setting->kernel->element_size);
            if (overlap(region, &vector)) {
                return 1;
            }
        }
    }
    return 0;
}

static int overlaps_input(const hg1_setting *setting, const hg1_call *call, const inputs *in,
                          const hg1_region *region) {
    return overlap(region, &in->x) || overlap(region, &in->y) || overlap(region, &in->g) ||
           overlaps_parameter(setting, call, region);
}

HG_HELPER_DEFINITION hg_status hg1_check_points(const hg1_setting *setting, const hg1_call *call) {
    inputs in;
    hg_status status = check_input_pointers(setting, call);
    if (status == HG_OK) {
        status = check_input_leading(setting, call);
    }
    return status != HG_OK || make_inputs(setting, call, &in) ? status : HG_ERROR_SIZE_OVERFLOW;
}

/* ---- The Gram matrix ---- */

HG_HELPER_DEFINITION hg_status hg1_check_gram(const hg1_setting *setting, const hg1_call *call) {
    const int32_t element = setting->kernel->element_size;
    hg_status status = check_input_pointers(setting, call);
    if (status != HG_OK) {
        return status;
    }
    if (call->k == NULL && call->n > 0 && call->m > 0) {
        return HG_ERROR_K_NULL;
    }
    status = check_input_leading(setting, call);
    if (status != HG_OK) {
        return status;
    }
    if (call->ldk < call->m) {
        return HG_ERROR_LDK_TOO_SMALL;
    }
    inputs in;
    hg1_region k;
    if (!make_inputs(setting, call, &in) || !make_region(&k, call->k, call->n, call->m, call->ldk, element)) {
        return HG_ERROR_SIZE_OVERFLOW;
    }
    if (overlap(&k, &in.x)) {
        return HG_ERROR_K_OVERLAPS_X;
    }
    if (overlap(&k, &in.y)) {
        return HG_ERROR_K_OVERLAPS_Y;
    }
    if (overlaps_parameter(setting, call, &k)) {
        return HG_ERROR_K_OVERLAPS_PARAMETER;
    }
    return HG_OK;
}

/* ---- The gradients ---- */

/* Gradient of parameter p: [d] or one element; empty for integers and where the caller wants none. */
static int make_parameter_gradient(const hg1_setting *setting, const hg1_call *call, int32_t p, hg1_region *region) {
    const hg1_parameter_kind kind = setting->kernel->parameter_kinds[p];
    const void *data = call->gparameters == NULL || kind == HG1_INTEGER ? NULL : call->gparameters[p];
    const int64_t width = kind == HG1_VECTOR ? setting->d : 1;
    return make_region(region, data, 1, width, width, setting->kernel->element_size);
}

static hg_status check_parameter_gradients(const hg1_setting *setting, const hg1_call *call, const inputs *in,
                                           const hg1_region *gx, const hg1_region *gy) {
    for (int32_t p = 0; p < setting->kernel->parameter_count; ++p) {
        hg1_region gradient, other;
        (void)make_parameter_gradient(setting, call, p, &gradient);
        if (overlaps_input(setting, call, in, &gradient)) {
            return HG_ERROR_GPARAMETER_OVERLAPS_INPUT;
        }
        int shared = overlap(&gradient, gx) || overlap(&gradient, gy);
        for (int32_t q = 0; q < p; ++q) {
            (void)make_parameter_gradient(setting, call, q, &other);
            shared = shared || overlap(&gradient, &other);
        }
        if (shared) {
            return HG_ERROR_GPARAMETER_OVERLAPS_OUTPUT;
        }
    }
    return HG_OK;
}

HG_HELPER_DEFINITION hg_status hg1_check_gram_vjp(const hg1_setting *setting, const hg1_call *call) {
    const int32_t element = setting->kernel->element_size;
    hg_status status = check_input_pointers(setting, call);
    if (status != HG_OK) {
        return status;
    }
    if (call->g == NULL && call->n > 0 && call->m > 0) {
        return HG_ERROR_G_NULL;
    }
    status = check_input_leading(setting, call);
    if (status != HG_OK) {
        return status;
    }
    if (call->ldg < call->m) {
        return HG_ERROR_LDG_TOO_SMALL;
    }
    if (call->gx != NULL && call->ldgx < setting->d) {
        return HG_ERROR_LDGX_TOO_SMALL;
    }
    void *gy = call->y != NULL ? call->gy : NULL; /* with y = NULL, gy is ignored */
    if (gy != NULL && call->ldgy < setting->d) {
        return HG_ERROR_LDGY_TOO_SMALL;
    }
    inputs in;
    hg1_region gx_region, gy_region, parameter;
    int fits = make_inputs(setting, call, &in) &&
               make_region(&gx_region, call->gx, call->n, setting->d, call->ldgx, element) &&
               make_region(&gy_region, gy, call->m, setting->d, call->ldgy, element);
    for (int32_t p = 0; fits && p < setting->kernel->parameter_count; ++p) {
        fits = make_parameter_gradient(setting, call, p, &parameter);
    }
    if (!fits) {
        return HG_ERROR_SIZE_OVERFLOW;
    }
    if (overlaps_input(setting, call, &in, &gx_region)) {
        return HG_ERROR_GX_OVERLAPS_INPUT;
    }
    if (overlaps_input(setting, call, &in, &gy_region)) {
        return HG_ERROR_GY_OVERLAPS_INPUT;
    }
    if (overlap(&gx_region, &gy_region)) {
        return HG_ERROR_GX_OVERLAPS_GY;
    }
    return check_parameter_gradients(setting, call, &in, &gx_region, &gy_region);
}

/* ---- The caller's workspace, once it is known how much the call needs ---- */

HG_HELPER_DEFINITION hg_status hg1_check_workspace(const hg1_setting *setting, const hg1_call *call, size_t bytes) {
    if (setting->options.workspace == NULL) {
        return HG_OK;
    }
    if (setting->options.workspace_bytes < bytes) {
        return HG_ERROR_WORKSPACE_TOO_SMALL;
    }
    const int32_t element = setting->kernel->element_size;
    inputs in;
    hg1_region memory, k, gx, gy;
    memory.data = setting->options.workspace;
    memory.rows = bytes > 0;
    memory.width = memory.pitch = bytes;
    (void)make_inputs(setting, call, &in);
    (void)make_region(&k, call->k, call->n, call->m, call->ldk, element);
    (void)make_region(&gx, call->gx, call->n, setting->d, call->ldgx, element);
    (void)make_region(&gy, call->y != NULL ? call->gy : NULL, call->m, setting->d, call->ldgy, element);
    int shared = overlaps_input(setting, call, &in, &memory) || overlap(&memory, &k) || overlap(&memory, &gx) ||
                 overlap(&memory, &gy);
    for (int32_t p = 0; p < setting->kernel->parameter_count; ++p) {
        hg1_region gradient;
        (void)make_parameter_gradient(setting, call, p, &gradient);
        shared = shared || overlap(&memory, &gradient);
    }
    return shared ? HG_ERROR_WORKSPACE_OVERLAPS : HG_OK;
}
