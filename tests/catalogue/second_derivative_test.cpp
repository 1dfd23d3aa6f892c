// Second derivatives at coincident points, in 256 bits: where d2k / (dx_a dy_b) has a limit as y goes to x, the symbolic
// derivative at y = x is that limit. Literature values beside it, for a check that shares nothing.
#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "generators/catalogue/catalogue.h"
#include "generators/formula/derivative.h"
#include "generators/formula/interpreter.h"
#include "generators/formula/parser.h"
#include "generators/formula/tangent.h"

namespace halogram {
namespace {

constexpr std::size_t features = 3;
constexpr double tolerance = 1e-9;

using Vector = std::vector<Real>;
using SquareMatrix = std::vector<std::vector<double>>;  // entry a, b: by x_a and y_b

// The mixed second derivative of a formula as a function of two points.
class SecondDerivative {
public:
    explicit SecondDerivative(const Formula& formula) : formula_(formula) {
        Pool& pool = *formula_.pool;
        // A sum weighted by a unit vector picks one feature of the gradient by x.
        Expr unit = pool.parameter(Op::VectorParameter, unit_name);
        const auto [value, kinks] = derivable(formula_);
        mixed_ = derivative(sum(multiply(unit, derivative_to_derive(value, pool.x(), kinks))), pool.y());
    }

    SquareMatrix at(const Vector& x, const Vector& y, std::map<std::string, Vector> parameters) const {
        SquareMatrix result;
        for (std::size_t a = 0; a < x.size(); ++a) {
            Vector unit(x.size(), Real(0.0));
            unit[a] = Real(1.0);
            parameters[unit_name] = unit;
            const Vector row = evaluate(mixed_, {x, y, parameters});
            result.emplace_back();
            for (std::size_t b = 0; b < x.size(); ++b)
                result.back().push_back(row[row.size() == 1 ? 0 : b].to_double());
        }
        return result;
    }

private:
    static constexpr const char* unit_name = "picked_feature";
    const Formula formula_;  // owns the trees
    Expr mixed_;
};

bool agree(const SquareMatrix& a, const SquareMatrix& b) {
    double scale = 1, difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t j = 0; j < a.size(); ++j) {
            if (!std::isfinite(a[i][j]) || !std::isfinite(b[i][j])) return false;
            scale = std::max(scale, std::abs(b[i][j]));
            difference = std::max(difference, std::abs(a[i][j] - b[i][j]));
        }
    return difference <= tolerance * scale;
}

std::string text_of(const SquareMatrix& m) {
    std::string text;
    for (const auto& row : m)
        for (double v : row) text += std::to_string(v) + " ";
    return text;
}

Vector ordinary_point(Domain domain) {
    if (domain == Domain::Probability) return {Real(0.5), Real(0.3), Real(0.2)};
    if (domain == Domain::Categorical) return {Real(0.0), Real(1.0), Real(2.0)};
    return {Real(0.75), Real(domain == Domain::Real ? -0.5 : 0.5), Real(1.25)};
}

class SecondDerivativeOf : public testing::TestWithParam<CatalogueEntry> {
protected:
    // In the middle between the numbers that tests draw; an integer is given.
    static std::map<std::string, Vector> parameters(const CatalogueEntry& entry, int integer) {
        std::map<std::string, Vector> all;
        for (const CatalogueParameter& p : entry.parameters) {
            const double middle = p.integer ? integer : (p.minimum + p.maximum) / 2;
            all[p.name] = Vector(p.per_feature ? features : 1, Real(middle));
        }
        return all;
    }

