#ifndef HG_ABI_1
#ifdef HG_ABI_VERSION
#error "two Halogram libraries with different ABI versions are included in one translation unit"
#endif
/* Halogram runtime, ABI 1: what every generated library shares. This block is identical in every generated header. */
#define HG_ABI_1 1
#define HG_ABI_VERSION 1

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Public entry points are visible in a shared object unless HG_HIDDEN is defined where the library is compiled. */
#if defined(HG_HIDDEN) && defined(__GNUC__)
#define HG_API __attribute__((visibility("hidden")))
#elif defined(__GNUC__)
#define HG_API __attribute__((visibility("default")))
#else
#define HG_API
#endif

/* Every status, one line each: number, name, explanation. The numbers are fixed for ABI 1.
   `hg_status_string` and the tests are made from this list. */
/* clang-format off */
#define HG_STATUS_LIST(STATUS)                                                                                         \
    STATUS(0, HG_OK, "success")                                                                                        \
    STATUS(1, HG_ERROR_N_NEGATIVE, "n, the number of points of x, is negative")                                        \
    STATUS(2, HG_ERROR_M_NEGATIVE, "m, the number of points of y, is negative")                                        \
    STATUS(3, HG_ERROR_D_NOT_POSITIVE, "d, the number of features, is not positive")                                   \
    STATUS(4, HG_ERROR_M_NOT_N, "y is NULL, which means y = x, but m differs from n")                                  \
    STATUS(5, HG_ERROR_SIZE_OVERFLOW, "the sizes describe more bytes than the address space holds")                    \
    STATUS(6, HG_ERROR_D_TOO_LARGE, "d, the number of features, is above the limit of this library (2^20)")            \
    STATUS(10, HG_ERROR_X_NULL, "x is NULL although n > 0")                                                            \
    STATUS(11, HG_ERROR_K_NULL, "k is NULL although n > 0 and m > 0")                                                  \
    STATUS(12, HG_ERROR_G_NULL, "g is NULL although n > 0 and m > 0")                                                  \
    STATUS(13, HG_ERROR_PARAMETER_NULL, "a per-feature parameter is NULL")                                             \
    STATUS(14, HG_ERROR_BYTES_NULL, "the pointer that receives the workspace size is NULL")                            \
    STATUS(15, HG_ERROR_BOUND_NULL, "the pointer that receives the error bound is NULL")                              \
    STATUS(20, HG_ERROR_LDX_TOO_SMALL, "ldx is smaller than the number of features")                                   \
    STATUS(21, HG_ERROR_LDY_TOO_SMALL, "ldy is smaller than the number of features")                                   \
    STATUS(22, HG_ERROR_LDK_TOO_SMALL, "ldk is smaller than m")                                                        \
    STATUS(23, HG_ERROR_LDG_TOO_SMALL, "ldg is smaller than m")                                                        \
    STATUS(24, HG_ERROR_LDGX_TOO_SMALL, "ldgx is smaller than the number of features")                                 \
    STATUS(25, HG_ERROR_LDGY_TOO_SMALL, "ldgy is smaller than the number of features")                                 \
    STATUS(30, HG_ERROR_K_OVERLAPS_X, "k overlaps x")                                                                  \
    STATUS(31, HG_ERROR_K_OVERLAPS_Y, "k overlaps y")                                                                  \
    STATUS(32, HG_ERROR_K_OVERLAPS_PARAMETER, "k overlaps a per-feature parameter")                                    \
    STATUS(33, HG_ERROR_GX_OVERLAPS_INPUT, "gx overlaps x, y, g or a per-feature parameter")                           \
    STATUS(34, HG_ERROR_GY_OVERLAPS_INPUT, "gy overlaps x, y, g or a per-feature parameter")                           \
    STATUS(35, HG_ERROR_GPARAMETER_OVERLAPS_INPUT, "the gradient of a parameter overlaps x, y, g or a parameter")      \
    STATUS(36, HG_ERROR_GX_OVERLAPS_GY, "gx overlaps gy")                                                              \
    STATUS(37, HG_ERROR_GPARAMETER_OVERLAPS_OUTPUT, "the gradient of a parameter overlaps another output")             \
    STATUS(38, HG_ERROR_WORKSPACE_OVERLAPS, "the workspace overlaps an input or an output")                            \
    STATUS(40, HG_ERROR_OPTIONS_SIZE,                                                                                  \
           "hg_options.size is the size of hg_options of no ABI 1 header")                                             \
    STATUS(41, HG_ERROR_THREADS, "the number of threads is negative or above 65536")                                   \
    STATUS(42, HG_ERROR_WORKSPACE_NULL, "workspace_bytes is given but workspace is NULL")                              \
    STATUS(43, HG_ERROR_WORKSPACE_TOO_SMALL, "the workspace is smaller than the _workspace function asks for")         \
    STATUS(44, HG_ERROR_WORKSPACE_ALIGNMENT, "the workspace is not aligned to 64 bytes")                               \
    STATUS(45, HG_ERROR_OPTIONS_UNKNOWN,                                                                               \
           "a field of hg_options is set that this library, older than the header of the program, does not know")      \
    STATUS(50, HG_ERROR_ISA_UNKNOWN, "HALOGRAM_ISA names an instruction set that this library does not have")          \
    STATUS(51, HG_ERROR_ISA_UNSUPPORTED, "HALOGRAM_ISA names an instruction set that this processor lacks")            \
    STATUS(52, HG_ERROR_NO_VARIANT, "this processor supports none of the library's instruction sets")                  \
    STATUS(60, HG_ERROR_OUT_OF_MEMORY, "memory for the workspace could not be allocated")                              \
    STATUS(61, HG_ERROR_CANCELLED, "the caller's cancel flag was set; the outputs are incomplete")                     \
    STATUS(62, HG_ERROR_PARALLEL_FOR,                                                                                  \
           "parallel_for did not call its task exactly once for every index; the outputs are incomplete")

