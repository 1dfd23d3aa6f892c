/* Two kernels on a mini-batch of predicted class probabilities: their Gram matrices, a loss on them, and its gradient.

   `make demo` builds the two libraries and this program:

     halogram build --kernel rbf --features 5 -o DIR
     halogram build --formula "exp(-gamma * sum(abs(x - y)))" --name l1_exp --features 5 -o DIR
     cc -std=c99 -O2 -IDIR examples/demo/demo.c DIR/librbf.a DIR/libl1_exp.a -pthread -lm -o demo

   The loss is minus the alignment of K with the labels: L = -<K, T> / (|K| |T|), where T[i, j] is 1 if points i and j
   have the same label and 0 otherwise. */
#define _POSIX_C_SOURCE 199309L

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "l1_exp.h"
#include "rbf.h"

enum { POINTS = 128, FEATURES = 5, CORNER = 5, ROWS_SHOWN = 3, RUNS = 301, REFERENCE_RUNS = 31 };

static const float gamma_value = 1.0f;

/* The data, and for one kernel everything that is computed from it. */
static float x[POINTS][FEATURES];
static int label[POINTS];
static float k[POINTS][POINTS], g[POINTS][POINTS], gx[POINTS][FEATURES], ggamma;
static double reference_k[POINTS][POINTS], reference_gx[POINTS][FEATURES], reference_ggamma;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "demo: %s: %s\n", what, why);
    exit(1);
}

static void check(const char *call, hg_status status) {
    if (status != HG_OK) fail(call, hg_status_string(status));
}

static void read_data(const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) fail(path, "cannot be opened");
    char line[256];
    int i = 0;
    while (i < POINTS && fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#') continue;
        char *text = line;
        for (int d = 0; d < FEATURES; ++d) {
            x[i][d] = strtof(text, &text);
            if (*text++ != ',') fail(path, "a row without five numbers and a label");
        }
        label[i++] = atoi(text);
    }
    fclose(file);
    if (i < POINTS) fail(path, "fewer than 128 rows");
}

/* A kernel's library, and what the plain loop needs to compute the same: k = exp(-gamma * sum of distance(x - y)). */
typedef struct {
    const char *name;
    hg_status (*gram)(int64_t n, int64_t m, const float *x, int64_t ldx, const float *y, int64_t ldy, float gamma,
                      float *k, int64_t ldk);
    hg_status (*gram_vjp)(int64_t n, int64_t m, const float *x, int64_t ldx, const float *y, int64_t ldy, float gamma,
                          const float *g, int64_t ldg, float *gx, int64_t ldgx, float *gy, int64_t ldgy, float *ggamma);
    const hg_info *(*info)(void);
    double (*distance)(double difference);
    double (*derivative)(double difference); /* of `distance` */
} kernel_functions;

static double square(double difference) {
    return difference * difference;
}
static double square_derivative(double difference) {
    return 2 * difference;
}
static double sign(double difference) {
    return (difference > 0) - (difference < 0);
}

static double reference_distance(const kernel_functions *kernel, int i, int j) {
    double sum = 0;
    for (int d = 0; d < FEATURES; ++d) sum += kernel->distance((double)x[i][d] - x[j][d]);
    return sum;
}

static void reference_gram(const kernel_functions *kernel) {
    for (int i = 0; i < POINTS; ++i)
        for (int j = 0; j < POINTS; ++j) reference_k[i][j] = exp(-gamma_value * reference_distance(kernel, i, j));
}

/* From the cotangent g, like the library: so that the difference shows the gradient's error alone. */
static void reference_vjp(const kernel_functions *kernel) {
    reference_ggamma = 0;
    for (int i = 0; i < POINTS; ++i)
        for (int d = 0; d < FEATURES; ++d) reference_gx[i][d] = 0;
    for (int i = 0; i < POINTS; ++i)
        for (int j = 0; j < POINTS; ++j) {
            const double distance = reference_distance(kernel, i, j);
            const double weight = g[i][j] * exp(-gamma_value * distance);
            reference_ggamma -= weight * distance;
            for (int d = 0; d < FEATURES; ++d) {
                const double slope = -gamma_value * weight * kernel->derivative((double)x[i][d] - x[j][d]);
                reference_gx[i][d] += slope; /* x_i is the first argument of k here, */
                reference_gx[j][d] -= slope; /* x_j the second */
            }
        }
}

/* The loss of K, and its cotangent g = dL/dK. */
static double loss_and_cotangent(void) {
    double kt = 0, kk = 0, tt = 0;
    for (int i = 0; i < POINTS; ++i)
        for (int j = 0; j < POINTS; ++j) {
            const double t = label[i] == label[j];
            kt += k[i][j] * t;
            kk += (double)k[i][j] * k[i][j];
            tt += t;
        }
    const double scale = 1 / sqrt(kk * tt);
    for (int i = 0; i < POINTS; ++i)
        for (int j = 0; j < POINTS; ++j) g[i][j] = (float)(scale * (k[i][j] * kt / kk - (label[i] == label[j])));
    return -kt * scale;
}

