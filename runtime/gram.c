/* The Gram matrix. Each entry is a function of its two points alone, so that nothing in this file can change a bit of
   K: panels, chunks and areas only decide who computes what and when. */
#include "fp_state.h"
#include "hg_internal.h"

#include <string.h>

typedef struct gram {
    hg1_plan plan; /* first: shared with panels.c */
    hg1_setting setting;
    hg1_call call;
    hg1_run run;
    const hg1_gram_leaves *leaves;
    char *memory;
    int symmetric;          /* y = x and only i <= j is computed */
    int streams;            /* K, or where it is symmetric what is copied below the diagonal, goes around the caches */
    int64_t mirror_columns; /* that are copied to their mirror image at a time */
    int64_t segments;       /* items per row panel */
    int64_t segment_chunks; /* chunks per item */
    int64_t group_chunks;   /* that one thread packs at a time */
    size_t bytes;           /* workspace */
} gram;

static char *slot_memory(const gram *work, int slot) {
    return work->memory + work->plan.slots_begin + (size_t)slot * work->plan.slot_bytes;
}

/* In floating point: the product of two sizes that are only asked about may overflow. */
static double matrix_bytes(const hg1_setting *setting, int64_t n, int64_t m) {
    return (double)n * (double)m * (double)setting->kernel->element_size;
}

/* Whether K is written around the caches. */
static int streams(const hg1_setting *setting, int64_t n, int64_t m) {
    return setting->d <= HG_GRAM_STREAM_FEATURES && matrix_bytes(setting, n, m) >= HG_GRAM_STREAM_FROM;
}

/* Whether half of K(x, x) is computed and copied: where the copy costs more, all of it gives the same bits. */
static int halves(const hg1_setting *setting, int64_t n) {
    const hg1_kernel *kernel = setting->kernel;
    const double operations = hg1_operations_of_call(setting, kernel->gram_operations);
    return kernel->symmetry == HG1_SYMMETRIC ||
           (kernel->symmetry == HG1_BIT_SYMMETRIC &&
            (matrix_bytes(setting, n, n) < HG_GRAM_MIRROR_IN_CACHE ||
             operations >= HG_GRAM_MIRROR_OPERATIONS * (double)setting->variant->vector_bytes));
}

/* Whether the mirror images in K(x, x) are. Without y known: what is planned serves both. */
static int streams_mirror(const hg1_setting *setting, int64_t n, int64_t m) {
    return n == m && halves(setting, n) && matrix_bytes(setting, n, m) >= HG_GRAM_STREAM_MIRROR_FROM;
}

static void plan_scratch(gram *work, int64_t n, int64_t m) {
    hg1_plan *plan = &work->plan;
    const int around = streams_mirror(&work->setting, n, m);
    work->mirror_columns = hg1_padded_columns(plan, around ? HG_GRAM_STREAMED_MIRROR_COLUMNS : HG_GRAM_MIRROR_COLUMNS);
    const int64_t mirrored = plan->stored_rows * hg1_least(plan->stored_columns, work->mirror_columns),
                  streamed = hg1_padded_rows(plan, hg1_least(n, HG_GRAM_STREAM_ROWS)) * plan->stored_columns;
    if (around && plan->scratch_elements < mirrored) {
        plan->scratch_elements = mirrored;
    }
    if (streams(&work->setting, n, m) && plan->scratch_elements < streamed) {
        plan->scratch_elements = streamed;
    }
}

