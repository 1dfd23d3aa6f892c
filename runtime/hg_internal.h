/* Between the files of the runtime. Not part of any interface. */
#ifndef HG_INTERNAL_H
#define HG_INTERNAL_H

#include "hg_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A program may link several generated libraries, each with its own copy of this runtime. Entry points and shared state
   are weak and visible, so that all copies become one; helpers between files are weak and hidden, so that they merge
   inside one program or shared object and never clash.
   Weak stands at definitions only: a weak declaration makes every call a weak reference, for which a linker takes
   nothing out of an archive, and the call goes to address 0. */
#define HG_SHARED HG_API __attribute__((weak))
#define HG_HELPER __attribute__((visibility("hidden")))
#define HG_HELPER_DEFINITION HG_HELPER __attribute__((weak))

/* ---- The constants that shape the work. None depends on the variant or on the number of threads. ---- */

/* Gram matrix: points of x in one row panel, where it is not halved a multiple of tiles of 8 rows and of 6; points of y in
   one column chunk. They never change a bit of K. */
#define HG_GRAM_PANEL_ROWS 192
#define HG_GRAM_CHUNK_COLUMNS 512
/* Chunks of many features are narrower, so that one stays in a second-level cache (256 KiB of f32) while the rows of a panel
   pass, yet wide enough for K to be written in long runs: at D = 128, 2048 x 2048, chunks of 64 points take 15.4 ms, of 256
   13.7, of 512 12.8 (Xeon, avx512, f32). One thread packs several of them at a time, up to so many points of y, so that it
   packs every panel of x once for them. */
#define HG_GRAM_CHUNK_BYTES (1 << 18)
#define HG_GRAM_GROUP_COLUMNS 2048
/* With y = x: columns to the right of the diagonal's square that are computed in place and copied to their mirror images,
   which go down the columns of K, while the second-level cache has them. Going through scratch instead, 512 x 512 points of
   64 features take 0.28 ms and not 0.25, 1024 x 1024 of 16 features 0.74 and 0.60. From so many bytes of K on mirror images
   are written around the caches, in long runs: 4096 x 4096 points of 64 features take 24 ms and not 32, of 16 features 13
   and 21. (Xeon, avx512, f32.) */
#define HG_GRAM_MIRROR_COLUMNS 128
#define HG_GRAM_STREAMED_PANEL_ROWS 256
#define HG_GRAM_STREAMED_MIRROR_COLUMNS 512
#define HG_GRAM_STREAM_MIRROR_FROM 25165824.0
/* Beyond so many bytes of K a copied entry costs as much as this many operations for each byte of a vector, and a cheaper
   one is computed twice: 2048 x 2048 points of 5 features take 1.5 ms instead of 2.1. */
#define HG_GRAM_MIRROR_IN_CACHE 3145728.0
#define HG_GRAM_MIRROR_OPERATIONS 0.9
/* A K of so many bytes is in no cache when it is complete. With few features stores bind, not arithmetic: it is written
   around the caches, some rows of a chunk at a time. 4096 x 4096 points of 5 features take 9.1 ms instead of 16, 16384 x
   16384 0.22 s instead of 0.26; of 64 features the detour would cost 13 % (Xeon, avx512, f32). */
#define HG_GRAM_STREAM_FROM 67108864.0
#define HG_GRAM_STREAM_FEATURES 16
#define HG_GRAM_STREAM_COLUMNS 2048
#define HG_GRAM_STREAM_ROWS 16
/* Gradients: these do decide the order of the sums over points, hence the rows depend on n and D alone and the columns
   on m and D alone (a caller who splits x keeps every bit of gx, one who splits y keeps every bit of gy). Fewer rows
   and columns where there are few points keep the pair planes of small calls inside the stack buffer, and leave items for
   several threads: 16 at 512 x 512. Else long chunks save additions over lanes and tall panels partial sums of gy, but pair
   planes should stay in the second-level cache: 1024 x 1024 points, D = 5, take 0.98 ms in blocks of 128 x 256, 0.94 of
   128 x 512 and 1.09 of 128 x 1024; 4096 x 4096, where g comes from memory, 26 ms in blocks of 128 x 512 and 20 to 22 of
   128 x 1024 (Xeon, avx512, f32, one thread). */
