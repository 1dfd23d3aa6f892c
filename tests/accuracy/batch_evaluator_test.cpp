// The filter of the accuracy report against the oracle: the same values and bounds, up to the wider arithmetic's errors.
#include "tests/accuracy/batch_evaluator.h"

#include <gtest/gtest.h>

#include "generators/catalogue/catalogue.h"
#include "generators/formula/lower.h"
#include "generators/formula/parser.h"
#include "tests/accuracy/sampled_points.h"

namespace halogram {
namespace {

constexpr std::int64_t features = 3;

// The part of the bound that the filter may be off, in the bound and in the value: of its 29 (11) spare bits half are
// left beside a square root at 0, such as the arc cosine at 1.
template <typename T>
constexpr double tolerance = sizeof(T) == 4 ? 0x1p-13 : 0x1p-4;

Real wide_real(long double value) {
    Real r;
    mpfr_set_ld(r.get(), value, MPFR_RNDN);
    return r;
}

template <typename T>
Inputs inputs_of(const PointBlock<T>& block, std::int64_t i, std::int64_t j, const ParameterValues<T>& parameters) {
    Inputs in;
    for (std::int64_t d = 0; d < features; ++d) {
        in.x.emplace_back(double(block.x[std::size_t(i * features + d)]));
        in.y.emplace_back(double(block.y[std::size_t(j * features + d)]));
    }
    for (const auto& [name, values] : parameters)
        for (T v : values) in.parameters[name].emplace_back(double(v));
    return in;
}

// All pairs of the block; returns how many had a finite bound to compare.
template <typename T>
int compare(Expr lowered, const PointBlock<T>& block, const ParameterValues<T>& parameters, const std::string& what) {
    const std::int64_t pairs = block.n * block.m;
    BatchEvaluator<T> evaluator(lowered, features, pairs);
    evaluator.evaluate(block, parameters);
    int compared = 0;
    for (std::int64_t p = 0; p < pairs; ++p) {
        if (evaluator.overflows(p)) continue;
        const BoundedValue exact = evaluate_with_bound(lowered, inputs_of(block, p / block.m, p % block.m, parameters),
                                                       sizeof(T) == 4 ? f32_arithmetic : f64_arithmetic)[0];
        const auto& filtered = evaluator.result(p);
        if (std::isinf(exact.value.to_double())) {
            EXPECT_EQ(double(filtered.value), exact.value.to_double()) << what;
            continue;
        }
        const double bound = exact.error.to_double();
        EXPECT_EQ(std::isfinite(double(filtered.error)), std::isfinite(bound)) << what;
        if (!std::isfinite(bound)) continue;
        const Real slack = Real(tolerance<T>) * exact.error;
        EXPECT_FALSE(slack < abs(wide_real(filtered.error) - exact.error))
            << what << ": bound " << filtered.error << ", by the oracle " << bound;
        EXPECT_FALSE(slack < abs(wide_real(filtered.value) - exact.value))
            << what << ": " << filtered.value << ", by the oracle " << exact.value.to_double();
        ++compared;
    }
    return compared;
}

template <typename T>
void compare_catalogue() {
    std::mt19937_64 random(7);
    for (const CatalogueEntry& entry : catalogue()) {
        const Formula formula = catalogue_formula(entry.name);
        int compared = 0;
        for (Distribution distribution : distributions) {
            PointBlock<T> block(3, 5, features);
            draw(block, distribution, entry.domain, random);
            compared += compare(lower(formula.value), block, draw_parameters<T>(entry, features, random),
                                entry.name + ", " + std::string(distribution_name(distribution)));
        }
        EXPECT_GT(compared, 30) << entry.name;
    }
}

TEST(BatchEvaluator, FollowsTheOracleOnEveryKernelInSingle) { compare_catalogue<float>(); }
TEST(BatchEvaluator, FollowsTheOracleOnEveryKernelInDouble) { compare_catalogue<double>(); }

// A random scalar formula from everything that the language has.
std::string random_formula(std::mt19937_64& random, int depth) {
    const auto pick = [&random](std::initializer_list<const char*> list) {
        return std::string(list.begin()[random() % list.size()]);
    };
    if (depth == 0)
        return pick({"dot(x, y)", "sqdist(x, y)", "l1(x, y)", "max(abs(x - y))", "min(x * y)", "a", "0.3", "norm(x)"});
    const auto part = [&] { return "(" + random_formula(random, depth - 1) + ")"; };
    switch (random() % 6) {
        case 0: return part() + pick({" + ", " - ", " * ", " / "}) + part();
        case 1:
            return pick({"exp(-abs", "tanh(", "sqrt(abs", "log1p(abs", "erf(", "cos(", "sigmoid(", "floor("}) + part() +
                   ")";
        case 2:
            return "where(" + part() + pick({" < ", " <= ", " == ", " != "}) + part() + ", " + part() + ", " + part() +
                   ")";
        case 3: return pick({"max(", "min(", "divide0("}) + part() + ", " + part() + ")";
        case 4: return "abs(" + part() + ")^" + pick({"2", "0.5", "a", "(-1)", "3"});
        default: return "sum(abs(x - y) * " + part() + ")";
    }
}

template <typename T>
void compare_random_formulas() {
    std::mt19937_64 random(3);
    int compared = 0;
    for (int k = 0; k < 150; ++k) {
        const std::string text = random_formula(random, 3);
        Formula formula;
        try {
            formula = parse_formula(text);
        } catch (const FormulaError&) {
            continue;  // such as a reduction inside another one that mixes x and y
        }
        PointBlock<T> block(2, 3, features);
        draw(block, distributions[std::size_t(k) % distributions.size()], Domain::Real, random);
        compared += compare(lower(formula.value), block, ParameterValues<T>{{"a", {T(1.7)}}}, text);
    }
    EXPECT_GT(compared, 300);
}

TEST(BatchEvaluator, FollowsTheOracleOnRandomFormulasInSingle) { compare_random_formulas<float>(); }
TEST(BatchEvaluator, FollowsTheOracleOnRandomFormulasInDouble) { compare_random_formulas<double>(); }

TEST(BatchEvaluator, CountsOverflowsButNotPoles) {
    PointBlock<float> block(1, 3, features);
    block.x = {1, 1, 1};
    block.y = {1e20F, 1, 1, 1, 1, 1, 3e38F, 3e38F, -3e38F};
    const auto overflows = [&block](const std::string& text) {
        const Formula formula = parse_formula(text);
        BatchEvaluator<float> evaluator(lower(formula.value), features, 3);
        evaluator.evaluate(block, {});
        return std::vector<bool>{evaluator.overflows(0), evaluator.overflows(1), evaluator.overflows(2)};
    };
    EXPECT_EQ(overflows("sqdist(x, y)"), (std::vector<bool>{true, false, true}));
    EXPECT_EQ(overflows("1 / sqdist(x, y)"), (std::vector<bool>{true, false, true}));  // a pole at the second pair
    EXPECT_EQ(overflows("dot(x, y)"), (std::vector<bool>{false, false, true}));        // on the way to 3e38
}

}  // namespace
}  // namespace halogram