    // The limit as y goes to x, if it is the same in all directions.
    static std::optional<SquareMatrix> limit(const SecondDerivative& second, const Vector& x,
                                             const std::map<std::string, Vector>& values) {
        const std::vector<std::vector<double>> directions = {{1, 0, 0},          {0, -1, 0},       {0, 0, 1},
                                                             {0.5, -0.25, 0.75}, {-0.3, 0.7, 0.2}, {1, 1, 1}};
        std::optional<SquareMatrix> first;
        for (const double separation : {1e-20, 1e-30})
            for (const std::vector<double>& direction : directions) {
                Vector y = x;
                for (std::size_t d = 0; d < features; ++d) y[d] = y[d] + Real(separation) * Real(direction[d]);
                const SquareMatrix here = second.at(x, y, values);
                if (first && !agree(here, *first)) return std::nullopt;
                first = here;
            }
        return first;
    }
};

TEST_P(SecondDerivativeOf, IsItsLimitAtCoincidentPoints) {
    const CatalogueEntry& entry = GetParam();
    const SecondDerivative second(catalogue_formula(entry.name));
    int first = 0, last = 0;
    for (const CatalogueParameter& p : entry.parameters)
        if (p.integer) {
            first = int(p.minimum);
            last = int(p.maximum);
        }
    for (int integer = first; integer <= last; ++integer) {
        const std::map<std::string, Vector> values = parameters(entry, integer);
        const Vector x = ordinary_point(entry.domain);
        const std::optional<SquareMatrix> right = limit(second, x, values);
        if (!right) continue;
        const SquareMatrix there = second.at(x, x, values);
        EXPECT_TRUE(agree(there, *right)) << text_of(there) << "instead of " << text_of(*right);
    }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, SecondDerivativeOf, testing::ValuesIn(catalogue()),
                         [](const auto& instance) { return instance.param.name; });

// d2k / (dx_a dy_a) of a stationary kernel k(r) at r = 0 is -k''(0). Of one feature, every parameter typed in.
struct LiteratureValue {
    const char* kernel;
    std::map<std::string, double> parameters;
    double value;
};

void PrintTo(const LiteratureValue& v, std::ostream* out) { *out << v.kernel; }

class Literature : public testing::TestWithParam<LiteratureValue> {};

TEST_P(Literature, SecondDerivativeAtCoincidentPoints) {
    const LiteratureValue& known = GetParam();
    std::map<std::string, Vector> values;
    for (const auto& [name, value] : known.parameters) values[name] = {Real(value)};
    const Vector x = {Real(0.75)};
    const SquareMatrix there = SecondDerivative(catalogue_formula(known.kernel)).at(x, x, values);
    EXPECT_NEAR(there[0][0], known.value, 1e-14 * std::abs(known.value));
}

const double pi = std::acos(-1.0);

// With l, c and b a lengthscale, an offset and a bandwidth: from the Taylor series in r, by hand.
INSTANTIATE_TEST_SUITE_P(
    Stationary, Literature,
    testing::Values(
        LiteratureValue{"rbf", {{"gamma", 0.7}}, 2 * 0.7},                                      // 2 gamma
        LiteratureValue{"rbf_ard", {{"lengthscale", 0.5}}, 1 / 0.25},                           // 1 / l^2
        LiteratureValue{"matern32", {{"lengthscale", 0.5}}, 3 / 0.25},                          // 3 / l^2
        LiteratureValue{"matern52", {{"lengthscale", 0.5}}, 5 / (3 * 0.25)},                    // 5 / (3 l^2)
        LiteratureValue{"rational_quadratic", {{"lengthscale", 0.5}, {"alpha", 1.7}}, 4},       // 1 / l^2
        LiteratureValue{"cauchy", {{"lengthscale", 0.5}}, 8},                                   // 2 / l^2
        LiteratureValue{"multiquadric", {{"c", 1.25}}, -1 / 1.25},                              // -1 / c
        LiteratureValue{"inverse_multiquadric", {{"c", 1.25}}, 1 / (1.25 * 1.25 * 1.25)},       // 1 / c^3
        LiteratureValue{"epanechnikov", {{"bandwidth", 2.0}}, 0.5},                             // 2 / b^2
        LiteratureValue{"periodic", {{"lengthscale", 0.5}, {"period_length", 2}}, 2 * pi* pi},  // 4 pi^2 / (l p^2)
        LiteratureValue{"piecewise_polynomial", {{"lengthscale", 0.5}, {"q", 1}}, 12 / 0.25},   // 12 / l^2 for D = 1
        LiteratureValue{"sqeuclidean", {}, -2}, LiteratureValue{"linear", {}, 1}),
    [](const auto& instance) { return std::string(instance.param.kernel); });

}  // namespace
}  // namespace halogram