static inline int64_t hg1_vjp_panel_rows(int64_t n) {
    return n <= 64 ? 16 : n <= 256 ? 32 : n <= 512 ? 64 : 128;
}
static inline int64_t hg1_vjp_chunk_columns(int64_t m) {
    return m <= 512 ? 256 : m <= 3072 ? 512 : 1024;
}
/* Row panels are divided into at most this many groups; each has its own partial sum of gy. */
#define HG_VJP_GROUPS 16
/* At most this many segments of column chunks; each has its own partial sum of gx. Changes no bit. */
#define HG_VJP_SEGMENTS 16
/* Chunks and panels shrink where D is large, down to these sizes, to stay within a cache and within 32-bit offsets. */
#define HG_LEAST_PANEL_ROWS 16
#define HG_LEAST_CHUNK_COLUMNS 64
#define HG_PANEL_ELEMENTS (1 << 18)
#define HG_CHUNK_ELEMENTS (1 << 20)
/* Chunks are padded to a multiple of this many points (and of the variant's column_multiple). */
#define HG_CHUNK_PADDING 32
/* A piece of a panel that has too few columns for a leaf goes through scratch, this many rows at a time. */
#define HG_SCRATCH_ROWS 16
#define HG_LARGEST_D (1 << 20)
/* Calls with more operations than this use threads. */
#define HG_THREADS_FROM_OPERATIONS 1e6
#define HG_LARGEST_THREADS 65536
#define HG_ALIGNMENT 64
/* Calls that need no more workspace than this take it from the stack. */
#define HG_STACK_WORKSPACE (96 * 1024)

/* ---- options.c, checks.c ---- */

/* Options with every default filled in, and what follows from the kernel. */
typedef struct hg1_setting {
    const hg1_kernel *kernel;
    const hg1_variant *variant;
    hg_options options;
    int64_t d;
    int64_t width;        /* of a point of x or y and of a vector parameter: d * point_planes */
    int scalars, vectors; /* numbers of scalar (real) and of vector parameters */
} hg1_setting;

/* Memory that a call reads or writes: `rows` rows of `width` bytes, `pitch` bytes apart. */
typedef struct hg1_region {
    const void *data;
    size_t rows, width, pitch;
} hg1_region;

HG_HELPER hg_status hg1_check_options(const hg_options *options, hg_options *checked);
/* The same options without their workspace: who asks for the size of a workspace does not have the right one yet. */
HG_HELPER const hg_options *hg1_options_for_sizing(const hg_options *options, hg_options *copy);
HG_HELPER hg_status hg1_check_sizes(const hg1_kernel *kernel, int64_t n, int64_t m, int64_t d, hg1_setting *setting);
/* Where only sizes are known: x, y and the matrix of pairs fit into the address space, if their rows leave no gaps. */
HG_HELPER hg_status hg1_check_extents(const hg1_setting *setting, int64_t n, int64_t m);
HG_HELPER hg_status hg1_check_points(const hg1_setting *setting, const hg1_call *call);
HG_HELPER hg_status hg1_check_gram(const hg1_setting *setting, const hg1_call *call);
HG_HELPER hg_status hg1_check_gram_vjp(const hg1_setting *setting, const hg1_call *call);
HG_HELPER hg_status hg1_check_workspace(const hg1_setting *setting, const hg1_call *call, size_t bytes);

/* ---- cpu.c, dispatch.c ---- */

/* Instruction sets by name; -1 when the name is unknown to this runtime. */
HG_HELPER int hg1_isa_number(const char *name);
/* What an x86 processor says of itself, ecx of cpuid's leaf 1, ebx of leaf 7, ecx of leaf 0x80000001; and the register
   states that the operating system saves (xgetbv). */
typedef struct hg1_cpu_words {
    uint32_t basic, extended, amd;
    uint64_t states;
} hg1_cpu_words;
/* A bit for each instruction set, by number, that such a processor can run. */
HG_HELPER unsigned hg1_x86_isas(const hg1_cpu_words *words);
/* Non-zero when processor and operating system support the instruction set. */
HG_HELPER int hg1_isa_supported(int number);
/* The variant for this processor, or why there is none. */
HG_HELPER hg_status hg1_choose_variant(const hg1_kernel *kernel, const hg1_variant **variant);
/* What HALOGRAM_ISA says: 0 = not read yet, 1 = not set, 2 = no known name, 3 + number otherwise. */
extern HG_API int hg1_isa_choice;

/* ---- threads.c, run.c ---- */

/* Runs task(context, index) for index in [0, count) on at most `count` threads of the pool, the caller among them. */
HG_HELPER void hg1_pool_run(int64_t count, hg_task task, void *context);

/* One call at work: how many slots (threads with memory of their own) it has, progress and cancellation. */
typedef struct hg1_run {
    const hg_options *options;
    int slots;
    int stopped;         /* set once the cancel flag was seen, or by a broken parallel_for */
    int misused;         /* set by a broken parallel_for */
    int reporting;       /* held by the thread that is inside the progress callback */
    int64_t done, total; /* units of work, for the progress callback */
    int64_t reported;    /* the largest `done` reported so far */
} hg1_run;