/* y = NULL means y = x: K(x, x), and gx receives the whole gradient. */
static void library_gram(const kernel_functions *kernel) {
    check("gram", kernel->gram(POINTS, POINTS, &x[0][0], FEATURES, NULL, 0, gamma_value, &k[0][0], POINTS));
}

static void library_vjp(const kernel_functions *kernel) {
    check("gram_vjp", kernel->gram_vjp(POINTS, POINTS, &x[0][0], FEATURES, NULL, 0, gamma_value, &g[0][0], POINTS,
                                       &gx[0][0], FEATURES, NULL, 0, &ggamma));
}

static int ascending(const void *a, const void *b) {
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* The median time of some runs, in microseconds. */
static double median_time(void (*function)(const kernel_functions *), const kernel_functions *kernel, int runs) {
    static double times[RUNS];
    for (int run = 0; run < runs; ++run) {
        struct timespec begin, end;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        function(kernel);
        clock_gettime(CLOCK_MONOTONIC, &end);
        times[run] = (double)(end.tv_sec - begin.tv_sec) * 1e6 + (double)(end.tv_nsec - begin.tv_nsec) / 1e3;
    }
    qsort(times, (size_t)runs, sizeof times[0], ascending);
    return times[runs / 2];
}

static void run(const kernel_functions *kernel) {
    const hg_info *info = kernel->info();
    check("info", info->status);
    printf("%s: k(x, y) = %s, gamma = %g\n", kernel->name, info->formula, (double)gamma_value);
    printf("  code for %s, out of %s\n\n", info->variant, info->variants);

    library_gram(kernel);
    printf("  Gram matrix, %d x %d, its corner:\n", POINTS, POINTS);
    for (int i = 0; i < CORNER; ++i) {
        printf("   ");
        for (int j = 0; j < CORNER; ++j) printf(" %9.6f", (double)k[i][j]);
        printf("  ...\n");
    }

    const double loss = loss_and_cotangent();
    library_vjp(kernel);
    printf("\n  loss (minus the alignment with the labels): %.6f\n", loss);
    printf("  dL/dgamma: %+.6f\n", (double)ggamma);
    printf("  dL/dx, its first rows:\n");
    for (int i = 0; i < ROWS_SHOWN; ++i) {
        printf("   ");
        for (int d = 0; d < FEATURES; ++d) printf(" %+.3e", (double)gx[i][d]);
        printf("\n");
    }

    reference_gram(kernel);
    reference_vjp(kernel);
    double k_difference = 0, gx_difference = 0, gx_largest = 0;
    for (int i = 0; i < POINTS; ++i) {
        for (int j = 0; j < POINTS; ++j) k_difference = fmax(k_difference, fabs(k[i][j] - reference_k[i][j]));
        for (int d = 0; d < FEATURES; ++d) {
            gx_difference = fmax(gx_difference, fabs(gx[i][d] - reference_gx[i][d]));
            gx_largest = fmax(gx_largest, fabs(reference_gx[i][d]));
        }
    }
    const double ggamma_difference = fabs(ggamma - reference_ggamma);
    printf("\n  largest difference from a plain loop in double:\n");
    printf("    K          %.1e\n", k_difference);
    printf("    dL/dx      %.1e, where the largest entry is %.1e\n", gx_difference, gx_largest);
    printf("    dL/dgamma  %.1e\n", ggamma_difference);
    /* Wide of every rounding error, so that only a wrong result stops here. Written so that NaN fails too. */
    if (!(k_difference < 1e-6 && gx_difference < 1e-5 * gx_largest &&
          ggamma_difference < 1e-5 * fabs(reference_ggamma)))
        fail(kernel->name, "the results differ from those of the plain loop");

    printf("\n  time (median):          library    plain loop in double\n");
    printf("    K              %10.1f us    %10.1f us\n", median_time(library_gram, kernel, RUNS),
           median_time(reference_gram, kernel, REFERENCE_RUNS));
    printf("    dL/dx, dL/dgamma %8.1f us    %10.1f us\n\n", median_time(library_vjp, kernel, RUNS),
           median_time(reference_vjp, kernel, REFERENCE_RUNS));
}

int main(int argc, char **argv) {
    if (argc != 2) fail("usage", "demo digit_probabilities.csv");
    read_data(argv[1]);
    printf("%d predicted probabilities over %d classes\n\n", POINTS, FEATURES);

    const kernel_functions rbf = {"rbf", rbf_gram, rbf_gram_vjp, rbf_info, square, square_derivative};
    const kernel_functions l1_exp = {"l1_exp", l1_exp_gram, l1_exp_gram_vjp, l1_exp_info, fabs, sign};
    run(&rbf);
    run(&l1_exp);
    return 0;
}