/* Slots and workspace for panels of `rows` and chunks of `columns`, on at most `most` threads. */
static hg_status plan_with_shape(gram *work, int64_t n, int64_t m, int64_t rows, int64_t columns, int64_t most) {
    hg1_plan *plan = &work->plan;
    const hg_status status = hg1_plan_shape(plan, &work->setting, n, m, rows, columns);
    if (status != HG_OK) {
        return status;
    }
    plan_scratch(work, n, m);
    /* Where row panels alone cannot occupy the threads, they are cut into segments of chunks. */
    const int64_t wanted = plan->panels > 0 && most > 1 ? (4 * most + plan->panels - 1) / plan->panels : 1;
    work->segment_chunks = plan->chunks / wanted + (plan->chunks % wanted != 0);
    work->segment_chunks = work->segment_chunks > 0 ? work->segment_chunks : 1;
    work->segments = plan->chunks / work->segment_chunks + (plan->chunks % work->segment_chunks != 0);
    const int64_t items = most > 1 ? plan->panels * work->segments : 1;
    plan->slots = (int)(items < most ? (items > 0 ? items : 1) : most);

    hg1_layout shared = {0, 0}, slot = {0, 0};
    /* One thread goes group by group and needs the memory of one; several share the packed chunks. */
    const int64_t group_columns =
        hg1_halved(HG_GRAM_GROUP_COLUMNS, HG_LEAST_CHUNK_COLUMNS, work->setting.d, HG_CHUNK_ELEMENTS);
    work->group_chunks =
        group_columns > columns && hg1_call_is_large(&work->setting, n, m) ? group_columns / columns : 1;
    work->group_chunks = work->group_chunks < plan->chunks ? work->group_chunks : plan->chunks;
    hg1_plan_shared(plan, &shared, plan->slots > 1 ? plan->chunks : work->group_chunks);
    hg1_plan_slot(plan, &slot);
    plan->slot_bytes = slot.bytes;
    plan->slots_begin = hg1_layout_add(&shared, plan->slots, (int64_t)slot.bytes, 1, 1);
    work->bytes = n > 0 && m > 0 ? shared.bytes : 0;
    return shared.failed || slot.failed ? HG_ERROR_SIZE_OVERFLOW : HG_OK;
}

static hg_status make_plan(gram *work, int64_t n, int64_t m) {
    hg1_plan *plan = &work->plan;
    const hg1_setting *setting = &work->setting;
    const int64_t most = hg1_call_threads(setting, n, m);
    work->leaves = setting->variant->gram;
    plan->setting = setting;
    plan->prepare = &work->leaves->prepare;
    plan->counts = setting->kernel->gram_counts;
    /* Panels begin at multiples of what leaves are made for, because with y = x they begin inside a chunk. */
    const int64_t multiple = hg1_padded_columns(plan, 1);
    const int64_t tallest = streams_mirror(setting, n, m) ? HG_GRAM_STREAMED_PANEL_ROWS : HG_GRAM_PANEL_ROWS;
    int64_t rows = hg1_halved(tallest, HG_LEAST_PANEL_ROWS, setting->d, HG_PANEL_ELEMENTS);
    const int64_t widest = streams(setting, n, m) ? HG_GRAM_STREAM_COLUMNS : HG_GRAM_CHUNK_COLUMNS;
    int64_t columns = hg1_halved(widest, HG_LEAST_CHUNK_COLUMNS, setting->d,
                                 HG_GRAM_CHUNK_BYTES / (int64_t)setting->kernel->element_size);
    while (rows > multiple && most > 1 && n / rows < 4 * most) {
        rows /= 2;
    }
    hg_status status;
    for (;;) {
        rows = (rows + multiple - 1) / multiple * multiple;
        columns = (columns + multiple - 1) / multiple * multiple;
        status = plan_with_shape(work, n, m, rows, columns, most);
        if (status != HG_OK || work->bytes <= HG_STACK_WORKSPACE || hg1_call_is_large(setting, n, m)) {
            return status;
        }
        /* A small call should not allocate: smaller panels and chunks do as well. */
        if (columns > 2 * multiple) {
            columns /= 2;
        } else if (rows > multiple) {
            rows /= 2;
        } else {
            return status;
        }
    }
}

/* A row panel and a chunk, and where the packed copy of the chunk is. */
typedef struct block {
    int64_t begin, panel_rows, chunk, place;
} block;

