// Facts about formulas, and for every entry of the catalogue the oracle's second opinion on each of them.
#include "generators/formula/structure.h"

#include <gtest/gtest.h>

#include <random>

#include "generators/catalogue/catalogue.h"
#include "generators/formula/interpreter.h"
#include "generators/formula/parser.h"
#include "generators/formula/print.h"

namespace halogram {
namespace {

struct Fact {
    const char* formula;
    bool distance, translation_invariant;
    int matrix_products;  // 0: not expandable
};

TEST(Structure, Facts) {
    for (const Fact& fact : {
             Fact{"exp(-gamma * sqdist(x, y))", true, true, 1},
             Fact{"exp(-gamma * l1(x, y))", true, true, 0},
             Fact{"linf(x, y)", true, true, 0},
             Fact{"sum(((x - y) / ell[d])^2)", true, true, 1},
             Fact{"sum((x / ell[d] - y / ell[d])^2)", true, true, 1},
             Fact{"sum((2 * x - 3 * y)^2)", false, false, 1},
             Fact{"sum((x - y)^4)", true, true, 3},
             Fact{"sum((x - y)^3)", false, true, 2},
             Fact{"sum((x^2 - y^2)^2)", true, false, 1},
             Fact{"dot(x, y) / (norm(x) * norm(y))", false, false, 1},
             Fact{"sum(x * y / ell[d]) + sqdist(x, y)", false, false, 2},
             Fact{"sum(divide0((x - y)^2, x + y))", false, false, 0},  // negative where x + y is
             Fact{"sum((sqrt(x) - sqrt(y))^2)", true, false, 1},
             Fact{"sqdist(x, y) + sum(x)", false, false, 1},
             Fact{"sum(x - y)", false, true, 0},
             Fact{"sqdist(x, y) * exp(-l1(x, y))", false, true, 0},
             Fact{"sum(where(x < y, x, y))", false, false, 0},
             Fact{"mean(where(x != y, 1, 0))", true, true, 0},
         }) {
        const Formula f = parse_formula(fact.formula);  // owns what the structure points to
        const Structure s = structure_of(f.value);
        EXPECT_EQ(s.distance != nullptr, fact.distance) << fact.formula;
        EXPECT_EQ(s.translation_invariant, fact.translation_invariant) << fact.formula;
        EXPECT_EQ(s.matrix_products(), fact.matrix_products) << fact.formula;
    }
}

TEST(Structure, SeparatesIntoLikeTerms) {
    const Formula f = parse_formula("sum(w[d] * (x - y)^2)");
    const Structure s = structure_of(f.value);
    ASSERT_EQ(s.expansion.size(), 1u);
    std::vector<std::string> terms;
    for (const SeparableTerm& t : s.expansion[0]) terms.push_back(to_text(t.expression(*f.pool)));
    EXPECT_EQ(terms, (std::vector<std::string>{"w[d] * x * x", "-2 * (w[d] * x * y)", "w[d] * y * y"}));
}

TEST(Structure, ManyTermsAndDeepSharingAreNoTrouble) {
    EXPECT_FALSE(structure_of(parse_formula("sum((x + y + x * y)^8)").value).expandable());
    std::string doubling = "let r0 = x - y in ";
    for (int k = 1; k < 60; ++k)
        doubling +=
            "let r" + std::to_string(k) + " = r" + std::to_string(k - 1) + " * r" + std::to_string(k - 1) + " in ";
    EXPECT_FALSE(structure_of(parse_formula(doubling + "sum(r59)").value).expandable());
}

class StructureOfEntry : public testing::TestWithParam<CatalogueEntry> {
protected:
    const CatalogueEntry& entry = GetParam();
    Formula formula = catalogue_formula(entry.name);
    Structure structure = structure_of(formula.value);
    Inputs in = inputs();

    Inputs inputs() {
        std::mt19937_64 random(5);
        std::uniform_real_distribution<double> feature(0.05, 2);
        Inputs result;
        for (int d = 0; d < 3; ++d) {
            result.x.emplace_back(feature(random));
            result.y.emplace_back(feature(random));
        }
        if (entry.domain == Domain::Categorical) result.x[0] = result.y[1] = Real(0.0);  // false, and true elsewhere
        for (const CatalogueParameter& p : entry.parameters)
            result.parameters[p.name] = std::vector<Real>(p.per_feature ? 3 : 1, Real(p.maximum));
        return result;
    }

    void expect_equal(const Real& a, const Real& b) {
        EXPECT_TRUE(abs(a - b) < Real(1e-60)) << entry.name << ": " << a.to_double() << " and " << b.to_double();
    }
};

TEST_P(StructureOfEntry, ExpansionHasTheSameValue) {
    for (std::size_t r = 0; r < structure.expansion.size(); ++r) {
        Real total(0.0);
        for (const SeparableTerm& t : structure.expansion[r])
            total = total + evaluate(sum(t.expression(*formula.pool)), in)[0];
        expect_equal(total, evaluate(structure.pair_reductions[r], in)[0]);
    }
}

TEST_P(StructureOfEntry, TranslationChangesNothingWhereThatIsClaimed) {
    Inputs moved = in;
    for (std::vector<Real>* points : {&moved.x, &moved.y})
        for (std::size_t d = 0; d < points->size(); ++d) (*points)[d] = (*points)[d] + Real(0.375 + double(d));
    if (structure.translation_invariant) {
        expect_equal(evaluate(formula.value, moved)[0], evaluate(formula.value, in)[0]);
    } else {
        EXPECT_FALSE(abs(evaluate(formula.value, moved)[0] - evaluate(formula.value, in)[0]) < Real(1e-12))
            << "translation invariance of " << entry.name << " was missed";
    }
}

// Coincident points: the distance is 0 and the value the same for all of them.
TEST_P(StructureOfEntry, DistanceIsOne) {
    if (structure.distance == nullptr) return;
    Inputs at_x = in, at_y = in;
    at_x.y = in.x;
    at_y.x = in.y;
    expect_equal(evaluate(structure.distance, at_x)[0], Real(0.0));
    EXPECT_TRUE(Real(0.0) < evaluate(structure.distance, in)[0]);
    expect_equal(evaluate(formula.value, at_x)[0], evaluate(formula.value, at_y)[0]);
}

INSTANTIATE_TEST_SUITE_P(Catalogue, StructureOfEntry, testing::ValuesIn(catalogue()),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace halogram
