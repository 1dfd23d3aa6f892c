/* Between the generated C file of a library (or an in-process kernel) and the runtime: a kernel is a table of leaf
   functions plus the counts that size their buffers. Internal: no user includes it, and it may change from version to
   version, because every symbol behind it carries a digest of these sources (names.cmake). */
#ifndef HG_KERNEL_H
#define HG_KERNEL_H

#include "hg.h"
#include "hg_names.h"

/* The sums and their bounds hold in IEEE arithmetic alone. halogram build undoes such flags of the compiler command; here is
   what a wrapper or an environment still brings in. */
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ != 0)
#error                                                                                                                 \
    "--cc: the compiler works under -ffast-math, -Ofast or -ffinite-math-only, which change values: take the flag away"
#endif
#if defined(__RECIPROCAL_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__NO_SIGNED_ZEROS__)
#error "--cc: the compiler works under -funsafe-math-optimizations or a part of it, which changes values: take it away"
#endif
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0
#error "--cc: the compiler computes float in a wider type (-mfpmath=387), which changes values: take the flag away"
#endif
/* 1.0 is a float under -fsingle-precision-constant; -fpack-struct and -fshort-enums lay out what leaves and other libraries
   read. */
typedef char hg1_flag_single_precision_constant_changes_values[sizeof(1.0) == sizeof(double) ? 1 : -1];
typedef struct hg1_laid_out {
    char first;
    double second;
} hg1_laid_out;
typedef enum hg1_small { HG1_SMALL } hg1_small;
typedef char hg1_flag_pack_struct_changes_layouts[sizeof(hg1_laid_out) == 8 + sizeof(double) ? 1 : -1];
typedef char hg1_flag_short_enums_changes_layouts[sizeof(hg1_small) == sizeof(int) ? 1 : -1];

