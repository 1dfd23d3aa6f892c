// Compares the pipeline with a plain double loop.
#include <HalideBuffer.h>
#include <l1_exp.h>

#include <cmath>
#include <cstdio>

int main() {
    const int n = 70, m = 130, features = 5;
    const float gamma = 0.5f;
    Halide::Runtime::Buffer<float, 2> x(features, n), y(features, m), k(m, n);
    int next = 0;
    for (auto* points : {&x, &y}) points->for_each_value([&](float& v) { v = float(++next * 37 % 101) / 101; });
    if (l1_exp(x, y, gamma, k) != 0) return 1;
    double worst = 0;
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < m; ++j) {
            double sum = 0;
            for (int d = 0; d < features; ++d) sum += std::fabs(double(x(d, i)) - y(d, j));
            worst = std::fmax(worst, std::fabs(k(j, i) - std::exp(-gamma * sum)));
        }
    std::printf("largest difference %.1e\n", worst);
    return worst < 1e-6 ? 0 : 1;
}
