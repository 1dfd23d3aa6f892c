/* Loops over elements, for f32 and f64. */
#include "hg_internal.h"

#include <math.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#define HG_STREAMS 1
#else
#define HG_STREAMS 0
#endif

/* Squares of 16-byte vectors, which every processor of ours has, are transposed in registers, where the compiler offers
   shuffles of any target (gcc 12, clang): element by element K(x, x) takes a third longer. */
#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define HG_HAS_VECTORS 1
#endif
#endif
#ifndef HG_HAS_VECTORS
#define HG_HAS_VECTORS 0
#endif

#if HG_HAS_VECTORS
typedef float vector_f32 __attribute__((vector_size(16)));
typedef double vector_f64 __attribute__((vector_size(16)));
typedef int32_t mask_f32 __attribute__((vector_size(16)));
typedef int64_t mask_f64 __attribute__((vector_size(16)));

static inline vector_f32 load_f32(const float *place) {
    vector_f32 value;
    memcpy(&value, place, sizeof value);
    return value;
}

static inline vector_f64 load_f64(const double *place) {
    vector_f64 value;
    memcpy(&value, place, sizeof value);
    return value;
}

#if defined(__SSE2__)
#define HG_HAS_LEAST 1
static inline vector_f32 least_f32(vector_f32 a, vector_f32 b) {
    return (vector_f32)_mm_min_ps((__m128)a, (__m128)b);
}

static inline vector_f32 greatest_f32(vector_f32 a, vector_f32 b) {
    return (vector_f32)_mm_max_ps((__m128)a, (__m128)b);
}

static inline vector_f64 least_f64(vector_f64 a, vector_f64 b) {
    return (vector_f64)_mm_min_pd((__m128d)a, (__m128d)b);
}

static inline vector_f64 greatest_f64(vector_f64 a, vector_f64 b) {
    return (vector_f64)_mm_max_pd((__m128d)a, (__m128d)b);
}
#else
#define HG_HAS_LEAST 0
#endif

/* The square at `to` becomes the transpose of the square at `from`, less `center` (NULL: nothing) in its rows. Without
   loops, which would keep the rows in memory. */
static inline void transpose_square_f32(float *to, int64_t ld, const float *from, int64_t stride, const float *center) {
    vector_f32 row0 = load_f32(from), row1 = load_f32(from + stride), row2 = load_f32(from + 2 * stride),
               row3 = load_f32(from + 3 * stride);
    if (center != NULL) {
        const vector_f32 moved = load_f32(center);
        row0 -= moved;
        row1 -= moved;
        row2 -= moved;
        row3 -= moved;
    }
    const vector_f32 low01 = __builtin_shufflevector(row0, row1, 0, 4, 1, 5),
                     high01 = __builtin_shufflevector(row0, row1, 2, 6, 3, 7),
                     low23 = __builtin_shufflevector(row2, row3, 0, 4, 1, 5),
                     high23 = __builtin_shufflevector(row2, row3, 2, 6, 3, 7);
    const vector_f32 column0 = __builtin_shufflevector(low01, low23, 0, 1, 4, 5),
                     column1 = __builtin_shufflevector(low01, low23, 2, 3, 6, 7),
                     column2 = __builtin_shufflevector(high01, high23, 0, 1, 4, 5),
                     column3 = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
    memcpy(to, &column0, sizeof column0);
    memcpy(to + ld, &column1, sizeof column1);
    memcpy(to + 2 * ld, &column2, sizeof column2);
    memcpy(to + 3 * ld, &column3, sizeof column3);
}

static inline void transpose_square_f64(double *to, int64_t ld, const double *from, int64_t stride,
                                        const double *center) {
    vector_f64 row0 = load_f64(from), row1 = load_f64(from + stride);
    if (center != NULL) {
        const vector_f64 moved = load_f64(center);
        row0 -= moved;
        row1 -= moved;
    }
    const vector_f64 column0 = __builtin_shufflevector(row0, row1, 0, 2),
                     column1 = __builtin_shufflevector(row0, row1, 1, 3);
    memcpy(to, &column0, sizeof column0);
    memcpy(to + ld, &column1, sizeof column1);
}
#endif

/* Of a sorted sample, how many at either end are left out of its middle. Of few numbers all but the median: one huge point
   may not draw the others with it. */
static int dropped_of_sample(int count) {
    return count < 5 && count > 0 ? (count - 1) / 2 : count / 4;
}