#ifdef __cplusplus
extern "C" {
#endif

/* Leaf functions are pure: no heap, no threads, no state. They are called in Halide's argv convention, arguments[k]
   being an `hg1_buffer *` for a buffer and a pointer to the value for a scalar; they return 0.

   All buffers hold the kernel's element type. In the lists below, index order is innermost (stride 1) first.
   "rows" are points of x in one row panel, "columns" points of y in one column chunk, D the number of features, W the
   length of a point: D, or 2 D where the features of a direction stand behind those of the point (point_planes).
     P...                the parameters in signature order: scalar (element type), integer (int32_t), or vector buffer (W)
     ps(k)  pf(d, p)     what is computed once per call from the parameters alone
     x(d, i)             packed points of the panel: x stride(1) = W; i extent padded up to row_multiple (last point repeated)
     xs(k, i) xf(d, i, p)  per-point scalars and per-feature planes computed once per point of x; xs strides (1, count), xf (1, D, D*rows)
     y(j, d)             packed points of the chunk, feature-major: stride(1) = padded columns, a multiple of column_multiple,
                         padded with copies of the last point
     ys(j, k) yf(j, d, p)  like xs and xf for points of y, feature-major; strides (1, padded) and (1, padded, padded*D)
     k(j, i) g(j, i)     the caller's Gram matrix and cotangent (stride(1) = ldk, ldg); extents are exact, not padded, but
                         at least row_multiple x column_multiple: smaller ones go through padded scratch
     w(j, i, q)          pair planes; strides (1, padded columns, padded columns * padded rows); extents are exact
   A count of 0 means a buffer of extent 0 is passed (data pointer valid but untouched) and the prepare leaf is NULL
   if it would have nothing to do. */
typedef int (*hg1_leaf)(void **arguments);

/* The same memory layout as halide_buffer_t and halide_dimension_t of Halide 21. */
typedef struct hg1_dimension {
    int32_t min, extent, stride;
    uint32_t flags;
} hg1_dimension;
typedef struct hg1_buffer {
    uint64_t device;
    const void *device_interface;
    uint8_t *host;
    uint64_t flags;
    uint8_t type_code; /* 2 = floating point */
    uint8_t type_bits;
    uint16_t type_lanes; /* 1 */
    int32_t dimensions;
    hg1_dimension *dim;
    void *padding;
} hg1_buffer;

typedef struct hg1_prepare {
    hg1_leaf parameters; /* (P..., features, ps, pf): features(d) is a buffer of which only the extent D is read */
    hg1_leaf x;          /* (P..., ps, pf, x, xs, xf) */
    hg1_leaf y;          /* (P..., ps, pf, y, ys, yf) */
} hg1_prepare;

/* Counts of the prepared buffers of one operation. */
typedef struct hg1_counts {
    int32_t ps, pf, xs, xf, ys, yf;
} hg1_counts;

typedef struct hg1_gram_leaves {
    hg1_prepare prepare;
    hg1_leaf tile; /* (P..., ps, pf, x, xs, xf, y, ys, yf, k): the Gram matrix of the panel and chunk */
    /* error_bound: (P..., ps, pf, sums, bound), the last two in f64: how far an entry of the expanded form can be off, given
       the largest bound_x of a point of x and the largest bound_y of one of y. NULL in the direct form. */
    hg1_leaf error_bound;
} hg1_gram_leaves;

typedef struct hg1_gram_vjp_leaves {
    hg1_prepare prepare;
    /* pairs: (P..., ps, pf, x, xs, xf, y, ys, yf, g, w): pair planes w; the last ones are g * dk/d(scalar parameter). */
    hg1_leaf pairs;
    /* scalars: (..., w, t): t(i, s) = sum over the chunk's columns of the plane of scalar parameter s; strides (1, padded
       rows). A leaf of its own, because it reads whole vectors of w, whose padding the runtime has cleared by then. This
       leaf and the next ones sum the pairs within the extents of w alone. */
    hg1_leaf scalars;
    /* rows: (P..., ps, pf, x, xs, xf, y, ys, yf, w, gx): gx(d, i) = sum over the chunk's columns; strides (1, D).
       i runs over padded rows. */
    hg1_leaf rows;
    /* columns: (..., w, gy): gy(j, d) = sum over the panel's rows; strides (1, padded columns). */
    hg1_leaf columns;
    /* vectors: (..., w, gv): gv(d, i, v) = sum over the chunk's columns, for each vector parameter v; strides (1, D, D * padded rows). */
    hg1_leaf vectors;
} hg1_gram_vjp_leaves;

typedef struct hg1_variant {
    const char *isa; /* "avx512", "avx2", "sse41" */
    int32_t vector_bytes, row_multiple, column_multiple;
    const hg1_gram_leaves *gram;         /* NULL when the operation was not built */
    const hg1_gram_vjp_leaves *gram_vjp; /* NULL likewise */
} hg1_variant;

typedef enum hg1_parameter_kind { HG1_SCALAR = 0, HG1_INTEGER = 1, HG1_VECTOR = 2 } hg1_parameter_kind;

typedef enum hg1_symmetry {
    HG1_NOT_SYMMETRIC = 0,
    HG1_SYMMETRIC = 1,    /* mathematically: i <= j is computed and mirrored */
    HG1_BIT_SYMMETRIC = 2 /* k(x, y) and k(y, x) are the same sequence of operations up to commutation and sign */
} hg1_symmetry;

typedef struct hg1_kernel {
    const char *name, *version, *formula, *dtype, *operations, *variants_text;
    int64_t features; /* 0 = argument of the call */
    /* Numbers for each feature of a point of x or y and of a vector parameter: 1, or 2 where what follows the D features are
       D of a direction. Gradients are with respect to the D features. */
    int32_t point_planes;
    int32_t element_size;
    int32_t parameter_count;
    const hg1_parameter_kind *parameter_kinds;
    hg1_symmetry symmetry;
    const char *form;         /* "direct", "expanded", "auto" */
    int32_t centred;          /* points are moved by a common center before anything is computed from them */
    int32_t bound_x, bound_y; /* which of xs and ys the error bound asks for */
    /* The same kernel in the expanded form, for calls whose error bound is at most `tolerance`; NULL: there is none. */
    const struct hg1_kernel *expanded;
    double tolerance;
    hg1_counts gram_counts, gram_vjp_counts;
    int32_t pair_planes; /* extent of w's q */
    /* Estimates with D features (D = 16 where D is an argument): of the costliest operation, which decides on threads, and
       of gram, which decides whether half of K(x, x) is copied. */
    int32_t operations_per_pair, gram_operations;
    int32_t variant_count; /* best first */
    const hg1_variant *variants;
} hg1_kernel;

/* One value per parameter, in signature order. */
typedef union hg1_value {
    float f32;
    double f64;
    int32_t integer;
    const void *vector;
} hg1_value;

/* Arguments of one call. Unused fields are NULL or 0. */
typedef struct hg1_call {
    int64_t n, m, d;
    const void *x, *y;
    int64_t ldx, ldy;
    const hg1_value *parameters;
    void *k;
    int64_t ldk;
    const void *g;
    int64_t ldg;
    void *gx, *gy;
    int64_t ldgx, ldgy;
    void *const *gparameters; /* one per real parameter (scalar or vector; integers have none, their slot is NULL) */
} hg1_call;

HG_API hg_status hg1_gram(const hg1_kernel *kernel, const hg_options *options, const hg1_call *call);
HG_API hg_status hg1_gram_vjp(const hg1_kernel *kernel, const hg_options *options, const hg1_call *call);
/* Workspace in bytes of a call with these options and sizes (d = 0 where the library fixes it). */
HG_API hg_status hg1_gram_workspace(const hg1_kernel *kernel, const hg_options *options, int64_t n, int64_t m,
                                    int64_t d, size_t *bytes);
HG_API hg_status hg1_gram_vjp_workspace(const hg1_kernel *kernel, const hg_options *options, int64_t n, int64_t m,
                                        int64_t d, size_t *bytes);
/* An upper bound of |K - exact K| over all entries that hg1_gram computes in the expanded form; `bound` has the element
   type of the kernel. */
HG_API hg_status hg1_gram_error_bound(const hg1_kernel *kernel, const hg1_call *call, void *bound);
/* What a library says of itself, filled at the first call. */
typedef struct hg1_description {
    const hg_info *published; /* atomic; NULL until the first call has filled it */
    int taken;                /* atomic; `info` belongs to the call that found 0 here */
    hg_info info;
} hg1_description;
HG_API const hg_info *hg1_info(const hg1_kernel *kernel, hg1_description *description);

#ifdef __cplusplus
}
#endif

#endif
