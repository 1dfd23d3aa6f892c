// What may be made of a formula: work that grows no faster than the trees, and an error beyond the budget.
#include <gtest/gtest.h>

#include "generators/catalogue/catalogue.h"
#include "generators/formula/derivative.h"
#include "generators/formula/lower.h"
#include "generators/formula/print.h"
#include "generators/formula/structure.h"
#include "generators/formula/tangent.h"
#include "generators/pipelines/gradient_terms.h"
#include "generators/pipelines/operation_count.h"
#include "tests/support/formula_text.h"

namespace halogram {
namespace {

using halogram_test::nested;

// Of 60 names.
std::string chain(const std::string& first, const std::string& step, const std::string& end) {
    return halogram_test::chain(first, step, end, 60);
}

// All that explain and the compiler derive before Halide is asked.
void derive_all(const Formula& f) {
    structure_of(f.value);
    to_text(f.value);
    for (Expr variable : {f.pool->x(), f.pool->y()}) to_text(derivative(f.value, variable));
    for (const FormulaParameter& p : f.parameters) to_text(derivative(f.value, p.node));
    gradient_terms(f);
    operation_count(f, "gram_vjp", 3);
    to_text(tangent_of(f).value);
}

// A part that is used twice at each of 60 levels is reached along 2^60 paths: gone through one by one, none of these ends.
TEST(Budget, SharedPartsAreGoneThroughOnce) {
    for (const std::string& text : {
             chain("x - y", "R * R", "sum(R)"),
             chain("x", "R * R", "sum(R * y)"),
             chain("x * y", "R * R", "sum(R * x)"),
             chain("x - y", "R * (R + 1)", "sum(R)"),
             chain("x + 2 * y", "R * y + R", "sum(R)"),
             chain("x - y", "R / (R + 1)", "sum(R)"),
             chain("abs(x - y)", "R * R + R", "sum(R)"),
             chain("abs(x - y)", "max(R, R * R)", "sum(R)"),
             chain("x - y", "where(x < y, R, R * x)", "sum(R)"),
             chain("sum(x * y)", "R * R + R", "exp(-R)"),
         }) {
        try {
            derive_all(parse_formula(text));
        } catch (const BudgetError& e) {
            EXPECT_LT(std::string(e.what()).size(), 300u);
        }
    }
}

TEST(Budget, TreesGrowWithTheText) {
    auto nodes = [](const std::string& text) {
        const Formula f = parse_formula(text);
        derive_all(f);
        return static_cast<double>(f.pool->size());
    };
    for (const auto& [before, after] : std::vector<std::pair<std::string, std::string>>{
             {"tanh(", ")"}, {"exp(-", ")"}, {"x^(", ")"}, {"where(x < y, x, ", ")"}, {"y / (1 + ", ")"}}) {
        auto of = [&, b = before, a = after](int n) { return nodes("sum(" + nested(b, "x - y", a, n) + ")"); };
        EXPECT_LT(of(80), 2.5 * of(40)) << before;
    }
}

TEST(Budget, WhatIsTooLargeIsAClearError) {
    const std::string powers = "sum(" + nested("x^(", "x", ")", 49) + ")";
    std::string minkowskis = "0";
    for (int k = 1; k < 119; ++k) minkowskis += "+minkowski(x*" + std::to_string(k) + ",y,p=2.5)";
    const std::string functions = nested("tanh(", "sum(x - y)", ")", 150);
    for (const std::string& text : {powers, minkowskis, functions})
        for (const char* operation : {"gram", "gram_vjp"}) {
            ParseOptions options;
            try {
                expect_within_budget(parse_formula(text, options), operation);
                FAIL() << text.substr(0, 60);
            } catch (const BudgetError& e) {
                EXPECT_NE(std::string(e.what()).find("--budget"), std::string::npos) << e.what();
                EXPECT_LT(std::string(e.what()).size(), 300u);
            }
            options.budget = 1000000;
            EXPECT_NO_THROW(expect_within_budget(parse_formula(text, options), operation)) << text.substr(0, 60);
        }
    ParseOptions small;
    small.budget = 1;
    EXPECT_THROW(parse_formula("exp(-gamma * sum((x - y)^2)) * a + b", small), BudgetError);
    EXPECT_THROW(derive_all(parse_formula("sum(sin(x) * y)", small)), BudgetError);
}

// Nobody who uses what we offer meets the budget, sums of several kernels included.
TEST(Budget, TheCatalogueNeedsASixthAtMost) {
    for (const CatalogueEntry& entry : catalogue()) {
        ParseOptions sixth;
        sixth.budget = default_budget / 6;
        const Formula formula = catalogue_formula(entry.name, sixth);
        for (const char* operation : {"gram", "gram_vjp"}) {
            try {
                expect_within_budget(formula, operation);
            } catch (const BudgetError& e) {
                ADD_FAILURE() << entry.name << ": " << e.what();
            }
        }
        EXPECT_NO_THROW(derive_all(formula)) << entry.name;
    }
}

}  // namespace
}  // namespace halogram
