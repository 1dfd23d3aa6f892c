// The tree: sharing, simplification, text, and derivatives as text.
#include "generators/formula/tree.h"

#include <gtest/gtest.h>

#include "generators/formula/derivative.h"
#include "generators/formula/print.h"
#include "generators/math/functions.h"

namespace halogram {
namespace {

struct Tree : testing::Test {
    Pool pool;
    Term x = pool.x(), y = pool.y(), two = pool.constant(2);
    Term gamma = pool.parameter(Op::ScalarParameter, "gamma");
    Expr squared_distance() { return sum(power(x - y, two)); }
};

TEST_F(Tree, SharesEqualExpressions) {
    EXPECT_EQ(Expr(x - y), Expr(x - y));
    EXPECT_EQ(squared_distance(), squared_distance());
    EXPECT_NE(Expr(x - y), Expr(y - x));
    EXPECT_EQ(pool.constant(mpq_class(2, 4)), pool.constant(mpq_class(1, 2)));
}

TEST_F(Tree, KnowsShapeAndDependence) {
    EXPECT_TRUE(Expr(x * gamma)->per_feature);
    EXPECT_FALSE(squared_distance()->per_feature);
    EXPECT_TRUE(squared_distance()->mixes_points());
    EXPECT_EQ(squared_distance()->level, 1);
    EXPECT_EQ(sum(x)->level, 0);
    EXPECT_EQ(sum(x)->depends, unsigned(on_x));
    EXPECT_TRUE(is_non_negative(squared_distance()));
    EXPECT_TRUE(is_positive(1 + Term(squared_distance())));
    EXPECT_TRUE(may_be_singular(1 / Term(squared_distance())));
    EXPECT_FALSE(may_be_singular(1 / Term(1 + Term(squared_distance()))));
}

// As they are rounded: what is positive by algebra may be 0.
TEST_F(Tree, KnowsThatPowersAndProductsUnderflow) {
    const Term distance = squared_distance(), far = 1 + distance;
    const Term small = call("sqrt", {pool.constant(mpq_class(1, 1000)) + distance});
    EXPECT_TRUE(is_positive(power(far, number(x, 90))));
    EXPECT_TRUE(is_positive(far * small));
    EXPECT_TRUE(is_positive(far * far * far));
    EXPECT_FALSE(is_positive(power(far, number(x, -90))));
    EXPECT_FALSE(is_positive(power(two, -distance)));
    EXPECT_FALSE(is_positive(small * call("sqrt", {pool.constant(mpq_class(1, 7)) + distance})));
}

// exp takes its cheaper form where this holds; a parameter may have either sign.
TEST_F(Tree, KnowsWhatIsNeverPositive) {
    const Term distance = call("sqrt", {squared_distance()});
    EXPECT_TRUE(is_non_positive(-distance));
    EXPECT_TRUE(is_non_positive(-3 * Term(squared_distance())));
    EXPECT_TRUE(is_non_positive(minimum(x, number(x, 0))));
    EXPECT_FALSE(is_non_positive(-gamma * squared_distance()));
    EXPECT_FALSE(is_non_positive(distance));
    EXPECT_FALSE(is_non_positive(number(x, 1) - distance));
}

TEST_F(Tree, Simplifies) {
    EXPECT_EQ(to_text(-(-x)), "x");
    EXPECT_EQ(to_text(0 + x), "x");
    EXPECT_EQ(to_text(1 * x), "x");
    EXPECT_EQ(to_text(x - (-y)), "x + y");
    EXPECT_EQ(to_text(-(x - y)), "y - x");
    EXPECT_EQ(to_text(2 * Term(3 * x)), "6 * x");
    EXPECT_EQ(to_text(sum(gamma * x)), "gamma * sum(x)");
    EXPECT_EQ(to_text(sum(gamma)), "D * gamma");
    EXPECT_EQ(to_text(power(-x, two)), "x^2");
    EXPECT_EQ(to_text(call("abs", {power(x, two)})), "x^2");
    EXPECT_EQ(to_text(call("sin", {-x})), "-sin(x)");
    EXPECT_EQ(to_text(power(x, pool.constant(mpq_class(1, 2)))), "sqrt(x)");
    EXPECT_EQ(to_text(number(x, mpq_class(-3, 40))), "-0.075");
    EXPECT_EQ(to_text(number(x, mpq_class(1, 3))), "1 / 3");
}

TEST_F(Tree, MergesConstantsOnlyIntoOrdinaryOnes) {
    Term large = pool.constant(mpq_class("1000000000000000000000000000000"));
    EXPECT_EQ(Expr(large * Term(large * x))->arguments[1], Expr(large * x));
    EXPECT_EQ(Expr(Term(x / large) / large)->arguments[1], Expr(x / large));
    EXPECT_EQ(Expr(Term(large * x) / large), Expr(x));
}

TEST_F(Tree, LeavesHugePowersUnfolded) {
    Expr nine = pool.constant(9);
    Expr tower = power(nine, power(nine, nine));
    EXPECT_EQ(tower->op, Op::Power);
}

TEST_F(Tree, PrintsFewestParentheses) {
    EXPECT_EQ(to_text(x * (y + gamma)), "x * (y + gamma)");
    EXPECT_EQ(to_text(power(x + y, two)), "(x + y)^2");
    EXPECT_EQ(to_text(x - (y - gamma)), "x - (y - gamma)");
    EXPECT_EQ(to_text(power(power(x, pool.constant(3)), pool.constant(3))), "(x^3)^3");
}

TEST_F(Tree, PrintsSharedPartsOnce) {
    Expr e = squared_distance();
    for (int k = 0; k < 60; ++k) e = multiply(e, e);  // 2^60 paths
    EXPECT_LT(to_text(e).size(), 2000u);
    Term t1 = pool.parameter(Op::ScalarParameter, "t1");
    Term s = squared_distance();
    EXPECT_EQ(to_text(s * t1 + s), "let t2 = sum((x - y)^2) in t2 * t1 + t2");
    EXPECT_EQ(to_text(s * t1 + s, {{s, "s"}}), "s * t1 + s");
}

TEST_F(Tree, DerivativeOfRbf) {
    Expr k = call("exp", {-(gamma * squared_distance())});
    EXPECT_EQ(to_text(k), "exp(-(gamma * sum((x - y)^2)))");
    EXPECT_EQ(to_text(derivative(k, gamma)), "let t1 = sum((x - y)^2) in -(exp(-(gamma * t1)) * t1)");
    EXPECT_TRUE(derivative(k, x)->per_feature);
    EXPECT_FALSE(may_be_singular(derivative(k, x)));
    EXPECT_TRUE(derivative(k, pool.parameter(Op::ScalarParameter, "other"))->is_constant(0));
}

TEST_F(Tree, DerivativeRepeats) {
    Expr v = pool.parameter(Op::VectorParameter, "v");
    Expr k = call("exp", {-(gamma * squared_distance())});
    Expr directional = sum(Term(v) * derivative(k, x));
    Expr second = derivative(directional, y);
    EXPECT_TRUE(second->per_feature);
    EXPECT_TRUE(second->mixes_points());
}

TEST_F(Tree, EdgeProductOnlyWhereSingular) {
    Expr euclidean = call("sqrt", {squared_distance()});
    EXPECT_FALSE(may_be_singular(derivative(euclidean, x)));  // sqrt carries its own edge
    Expr logarithm = call("log", {squared_distance()});
    bool has_edge_product = false;
    for (Expr e : topological_order({derivative(logarithm, x)}))
        has_edge_product = has_edge_product || e->op == Op::MultiplyZero;
    EXPECT_TRUE(has_edge_product);
}

TEST_F(Tree, EveryFunctionHasDerivatives) {
    for (const Function& f : functions()) {
        std::vector<Expr> arguments;
        for (int k = 0; k < f.arity; ++k) {
            const Op kind = k < f.arity - f.integers ? Op::ScalarParameter : Op::IntegerParameter;
            arguments.push_back(pool.parameter(kind, std::string(1, char('a' + k))));
        }
        Expr value = call(f, arguments);
        ASSERT_NE(f.derivatives, nullptr) << f.name;
        EXPECT_EQ(f.derivatives(arguments, value).size(), arguments.size()) << f.name;
        EXPECT_NE(f.definition == nullptr, f.exact == nullptr) << f.name << " is either primitive or defined";
        EXPECT_EQ(f.exact == nullptr, f.code == nullptr) << f.name;
        EXPECT_EQ(f.exact != nullptr,
                  f.ulp_f32 > 0 || f.name == "abs" || f.name == "sign" || f.name == "floor" || f.name == "binade")
            << f.name;
    }
}

}  // namespace
}  // namespace halogram
