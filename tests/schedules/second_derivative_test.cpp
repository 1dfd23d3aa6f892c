// Compiled second derivatives at coincident points, in f32 and f64: closed forms where the formula is smooth although its
// parts are not, NaN where there is no second derivative.
#include <gtest/gtest.h>

#include <cmath>

#include "generators/formula/tangent.h"
#include "schedules/in_process.h"

namespace halogram {
namespace {

constexpr std::size_t features = 2;

// d2k / dx_a dy_b: the gradient by y of the derivative along feature a of x.
template <typename T>
std::vector<double> row_of(const hg1_kernel* kernel, const std::vector<double>& of_x, const std::vector<double>& of_y,
                           std::size_t a) {
    std::vector<T> x(of_x.begin(), of_x.end()), y(of_y.begin(), of_y.end());
    x.resize(2 * features, T(0));
    y.resize(2 * features, T(0));
    x[features + a] = T(1);
    const T g = 1;
    std::vector<T> gx(features), gy(features);
    hg1_call call{};
    call.n = call.m = 1;
    call.d = features;
    call.x = x.data();
    call.y = y.data();
    call.ldx = call.ldy = 2 * features;
    call.g = &g;
    call.ldg = 1;
    call.gx = gx.data();
    call.gy = gy.data();
    call.ldgx = call.ldgy = features;
    EXPECT_EQ(hg1_gram_vjp(kernel, nullptr, &call), HG_OK);
    return {gy.begin(), gy.end()};
}

struct Known {
    const char* formula;
    std::vector<double> diagonal;  // NaN: every entry is
};

void PrintTo(const Known& known, std::ostream* out) { *out << known.formula; }

class SecondDerivativeInProcess : public testing::TestWithParam<Known> {};

TEST_P(SecondDerivativeInProcess, AtCoincidentPoints) {
    const Known& known = GetParam();
    const std::vector<double> point = {0.75, 0.5};
    for (const std::string dtype : {"f32", "f64"}) {
        const KernelRequest request{"k",         tangent_of(parse_formula(known.formula)), "", dtype, int(features),
                                    {"gram_vjp"}};
        const auto compiled = compile_in_process(request);
        for (std::size_t a = 0; a < features; ++a) {
            const std::vector<double> row = dtype == "f32" ? row_of<float>(compiled->kernel(), point, point, a)
                                                           : row_of<double>(compiled->kernel(), point, point, a);
            for (std::size_t b = 0; b < features; ++b) {
                const double expected = std::isnan(known.diagonal[a]) || a == b ? known.diagonal[a] : 0;
                if (std::isnan(expected))
                    EXPECT_TRUE(std::isnan(row[b])) << dtype << " " << a << ", " << b << ": " << row[b];
                else
                    EXPECT_NEAR(row[b], expected, (dtype == "f32" ? 1e-6 : 1e-14) * (1 + std::abs(expected)))
                        << dtype << " " << a << ", " << b;
            }
        }
    }
}

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

INSTANTIATE_TEST_SUITE_P(
    Formulas, SecondDerivativeInProcess,
    testing::Values(Known{"exp(-norm(x - y)^2 / 2)", {1, 1}}, Known{"exp(-sum(abs(x - y)^2))", {2, 2}},
                    Known{"let r = norm(x - y) in (1 + r + r^2 / 3) * exp(-r)", {1.0 / 3, 1.0 / 3}},
                    Known{"let r = norm(x - y) in (1 + r) * exp(-r)", {1, 1}},
                    Known{"let r = norm(x - y) in max(1 - r, 0)^4 * (4 * r + 1)", {20, 20}},
                    Known{"sqrt(1 + norm(x - y)^2)", {-1, -1}},
                    Known{"let r = norm(x - y) in where(r == 0, 1, sin(r) / r)", {1.0 / 3, 1.0 / 3}},
                    Known{"let r = norm(x - y) in sin(r) / r", {1.0 / 3, 1.0 / 3}}, Known{"cos(norm(x - y))", {1, 1}},
                    Known{"sum(min(x, y)^3 / 3 + abs(x - y) * min(x, y)^2 / 2)", {0.75, 0.5}},
                    Known{"exp(-norm(x - y))", {nan, nan}}, Known{"exp(-l1(x, y))", {nan, nan}},
                    Known{"matern12(sqdist(x, y))", {nan, nan}}, Known{"linf(x, y)^2", {nan, nan}}),
    [](const auto& instance) { return std::to_string(instance.index); });

// NaN stands at a kink without a proof, not beside it: there the derivative is that of the rules alone.
TEST(SecondDerivativeApartFromKinks, IsANumber) {
    for (const std::string formula :
         {"exp(-l1(x, y))", "sum(sqrt(x) * sqrt(y))", "sum(min(x, y))", "exp(-sum(abs(x - y)^1.5))",
          "sum(abs(x - y))^2", "norm(x - y) * l1(x, y)", "sqrt(l1(x, y))", "sum(abs(x - 1) * y^2)",
          "sum(divide0((x - y)^2, abs(x) + abs(y)))", "2 * linf(x, y)^2", "max(l1(x, y), 0.1)^2"}) {
        const std::vector<double> x = {0.5, 0.7}, y = {0.25, 1.5};
        Formula typed = parse_formula(formula), by_rules = typed;
        by_rules.catalogued = true;  // its author answers for the kinks
        const auto compiled = [](const Formula& f) {
            return compile_in_process({"k", tangent_of(f), "", "f64", int(features), {"gram_vjp"}});
        };
        const auto of_typed = compiled(typed), of_rules = compiled(by_rules);
        for (std::size_t a = 0; a < features; ++a) {
            const std::vector<double> row = row_of<double>(of_typed->kernel(), x, y, a),
                                      expected = row_of<double>(of_rules->kernel(), x, y, a);
            for (std::size_t b = 0; b < features; ++b)
                EXPECT_NEAR(row[b], expected[b], 1e-14 * (1 + std::abs(expected[b])))
                    << formula << " " << a << ", " << b;
        }
    }
}

}  // namespace
}  // namespace halogram
