#include "generators/formula/symmetry.h"

#include <gtest/gtest.h>

#include <random>

#include "generators/catalogue/catalogue.h"
#include "generators/formula/interpreter.h"
#include "generators/formula/lower.h"
#include "generators/formula/parser.h"

namespace halogram {
namespace {

Symmetry symmetry(const std::string& text) { return symmetry_of(lower(parse_formula(text).value)); }

TEST(Symmetry, BitsAreProvedThroughCommutationAndSigns) {
    EXPECT_EQ(symmetry("sum((x - y)^2)"), Symmetry::Bits);
    EXPECT_EQ(symmetry("exp(-gamma * l1(x, y))"), Symmetry::Bits);
    EXPECT_EQ(symmetry("dot(x, y) + c"), Symmetry::Bits);
    EXPECT_EQ(symmetry("sum(rel_entr(x, x + y) + rel_entr(y, x + y))"), Symmetry::Bits);
    EXPECT_EQ(symmetry("sum(w[d] * sin(x - y)^2)"), Symmetry::Bits);
    EXPECT_EQ(symmetry("norm(x) * norm(y)"), Symmetry::Bits);
}

// x - y and y - x are both +0 where they are equal: what tells +0 from -0 sees a difference.
TEST(Symmetry, TheSignOfZeroCounts) {
    EXPECT_EQ(symmetry("sum(x^3 - y^3) / sum(x - y)"), Symmetry::Mathematical);
    EXPECT_EQ(symmetry("sum(x - y) * sum(x^3 - y^3)"), Symmetry::Mathematical);
    EXPECT_EQ(symmetry("sum(x - y) * sum(x - y)"), Symmetry::Bits);
    EXPECT_EQ(symmetry("abs(sum(x - y)) / sum(abs(x - y)^3)"), Symmetry::Bits);
    EXPECT_EQ(symmetry("cos(sum(sin(x - y)))"), Symmetry::Bits);
}

TEST(Symmetry, AssociativityIsOnlyMathematical) {
    EXPECT_EQ(symmetry("norm(x) + c + norm(y)"), Symmetry::Mathematical);
    EXPECT_EQ(symmetry("norm(x) * c * norm(y)"), Symmetry::Mathematical);
    EXPECT_EQ(symmetry("sum(x - 1 - y) * sum(y - 1 - x) * sum(x)  * sum(y)"), Symmetry::Mathematical);
}

TEST(Symmetry, NothingIsClaimedOfOthers) {
    EXPECT_EQ(symmetry("sum(rel_entr(x, y))"), Symmetry::None);
    EXPECT_EQ(symmetry("sum(x - y)"), Symmetry::None);
    EXPECT_EQ(symmetry("sum(x)"), Symmetry::None);
    EXPECT_EQ(symmetry("sum((x - y)^3)"), Symmetry::None);
    EXPECT_EQ(symmetry("sum(where(x < y, x, y))"), Symmetry::None);
    EXPECT_EQ(symmetry("sum(exp(x - y))"), Symmetry::None);
    EXPECT_EQ(symmetry("max(x - y)"), Symmetry::None);
}

// The oracle is the second opinion: a claim must hold for values, and no symmetric entry may be missed.
TEST(Symmetry, AgreesWithTheOracleForEveryEntry) {
    std::mt19937_64 random(3);
    std::uniform_real_distribution<double> feature(0.05, 2);
    for (const CatalogueEntry& entry : catalogue()) {
        const Formula f = catalogue_formula(entry.name);
        Inputs in;
        for (int d = 0; d < 3; ++d) {
            in.x.emplace_back(feature(random));
            in.y.emplace_back(feature(random));
        }
        for (const CatalogueParameter& p : entry.parameters)
            in.parameters[p.name] = std::vector<Real>(p.per_feature ? 3 : 1, Real(p.maximum));
        Inputs exchanged = in;
        std::swap(exchanged.x, exchanged.y);
        const Real difference = abs(evaluate(f.value, in)[0] - evaluate(f.value, exchanged)[0]);
        const bool symmetric = difference < Real(1e-60);
        EXPECT_EQ(symmetric, symmetry_of(lower(f.value)) != Symmetry::None) << entry.name;
    }
}

}  // namespace
}  // namespace halogram