/* Entries [row, row + rows) x [column, column + columns) of the panel and the chunk, written to `k`. */
static void call_tile(const gram *work, char *slot, const block *b, int64_t row, int64_t rows, int64_t column, void *k,
                      int64_t k_rows, int64_t k_columns, int64_t ldk) {
    hg1_arguments arguments;
    hg1_arguments_begin(&work->plan, work->memory, slot, &arguments);
    hg1_arguments_panel(&work->plan, slot, &arguments, b->panel_rows, row, rows);
    hg1_arguments_chunk(&work->plan, work->memory, &arguments, b->place, hg1_chunk_size(&work->plan, b->chunk), column);
    hg1_arguments_buffer(&work->plan, &arguments, k, 2, k_columns, k_rows, ldk, 0, 0);
    work->leaves->tile(arguments.list);
}

static char *entry_of_k(const gram *work, const block *b, int64_t row, int64_t column) {
    const int64_t i = b->begin + row, j = b->chunk * work->plan.chunk_columns + column;
    return (char *)work->call.k + (size_t)(i * work->call.ldk + j) * (size_t)work->setting.kernel->element_size;
}

/* Rows [row, end) x columns [column, column + columns) of the panel and the chunk. */
static void compute_block(const gram *work, char *slot, const block *b, int64_t row, int64_t end, int64_t column,
                          int64_t columns) {
    const hg1_plan *plan = &work->plan;
    const size_t element = (size_t)work->setting.kernel->element_size;
    const int64_t row_multiple = work->setting.variant->row_multiple;
    const int64_t ldk = work->call.ldk, most = hg1_rows_in_place(plan, columns, ldk);
    const int64_t padded = hg1_padded_columns(plan, columns);
    const int64_t scratch_rows = plan->scratch_elements / padded / row_multiple * row_multiple;
    while (row < end) {
        const int64_t left = end - row;
        char *k = entry_of_k(work, b, row, column);
        if (left >= row_multiple && most > 0) {
            const int64_t rows = hg1_least(left, most);
            call_tile(work, slot, b, row, rows, column, k, rows, columns, ldk);
            row += rows;
            continue;
        }
        /* Too small, or too far apart, for a leaf to write in place. */
        const int64_t rows = hg1_least(left, scratch_rows);
        char *scratch = slot + plan->scratch;
        call_tile(work, slot, b, row, rows, column, scratch, hg1_padded_rows(plan, rows), padded, padded);
        for (int64_t i = 0; i < rows; ++i) {
            memcpy(k + (size_t)(i * ldk) * element, scratch + (size_t)(i * padded) * element,
                   (size_t)columns * element);
        }
        row += rows;
    }
}

/* Rows [row, end) of the panel, columns [column, end_column) of the chunk, and their mirror images. */
static void compute_twice(const gram *work, char *slot, const block *b, int64_t row, int64_t end, int64_t column,
                          int64_t end_column) {
    if (column < end_column) {
        const hg1_area area = {b->begin + row, end - row, b->chunk * work->plan.chunk_columns + column,
                               end_column - column};
        compute_block(work, slot, b, row, end, column, end_column - column);
        hg1_mirror((size_t)work->setting.kernel->element_size, work->call.k, work->call.ldk, &area,
                   work->setting.kernel->symmetry == HG1_SYMMETRIC, work->streams ? slot + work->plan.scratch : NULL);
    }
}

