/* The loops of reals.c for one element type. Included once per type, with REAL, OF_TYPE(name) and
   VECTOR defined. No include guard: that is the point. */

/* to[j, i] = from[i, j], some rows at a time, so that what is read and what is written both stay in a cache. */
static void OF_TYPE(transpose)(REAL *to, int64_t to_stride, const REAL *from, int64_t from_stride, int64_t rows,
                               int64_t columns) {
    enum { BLOCK = 64 };
    for (int64_t begin = 0; begin < rows; begin += BLOCK) {
        const int64_t end = rows - begin < BLOCK ? rows : begin + BLOCK;
        int64_t j = 0;
#if HG_HAS_VECTORS
        const int64_t whole = end - (end - begin) % VECTOR;
        for (; j + VECTOR <= columns; j += VECTOR) {
            for (int64_t i = begin; i < whole; i += VECTOR) {
                OF_TYPE(transpose_square)(to + j * to_stride + i, to_stride, from + i * from_stride + j, from_stride);
            }
            for (int64_t column = j; column < j + VECTOR; ++column) {
                for (int64_t i = whole; i < end; ++i) {
                    to[column * to_stride + i] = from[i * from_stride + column];
                }
            }
        }
#endif
        for (; j < columns; ++j) {
            for (int64_t i = begin; i < end; ++i) {
                to[j * to_stride + i] = from[i * from_stride + j];
            }
        }
    }
}

static void OF_TYPE(pack_transposed)(REAL *destination, const REAL *source, int64_t ld, int64_t columns, int64_t padded,
                                     int64_t d) {
    OF_TYPE(transpose)(destination, padded, source, ld, columns, d);
    for (int64_t feature = 0; feature < d; ++feature) {
        for (int64_t j = columns; j < padded; ++j) {
            destination[feature * padded + j] = source[(columns - 1) * ld + feature];
        }
    }
}

static void OF_TYPE(unpack_transposed)(REAL *target, int64_t ld, const REAL *source, int64_t columns, int64_t padded,
                                       int64_t d, int accumulate) {
    enum { BLOCK = 32 };
    for (int64_t begin = 0; begin < columns; begin += BLOCK) {
        const int64_t end = columns - begin < BLOCK ? columns : begin + BLOCK;
        for (int64_t feature = 0; feature < d; ++feature) {
            for (int64_t j = begin; j < end; ++j) {
                const REAL value = source[feature * padded + j];
                target[j * ld + feature] = accumulate ? target[j * ld + feature] + value : value;
            }
        }
    }
}

static void OF_TYPE(mirror)(REAL *k, int64_t ldk, const hg1_area *area, int square_too, REAL *scratch) {
    const int64_t row = area->row, rows = area->rows, column = area->column, columns = area->columns;
    const REAL *values = k + row * ldk + column;
    /* Columns of the area that lie in the diagonal's square. */
    int64_t square = row + rows - column;
    square = square < 0 ? 0 : square < columns ? square : columns;
    for (int64_t j = 0; square_too && j < square; ++j) {
        for (int64_t i = 0; i < column - row + j; ++i) {
            k[(column + j) * ldk + row + i] = values[i * ldk + j];
        }
    }
    REAL *to = k + (column + square) * ldk + row;
    if (scratch != NULL) {
        OF_TYPE(transpose)(scratch, rows, values + square, ldk, rows, columns - square);
        hg1_stream_rows(sizeof(REAL), to, ldk, scratch, rows, columns - square, rows);
    } else {
        OF_TYPE(transpose)(to, ldk, values + square, ldk, rows, columns - square);
    }
}

static void OF_TYPE(add)(REAL *value, const REAL *earlier, int64_t count) {
    int64_t i = 0;
#if HG_HAS_VECTORS
    /* A compiler that is asked for -O2 may leave the loop below one by one: 12 % of the gradients at D = 64, 512 x 512. */
    for (; i + VECTOR <= count; i += VECTOR) {
        const OF_TYPE(vector) sum = OF_TYPE(load)(earlier + i) + OF_TYPE(load)(value + i);
        memcpy(value + i, &sum, sizeof sum);
    }
#endif
    for (; i < count; ++i) {
        value[i] = earlier[i] + value[i];
    }
}

/* Knuth's two-sum: exact whatever the magnitudes. */
static void OF_TYPE(add_exactly)(REAL *sum, REAL *error, const REAL *value, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const REAL a = sum[i], b = value[i];
        const REAL total = a + b;
        const REAL b_part = total - a;
        const REAL a_part = total - b_part;
        error[i] += (a - a_part) + (b - b_part);
        sum[i] = total;
    }
}

/* After an overflow the error is NaN while the sum is what IEEE addition gives. */
static void OF_TYPE(settle)(REAL *sum, const REAL *error, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const REAL settled = sum[i] + error[i];
        sum[i] = error[i] == error[i] ? settled : sum[i];
    }
}

/* The numbers of `feature` of some points, sorted; returns how many. */
static int OF_TYPE(take_sample)(REAL *sample, const REAL *points, int64_t n, int64_t ld, int64_t feature) {
    int count = 0;
    const int64_t taken = n < HG_CENTER_SAMPLE ? n : HG_CENTER_SAMPLE;
    for (int64_t k = 0; k < taken; ++k) {
        /* k n / taken, whose product may overflow. */
        const REAL value = points[(n / taken * k + n % taken * k / taken) * ld + feature];
        if (!(value - value == 0)) {
            continue; /* NaN or infinite */
        }
        int place = count++;
        for (; place > 0 && sample[place - 1] > value; --place) {
            sample[place] = sample[place - 1];
        }
        sample[place] = value;
    }
    return count;
}

static void OF_TYPE(center)(REAL *center, const REAL *points, int64_t n, int64_t ld, int64_t d) {
    REAL sample[HG_CENTER_SAMPLE];
    for (int64_t feature = 0; feature < d; ++feature) {
        const int count = OF_TYPE(take_sample)(sample, points, n, ld, feature);
        /* Of few numbers the median: one huge point may not draw the others with it. */
        const int dropped = count < 5 && count > 0 ? (count - 1) / 2 : count / 4;
        REAL mean = 0;
        for (int k = dropped; k < count - dropped; ++k) {
            mean += sample[k] / (REAL)(count - dropped * 2); /* divided first: a sum may overflow */
        }
        center[feature] = mean;
    }
}

static void OF_TYPE(subtract_center)(REAL *values, const REAL *center, int64_t rows, int64_t width, int along_rows) {
    for (int64_t row = 0; row < rows; ++row) {
        for (int64_t column = 0; column < width; ++column) {
            values[row * width + column] -= center[along_rows ? column : row];
        }
    }
}

static double OF_TYPE(largest)(const REAL *values, int64_t count, int64_t stride) {
    REAL largest = 0;
    for (int64_t i = 0; i < count; ++i) {
        const REAL value = values[i * stride];
        if (!(value - value == 0)) {
            return (double)INFINITY;
        }
        largest = value > largest ? value : largest;
    }
    return (double)largest;
}