typedef void (*hg1_item)(void *state, int slot, int64_t item);

/* Operations of a pair in this call, from an estimate for 16 features where D is its argument. */
HG_HELPER double hg1_operations_of_call(const hg1_setting *setting, int32_t estimate);
/* Whether a call of so many pairs has enough operations for threads and allocation to pay. */
HG_HELPER int hg1_call_is_large(const hg1_setting *setting, int64_t n, int64_t m);
/* The most threads that a call of so many pairs may use: 1 below the threshold. */
HG_HELPER int hg1_call_threads(const hg1_setting *setting, int64_t n, int64_t m);
HG_HELPER void hg1_run_begin(hg1_run *run, const hg_options *options, int slots, int64_t total);
/* function(state, slot, item) for every item, in any order; a slot is never used by two threads at a time.
   Items that have not begun when the call is cancelled are left out. */
HG_HELPER void hg1_run_items(hg1_run *run, int64_t items, hg1_item function, void *state);
/* One unit is done. Returns non-zero when the call is cancelled and the task should return. */
HG_HELPER int hg1_run_advance(hg1_run *run);
HG_HELPER hg_status hg1_run_end(hg1_run *run);

/* ---- workspace.c ---- */

/* Lays arrays out one behind the other, each aligned to HG_ALIGNMENT. `failed` is set when the sizes overflow. */
typedef struct hg1_layout {
    size_t bytes;
    int failed;
} hg1_layout;

/* Adds count_a * count_b * count_c elements and returns where they begin. */
HG_HELPER size_t hg1_layout_add(hg1_layout *layout, int64_t count_a, int64_t count_b, int64_t count_c, size_t element);

typedef hg_status (*hg1_worker)(void *state, char *memory);
/* Calls worker(state, memory) with the caller's workspace, the stack or the heap. */
HG_HELPER hg_status hg1_with_workspace(const hg_options *options, size_t bytes, hg1_worker worker, void *state);

/* ---- error_bound.c ---- */

/* The kernel to compute a call with: of two forms the expanded one where its error bound is within the tolerance and the
   call large enough for the bound to pay. */
HG_HELPER hg_status hg1_choose_form(const hg1_kernel **kernel, const hg_options *options, const hg1_call *call);
/* Workspace that the choice needs; `kernel` is in the expanded form. */
HG_HELPER size_t hg1_error_bound_bytes(const hg1_kernel *kernel, int64_t n, int64_t m, int64_t d);
/* Tells the caller the form, where the options ask for it. */
HG_HELPER void hg1_tell_form(const hg1_setting *setting);

/* ---- panels.c ---- */

/* Buffers of one leaf call. The first `parameter_count` arguments are shared by all slots. */
enum { HG_LEAF_BUFFERS = 12, HG_LEAF_ARGUMENTS = 12 };
typedef struct hg1_arguments {
    void **list;
    int count;
    int used;
    hg1_buffer buffers[HG_LEAF_BUFFERS];
    hg1_dimension dimensions[3 * HG_LEAF_BUFFERS];
} hg1_arguments;

/* Where the packed points and what is prepared from them lie, in bytes from the start of the workspace (or slot). */
typedef struct hg1_points_layout {
    size_t points, scalars, planes;
    size_t points_bytes, scalars_bytes, planes_bytes; /* of one chunk */
} hg1_points_layout;

/* What every operation has in common: parameters, shape, and the layout of both. */
typedef struct hg1_plan {
    const hg1_setting *setting;
    const hg1_prepare *prepare;
    hg1_counts counts;
    int64_t n, m, d, width;
    int64_t panel_rows, chunk_columns; /* the shape */
    int64_t panels, chunks;
    int64_t stored_rows, stored_columns; /* a full panel and a full chunk with their padding */
    int64_t scratch_elements;            /* padded copies of what leaves do not write or read in place */
    int slots;
    size_t parameter_list, parameter_buffers, parameter_dimensions, ps, pf, center;
    hg1_points_layout y; /* chunk by chunk */
    size_t slots_begin, slot_bytes;
    size_t arguments, x_points, x_scalars, x_planes, scratch; /* within a slot */
} hg1_plan;

static inline int64_t hg1_least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

HG_HELPER int64_t hg1_padded_rows(const hg1_plan *plan, int64_t rows);
HG_HELPER int64_t hg1_padded_columns(const hg1_plan *plan, int64_t columns);
/* `size` halved until size * d <= elements, but not below `least`. */
HG_HELPER int64_t hg1_halved(int64_t size, int64_t least, int64_t d, int64_t elements);
/* The most rows of K or of its cotangent, `columns` wide and `ld` elements apart, that a leaf indexes in place with 32 bits;
   0 where there are too few columns for one. */
