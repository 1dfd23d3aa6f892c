/* Compares the laplacian kernel and its gradient with a plain double loop. */
#include <laplacian.h>
#include <math.h>
#include <stdio.h>

enum { N = 40, D = 3 };

int main(void) {
    const float gamma = 0.5f;
    static float x[N][D], k[N][N], g[N][N], gx[N][D];
    float ggamma;
    for (int i = 0; i < N * D; ++i) x[i / D][i % D] = (float)(i * 29 % 83) / 83.0f;
    for (int i = 0; i < N * N; ++i) g[i / N][i % N] = (float)(i % 7) - 3.0f;

    hg_status status = laplacian_gram(N, N, &x[0][0], D, NULL, 0, gamma, &k[0][0], N);
    if (status == HG_OK)
        status = laplacian_gram_vjp(N, N, &x[0][0], D, NULL, 0, gamma, &g[0][0], N, &gx[0][0], D, NULL, 0, &ggamma);
    if (status != HG_OK) {
        fprintf(stderr, "%s\n", hg_status_string(status));
        return 1;
    }

    double worst = 0, expected_ggamma = 0;
    for (int i = 0; i < N; ++i) {
        double expected_gx[D] = {0};
        for (int j = 0; j < N; ++j) {
            double distance = 0;
            for (int d = 0; d < D; ++d) distance += fabs((double)x[i][d] - x[j][d]);
            const double value = exp(-gamma * distance);
            worst = fmax(worst, fabs(k[i][j] - value));
            for (int d = 0; d < D; ++d) {
                const double difference = (double)x[i][d] - x[j][d];
                const double sign = (difference > 0) - (difference < 0);
                expected_gx[d] -= (g[i][j] + g[j][i]) * gamma * value * sign; /* x_i is both arguments of k */
            }
            expected_ggamma -= g[i][j] * value * distance;
        }
        for (int d = 0; d < D; ++d) worst = fmax(worst, fabs(gx[i][d] - expected_gx[d]) / 100);
    }
    worst = fmax(worst, fabs(ggamma - expected_ggamma) / 100);
    printf("largest difference %.1e\n", worst);
    return worst < 1e-6 ? 0 : 1;
}
