// Second derivatives where parts of a formula have a kink: differences of values in 256 bits and closed forms beside them.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "generators/catalogue/catalogue.h"
#include "generators/formula/derivative.h"
#include "generators/formula/interpreter.h"
#include "generators/formula/parser.h"
#include "generators/formula/tangent.h"

namespace halogram {
namespace {

using Vector = std::vector<Real>;
using SquareMatrix = std::vector<std::vector<double>>;

Vector weights(std::size_t features) { return Vector(features, Real(1.5)); }

const std::map<std::string, Vector> parameters = {
    {"l", {Real(0.75)}}, {"a", {Real(1.25)}}, {"g", {Real(0.5)}}, {"c", {Real(1.5)}}};

// d2k / dp_a dq_b of the tree, with p and q each x or y.
SquareMatrix derived(const Formula& f, Expr first, Expr second, const Vector& x, const Vector& y) {
    Pool& pool = *f.pool;
    const auto [value, kinks] = derivable(f);
    Expr unit = pool.parameter(Op::VectorParameter, "picked");
    Expr tree = derivative(sum(multiply(unit, derivative_to_derive(value, first, kinks))), second);
    SquareMatrix result;
    for (std::size_t a = 0; a < x.size(); ++a) {
        std::map<std::string, Vector> all = parameters;
        all["w"] = weights(x.size());
        all["picked"] = Vector(x.size(), Real(0.0));
        all["picked"][a] = Real(1.0);
        const Vector row = evaluate(tree, {x, y, all});
        result.emplace_back();
        for (std::size_t b = 0; b < x.size(); ++b) result.back().push_back(row[row.size() == 1 ? 0 : b].to_double());
    }
    return result;
}

// The same by differences of k, over steps that keep the points apart.
SquareMatrix differences(const Formula& f, bool first_is_x, bool second_is_x, const Vector& x, const Vector& y) {
    SquareMatrix result;
    const Real small(1e-12), other(1.7e-12);
    for (std::size_t a = 0; a < x.size(); ++a) {
        result.emplace_back();
        for (std::size_t b = 0; b < x.size(); ++b) {
            const auto at = [&](double s, double t) {
                Vector p = x, q = y;
                Real& by_first = (first_is_x ? p : q)[a];
                by_first = by_first + Real(s) * small;
                Real& by_second = (second_is_x ? p : q)[b];
                by_second = by_second + Real(t) * other;
                std::map<std::string, Vector> all = parameters;
                all["w"] = weights(x.size());
                return evaluate(f.value, {p, q, all})[0];
            };
            const Real total = at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1);
            result.back().push_back((total / (Real(4.0) * small * other)).to_double());
        }
    }
    return result;
}

void expect_near(const SquareMatrix& given, const SquareMatrix& expected, const std::string& what) {
    for (std::size_t a = 0; a < given.size(); ++a)
        for (std::size_t b = 0; b < given.size(); ++b)
            EXPECT_NEAR(given[a][b], expected[a][b], 1e-10 * std::max(1.0, std::abs(expected[a][b])))
                << what << " at " << a << ", " << b;
}

class Smooth : public testing::TestWithParam<const char*> {};

TEST_P(Smooth, HasItsSecondDerivativesAtCoincidentPoints) {
    const Formula f = parse_formula(GetParam());
    Expr x = f.pool->x(), y = f.pool->y();
    for (const Vector& point : {Vector{Real(0.75)}, Vector{Real(0.75), Real(0.5), Real(1.25)}}) {
        expect_near(derived(f, x, y, point, point), differences(f, true, false, point, point), "x, y");
        expect_near(derived(f, y, x, point, point), differences(f, false, true, point, point), "y, x");
        expect_near(derived(f, x, x, point, point), differences(f, true, true, point, point), "x, x");
        expect_near(derived(f, y, y, point, point), differences(f, false, false, point, point), "y, y");
        // What is derived again is the derivative: off the kink as well as at it.
        Vector moved = point;
        for (const Real& step : {Real(0.0), Real(0.25)}) {
            moved[0] = moved[0] + step;
            const auto [value, kinks] = derivable(f);
            Expr again = derivative_to_derive(value, x, kinks), plain = derivative(f.value, x);
            Inputs in{point, moved, parameters};
            in.parameters["w"] = weights(point.size());
            const Vector a = evaluate(again, in), b = evaluate(plain, in);
            for (std::size_t d = 0; d < a.size() && !b[0].is_nan(); ++d)
                EXPECT_NEAR(a[d].to_double(), b[d].to_double(), 1e-14);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Formulas, Smooth,
    testing::Values("exp(-norm(x - y)^2 / 2)", "exp(-g * norm(x - y)^2)", "norm(x - y)^2", "norm(x - y)^4",
                    "sum(abs(x - y)^2)", "exp(-sum(abs(x - y)^2 / l^2))", "sum(abs(x - y)^3)", "norm(x - y)^3",
                    "let r = norm(x - y) in (1 + r + r^2 / 3) * exp(-r)", "(1 + norm(x - y)) * exp(-norm(x - y))",
                    "let r = sqrt(5) * norm(x - y) / l in (1 + r + r^2 / 3) * exp(-r)",
                    "(1 + sqrt(5) * norm(x - y) / l + 5 * norm(x - y)^2 / (3 * l^2)) * exp(-sqrt(5) * norm(x - y) / l)",
                    "(1 + sqrt(5) * norm(x - y) / l + 5 * sqdist(x, y) / (3 * l^2)) * exp(-sqrt(5 * sqdist(x, y)) / l)",
                    "let r = sqrt(3) * norm((x - y) / l) in a * (1 + r) * exp(-r) + g * dot(x, y)",
                    "(1 + norm(x - y)) * matern12(sqdist(x, y))",
                    "let r = sqrt(7) * norm(x - y) / l in (1 + r + 2 * r^2 / 5 + r^3 / 15) * exp(-r)",
                    "let r = norm(x - y) / 4 in max(1 - r, 0)^4 * (4 * r + 1)",
                    "let r = norm(x - y) / 4 in max(0, 1 - r)^6 * (35 * r^2 + 18 * r + 3)",
                    "let r = norm(x - y) / 4 in where(r < 1, (1 - r)^4 * (4 * r + 1), 0)", "sqrt(1 + norm(x - y)^2)",
                    "1 / sqrt(c^2 + norm(x - y)^2)", "(1 + norm(x - y)^2 / (2 * a * l^2))^(-a)",
                    "let r = norm(x - y) in sin(r) / r", "let r = norm(x - y) in where(r == 0, 1, sin(r) / r)",
                    "let r = a * norm(x - y) in where(r > 0, sin(r) / r, 1)",
                    "let r = norm(x - y) in where(sqdist(x, y) == 0, 1, (1 + r) * exp(-r))",
                    "let r = norm(x - y) in where(sqdist(x, y) == 0, 1, 3 * (sin(r) - r * cos(r)) / r^3)",
                    "exp(-sqrt(sum(w[d] * (x - y)^2))^2)", "exp(-sqrt(sqdist(x, y) / a)^2)", "cos(norm(x - y))",
                    "cos(g * norm(x - y) / l)", "log(1 + norm(x - y)^2)", "log1p(norm(x - y)^2)",
                    "exp(-abs(sum(x) - sum(y))^2)", "let r = abs(sum(x - y)) in (1 + r) * exp(-r)",
                    "let u = norm(x - y) in exp(-u^2) * cos(u) * (1 + g * u^2)", "1 / (1 + norm(x - y)^4)",
                    "sum(min(x, y)^3 / 3 + abs(x - y) * min(x, y)^2 / 2)", "sum(min(x, y) * max(x, y))",
                    "exp(sum(log(1 + min(x, y)^3 / 3 + abs(y - x) * min(x, y)^2 / 2)))",
                    "let s = sum(x) in let t = sum(y) in min(s, t)^3 / 3 + abs(s - t) * min(s, t)^2 / 2",
                    "let s = sum(x) in let t = sum(y) in min(s, t)^2 * (3 * max(s, t) - min(s, t)) / 6",
                    "sum(min(x, y) + max(x, y))", "sum(max(x - y, 0)^3)", "sqrt(norm(x - y)^2)^2",
                    "tanh(norm(x - y)^2)", "erf(norm(x - y)) / norm(x - y)", "norm(x - y) * tanh(norm(x - y))"),
    [](const auto& instance) { return std::to_string(instance.index); });

// Kinks that stay, or whose end is not proved.
class NotSmooth : public testing::TestWithParam<const char*> {};

TEST_P(NotSmooth, SecondDerivativeIsNaNAndTheFirstIsNot) {
    const Formula f = parse_formula(GetParam());
    Expr x = f.pool->x(), y = f.pool->y();
    const Vector point{Real(0.75), Real(0.5)};
    for (Expr by : {x, y})
        for (const auto& row : derived(f, x, by, point, point))
            for (double entry : row) EXPECT_FALSE(std::isfinite(entry));
    const auto [value, kinks] = derivable(f);
    const Inputs in{point, point, parameters};
    const Vector first = evaluate(derivative_to_derive(value, x, kinks), in);
    const Vector stated = evaluate(derivative(f.value, x), in);
    for (std::size_t d = 0; d < first.size(); ++d) EXPECT_EQ(first[d].to_double(), stated[d].to_double());
}

INSTANTIATE_TEST_SUITE_P(Formulas, NotSmooth,
                         testing::Values("exp(-norm(x - y))", "exp(-g * l1(x, y))", "l1(x, y)^2", "linf(x, y)",
                                         "linf(x, y)^2", "norm(x - y)^a", "sum(min(x, y))", "sum(max(x - y, 0)^2)",
                                         "matern12(sqdist(x, y))", "sum(abs(x - y)^1.5)", "sqrt(norm(x - y))",
                                         "(1 + 2 * norm(x - y)) * exp(-norm(x - y))", "sin(norm(x - y))",
                                         "thin_plate_spline(sqdist(x, y))", "sum((x - y) * abs(x - y))",
                                         "wendland(sqdist(x, y), 2, 0)", "sqrt(norm(x - y)^2)",
                                         "divide0(sin(norm(x - y)), norm(x - y))"),
                         [](const auto& instance) { return std::to_string(instance.index); });

// A formula of norms, absolute values and extrema that vanish or tie at coincident points.
std::string random_formula(std::mt19937& random, int depth) {
    const auto any = [&] { return "(" + random_formula(random, depth - 1) + ")"; };
    switch (depth == 0 ? random() % 7 : 7 + random() % 9) {
        case 0: return "norm(x - y)";
        case 1: return "sqdist(x, y)";
        case 2: return "abs(sum(x) - sum(y))";
        case 3: return "min(sum(x), sum(y))";
        case 4: return "max(sum(x), sum(y))";
        case 5: return "sum(abs(x - y)^3)";
        case 6: return "g";
        case 7: return any() + " + " + any();
        case 8: return any() + " - " + any();
        case 9: return any() + " * " + any();
        case 10: return any() + "^2";
        case 11: return any() + "^3";
        case 12: return "exp(-" + any() + ")";
        case 13: return "cos" + any();
        case 14: return "max(1 - " + any() + "/8, 0)";
        default: return "sqrt(1 + " + any() + "^2)";
    }
}

// Never a quiet wrong number: a finite second derivative is that of differences.
TEST(Kinks, WhatIsFiniteIsRight) {
    std::mt19937 random(25);
    const Vector point{Real(0.75), Real(0.5)};
    int finite = 0;
    for (int k = 0; k < 300; ++k) {
        const std::string text = random_formula(random, 3);
        const Formula f = parse_formula(text);
        const SquareMatrix given = derived(f, f.pool->x(), f.pool->y(), point, point);
        const SquareMatrix expected = differences(f, true, false, point, point);
        for (std::size_t a = 0; a < point.size(); ++a)
            for (std::size_t b = 0; b < point.size(); ++b) {
                if (!std::isfinite(given[a][b])) continue;
                ++finite;
                EXPECT_NEAR(given[a][b], expected[a][b], 1e-8 * std::max(1.0, std::abs(expected[a][b]))) << text;
            }
    }
    EXPECT_GT(finite, 200);
}

// What derivatives do not pass through is no kink: `scaled` divides by a power of two of the largest abs(x).
TEST(Kinks, StepsHideTheirs) {
    const Formula f = parse_formula("dot(scaled(x), scaled(y))");
    EXPECT_TRUE(derivable(f).kinks.empty());
    EXPECT_EQ(derivable(parse_formula("where(norm(x) < 1, dot(x, y), l1(x, y))")).kinks.size(), 1U);
}

// A tie that is no coincidence: where a function of compact support ends.
TEST(Tie, AtTheEndOfTheSupport) {
    const Vector x{Real(0.75), Real(0.5)}, y{Real(0.75), Real(1.5)};
    const auto second = [&](const char* text) {
        const Formula f = parse_formula(text);
        return derived(f, f.pool->x(), f.pool->y(), x, y)[1][1];
    };
    EXPECT_EQ(second("let r = norm(x - y) in max(1 - r, 0)^4 * (4 * r + 1)"), 0);
    EXPECT_EQ(second("let r = norm(x - y) in max(1 - r, 0)^3 * (3 * r + 1)"), 0);
    EXPECT_TRUE(std::isnan(second("let r = norm(x - y) in max(1 - r, 0)^2")));
}

}  // namespace
}  // namespace halogram
