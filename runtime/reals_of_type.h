/* The loops of reals.c for one element type. Included once per type, with REAL, OF_TYPE(name) and
   VECTOR defined. No include guard: that is the point. */

static inline REAL OF_TYPE(less)(REAL value, const REAL *center, int64_t feature) {
    return center != NULL ? value - center[feature] : value;
}

/* to[j, i] = from[i, j] - center[j] (NULL: nothing is subtracted). */
static inline void OF_TYPE(transpose_block)(REAL *to, int64_t to_stride, const REAL *from, int64_t from_stride,
                                            int64_t rows, int64_t columns, const REAL *center) {
    int64_t j = 0;
#if HG_HAS_VECTORS
    const int64_t whole = rows - rows % VECTOR;
    for (; j + VECTOR <= columns; j += VECTOR) {
        const REAL *moved = center != NULL ? center + j : NULL;
        for (int64_t i = 0; i < whole; i += VECTOR) {
            OF_TYPE(transpose_square)
            (to + j * to_stride + i, to_stride, from + i * from_stride + j, from_stride, moved);
        }
        for (int64_t column = j; column < j + VECTOR; ++column) {
            for (int64_t i = whole; i < rows; ++i) {
                to[column * to_stride + i] = OF_TYPE(less)(from[i * from_stride + column], center, column);
            }
        }
    }
#endif
    for (; j < columns; ++j) {
        for (int64_t i = 0; i < rows; ++i) {
            to[j * to_stride + i] = OF_TYPE(less)(from[i * from_stride + j], center, j);
        }
    }
}

/* The same, a line of a cache by as many lines at a time, so that each is used whole while it is there: rows that are a power of
   2 apart meet in few sets. 256 points of 512 features, f32: 0.14 ns an element, and 0.23 with 64 rows of 4 elements each. */
static void OF_TYPE(transpose)(REAL *to, int64_t to_stride, const REAL *from, int64_t from_stride, int64_t rows,
                               int64_t columns, const REAL *center) {
    enum { LINE = HG_ALIGNMENT / sizeof(REAL) };
    for (int64_t j = 0; j < columns; j += LINE) {
        for (int64_t i = 0; i < rows; i += LINE) {
            OF_TYPE(transpose_block)
            (to + j * to_stride + i, to_stride, from + i * from_stride + j, from_stride, hg1_least(rows - i, LINE),
             hg1_least(columns - j, LINE), center != NULL ? center + j : NULL);
        }
    }
}

static void OF_TYPE(pack_transposed)(REAL *packed, const hg1_points *points) {
    const REAL *first = (const REAL *)points->first, *center = (const REAL *)points->center;
    const int64_t centred = center != NULL ? points->centred : 0, padded = points->padded;
    OF_TYPE(transpose)(packed, padded, first, points->ld, points->count, centred, center);
    OF_TYPE(transpose)
    (packed + centred * padded, padded, first + centred, points->ld, points->count, points->width - centred, NULL);
    for (int64_t feature = 0; feature < points->width; ++feature) {
        for (int64_t j = points->count; j < padded; ++j) {
            packed[feature * padded + j] = packed[feature * padded + points->count - 1];
        }
    }
}

static void OF_TYPE(pack_rows)(REAL *packed, const hg1_points *points) {
    const REAL *center = (const REAL *)points->center;
    const int64_t centred = center != NULL ? points->centred : 0;
    for (int64_t i = 0; i < points->padded; ++i) {
        const REAL *point = (const REAL *)points->first + (i < points->count ? i : points->count - 1) * points->ld;
        REAL *to = packed + i * points->width;
        int64_t feature = 0;
#if HG_HAS_VECTORS
        for (; feature + VECTOR <= centred; feature += VECTOR) {
            const OF_TYPE(vector) moved = OF_TYPE(load)(point + feature) - OF_TYPE(load)(center + feature);
            memcpy(to + feature, &moved, sizeof moved);
        }
#endif
        for (; feature < centred; ++feature) {
            to[feature] = point[feature] - center[feature];
        }
        memcpy(to + centred, point + centred, (size_t)(points->width - centred) * sizeof(REAL));
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
        OF_TYPE(transpose)(scratch, rows, values + square, ldk, rows, columns - square, NULL);
        hg1_stream_rows(sizeof(REAL), to, ldk, scratch, rows, columns - square, rows);
    } else {
        OF_TYPE(transpose)(to, ldk, values + square, ldk, rows, columns - square, NULL);
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
        OF_TYPE(transpose)(target, ld, source, padded, d, columns, NULL);
        return;
    }
    REAL part[POINTS * FEATURES];
    for (int64_t j = 0; j < columns; j += POINTS) {
        const int64_t points = hg1_least(columns - j, POINTS);
        for (int64_t feature = 0; feature < d; feature += FEATURES) {
            const int64_t features = hg1_least(d - feature, FEATURES);
            OF_TYPE(transpose)(part, FEATURES, source + feature * padded + j, padded, features, points, NULL);
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
/* The lesser of each pair of numbers to `low`, the greater to `high`; of zeros of both signs perhaps one of them twice.
   Instructions that do that, where they are known, make the sort of a center three times faster than bits do. */
static inline void OF_TYPE(sort_two)(OF_TYPE(vector) * low, OF_TYPE(vector) * high) {
    const OF_TYPE(vector) a = *low, b = *high;
#if HG_HAS_LEAST
    *low = OF_TYPE(least)(a, b);
    *high = OF_TYPE(greatest)(a, b);
#else
    const OF_TYPE(mask) exchanged = ((OF_TYPE(mask))a ^ (OF_TYPE(mask))b) & (a > b);
    *low = (OF_TYPE(vector))((OF_TYPE(mask))a ^ exchanged);
    *high = (OF_TYPE(vector))((OF_TYPE(mask))b ^ exchanged);
#endif
}

/* The same of several features at once, bit for bit: one feature at a time, with branches that cannot be foreseen, took half
   of the expanded form's time at 128 x 128, D = 512. Returns 0 where a number is not finite. */
static int OF_TYPE(center_of_features)(REAL *center, const REAL *points, const int64_t *offsets, int taken,
                                       const sorting_network *sort) {
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
    for (int k = 0; k < sort->count; ++k) {
        OF_TYPE(sort_two)(&sample[sort->pairs[k].low], &sample[sort->pairs[k].high]);
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
    sorting_network sort;
    if (d >= VECTOR) {
        make_sorting_network(&sort, taken);
    }
    for (; feature + VECTOR <= d; feature += VECTOR) {
        if (!OF_TYPE(center_of_features)(center + feature, points + feature, offsets, taken, &sort)) {
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
