#include "tests/accuracy/known_cases.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>

#include "generators/formula/derivative.h"
#include "generators/formula/interpreter.h"
#include "tests/accuracy/library_calls.h"

namespace halogram {

namespace {

constexpr std::int64_t features = 3;

std::string digits(const char* format, double value) {
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

// What others compute: the norms and a matrix product, in the same precision.
float expanded_square(const float* x, const float* y, std::int64_t d) {
    float xx = 0, yy = 0, xy = 0;
    for (std::int64_t f = 0; f < d; ++f) {
        xx += x[f] * x[f];
        yy += y[f] * y[f];
        xy += x[f] * y[f];
    }
    return std::fmax(xx + yy - 2 * xy, 0.0F);
}

// Whether K + jitter I has a Cholesky factor.
bool is_positive_definite(const std::vector<float>& k, std::size_t n, long double jitter) {
    std::vector<long double> l(k.begin(), k.end());
    for (std::size_t j = 0; j < n; ++j) {
        long double pivot = l[j * n + j] + jitter;
        for (std::size_t f = 0; f < j; ++f) pivot -= l[j * n + f] * l[j * n + f];
        if (!(pivot > 0)) return false;
        l[j * n + j] = std::sqrt(pivot);
        for (std::size_t i = j + 1; i < n; ++i) {
            for (std::size_t f = 0; f < j; ++f) l[i * n + j] -= l[i * n + f] * l[j * n + f];
            l[i * n + j] /= l[j * n + j];
        }
    }
    return true;
}

// log2 of the least power of two that makes it so.
int needed_jitter(const std::vector<float>& k, std::size_t n) {
    int exponent = -40;
    while (!is_positive_definite(k, n, std::exp2(static_cast<long double>(exponent)))) ++exponent;
    return exponent;
}

class KnownCases {
public:
    KnownCases()
        : library_("known_cases", {request("line", "norm(x - y)", 1), request("distance", "norm(x - y)", features),
                                   request("gaussian", "exp(-sqdist(x, y))", features),
                                   request("smooth", "matern52(sqdist(x, y))", features)}) {
        for (const InterfaceVariant& variant : library_.kernels[0].variants)
            if (library_.use_variant(variant.isa)) variants_.push_back(variant.isa);
        if (variants_.empty()) throw std::runtime_error("this machine runs none of the variants");
        library_.use_variant(variants_[0]);
    }

    std::vector<KnownCase> all() {
        return {gradient_at_coincident_points(),
                second_derivative_at_coincident_points(),
                same_gradient_every_time(),
                difference_of_large_numbers(),
                close_points(),
                diagonal(),
                positive_semi_definite(),
                any_number_of_columns(),
                rows_with_gaps(),
                no_points()};
    }

private:
    GeneratedLibrary library_;
    std::vector<std::string> variants_;

    static KernelRequest request(const std::string& name, const std::string& formula, int d) {
        return {name, parse_formula(formula), formula, "f32", d, {"gram", "gram_vjp"}};
    }
    const KernelInterface& kernel(const std::string& name) const {
        for (const KernelInterface& k : library_.kernels)
            if (k.c_name == name) return k;
        throw std::logic_error(name);
    }
    std::vector<float> gram_of(const std::string& name, const std::vector<float>& x,
                               const std::vector<float>& y) const {
        const KernelInterface& k = kernel(name);
        const std::int64_t d = k.features, n = std::int64_t(x.size()) / d, m = std::int64_t(y.size()) / d;
        std::vector<float> out(std::size_t(n * m));
        gram<float>(library_, k, {n, x.data(), d}, {m, y.data(), d}, {}, out.data(), m);
        return out;
    }
    static std::vector<float> random_points(std::size_t count, double centre, double deviation) {
        std::mt19937_64 random(1);
        std::normal_distribution<double> normal(centre, deviation);
        std::vector<float> points(count * features);
        for (float& v : points) v = float(normal(random));
        return points;
    }

    KnownCase gradient_at_coincident_points() const {
        const float x[features] = {0.3F, -1, 2}, g = 1;
        float gx[features];
        gram_gradient<float>(library_, kernel("distance"), {1, x, features}, {1, x, features}, {}, &g, gx);
        return {"gradient of a distance at coincident points", "NaN", "pytorch 37154",
                "(" + digits("%g", gx[0]) + ", " + digits("%g", gx[1]) + ", " + digits("%g", gx[2]) + ")",
                gx[0] == 0 && gx[1] == 0 && gx[2] == 0};
    }

    // Libraries hold first derivatives; the tree is derived again as often as one likes.
    static KnownCase second_derivative_at_coincident_points() {
        const Formula formula = parse_formula("matern52(sqdist(x, y))");
        Expr mixed = derivative(sum(derivative(formula.value, formula.pool->x())), formula.pool->y());
        const double value = evaluate(mixed, {{Real(0.7)}, {Real(0.7)}, {}})[0].to_double();
        return {"second derivative of a Matern kernel at coincident points, of the derived tree",
                "0, and no second derivative of a distance at all", "KernelFunctions.jl 517, pytorch 83510",
                digits("%.16g", value) + " of Matern 5/2 (exact: 5/3)", std::fabs(value - 5.0 / 3) < 1e-15};
    }

    KnownCase same_gradient_every_time() const {
        const std::vector<float> y = random_points(100, 0, 1);
        const std::vector<float> x(y.begin() + features, y.begin() + 2 * features), g(100, 1);  // x is one of them
        float first[features], again[features];
        bool same = true;
        for (int k = 0; k < 10; ++k) {
            float* gx = k == 0 ? first : again;
            gram_gradient<float>(library_, kernel("smooth"), {1, x.data(), features}, {100, y.data(), features}, {},
                                 g.data(), gx);
            same = same && (k == 0 || std::memcmp(first, again, sizeof first) == 0);
        }
        same = same && std::isfinite(first[0]) && std::isfinite(first[1]) && std::isfinite(first[2]);
        return {"gradient of a Matern kernel at one point, ten times", "another result in each run", "gpytorch 884",
                same ? "the same bits ten times, also where the point is one of the others" : "results differ", same};
    }

    KnownCase difference_of_large_numbers() const {
        const float d = gram_of("line", {512695}, {512804})[0];
        return {"distance of 512695 and 512804, f32", "0", "pytorch 42479", digits("%.9g", d), d == 109};
    }

    KnownCase close_points() const {
        const std::vector<float> x = {61.221637725830078125F, 71.60662841796875F, -65.7512664794921875F},
                                 y = {61.221637725830078125F, 71.60894012451171875F, -65.72847747802734375F};
        const float d = gram_of("distance", x, y)[0];
        const long double a = (long double)x[1] - y[1], b = (long double)x[2] - y[2], exact = std::sqrt(a * a + b * b);
        const double ulp =
            static_cast<double>(std::fabs(d - exact) / std::ldexp(1.0L, -29));  // of numbers in [2^-6, 2^-5)
        return {
            "distance of two close points far from 0, f32",
            "disagrees with NumPy in f32; norms and a matrix product give " +
                digits("%.9g", std::sqrt(expanded_square(x.data(), y.data(), features))) + " here",
            "scikit-learn 9354",
            digits("%.9g", d) + ", exact " + digits("%.9g", double(exact)) + ": " + digits("%.2f", ulp) + " ulp off",
            ulp <= (features / 2.0 + 4) / 2 + 1};
    }

    KnownCase diagonal() const {
        constexpr std::size_t n = 512;
        const std::vector<float> x = random_points(n, 1e4, 1);
        const std::vector<float> distances = gram_of("distance", x, x), values = gram_of("gaussian", x, x);
        float most = 0;
        bool ones = true;
        for (std::size_t i = 0; i < n; ++i) {
            most = std::fmax(most, distances[i * n + i]);
            ones = ones && values[i * n + i] == 1;
        }
        return {"diagonal of a matrix of distances, of exp(-sqdist(x, y))", "up to 0.0055, on another GPU 0.2271",
                "pytorch 57690",
                "largest distance " + digits("%g", most) + ", all values of the kernel " + (ones ? "1" : "**not** 1"),
                most == 0 && ones};
    }

    KnownCase positive_semi_definite() const {
        constexpr std::size_t n = 64;
        const std::vector<float> x = random_points(n, 1e3, 0.05);
        const std::vector<float> k = gram_of("gaussian", x, x);
        std::vector<float> expanded(n * n);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j)
                expanded[i * n + j] = std::exp(-expanded_square(&x[i * features], &x[j * features], features));
        const int here = needed_jitter(k, n), there = needed_jitter(expanded, n);
        return {"Gram matrix exp(-sqdist(x, y)) of 64 close points around 1000, f32, positive semi-definite",
                "not; norms and a matrix product need 2^" + std::to_string(there) + " on the diagonal here",
                "pytorch 57690, scikit-learn 9354, gpytorch 2336",
                "up to rounding: 2^" + std::to_string(here) + " on the diagonal is enough", here <= -19};
    }

    KnownCase any_number_of_columns() {
        const std::vector<float> points = random_points(70, 0, 1);
        bool same = true;
        std::string names;
        std::vector<float> alone;
        for (std::size_t j = 0; j < 70; ++j)
            alone.push_back(gram_of("gaussian", {points.begin(), points.begin() + features},
                                    {&points[j * features], &points[(j + 1) * features]})[0]);
        for (const std::string& variant : variants_) {
            library_.use_variant(variant);
            names += (names.empty() ? "" : ", ") + variant;
            for (std::size_t m = 1; m <= 70; ++m) {
                const std::vector<float> k = gram_of("gaussian", {points.begin(), points.begin() + features},
                                                     {points.begin(), points.begin() + std::int64_t(m) * features});
                same = same && std::memcmp(k.data(), alone.data(), m * sizeof(float)) == 0;
            }
        }
        library_.use_variant(variants_[0]);
        return {"1 to 70 columns: the last ones do not fill a vector; an older processor",
                "wrong numbers in the tail, SIGILL", "NumKong 279, 301",
                (same ? "the bits of each pair alone, on " : "**other** bits on some of ") + names, same};
    }

    KnownCase rows_with_gaps() const {
        constexpr std::int64_t n = 9, ld = features + 4;
        const std::vector<float> x = random_points(n, 0, 1);
        std::vector<float> wide(n * ld, NAN), k(n * n);
        for (std::int64_t i = 0; i < n; ++i)
            std::copy(&x[std::size_t(i * features)], &x[std::size_t(i * features)] + features,
                      &wide[std::size_t(i * ld)]);
        gram<float>(library_, kernel("distance"), {n, wide.data(), ld}, {n, x.data(), features}, {}, k.data(), n);
        const bool same = k == gram_of("distance", x, x);
        return {"rows of a larger array", "fails", "pytorch 37408, 55370",
                same ? "the bits of a contiguous copy" : "**other** bits", same};
    }

    KnownCase no_points() const {
        const float point[features] = {1, 2, 3};
        float k = 5;
        gram<float>(library_, kernel("distance"), {0, nullptr, features}, {1, point, features}, {}, &k, 1);
        gram<float>(library_, kernel("distance"), {1, point, features}, {0, point, features}, {}, &k, 1);
        return {"no points", "fails", "pytorch 37408, 55370", "success, nothing written", k == 5};
    }
};

}  // namespace

std::vector<KnownCase> compute_known_cases() { return KnownCases().all(); }

}  // namespace halogram
