// Sums over more features than one block has: the bits of K and of the gradients of a pair, against IEEE arithmetic in the
// order of formula/feature_sum.h, and errors that no longer grow with the number of features.
#include <gtest/gtest.h>

#include <cmath>

#include "generators/formula/feature_sum.h"
#include "generators/formula/lower.h"
#include "schedules/operation_module.h"
#include "tests/support/ieee_pair.h"
#include "tests/support/in_process_call.h"

namespace halogram {
namespace {

constexpr int block = features_of_a_block, group = features_of_a_block * blocks_of_a_group;

// Differences and products, sums of one point, one inside another one, sums of pairs likewise, extremes, and what costs too
// much for blocks of pairs: operations that round correctly alone, so that every bit is known.
const char* const formulas[] = {
    "sum((x - y)^2)",
    "g * sum(abs(x - y)) + dot(x, y)",
    "sum((x - mean(x)) * (y - mean(y))) + sum((x - sum(x) / D)^2) * sum(abs(y - sum(y) / D))",
    "linf(x, y) * sum(x * y) + sum(y) / sum(x * x) - min(x + y)",
    "sum((x - sum(x * y) / D)^2)",
    "sum(w[d] * sqrt(abs(x - y)) / (1 + x^2) * sqrt(1 + abs(y)) / (2 + sqrt(abs(x)) + sqrt(abs(y + x))) / (3 + x * "
    "y)^2)",
};

CatalogueEntry entry_of(const Formula& formula) {
    CatalogueEntry entry{};
    entry.domain = Domain::Real;
    for (const FormulaParameter& p : formula.parameters) entry.parameters.push_back({p.name, "", 0.1, 2});
    return entry;
}

template <typename T>
void expect_bits(const Formula& formula, const std::string& dtype, int features, int of_call,
                 const std::string& variant) {
    SCOPED_TRACE(dtype + ", D = " + std::to_string(of_call) + (features > 0 ? "" : " of the call") + ", " + variant);
    const KernelRequest request{"k", formula, "", dtype, features, {"gram", "gram_vjp"}};
    const KernelInterface kernel = interface_of(request);
    ASSERT_TRUE(use_variant_in_process(variant));
    const auto compiled = compile_in_process(request);
    const GradientTerms terms = gradient_terms(formula);
    const bool few_pairs = of_call > 4 * block;
    KernelProblem<T> problem(entry_of(formula), kernel, {few_pairs ? 2 : 11, few_pairs ? 3 : 35, of_call}, 7);
    KernelProblem<T> single(entry_of(formula), kernel, {1, 1, of_call}, 1);
    const hg_options options = options_with_threads(1);
    const auto out = run(*compiled, problem, options);
    const auto interpreter_of = [&](std::int64_t i, std::int64_t j) {
        IeeeInterpreter<T> interpreter;
        interpreter.x.assign(&problem.x(i, 0), &problem.x(i, 0) + of_call);
        interpreter.y.assign(&problem.y(j, 0), &problem.y(j, 0) + of_call);
        for (std::size_t k = 0; k < problem.parameters.size(); ++k)
            interpreter.parameters[kernel.parameters[k].name] = problem.parameters[k]->packed();
        return interpreter;
    };
    for (std::int64_t i = 0; i < problem.shape.n; ++i)
        for (std::int64_t j = 0; j < problem.shape.m; ++j) {
            IeeeInterpreter<T> interpreter = interpreter_of(i, j);
            const T right = interpreter.evaluate(lower(formula.value))[0].value;
            ASSERT_TRUE(same_number(out->k(i, j), right)) << out->k(i, j) << ", " << right;
        }
    for (std::int64_t d = 0; d < of_call; ++d) {
        single.x(0, d) = problem.x(1, d);
        single.y(0, d) = problem.y(2, d);
    }
    single.g(0, 0) = T(1);
    for (std::size_t k = 0; k < problem.parameters.size(); ++k)
        for (std::int64_t d = 0; d < problem.parameters[k]->columns; ++d)
            (*single.parameters[k])(0, d) = (*problem.parameters[k])(0, d);
    const auto of_pair = run(*compiled, single, options);
    IeeeInterpreter<T> interpreter = interpreter_of(1, 2);
    const IeeePair<T> right(formula, terms, interpreter);
    for (std::int64_t d = 0; d < of_call; ++d) {
        ASSERT_EQ(of_pair->gx(0, d), right.gx[std::size_t(d)].value) << d;
        ASSERT_EQ(of_pair->gy(0, d), right.gy[std::size_t(d)].value) << d;
    }
    for (std::size_t k = 0; k < right.parameters.size(); ++k)
        for (std::size_t d = 0; d < right.parameters[k].size(); ++d)
            ASSERT_EQ((*of_pair->parameters[k])(0, std::int64_t(d)), right.parameters[k][d].value) << k << ", " << d;
}

// On both sides of a block and of a group; the leaf for any D on both sides of what tells its nests apart. Formulas,
// variants and kinds of D take turns.
template <typename T>
void expect_bits_everywhere(const std::string& dtype) {
    const std::vector<std::string> all = variants_of_this_machine();
    constexpr int of_calls[] = {block - 1, block, block + 1, 2 * block + 17, 4099, group, group + 1, group + 3 * block};
    std::size_t turn = dtype == "f64" ? 1 : 0;
    for (const char* text : formulas) {
        SCOPED_TRACE(text);
        ParseOptions nested;
        nested.nested_reductions = true;
        const Formula formula = parse_formula(text, nested);
        for (const std::string& variant : all)
            expect_bits<T>(formula, dtype, 0, of_calls[turn++ % std::size(of_calls)], variant);
        const int d = of_calls[turn++ % std::size(of_calls)];
        expect_bits<T>(formula, dtype, d, d, all[turn % all.size()]);
    }
}

TEST(FeatureSums, HaveTheBitsOfTheirOrder_f32) { expect_bits_everywhere<float>("f32"); }
TEST(FeatureSums, HaveTheBitsOfTheirOrder_f64) { expect_bits_everywhere<double>("f64"); }

// Of products that vanish, whose sum is -0 whether it is that of one block or of several: of pairs and of single points.
TEST(FeatureSums, KeepTheSignOfZero_f32) {
    for (const char* text : {"dot(x, y)", "sum(c * x) + sum(c * x)"})
        for (const int features : {0, 600})
            for (const std::string& variant : variants_of_this_machine()) {
                const Formula formula = parse_formula(text);
                const KernelRequest request{"k", formula, "", "f32", features, {"gram", "gram_vjp"}};
                const KernelInterface kernel = interface_of(request);
                ASSERT_TRUE(use_variant_in_process(variant));
                const auto compiled = compile_in_process(request);
                for (const int of_call : {5, 600, 1200}) {
                    if (features > 0 && features != of_call) continue;
                    KernelProblem<float> problem(entry_of(formula), kernel, {3, 40, of_call}, 1);
                    std::fill(problem.x.values.begin(), problem.x.values.end(), 1e-30f);
                    std::fill(problem.y.values.begin(), problem.y.values.end(), -1e-30f);
                    for (auto& parameter : problem.parameters) (*parameter)(0, 0) = -1e-30f;
                    const float value = run(*compiled, problem, options_with_threads(1))->k(2, 35);
                    EXPECT_TRUE(value == 0 && std::signbit(value)) << text << ", D = " << of_call << ", " << variant;
                }
            }
}

// Differences that are all the same round the same way every time: in one chain the errors add up, to 6.8e-3 of cityblock at
// a million features.
TEST(FeatureSums, OfConstantDifferencesStayExact) {
    constexpr double u = 0x1p-24;
    struct Case {
        const char* formula;
        double (*exact)(double difference, double features);
        double (*bound)(double roundings);  // in u, relative
    };
    const Case cases[] = {
        {"norm(x - y)", [](double t, double n) { return t * std::sqrt(n); }, [](double c) { return c / 2 + 4; }},
        {"sqdist(x, y)", [](double t, double n) { return t * t * n; }, [](double c) { return c + 3; }},
        {"l1(x, y)", [](double t, double n) { return t * n; }, [](double c) { return c + 1; }},
    };
    for (const Case& c : cases) {
        const Formula formula = parse_formula(c.formula);
        const KernelRequest request{"k", formula, "", "f32", 0, {"gram", "gram_vjp"}};
        const KernelInterface kernel = interface_of(request);
        ASSERT_TRUE(use_variant_in_process(variants_of_this_machine().front()));
        const auto compiled = compile_in_process(request);
        for (const int features : {1000, 100000, 1000000})
            for (const float difference : {0.1f, 0.7f, 1e-3f}) {
                KernelProblem<float> problem(entry_of(formula), kernel, {1, 1, features}, 1);
                for (std::int64_t d = 0; d < features; ++d) {
                    problem.x(0, d) = difference;
                    problem.y(0, d) = 0;
                }
                const double exact = c.exact(double(difference), features);
                const double computed = run(*compiled, problem, options_with_threads(1))->k(0, 0);
                const double roundings = std::min<double>(features, 576 + features / 32768.0);
                EXPECT_LE(std::abs(computed - exact), c.bound(roundings) * u * exact)
                    << c.formula << ", D = " << features << ", " << difference;
            }
    }
}

}  // namespace
}  // namespace halogram
