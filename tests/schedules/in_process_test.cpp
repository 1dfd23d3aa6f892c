// Kernels compiled into this process, and derivatives along directions: every kernel of the catalogue against differences
// of exact values in 256 bits, which share no derivative with the tested code.
#include "schedules/in_process.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>
#include <thread>

#include "generators/catalogue/catalogue.h"
#include "generators/formula/interpreter.h"
#include "generators/formula/tangent.h"
#include "schedules/loaded_code.h"
#include "schedules/operation_module.h"

namespace halogram {
namespace {

constexpr std::int64_t rows = 3, columns = 4, features = 3;

using Vector = std::vector<double>;

KernelRequest request(const Formula& formula, const std::string& operation, int of_features = features) {
    return {"k", formula, "", "f64", of_features, {operation}};
}

// x, y, parameters and a direction of each; points and vectors hold their direction behind them, row by row.
class Moving {
public:
    Moving(const CatalogueEntry& entry, const Formula& formula) : formula_(formula) {
        std::mt19937_64 random(7);
        for (Vector* points : {&x, &y}) {
            const std::int64_t count = points == &x ? rows : columns;
            for (std::int64_t i = 0; i < count; ++i) append(*points, point(entry.domain, random), direction(random));
        }
        for (const FormulaParameter& p : formula.parameters) {
            const CatalogueParameter* described = nullptr;
            for (const CatalogueParameter& c : entry.parameters)
                if (c.name == p.name) described = &c;
            std::uniform_real_distribution<double> value(described->minimum, described->maximum);
            Vector numbers(described->per_feature ? features : 1);
            for (double& v : numbers) v = described->integer ? std::floor(value(random)) : value(random);
            Vector along = direction(random);
            along.resize(described->integer ? 0 : numbers.size());
            parameters.push_back(numbers);
            directions.push_back(along);
        }
        for (std::int64_t k = 0; k < rows * columns; ++k) g.push_back(direction(random)[0]);
    }

    Vector x, y, g;
    std::vector<Vector> parameters, directions;  // one number, or one per feature

    // What the runtime takes: the numbers of vectors with their direction behind them, then directions of scalars.
    std::vector<hg1_value> values(const Formula& tangent) {
        std::vector<hg1_value> result;
        joined_.clear();
        joined_.reserve(parameters.size());
        for (std::size_t p = 0; p < parameters.size(); ++p) {
            hg1_value v{};
            if (formula_.parameters[p].kind == Op::VectorParameter) {
                joined_.emplace_back();
                append(joined_.back(), parameters[p], directions[p]);
                v.vector = joined_.back().data();
            } else if (formula_.parameters[p].kind == Op::IntegerParameter) {
                v.integer = static_cast<std::int32_t>(parameters[p][0]);
            } else {
                v.f64 = parameters[p][0];
            }
            result.push_back(v);
        }
        for (std::size_t p = 0; p < parameters.size(); ++p) {
            if (formula_.parameters[p].kind != Op::ScalarParameter) continue;
            hg1_value v{};
            v.f64 = directions[p][0];
            result.push_back(v);
        }
        EXPECT_EQ(result.size(), tangent.parameters.size());
        return result;
    }

    // dK(i, j) along the direction; besides, what `moved` names moves by `by` along feature d.
    enum class Moved { Nothing, X, Y, Parameter };
    Real along(std::int64_t i, std::int64_t j, Moved moved = Moved::Nothing, std::size_t p = 0, std::int64_t d = 0,
               const Real& by = Real(0.0)) const {
        const auto value = [&](double sign) {
            const Real step = Real(sign) * small();
            const auto point = [&](const Vector& points, std::int64_t k) {
                std::vector<Real> result;
                for (std::int64_t f = 0; f < features; ++f)
                    result.push_back(Real(points[2 * features * k + f]) +
                                     step * Real(points[2 * features * k + features + f]));
                return result;
            };
            Inputs in{point(x, i), point(y, j), {}};
            for (std::size_t q = 0; q < parameters.size(); ++q) {
                std::vector<Real>& numbers = in.parameters[formula_.parameters[q].name];
                for (std::size_t f = 0; f < parameters[q].size(); ++f)
                    numbers.push_back(Real(parameters[q][f]) +
                                      (directions[q].empty() ? Real(0.0) : step * Real(directions[q][f])));
            }
            if (moved == Moved::X) in.x[d] = in.x[d] + by;
            if (moved == Moved::Y) in.y[d] = in.y[d] + by;
            if (moved == Moved::Parameter) {
                Real& number = in.parameters[formula_.parameters[p].name][d];
                number = number + by;
            }
            return evaluate(formula_.value, in)[0];
        };
        return (value(1) - value(-1)) / (Real(2.0) * small());
    }