/* With y = x: what lies on and above the diagonal; what lies below is copied from there while it is in a cache. */
static void compute_symmetric(const gram *work, char *slot, const block *b) {
    const hg1_plan *plan = &work->plan;
    const int64_t columns = hg1_chunk_size(plan, b->chunk);
    /* Columns of the chunk before the diagonal's square in this panel, and to its end. */
    const int64_t before = b->begin - b->chunk * plan->chunk_columns;
    const int64_t square_end = hg1_least(before + b->panel_rows, columns);
    /* What chunks and panels are multiples of: a step's own square lies in one chunk. */
    const int64_t step = hg1_padded_columns(plan, 1);
    for (int64_t row = 0; row < b->panel_rows; row += step) {
        const int64_t column = before + row > 0 ? before + row : 0;
        compute_twice(work, slot, b, row, hg1_least(row + step, b->panel_rows), column, square_end);
    }
    for (int64_t column = square_end > 0 ? square_end : 0; column < columns; column += work->mirror_columns) {
        compute_twice(work, slot, b, 0, b->panel_rows, column, hg1_least(column + work->mirror_columns, columns));
    }
    if (work->streams) {
        hg1_stream_end();
    }
}

/* All of the panel and the chunk, of a K that fits no cache: through scratch, in whole lines. */
static void stream_block(const gram *work, char *slot, const block *b) {
    const hg1_plan *plan = &work->plan;
    const size_t element = (size_t)work->setting.kernel->element_size;
    const int64_t columns = hg1_chunk_size(plan, b->chunk), padded = hg1_padded_columns(plan, columns);
    const int64_t most = hg1_padded_rows(plan, HG_GRAM_STREAM_ROWS);
    for (int64_t row = 0; row < b->panel_rows; row += most) {
        const int64_t rows = hg1_least(b->panel_rows - row, most);
        call_tile(work, slot, b, row, rows, 0, slot + plan->scratch, hg1_padded_rows(plan, rows), padded, padded);
        hg1_stream_rows(element, entry_of_k(work, b, row, 0), work->call.ldk, slot + plan->scratch, padded, rows,
                        columns);
    }
    hg1_stream_end();
}

static void panel_and_chunk(const gram *work, char *slot, int64_t panel, int64_t chunk, int64_t place) {
    const hg1_plan *plan = &work->plan;
    const block b = {panel * plan->panel_rows, hg1_panel_size(plan, panel), chunk, place};
    if (work->symmetric) {
        compute_symmetric(work, slot, &b);
    } else if (work->streams) {
        stream_block(work, slot, &b);
    } else {
        compute_block(work, slot, &b, 0, b.panel_rows, 0, hg1_chunk_size(plan, chunk));
    }
}

static void pack_item(void *state, int slot, int64_t chunk) {
    const gram *work = (const gram *)state;
    hg1_prepare_chunk(&work->plan, &work->call, work->memory, slot_memory(work, slot), chunk, chunk);
}

static void prepare_panel(const gram *work, char *slot, int64_t panel) {
    const hg1_plan *plan = &work->plan;
    hg1_prepare_panel(plan, &work->call, work->memory, slot, panel * plan->panel_rows, hg1_panel_size(plan, panel));
}

static void panel_item(void *state, int slot_number, int64_t item) {
    gram *work = (gram *)state;
    char *slot = slot_memory(work, slot_number);
    const int64_t panel = item / work->segments;
    const int64_t begin = item % work->segments * work->segment_chunks;
    int64_t end = begin + work->segment_chunks;
    end = end < work->plan.chunks ? end : work->plan.chunks;
    prepare_panel(work, slot, panel);
    for (int64_t chunk = begin; chunk < end; ++chunk) {
        panel_and_chunk(work, slot, panel, chunk, chunk);
        if (hg1_run_advance(&work->run)) {
            return;
        }
    }
}

/* The road of one thread: a chunk is packed once, a panel once for each group of chunks, which costs 1 / columns of the
   work. */
