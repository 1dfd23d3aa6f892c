// Every entry of the catalogue: values against hand-typed references, gradients against finite differences of the
// oracle in 256 bits, and no NaN at coincident points or at the boundary of the domain.
#include "generators/catalogue/catalogue.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "generators/formula/derivative.h"
#include "generators/formula/interpreter.h"
#include "generators/formula/parser.h"

namespace halogram {
namespace {

constexpr std::size_t features = 4;

class Entry : public testing::TestWithParam<CatalogueEntry> {
protected:
    const CatalogueEntry& entry = GetParam();
    Formula formula = catalogue_formula(entry.name);
    std::mt19937_64 random{20261124};

    std::vector<Real> point() {
        std::uniform_real_distribution<double> real(-2, 2), positive(0.01, 2);
        std::uniform_int_distribution<int> category(0, 2);
        std::vector<double> values(features);
        double total = 0;
        for (double& v : values) {
            v = entry.domain == Domain::Real          ? real(random)
                : entry.domain == Domain::Categorical ? category(random)
                                                      : positive(random);
            total += v;
        }
        std::vector<Real> result;
        for (double v : values) result.emplace_back(entry.domain == Domain::Probability ? v / total : v);
        return result;
    }

    Inputs inputs() {
        Inputs in{point(), point(), {}};
        for (const CatalogueParameter& p : entry.parameters) {
            std::uniform_real_distribution<double> real(p.minimum, p.maximum);
            std::uniform_int_distribution<int> integer(int(p.minimum), int(p.maximum));
            for (std::size_t d = 0; d < (p.per_feature ? features : 1); ++d)
                in.parameters[p.name].emplace_back(p.integer ? integer(random) : real(random));
        }
        return in;
    }

    std::vector<Expr> variables() {
        std::vector<Expr> all = {formula.pool->x(), formula.pool->y()};
        for (const FormulaParameter& p : formula.parameters)
            if (p.kind != Op::IntegerParameter) all.push_back(p.node);
        return all;
    }

    static std::vector<Real>& storage(Inputs& in, Expr variable) {
        if (variable->op == Op::X) return in.x;
        return variable->op == Op::Y ? in.y : in.parameters.at(variable->name);
    }
};

void expect_near(const Real& a, const Real& b, double relative, const std::string& what) {
    const Real difference = abs(a - b), scale = Real(relative) * (abs(b) + Real(1e-6));
    EXPECT_FALSE(scale < difference || a.is_nan() || b.is_nan())
        << what << ": " << a.to_double() << " and " << b.to_double();
}

TEST_P(Entry, IsDocumented) {
    EXPECT_FALSE(entry.summary.empty());
    EXPECT_FALSE(entry.source.empty());
    EXPECT_FALSE(entry.at_zero_by_zero.empty());
    EXPECT_FALSE(entry.boundary_gradient.empty());
    EXPECT_GE(entry.references.size(), 2u);
    std::set<std::string> declared, used;
    for (const CatalogueParameter& p : entry.parameters) {
        declared.insert(p.name);
        EXPECT_LE(p.minimum, p.maximum) << p.name;
    }
    for (const FormulaParameter& p : formula.parameters) used.insert(p.name);
    EXPECT_EQ(declared, used);
}

TEST_P(Entry, MatchesReferences) {
    for (const ReferenceValue& r : entry.references) {
        Inputs in;
        for (double v : r.x) in.x.emplace_back(v);
        for (double v : r.y) in.y.emplace_back(v);
        ASSERT_EQ(r.parameters.size(), entry.parameters.size()) << r.origin;
        for (std::size_t k = 0; k < r.parameters.size(); ++k)
            for (double v : r.parameters[k]) in.parameters[entry.parameters[k].name].emplace_back(v);
        expect_near(evaluate(formula.value, in)[0], Real(r.value), 1e-23, r.origin);
    }
}

TEST_P(Entry, GradientIsFiniteDifference) {
    if (entry.domain == Domain::Categorical) GTEST_SKIP() << "compared for equality only: no gradient";
    const Real step(0x1p-60);
    for (int round = 0; round < 5; ++round) {
        Inputs in = inputs();
        for (Expr variable : variables()) {
            const std::vector<Real> gradient = evaluate(derivative(formula.value, variable), in);
            std::vector<Real>& place = storage(in, variable);
            for (std::size_t d = 0; d < place.size(); ++d) {
                const Real kept = place[d];
                place[d] = kept + step;
                const Real above = evaluate(formula.value, in)[0];
                place[d] = kept - step;
                const Real below = evaluate(formula.value, in)[0];
                place[d] = kept;
                // Central difference: truncation 2^-120, rounding 2^-196.
                expect_near(gradient[gradient.size() == 1 ? 0 : d], (above - below) / (Real(2.0) * step), 1e-22,
                            "gradient by " + (variable->name.empty() ? std::string(variable->op == Op::X ? "x" : "y")
                                                                     : variable->name));
            }
        }
    }
}

TEST_P(Entry, GradientIsNeverNanAtCoincidentPointsAndBoundaries) {
    for (int round = 0; round < 5; ++round) {
        Inputs in = inputs();
        if (round >= 1) in.y = in.x;  // coincident
        if (round >= 2) in.x[0] = Real(0.0);
        if (round >= 3) in.y[0] = Real(0.0);  // 0 / 0 in one feature
        if (round == 4) in.x = in.y = std::vector<Real>(features, Real(0.0));
        EXPECT_FALSE(evaluate(formula.value, in)[0].is_nan()) << "value, round " << round;
        for (Expr variable : variables())
            for (const Real& g : evaluate(derivative(formula.value, variable), in))
                EXPECT_FALSE(g.is_nan()) << "gradient by " << variable->name << " op " << int(variable->op)
                                         << ", round " << round;
    }
}

TEST_P(Entry, ComposesInAFormula) {
    const Formula doubled = parse_formula("2 * " + entry.name + "(x, y)");
    Inputs in = inputs();
    expect_near(evaluate(doubled.value, in)[0], Real(2.0) * evaluate(formula.value, in)[0], 1e-60, "composition");
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Entry, testing::ValuesIn(catalogue()),
                         [](const auto& instance) { return instance.param.name; });

TEST(Catalogue, NamesAreUnique) {
    std::set<std::string> names;
    for (const CatalogueEntry& e : catalogue()) EXPECT_TRUE(names.insert(e.name).second) << e.name;
}

// gpytorch 884, KernelFunctions.jl 517: second derivatives of Matern kernels at coincident points.
TEST(Catalogue, Matern52HasItsSecondDerivativeAtCoincidentPoints) {
    const Formula f = catalogue_formula("matern52");
    Expr by_x = sum(derivative(f.value, f.pool->x()));
    Expr mixed = derivative(by_x, f.pool->y());
    const Inputs in{{Real(0.75)}, {Real(0.75)}, {{"lengthscale", {Real(0.5)}}}};
    expect_near(evaluate(mixed, in)[0], Real(5.0) / Real(3 * 0.25), 1e-60, "5 / (3 lengthscale^2)");
}

}  // namespace
}  // namespace halogram