    // The derivative of sum(G t) by one number.
    double second(Moved moved, std::int64_t k, std::size_t p, std::int64_t d) const {
        Real total(0.0);
        for (std::int64_t i = 0; i < rows; ++i)
            for (std::int64_t j = 0; j < columns; ++j) {
                if ((moved == Moved::X && i != k) || (moved == Moved::Y && j != k)) continue;
                const Real step("1e-13");
                total = total + Real(g[i * columns + j]) *
                                    (along(i, j, moved, p, d, step) - along(i, j, moved, p, d, Real(0.0) - step)) /
                                    (Real(2.0) * step);
            }
        return total.to_double();
    }

private:
    const Formula& formula_;
    std::vector<Vector> joined_;

    static Real small() { return Real("1e-20"); }

    static void append(Vector& all, const Vector& numbers, const Vector& along) {
        all.insert(all.end(), numbers.begin(), numbers.end());
        all.insert(all.end(), along.begin(), along.end());
    }
    static Vector direction(std::mt19937_64& random) {
        std::uniform_real_distribution<double> any(-1, 1);
        Vector result;
        for (std::int64_t f = 0; f < features; ++f) result.push_back(any(random));
        return result;
    }
    static Vector point(Domain domain, std::mt19937_64& random) {
        std::uniform_real_distribution<double> real(-1.5, 1.5), positive(0.1, 1);
        Vector result;
        double total = 0;
        for (std::int64_t f = 0; f < features; ++f) {
            result.push_back(domain == Domain::Real ? real(random) : positive(random));
            total += result.back();
        }
        if (domain == Domain::Probability)
            for (double& v : result) v /= total;
        return result;
    }
};

void expect_near(double computed, double exact, const std::string& what) {
    EXPECT_NEAR(computed, exact, 1e-10 * std::max(1.0, std::abs(exact))) << what;
}

class CatalogueTangents : public testing::TestWithParam<std::string> {};

TEST_P(CatalogueTangents, GramAndGradientsOfTheDerivativeAlongADirection) {
    const CatalogueEntry& entry = *find_in_catalogue(GetParam());
    const Formula formula = catalogue_formula(entry.name, {1.7976931348623157e308, {}, {}});
    const Formula tangent = tangent_of(formula);
    Moving in(entry, formula);
    const std::vector<hg1_value> values = in.values(tangent);
    hg1_call call{};
    call.n = rows;
    call.m = columns;
    call.d = features;
    call.x = in.x.data();
    call.y = in.y.data();
    call.ldx = call.ldy = 2 * features;
    call.parameters = values.data();
    // The Gram matrix with D of the call, the gradients with D of the kernel.
    Vector k(rows * columns);
    call.k = k.data();
    call.ldk = columns;
    const auto gram = compile_in_process(request(tangent, "gram", 0));
    ASSERT_EQ(hg1_gram(gram->kernel(), nullptr, &call), HG_OK);
    for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < columns; ++j)
            expect_near(k[i * columns + j], in.along(i, j).to_double(), "t at " + std::to_string(i));
    Vector gx(rows * features), gy(columns * features);
    std::vector<Vector> gradients;
    std::vector<void*> gparameters;
    for (const FormulaParameter& p : tangent.parameters)
        gradients.emplace_back(p.kind == Op::VectorParameter ? features : 1);
    for (std::size_t p = 0; p < gradients.size(); ++p)
        gparameters.push_back(tangent.parameters[p].kind == Op::IntegerParameter ? nullptr : gradients[p].data());
    call.k = nullptr;
    call.g = in.g.data();
    call.ldg = columns;
    call.gx = gx.data();
    call.gy = gy.data();
    call.ldgx = call.ldgy = features;
    call.gparameters = gparameters.data();
    const auto vjp = compile_in_process(request(tangent, "gram_vjp"));
    ASSERT_EQ(hg1_gram_vjp(vjp->kernel(), nullptr, &call), HG_OK);
    for (std::int64_t d = 0; d < features; ++d) {
        for (std::int64_t i = 0; i < rows; ++i)
            expect_near(gx[i * features + d], in.second(Moving::Moved::X, i, 0, d), "by x");
        for (std::int64_t j = 0; j < columns; ++j)
            expect_near(gy[j * features + d], in.second(Moving::Moved::Y, j, 0, d), "by y");
    }
    for (std::size_t p = 0; p < formula.parameters.size(); ++p) {
        if (gparameters[p] == nullptr) continue;
        for (std::size_t d = 0; d < gradients[p].size(); ++d)
            expect_near(gradients[p][d], in.second(Moving::Moved::Parameter, 0, p, static_cast<std::int64_t>(d)),
                        "by " + formula.parameters[p].name);
    }
}

std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const CatalogueEntry& entry : catalogue()) all.push_back(entry.name);
    return all;
}
INSTANTIATE_TEST_SUITE_P(All, CatalogueTangents, testing::ValuesIn(names()),
                         [](const auto& entry) { return entry.param; });