static void group_item(void *state, int slot_number, int64_t group) {
    gram *work = (gram *)state;
    char *slot = slot_memory(work, slot_number);
    const int64_t begin = group * work->group_chunks;
    const int64_t left = work->plan.chunks - begin, count = left < work->group_chunks ? left : work->group_chunks;
    for (int64_t place = 0; place < count; ++place) {
        hg1_prepare_chunk(&work->plan, &work->call, work->memory, slot, begin + place, place);
    }
    for (int64_t panel = 0; panel < work->plan.panels; ++panel) {
        if (work->plan.panels > 1 || group == 0) {
            prepare_panel(work, slot, panel);
        }
        for (int64_t place = 0; place < count; ++place) {
            panel_and_chunk(work, slot, panel, begin + place, place);
            if (hg1_run_advance(&work->run)) {
                return;
            }
        }
    }
}

static hg_status compute(void *state, char *memory) {
    gram *work = (gram *)state;
    const hg1_plan *plan = &work->plan;
    work->memory = memory;
    const hg1_fp_state saved = hg1_fp_enter();
    hg1_prepare_call(plan, &work->call, memory);
    hg1_run_begin(&work->run, &work->setting.options, plan->slots, plan->panels * plan->chunks);
    if (plan->slots > 1) {
        hg1_run_items(&work->run, plan->chunks, pack_item, work);
        hg1_run_items(&work->run, plan->panels * work->segments, panel_item, work);
    } else {
        hg1_run_items(&work->run, (plan->chunks - 1) / work->group_chunks + 1, group_item, work);
    }
    const hg_status status = hg1_run_end(&work->run);
    hg1_fp_leave(saved);
    return status;
}

/* Checks of sizes and options, the choice of the variant, and the plan. */
static hg_status begin(gram *work, const hg1_kernel *kernel, const hg_options *options, int64_t n, int64_t m, int64_t d,
                       const hg1_call *call) {
    hg_status status = hg1_check_options(options, &work->setting.options);
    if (status == HG_OK) {
        status = hg1_check_sizes(kernel, n, m, d, &work->setting);
    }
    if (status == HG_OK) {
        status = call != NULL ? hg1_check_gram(&work->setting, call) : hg1_check_extents(&work->setting, n, m);
    }
    if (status == HG_OK) {
        status = hg1_choose_variant(kernel, &work->setting.variant);
    }
    return status == HG_OK ? make_plan(work, n, m) : status;
}

HG_SHARED hg_status hg1_gram(const hg1_kernel *kernel, const hg_options *options, const hg1_call *call) {
    gram work;
    hg_status status = hg1_choose_form(&kernel, options, call);
    if (status == HG_OK) {
        status = begin(&work, kernel, options, call->n, call->m, call->d, call);
    }
    if (status == HG_OK) {
        status = hg1_check_workspace(&work.setting, call, work.bytes);
    }
    if (status == HG_OK) {
        hg1_tell_form(&work.setting);
    }
    if (status != HG_OK || call->n == 0 || call->m == 0) {
        return status;
    }
    work.call = *call;
    work.symmetric = call->y == NULL && halves(&work.setting, call->n);
    work.streams =
        work.symmetric ? streams_mirror(&work.setting, call->n, call->m) : streams(&work.setting, call->n, call->m);
    return hg1_with_workspace(&work.setting.options, work.bytes, compute, &work);
}

HG_SHARED hg_status hg1_gram_workspace(const hg1_kernel *kernel, const hg_options *options, int64_t n, int64_t m,
                                       int64_t d, size_t *bytes) {
    gram work;
    hg_options sizing;
    if (bytes == NULL) {
        return HG_ERROR_BYTES_NULL;
    }
    options = hg1_options_for_sizing(options, &sizing);
    hg_status status = begin(&work, kernel, options, n, m, d, NULL);
    size_t most = status == HG_OK ? work.bytes : 0;
    if (status == HG_OK && kernel->expanded != NULL && most > 0) { /* the form is chosen from the points */
        const size_t bound = hg1_error_bound_bytes(kernel->expanded, n, m, d);
        most = most > bound ? most : bound;
        status = begin(&work, kernel->expanded, options, n, m, d, NULL);
        most = most > work.bytes ? most : work.bytes;
    }
    *bytes = status == HG_OK ? most : 0;
    return status;
}
