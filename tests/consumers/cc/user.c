/* Compares the kernel 1 / (1 + |x - y|^2 / s^2) with a plain double loop. */
#include <math.h>
#include <stdio.h>

#include "my_cauchy.h"

enum { N = 19, M = 33, D = 4 };

int main(void) {
    static float x[N][D], y[M][D], k[N][M];
    const float s = 0.3f;
    for (int i = 0; i < N * D; ++i) x[i / D][i % D] = (float)(i * 31 % 97) / 97.0f;
    for (int j = 0; j < M * D; ++j) y[j / D][j % D] = (float)(j * 43 % 89) / 89.0f;

    const hg_status status = my_cauchy_gram(N, M, &x[0][0], D, &y[0][0], D, s, &k[0][0], M);
    if (status != HG_OK) {
        fprintf(stderr, "%s\n", hg_status_string(status));
        return 1;
    }
    double worst = 0;
    for (int i = 0; i < N; ++i)
        for (int j = 0; j < M; ++j) {
            double distance = 0;
            for (int d = 0; d < D; ++d) distance += pow((double)x[i][d] - y[j][d], 2);
            worst = fmax(worst, fabs(k[i][j] - 1 / (1 + distance / ((double)s * s))));
        }
    printf("largest difference %.1e\n", worst);
    return worst < 1e-6 ? 0 : 1;
}
