// Compares two kernels with a plain double loop.
#include <rbf.h>
#include <weighted_l1.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

const std::int64_t n = 37, m = 21, features = 5;

void check(const char* what, hg_status status) {
    if (status == HG_OK) return;
    std::fprintf(stderr, "%s: %s\n", what, hg_status_string(status));
    std::exit(1);
}

void expect_close(const char* what, double value, double expected, double tolerance) {
    if (std::fabs(value - expected) <= tolerance) return;
    std::fprintf(stderr, "%s: %.17g instead of %.17g\n", what, value, expected);
    std::exit(1);
}

template <typename T>
std::vector<T> points(std::int64_t count, int seed) {
    std::vector<T> result;
    for (std::int64_t i = 0; i < count * features; ++i) result.push_back(static_cast<T>((i * 37 + seed) % 101) / 101);
    return result;
}

void rbf() {
    const float gamma = 0.75f;
    const std::vector<float> x = points<float>(n, 1), y = points<float>(m, 50);
    std::vector<float> k(n * m), g(n * m, 1.0f), gx(n * features);
    float ggamma = 0;
    check("rbf_gram", rbf_gram(n, m, x.data(), features, y.data(), features, gamma, k.data(), m));
    check("rbf_gram_vjp", rbf_gram_vjp(n, m, x.data(), features, y.data(), features, gamma, g.data(), m, gx.data(),
                                       features, nullptr, 0, &ggamma));
    double expected_ggamma = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        double expected_gx = 0;  // of feature 0
        for (std::int64_t j = 0; j < m; ++j) {
            double distance = 0;
            for (std::int64_t d = 0; d < features; ++d)
                distance += std::pow(double(x[i * features + d]) - y[j * features + d], 2);
            const double value = std::exp(-gamma * distance);
            expect_close("rbf", k[i * m + j], value, 1e-6);
            expected_gx -= 2 * gamma * value * (double(x[i * features]) - y[j * features]);
            expected_ggamma -= value * distance;
        }
        expect_close("gradient with respect to x", gx[i * features], expected_gx, 1e-4);
    }
    expect_close("gradient with respect to gamma", ggamma, expected_ggamma, 1e-5 * std::fabs(expected_ggamma));
}

void weighted_l1() {
    const double a = 2.5, ell[features] = {0.5, 1, 2, 4, 0.25};
    const std::vector<double> x = points<double>(n, 3);
    std::vector<double> k(n * n);
    check("weighted_l1_gram", weighted_l1_gram(n, n, features, x.data(), features, nullptr, 0, a, ell, k.data(), n));
    for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t j = 0; j < n; ++j) {
            double sum = 0;
            for (std::int64_t d = 0; d < features; ++d)
                sum += std::fabs(x[i * features + d] - x[j * features + d]) / ell[d];
            expect_close("weighted_l1", k[i * n + j], a * std::exp(-sum), 1e-14);
        }
}

}  // namespace

int main() {
    rbf();
    weighted_l1();
    std::puts("all values agree");
}