#if HG_HAS_VECTORS
/* Comparisons that sort whatever the numbers: of places, the lesser number to `low`. */
typedef struct sorting_network {
    int count;
    struct {
        uint8_t low, high;
    } pairs[HG_CENTER_SAMPLE == 32 ? 191 : -1]; /* so many comparisons sort 32 numbers */
} sorting_network;

/* Batcher's odd-even merges (Knuth, The Art of Computer Programming 3, 5.3.4). */
static void make_sorting_network(sorting_network *sort, int numbers) {
    sort->count = 0;
    for (int run = 1; run < numbers; run *= 2) {
        for (int distance = run; distance > 0; distance /= 2) {
            /* Lengths are powers of 2: bits do what divisions would. */
            const int in_two_runs = 2 * run - 1;
            for (int first = distance & (run - 1); first + distance < numbers; first += 2 * distance) {
                /* Only numbers of the same two runs are merged. */
                if ((first | in_two_runs) != ((first + distance) | in_two_runs)) {
                    continue;
                }
                for (int k = first; k < first + distance && k + distance < numbers; ++k) {
                    sort->pairs[sort->count].low = (uint8_t)k;
                    sort->pairs[sort->count++].high = (uint8_t)(k + distance);
                }
            }
        }
    }
}
#endif

#define REAL float
#define VECTOR 4
#define OF_TYPE(name) name##_f32
#include "reals_of_type.h"
#undef REAL
#undef VECTOR
#undef OF_TYPE
#define REAL double
#define VECTOR 2
#define OF_TYPE(name) name##_f64
#include "reals_of_type.h"
#undef REAL
#undef VECTOR
#undef OF_TYPE

HG_HELPER_DEFINITION void hg1_pack_rows(size_t element, void *packed, const hg1_points *points) {
    if (element == sizeof(float)) {
        pack_rows_f32((float *)packed, points);
    } else {
        pack_rows_f64((double *)packed, points);
    }
}

HG_HELPER_DEFINITION void hg1_pack_transposed(size_t element, void *packed, const hg1_points *points) {
    if (element == sizeof(float)) {
        pack_transposed_f32((float *)packed, points);
    } else {
        pack_transposed_f64((double *)packed, points);
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

HG_HELPER_DEFINITION void hg1_mirror(size_t element, void *k, int64_t ldk, const hg1_area *area, int square_too,
                                     void *scratch) {
    if (element == sizeof(float)) {
        mirror_f32((float *)k, ldk, area, square_too, (float *)scratch);
    } else {
        mirror_f64((double *)k, ldk, area, square_too, (double *)scratch);
    }
}

/* Lines of a cache that are written whole and not read again soon go to memory without being fetched first. */
HG_HELPER_DEFINITION void hg1_stream_rows(size_t element, void *k, int64_t ldk, const void *rows_of_k, int64_t stride,
                                          int64_t rows, int64_t columns) {
    const size_t bytes = (size_t)columns * element;
    for (int64_t i = 0; i < rows; ++i) {
        char *to = (char *)k + (size_t)(i * ldk) * element;
        const char *from = (const char *)rows_of_k + (size_t)(i * stride) * element;
        size_t at = 0;
#if HG_STREAMS
        const size_t before = (HG_ALIGNMENT - (uintptr_t)to % HG_ALIGNMENT) % HG_ALIGNMENT;
        at = before < bytes ? before : bytes;
        memcpy(to, from, at);
        for (; bytes - at >= HG_ALIGNMENT; at += HG_ALIGNMENT) {
            for (size_t part = at; part < at + HG_ALIGNMENT; part += sizeof(__m128i)) {
                _mm_stream_si128((__m128i *)(void *)(to + part),
                                 _mm_loadu_si128((const __m128i *)(const void *)(from + part)));
            }
        }
#endif
        memcpy(to + at, from + at, bytes - at);
    }
}

HG_HELPER_DEFINITION void hg1_stream_end(void) {
#if HG_STREAMS
    _mm_sfence();
#endif
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

HG_HELPER_DEFINITION void hg1_sum_rows(size_t element, void *values, int64_t rows, int64_t width) {
    char *bytes = (char *)values;
    while (rows > 1) {
        const int64_t half = (rows + 1) / 2;
        hg1_add(element, bytes, bytes + (size_t)(half * width) * element, (rows - half) * width);
        rows = half;
    }
}
