// The running error bound where a careless one is too small, infinite or no number at all.
#include "generators/formula/error_bound.h"

#include <gtest/gtest.h>

#include <cmath>

#include "generators/formula/lower.h"
#include "generators/formula/parser.h"

namespace halogram {
namespace {

BoundedValue bounded(const std::string& text, const Inputs& inputs) {
    const Formula formula =
        parse_formula(text, ParseOptions{.settings = {}, .declared = {{"degree", Op::IntegerParameter}}});
    return evaluate_with_bound(lower(formula.value), inputs, f64_arithmetic)[0];
}

TEST(ErrorBound, AnIntegerPowerOfANegativeBaseCarriesTheErrorOfTheBase) {
    // The base cancels to -0.02, so that its error is some 10 u of itself; the cube has three times that.
    Inputs inputs{{Real(0.3), Real(-1.7)}, {Real(1.1), Real(0.4)}, {}};
    inputs.parameters["coef0"] = {Real(0.33)};
    inputs.parameters["degree"] = {Real(4.0)};
    const BoundedValue base = bounded("dot(x, y) + coef0", inputs);
    ASSERT_LT(base.value.to_double(), 0);
    const BoundedValue cube = bounded("(dot(x, y) + coef0)^(degree - 1)", inputs);
    const double relative = base.error.to_double() / std::fabs(base.value.to_double());
    EXPECT_GT(relative, 8 * 0x1p-53);
    EXPECT_GT(cube.error.to_double(), 2.9 * relative * std::fabs(cube.value.to_double()));
    EXPECT_LT(cube.error.to_double(), 4 * relative * std::fabs(cube.value.to_double()));
}

TEST(ErrorBound, AnExactZeroHidesAnInfiniteFactor) {
    // Coincident points, parameters apart: the distance is an exact 0 and 1 over it infinite.
    Inputs inputs{{Real(0.3)}, {Real(0.3)}, {}};
    const Formula formula = parse_formula("norm(x - y)");
    Expr distance = formula.value, inverse = divide(number(distance, 1), distance);
    const BoundedValue product = evaluate_with_bound(
        lower(multiply_zero(inverse, sum(subtract(formula.pool->x(), formula.pool->y())))), inputs, f64_arithmetic)[0];
    EXPECT_EQ(product.value.to_double(), 0);
    EXPECT_EQ(product.error.to_double(), 0);
}

TEST(ErrorBound, ScalingByAPowerOfTwoIsExact) {
    // The largest feature of y is a power of two, where the binade jumps: it may not seem to.
    const Inputs inputs{{Real(0.75e30), Real(0.5e30)}, {Real(0.25), Real(1.0)}, {}};
    EXPECT_EQ(bounded("scale_of(y)", inputs).error.to_double(), 0);
    const BoundedValue distance = bounded("jensenshannon_distance(x, y)", inputs);
    EXPECT_GT(distance.error.to_double(), 2 * 0x1p-53);
    EXPECT_LT(distance.error.to_double(), 100 * 0x1p-53);
}

TEST(ErrorBound, SeveralTreesGiveWhatEachGivesAlone) {
    const Inputs inputs{{Real(0.3), Real(2.0)}, {Real(1.3), Real(-1.0)}, {}};
    const Formula formula = parse_formula("exp(-sqdist(x, y)) * dot(x, y)");
    const std::vector<Expr> trees = {lower(formula.value), lower(formula.value)->arguments[0], formula.pool->x()};
    const auto bounds = evaluate_all_with_bound(trees, inputs, f32_arithmetic);
    const auto values = evaluate_all(trees, inputs);
    for (std::size_t k = 0; k < trees.size(); ++k) {
        const auto alone = evaluate_with_bound(trees[k], inputs, f32_arithmetic);
        ASSERT_EQ(bounds[k].size(), alone.size());
        for (std::size_t d = 0; d < alone.size(); ++d) {
            EXPECT_EQ(bounds[k][d].error.to_double(), alone[d].error.to_double());
            EXPECT_EQ(bounds[k][d].value.to_double(), evaluate(trees[k], inputs)[d].to_double());
            EXPECT_EQ(bounds[k][d].value.to_double(), values[k][d].to_double());
        }
    }
}

}  // namespace
}  // namespace halogram