TEST(InProcess, SeveralThreadsCompileAndCall) {
    std::vector<std::thread> threads;
    std::vector<double> results(4);
    for (std::size_t t = 0; t < results.size(); ++t)
        threads.emplace_back([&results, t] {
            const Formula formula = parse_formula("dot(x, y) + " + std::to_string(t));
            const auto compiled = compile_in_process(request(formula, "gram", 2));
            const Vector x = {1, 2}, y = {3, 4};
            hg1_call call{};
            call.n = call.m = 1;
            call.x = x.data();
            call.y = y.data();
            call.ldx = call.ldy = 2;
            call.k = &results[t];
            call.ldk = 1;
            EXPECT_EQ(hg1_gram(compiled->kernel(), nullptr, &call), HG_OK);
        });
    for (std::thread& thread : threads) thread.join();
    for (std::size_t t = 0; t < results.size(); ++t) EXPECT_EQ(results[t], 11.0 + static_cast<double>(t));
}

// x in the tangent is two numbers wide: shorter rows are refused.
TEST(InProcess, RowsHoldTheDirectionToo) {
    const Formula tangent = tangent_of(parse_formula("sqdist(x, y)"));
    const auto compiled = compile_in_process(request(tangent, "gram", 2));
    const Vector x(8);
    double k = 0;
    hg1_call call{};
    call.n = call.m = 1;
    call.x = call.y = x.data();
    call.ldx = call.ldy = 3;
    call.k = &k;
    call.ldk = 1;
    EXPECT_EQ(hg1_gram(compiled->kernel(), nullptr, &call), HG_ERROR_LDX_TOO_SMALL);
}

// Objects that are cut off or damaged are refused, or load without harm; nothing outside of them is read.
TEST(LoadedCode, DamagedObjects) {
    const Machine machine = machines_of("host").back();
    const std::string object =
        operation_module(request(parse_formula("exp(-sqdist(x, y))"), "gram"), "gram", machine, machine).object();
    EXPECT_NE(LoadedCode(object).function("hg1_leaf_k__" + machine.isa + "_gram_tile_argv"), nullptr);
    EXPECT_EQ(LoadedCode(object).function("k"), nullptr);
    EXPECT_THROW(LoadedCode(""), CompileError);
    EXPECT_THROW(LoadedCode("an object"), CompileError);
    std::mt19937_64 random(1);
    std::size_t refused = 0;
    for (std::size_t k = 0; k < 4000; ++k) {
        std::string damaged = object;
        if (k % 2 == 0)
            damaged.resize(random() % object.size());
        else
            for (int byte = 0; byte < 4; ++byte) damaged[random() % object.size()] = static_cast<char>(random());
        // Names are at the end: the table of sections stands behind everything else.
        if (k % 4 == 3) damaged[object.size() - 1 - random() % 2048] = static_cast<char>(random());
        try {
            const LoadedCode loaded{damaged};
        } catch (const CompileError&) {
            ++refused;
        } catch (const std::out_of_range&) {
            ADD_FAILURE() << "an error that is not translated";
        }
    }
    EXPECT_GT(refused, 2000);
}

}  // namespace
}  // namespace halogram
