/* Loops over elements, for f32 and f64. */
#include "hg_internal.h"

#include <math.h>

#define REAL float
#define OF_TYPE(name) name##_f32
#include "reals_of_type.h"
#undef REAL
#undef OF_TYPE
#define REAL double
#define OF_TYPE(name) name##_f64
#include "reals_of_type.h"
#undef REAL
#undef OF_TYPE

HG_HELPER_DEFINITION void hg1_pack_transposed(size_t element, void *destination, const void *source, int64_t ld,
                                              int64_t columns, int64_t padded, int64_t d) {
    if (element == sizeof(float)) {
        pack_transposed_f32((float *)destination, (const float *)source, ld, columns, padded, d);
    } else {
        pack_transposed_f64((double *)destination, (const double *)source, ld, columns, padded, d);
    }
}

HG_HELPER_DEFINITION void hg1_unpack_transposed(size_t element, void *target, int64_t ld, const void *source,
                                                int64_t columns, int64_t padded, int64_t d, int accumulate) {
    if (element == sizeof(float)) {
        unpack_transposed_f32((float *)target, ld, (const float *)source, columns, padded, d, accumulate);
    } else {
        unpack_transposed_f64((double *)target, ld, (const double *)source, columns, padded, d, accumulate);
    }
}

HG_HELPER_DEFINITION void hg1_mirror(size_t element, void *k, int64_t ldk, int64_t row, int64_t rows, int64_t column,
                                     int64_t column_end, int block_too) {
    if (element == sizeof(float)) {
        mirror_f32((float *)k, ldk, row, rows, column, column_end, block_too);
    } else {
        mirror_f64((double *)k, ldk, row, rows, column, column_end, block_too);
    }
}

HG_HELPER_DEFINITION void hg1_add(size_t element, void *value, const void *earlier, int64_t count) {
    if (element == sizeof(float)) {
        add_f32((float *)value, (const float *)earlier, count);
    } else {
        add_f64((double *)value, (const double *)earlier, count);
    }
}

HG_HELPER_DEFINITION void hg1_add_exactly(size_t element, void *sum, void *error, const void *value, int64_t count) {
    if (element == sizeof(float)) {
        add_exactly_f32((float *)sum, (float *)error, (const float *)value, count);
    } else {
        add_exactly_f64((double *)sum, (double *)error, (const double *)value, count);
    }
}

HG_HELPER_DEFINITION void hg1_settle(size_t element, void *sum, const void *error, int64_t count) {
    if (element == sizeof(float)) {
        settle_f32((float *)sum, (const float *)error, count);
    } else {
        settle_f64((double *)sum, (const double *)error, count);
    }
}

HG_HELPER_DEFINITION double hg1_largest(size_t element, const void *values, int64_t count, int64_t stride) {
    return element == sizeof(float) ? largest_f32((const float *)values, count, stride)
                                    : largest_f64((const double *)values, count, stride);
}

HG_HELPER_DEFINITION void hg1_center(size_t element, void *center, const void *points, int64_t n, int64_t ld,
                                     int64_t d) {
    if (element == sizeof(float)) {
        center_f32((float *)center, (const float *)points, n, ld, d);
    } else {
        center_f64((double *)center, (const double *)points, n, ld, d);
    }
}

HG_HELPER_DEFINITION void hg1_subtract_center(size_t element, void *values, const void *center, int64_t rows,
                                              int64_t width, int along_rows) {
    if (element == sizeof(float)) {
        subtract_center_f32((float *)values, (const float *)center, rows, width, along_rows);
    } else {
        subtract_center_f64((double *)values, (const double *)center, rows, width, along_rows);
    }
}

HG_HELPER_DEFINITION void hg1_sum_rows(size_t element, void *values, int64_t rows, int64_t width) {
    char *bytes = (char *)values;
    while (rows > 1) {
        const int64_t half = (rows + 1) / 2;
        hg1_add(element, bytes, bytes + (size_t)(half * width) * element, (rows - half) * width);
        rows = half;
    }
}