HG_HELPER int64_t hg1_rows_in_place(const hg1_plan *plan, int64_t columns, int64_t ld);
HG_HELPER hg_status hg1_plan_shape(hg1_plan *plan, const hg1_setting *setting, int64_t n, int64_t m, int64_t panel_rows,
                                   int64_t chunk_columns);
HG_HELPER void hg1_plan_shared(hg1_plan *plan, hg1_layout *layout, int64_t stored_chunks);
HG_HELPER void hg1_plan_slot(hg1_plan *plan, hg1_layout *layout);

/* What is prepared once per call: the center of the points where the kernel asks for one, the parameters' buffers, and
   what depends on the parameters alone. */
HG_HELPER void hg1_prepare_call(const hg1_plan *plan, const hg1_call *call, char *memory);
/* Packs chunk `chunk` of y into place `place` of the stored chunks and prepares it. */
HG_HELPER void hg1_prepare_chunk(const hg1_plan *plan, const hg1_call *call, char *memory, char *slot, int64_t chunk,
                                 int64_t place);
/* Packs panel rows [begin, begin + rows) of x into the slot and prepares them. */
HG_HELPER void hg1_prepare_panel(const hg1_plan *plan, const hg1_call *call, char *memory, char *slot, int64_t begin,
                                 int64_t rows);
/* Starts an argument list with P..., ps, pf; then x, xs, xf from `row`; then y, ys, yf from `column`. */
HG_HELPER void hg1_arguments_begin(const hg1_plan *plan, char *memory, char *slot, hg1_arguments *arguments);
HG_HELPER void hg1_arguments_panel(const hg1_plan *plan, char *slot, hg1_arguments *arguments, int64_t panel_rows,
                                   int64_t row, int64_t rows);
HG_HELPER void hg1_arguments_chunk(const hg1_plan *plan, char *memory, hg1_arguments *arguments, int64_t place,
                                   int64_t chunk_columns, int64_t column);
/* One more buffer; extents and strides beyond `dimensions` are ignored. The innermost stride is 1. */
HG_HELPER void hg1_arguments_buffer(const hg1_plan *plan, hg1_arguments *arguments, const void *host, int dimensions,
                                    int64_t extent0, int64_t extent1, int64_t stride1, int64_t extent2,
                                    int64_t stride2);
/* Points of chunk `chunk`, and of panel `panel`, without padding. */
HG_HELPER int64_t hg1_panel_size(const hg1_plan *plan, int64_t panel);
HG_HELPER int64_t hg1_chunk_size(const hg1_plan *plan, int64_t chunk);

/* ---- gram_vjp.c, vjp_sums.c ---- */

/* One call of gram_vjp. Offsets are in bytes, lengths in elements.
   A "sum" is what one panel adds up over column chunks: gx of its rows, then the scalar parameters' gradients, then the
   vector parameters' ones. */
typedef struct hg1_vjp {
    hg1_plan plan;
    hg1_setting setting;
    hg1_call call;
    hg1_run run;
    const hg1_gram_vjp_leaves *leaves;
    char *memory;
    int self; /* y = x: gx receives both parts */
    int want_rows, want_columns, want_parameters;
    int64_t groups;                           /* of row panels: depends on n and D alone */
    int64_t segments, segment_chunks, levels; /* of column chunks: changes no bit */
    int64_t points_length, parameters_length, sum_length;
    int64_t stored_points, stored_length; /* of a sum that is kept: without points where they go to gx at once */
    size_t sums, columns_sums, parameter_sums, parameter_errors; /* shared */
    size_t columns_bytes;                                        /* of the part of gy of one chunk */
    size_t w, t, gv, columns_part, columns_errors, pending;      /* in a slot */
    size_t bytes;                                                /* workspace */
} hg1_vjp;

/* Where one panel meets one chunk. */
typedef struct hg1_vjp_block {
    char *slot;
    int64_t begin, rows, padded_rows;
    int64_t chunk, columns, padded_columns;
} hg1_vjp_block;

/* vjp_blocks.c: the planes w of a block; the block's part of gx; of the parameters' gradients; of gy (the first panel of
   a group writes the group's sum, the others are added to it). */
