// The Halide::Generator adaptor through add_halide_library: values and gradients against the oracle.
#include <HalideBuffer.h>
#include <gtest/gtest.h>
#include <weighted_gram.h>
#include <weighted_gram_adams2019.h>
#include <weighted_gram_vjp.h>

#include <random>

#include "generators/formula/derivative.h"
#include "generators/formula/interpreter.h"
#include "generators/formula/parser.h"

namespace halogram {
namespace {

constexpr int features = 3;

template <typename T>
struct Problem {
    const Formula formula = parse_formula("a * exp(-sum(abs(x - y) / ell[d]))");  // as in CMakeLists.txt
    Halide::Runtime::Buffer<T, 2> x, y, g;
    Halide::Runtime::Buffer<T, 1> ell{features};
    T a = T(1.5);

    Problem(int n, int m) : x(features, n), y(features, m), g(m, n) {
        std::mt19937 random(2);
        std::uniform_real_distribution<T> real(-1, 1);
        for (auto* buffer : {&x, &y, &g}) buffer->for_each_value([&](T& value) { value = real(random); });
        ell.for_each_value([&](T& value) { value = 2 + real(random); });
    }

    Inputs inputs(int i, int j) const {
        Inputs in;
        in.parameters["a"] = {Real(double(a))};
        for (int d = 0; d < features; ++d) {
            in.x.emplace_back(double(x(d, i)));
            in.y.emplace_back(double(y(d, j)));
            in.parameters["ell"].emplace_back(double(ell(d)));
        }
        return in;
    }

    double exact(Expr e, int i, int j, int d = 0) const {
        const std::vector<Real> values = evaluate(e, inputs(i, j));
        return values[values.size() == 1 ? 0 : std::size_t(d)].to_double();
    }
};

template <typename T, typename Function>
void check_gram(Function* gram, int n, int m, double tolerance) {
    Problem<T> p(n, m);
    Halide::Runtime::Buffer<T, 2> k(m, n);
    ASSERT_EQ(gram(p.x, p.y, p.a, p.ell, k), 0);
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < m; ++j) EXPECT_NEAR(k(j, i), p.exact(p.formula.value, i, j), tolerance) << i << " " << j;
}

TEST(GeneratorAdaptor, Gram) {
    for (int n : {1, 3, 17})
        for (int m : {1, 15, 33}) check_gram<float>(weighted_gram, n, m, 1e-6);
}

// The schedule that is found shifts its last tile inwards: it needs as many points as a tile has.
TEST(GeneratorAdaptor, GramUnderAnAutoscheduler) { check_gram<double>(weighted_gram_adams2019, 150, 129, 1e-14); }

TEST(GeneratorAdaptor, Gradients) {
    const int n = 5, m = 19;
    Problem<float> p(n, m);
    Halide::Runtime::Buffer<float, 2> gx(features, n), gy(features, m);
    Halide::Runtime::Buffer<float, 1> gell(features);
    Halide::Runtime::Buffer<float, 0> ga = Halide::Runtime::Buffer<float, 0>::make_scalar();
    ASSERT_EQ(weighted_gram_vjp(p.x, p.y, p.a, p.ell, p.g, gx, gy, ga, gell), 0);
    const auto pool = p.formula.pool;
    auto by = [&](Expr variable) { return derivative(p.formula.value, variable); };
    Expr by_x = by(pool->x()), by_y = by(pool->y()), by_a = by(pool->parameter(Op::ScalarParameter, "a")),
         by_ell = by(pool->parameter(Op::VectorParameter, "ell"));
    double total_a = 0;
    for (int d = 0; d < features; ++d) {
        double total_ell = 0;
        for (int i = 0; i < n; ++i) {
            double total = 0;
            for (int j = 0; j < m; ++j) {
                total += p.g(j, i) * p.exact(by_x, i, j, d);
                total_ell += p.g(j, i) * p.exact(by_ell, i, j, d);
                if (d == 0) total_a += p.g(j, i) * p.exact(by_a, i, j);
            }
            EXPECT_NEAR(gx(d, i), total, 1e-5);
        }
        for (int j = 0; j < m; ++j) {
            double total = 0;
            for (int i = 0; i < n; ++i) total += p.g(j, i) * p.exact(by_y, i, j, d);
            EXPECT_NEAR(gy(d, j), total, 1e-5);
        }
        EXPECT_NEAR(gell(d), total_ell, 1e-4);
    }
    EXPECT_NEAR(ga(), total_a, 1e-4);
}

}  // namespace
}  // namespace halogram
