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

static void OF_TYPE(unpack_transposed)(REAL *target, int64_t ld, const REAL *source, int64_t columns, int64_t padded,
                                       int64_t d, int accumulate) {
    enum { POINTS = 16, FEATURES = 64 };
    if (!accumulate) {
        OF_TYPE(transpose)(target, ld, source, padded, d, columns);
        return;
    }
    REAL part[POINTS * FEATURES];
    for (int64_t j = 0; j < columns; j += POINTS) {
        const int64_t points = hg1_least(columns - j, POINTS);
        for (int64_t feature = 0; feature < d; feature += FEATURES) {
            const int64_t features = hg1_least(d - feature, FEATURES);
            OF_TYPE(transpose)(part, FEATURES, source + feature * padded + j, padded, features, points);
            for (int64_t point = 0; point < points; ++point) {
                OF_TYPE(add)(target + (j + point) * ld + feature, part + point * FEATURES, features);
            }
        }
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

/* The mean of the middle of a sorted sample. */
static REAL OF_TYPE(mean_of_middle)(const REAL *sample, int count) {
    const int dropped = dropped_of_sample(count);
    REAL mean = 0;
    for (int k = dropped; k < count - dropped; ++k) {
        mean += sample[k] / (REAL)(count - dropped * 2); /* divided first: a sum may overflow */
    }
    return mean;
}

static REAL OF_TYPE(center_of_feature)(const REAL *points, const int64_t *offsets, int taken) {
    REAL sample[HG_CENTER_SAMPLE];
    int count = 0;
    for (int k = 0; k < taken; ++k) {
        const REAL value = points[offsets[k]];
        if (!(value - value == 0)) {
            continue; /* NaN or infinite */
        }
        int place = count++;
        for (; place > 0 && sample[place - 1] > value; --place) {
            sample[place] = sample[place - 1];
        }
        sample[place] = value;
    }
    return OF_TYPE(mean_of_middle)(sample, count);
}

#if HG_HAS_VECTORS
static inline void OF_TYPE(sort_two)(OF_TYPE(vector) sample[], int low, int high) {
    const OF_TYPE(mask) a = (OF_TYPE(mask))sample[low], b = (OF_TYPE(mask))sample[high];
    const OF_TYPE(mask) exchanged = (a ^ b) & (sample[low] > sample[high]);
    sample[low] = (OF_TYPE(vector))(a ^ exchanged);
    sample[high] = (OF_TYPE(vector))(b ^ exchanged);
}

/* The same of several features at once, bit for bit, sorted by Batcher's odd-even merges (Knuth, The Art of Computer
   Programming 3, 5.3.4), whose comparisons do not depend on the numbers: one feature at a time, with branches that cannot
   be foreseen, took half of the expanded form's time at 128 x 128, D = 512. Returns 0 where a number is not finite. */
static int OF_TYPE(center_of_features)(REAL *center, const REAL *points, const int64_t *offsets, int taken) {
    OF_TYPE(vector) sample[HG_CENTER_SAMPLE], zeros = {0}, mean = zeros;
    for (int k = 0; k < taken; ++k) {
        sample[k] = OF_TYPE(load)(points + offsets[k]);
        zeros += sample[k] - sample[k];
    }
    for (int lane = 0; lane < VECTOR; ++lane) {
        if (!(zeros[lane] == 0)) {
            return 0;
        }
    }
    for (int run = 1; run < taken; run *= 2) {
        for (int distance = run; distance > 0; distance /= 2) {
            for (int first = distance % run; first + distance < taken; first += 2 * distance) {
                /* Only numbers of the same two runs are merged. */
                if (first / (2 * run) != (first + distance) / (2 * run)) {
                    continue;
                }
                for (int k = first; k < first + distance && k + distance < taken; ++k) {
                    OF_TYPE(sort_two)(sample, k, k + distance);
                }
            }
        }
    }
    /* As mean_of_middle: a NaN in one feature, for which that one computes, changes no bit of its neighbours. */
    const int dropped = dropped_of_sample(taken);
    for (int k = dropped; k < taken - dropped; ++k) {
        mean += sample[k] / (REAL)(taken - dropped * 2);
    }
    memcpy(center, &mean, sizeof mean);
    return 1;
}
#endif

static void OF_TYPE(center)(REAL *center, const REAL *points, int64_t n, int64_t ld, int64_t d) {
    int64_t offsets[HG_CENTER_SAMPLE], feature = 0;
    const int taken = (int)hg1_least(n, HG_CENTER_SAMPLE);
    for (int k = 0; k < taken; ++k) {
        offsets[k] = (n / taken * k + n % taken * k / taken) * ld; /* point k n / taken, whose product may overflow */
    }
#if HG_HAS_VECTORS
    for (; feature + VECTOR <= d; feature += VECTOR) {
        if (!OF_TYPE(center_of_features)(center + feature, points + feature, offsets, taken)) {
            for (int64_t k = feature; k < feature + VECTOR; ++k) {
                center[k] = OF_TYPE(center_of_feature)(points + k, offsets, taken);
            }
        }
    }
#endif
    for (; feature < d; ++feature) {
        center[feature] = OF_TYPE(center_of_feature)(points + feature, offsets, taken);
    }
}

/* values[i] -= center[i * step], step 0 or 1. */
static void OF_TYPE(subtract)(REAL *values, const REAL *center, int64_t count, int step) {
    int64_t i = 0;
#if HG_HAS_VECTORS
    for (; i + VECTOR <= count; i += VECTOR) {
        const OF_TYPE(vector) value = OF_TYPE(load)(values + i);
        const OF_TYPE(vector) moved = step != 0 ? value - OF_TYPE(load)(center + i) : value - center[0];
        memcpy(values + i, &moved, sizeof moved);
    }
#endif
    for (; i < count; ++i) {
        values[i] -= center[i * step];
    }
}

static void OF_TYPE(subtract_center)(REAL *values, const REAL *center, int64_t rows, int64_t width, int along_rows) {
    for (int64_t row = 0; row < rows; ++row) {
        OF_TYPE(subtract)(values + row * width, along_rows ? center : center + row, width, along_rows);
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