HG_HELPER void hg1_vjp_pairs(const hg1_vjp *work, const hg1_vjp_block *b);
HG_HELPER void hg1_vjp_points_part(const hg1_vjp *work, const hg1_vjp_block *b, char *sum);
HG_HELPER void hg1_vjp_parameters_part(const hg1_vjp *work, const hg1_vjp_block *b, char *sum);
HG_HELPER void hg1_vjp_columns_part(const hg1_vjp *work, const hg1_vjp_block *b, int64_t group, int first_panel,
                                    int64_t place);
/* The kept sum of one panel over one segment, shared. */
HG_HELPER char *hg1_vjp_sum(const hg1_vjp *work, int64_t segment, int64_t panel);
/* gy of one group over one chunk, in the chunk's packed layout, shared. */
HG_HELPER char *hg1_vjp_columns_sum(const hg1_vjp *work, int64_t group, int64_t chunk);
/* Adds an earlier sum of `rows` rows: value = earlier + value. */
HG_HELPER void hg1_vjp_add(const hg1_vjp *work, int64_t rows, char *value, const char *earlier);
/* Writes the points' part of a finished sum to gx. */
HG_HELPER void hg1_vjp_write_points(const hg1_vjp *work, int64_t panel, const char *sum);
/* First row panel of a group; the group ends where the next one begins. */
HG_HELPER int64_t hg1_vjp_group_begin(const hg1_vjp *work, int64_t group);
/* Everything after the last pair: adds the partial sums and writes the outputs. */
HG_HELPER void hg1_vjp_finish(hg1_vjp *work);
/* Outputs of a call without pairs. */
HG_HELPER void hg1_vjp_zero(const hg1_vjp *work);

/* ---- reals.c: loops over elements, for f32 and f64 by the size of an element ---- */

/* The largest of the values; infinity where one is NaN or infinite. */
HG_HELPER double hg1_largest(size_t element, const void *values, int64_t count, int64_t stride);

/* A point amid those given: in each feature the mean of the middle of up to HG_CENTER_SAMPLE finite numbers. Any point
   does; a good one makes the moved points small. */
enum { HG_CENTER_SAMPLE = 32 };
HG_HELPER void hg1_center(size_t element, void *center, const void *points, int64_t n, int64_t ld, int64_t d);

/* `count` points to be packed, `ld` numbers apart, the last one again up to `padded`. `center`, or NULL, is subtracted
   from their first `centred` numbers. */
typedef struct hg1_points {
    const void *first;
    int64_t ld, count, padded, width;
    const void *center;
    int64_t centred;
} hg1_points;
/* packed[i * width + feature] */
HG_HELPER void hg1_pack_rows(size_t element, void *packed, const hg1_points *points);
/* packed[feature * padded + j] */
HG_HELPER void hg1_pack_transposed(size_t element, void *packed, const hg1_points *points);
/* Rows [row, row + rows) x columns [column, column + columns) of a symmetric matrix; `column` is at least `row`, and the
   square that the rows have on the diagonal lies in it to the end, or not at all. */
typedef struct hg1_area {
    int64_t row, rows, column, columns;
} hg1_area;
/* Copies an area of K to its mirror image: what lies right of the diagonal's square in these rows, and what lies above the
   diagonal in it where `square_too` is set. Around the caches by way of `scratch`, which has room for the area; NULL: through
   them. */
HG_HELPER void hg1_mirror(size_t element, void *k, int64_t ldk, const hg1_area *area, int square_too, void *scratch);
/* Copies rows of K from elsewhere into it around the caches; hg1_stream_end before another thread may read them. */
HG_HELPER void hg1_stream_rows(size_t element, void *k, int64_t ldk, const void *rows_of_k, int64_t stride,
                               int64_t rows, int64_t columns);
HG_HELPER void hg1_stream_end(void);
/* value[i] = earlier[i] + value[i] */
HG_HELPER void hg1_add(size_t element, void *value, const void *earlier, int64_t count);
/* sum[i] += value[i], with what rounding loses gathered in error[i]. */
HG_HELPER void hg1_add_exactly(size_t element, void *sum, void *error, const void *value, int64_t count);
/* sum[i] += error[i], except where an overflow left nothing useful in error[i]. */
HG_HELPER void hg1_settle(size_t element, void *sum, const void *error, int64_t count);
/* Sums `rows` rows of `width` elements (in place) by halving; the sum is in row 0. */
HG_HELPER void hg1_sum_rows(size_t element, void *values, int64_t rows, int64_t width);
/* target[j * ld + feature] = source[feature * padded + j], or += where `accumulate` is set. */
HG_HELPER void hg1_unpack_transposed(size_t element, void *target, int64_t ld, const void *source, int64_t columns,
                                     int64_t padded, int64_t d, int accumulate);

#ifdef __cplusplus
}
#endif

#endif