typedef enum hg_status {
#define HG_STATUS_ENUMERATOR(number, name, text) name = number,
    HG_STATUS_LIST(HG_STATUS_ENUMERATOR)
#undef HG_STATUS_ENUMERATOR
    HG_STATUS_MAXIMUM = 0x7fffffff /* keeps the enumeration at 32 bits */
} hg_status;
/* clang-format on */

/* A function that calls task(context, index) once for every index in [0, count), in any order and from any threads,
   and returns when all calls have returned. One that leaves out or repeats an index makes HG_ERROR_PARALLEL_FOR of the
   call, unless it was cancelled. */
typedef void (*hg_task)(void *context, int64_t index);
typedef void (*hg_parallel_for)(void *user, int64_t count, hg_task task, void *context);

/* Progress: `done` of `total` units of work are finished. Called from any thread, never concurrently. */
typedef void (*hg_progress)(void *user, int64_t done, int64_t total);

/* Options of one call. Set everything to zero, then `size = sizeof(hg_options)`; zero is the default of every field. */
typedef struct hg_options {
    size_t size;                  /* sizeof(hg_options): tells the library which fields exist */
    int threads;                  /* at most this many threads; 0 = hg_set_num_threads, else the affinity mask's CPUs */
    hg_parallel_for parallel_for; /* the caller's own threads instead of the default pool */
    void *parallel_for_user;      /* first argument of parallel_for */
    /* Caller's memory, aligned to 64 bytes: then the call allocates nothing, except that the first call with threads
       starts the default pool. */
    void *workspace;
    size_t workspace_bytes;     /* at least what NAME_op_workspace(...) gives */
    const volatile int *cancel; /* when it becomes non-zero the call returns HG_ERROR_CANCELLED soon */
    hg_progress progress;
    void *progress_user;
    void *stream;      /* CUDA stream; unused by CPU variants */
    const char **form; /* receives how this call computes distances, "direct" or "expanded"; NULL: not wanted */
} hg_options;

/* What a library says of itself; strings live as long as the library. */
typedef struct hg_info {
    size_t size;            /* sizeof(hg_info) of the library */
    int abi_version;        /* 1 */
    const char *name;       /* the C name, e.g. "rbf" */
    const char *version;    /* version of Halogram that made it */
    const char *formula;    /* the formula's text */
    const char *dtype;      /* "f32" or "f64" */
    const char *operations; /* "gram,gram_vjp" */
    const char
        *variant; /* the variant that calls will use on this machine, e.g. "avx512"; NULL when `status` is an error */
    const char *variants; /* all variants in the library, best first: "avx512,avx2,sse41" */
    int64_t features;     /* D, or 0 when D is an argument of the call */
    hg_status status;     /* HG_OK, or why no variant can run */
    const char *form;     /* how distances are computed: "direct", "expanded" or "auto" */
} hg_info;

/* Runtime symbols carry the ABI version in their names; these macros are the names to use. */
#define hg_status_string hg1_status_string
#define hg_set_num_threads hg1_set_num_threads
#define hg_get_num_threads hg1_get_num_threads

/* The explanation of a status, in English; never NULL. */
HG_API const char *hg_status_string(hg_status status);
/* Threads for later calls in this process whose options leave `threads` at 0; 0 restores the default (CPUs in the
   affinity mask). Returns HG_OK or HG_ERROR_THREADS. */
HG_API hg_status hg_set_num_threads(int threads);
/* The number of threads that a large call would use now. */
HG_API int hg_get_num_threads(void);

#ifdef __cplusplus
}
#endif
#endif /* HG_ABI_1 */
