// The Gram pipeline of every catalogue entry, compiled in process, within the oracle's running error bound.
#include <Halide.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "generators/catalogue/catalogue.h"
#include "generators/formula/error_bound.h"
#include "generators/formula/lower.h"
#include "generators/pipelines/stages.h"

namespace halogram {
namespace {

struct Case {
    std::string name;
    bool single;
    int features;
};

class GramOfEntry : public testing::TestWithParam<Case> {
protected:
    template <typename T>
    void check();
};

template <typename T>
void GramOfEntry::check() {
    const int D = GetParam().features, n = 6, m = 7;
    const CatalogueEntry& entry = *find_in_catalogue(GetParam().name);
    const Formula formula = catalogue_formula(entry.name);
    Expr lowered = lower(formula.value);

    std::mt19937_64 random(11);
    auto points = [&](int count) {
        Halide::Buffer<T> p(D, count);
        std::uniform_real_distribution<double> real(-2, 2), positive(0, 2);
        std::uniform_int_distribution<int> category(0, 2);
        for (int i = 0; i < count; ++i) {
            double total = 0;
            for (int d = 0; d < D; ++d) {
                const double v = entry.domain == Domain::Real          ? real(random)
                                 : entry.domain == Domain::Categorical ? category(random)
                                                                       : positive(random);
                total += v;
                p(d, i) = T(v);
            }
            if (entry.domain == Domain::Probability)
                for (int d = 0; d < D; ++d) p(d, i) = T(p(d, i) / total);
        }
        return p;
    };
    Halide::Buffer<T> x = points(n), y = points(m);
    for (int d = 0; d < D; ++d) y(d, 0) = x(d, 0);  // one coincident pair

    PipelineInputs inputs;
    inputs.type = Halide::type_of<T>();
    inputs.features = D;
    inputs.x = [&](Halide::Expr d, Halide::Expr i) -> Halide::Expr { return x(d, i); };
    inputs.y = [&](Halide::Expr d, Halide::Expr j) -> Halide::Expr { return y(d, j); };
    std::map<std::string, std::vector<Real>> exact;
    std::map<std::string, Halide::Buffer<T>> vectors;
    for (const CatalogueParameter& p : entry.parameters) {
        std::uniform_real_distribution<double> real(p.minimum, p.maximum);
        if (p.per_feature) {
            Halide::Buffer<T> values(D);
            for (int d = 0; d < D; ++d) {
                values(d) = T(real(random));
                exact[p.name].emplace_back(double(values(d)));
            }
            vectors[p.name] = values;
            inputs.vectors[p.name] = [values](Halide::Expr d) -> Halide::Expr { return values(d); };
        } else {
            const T value = p.integer ? T(std::floor(real(random))) : T(real(random));
            exact[p.name] = {Real(double(value))};
            inputs.scalars[p.name] = p.integer ? Halide::Expr(int(value)) : Halide::Expr(value);
        }
    }

    Stages stages(inputs);
    Halide::Func gram = stages.gram(lowered, "gram");
    for (const FeatureReduction& reduction : stages.pair_reductions)
        for (Halide::Func f : reduction.totals()) f.compute_root();
    Halide::Buffer<T> k =
        gram.realize({m, n}, Halide::get_jit_target_from_environment().with_feature(Halide::Target::StrictFloat));

    for (int i = 0; i < n; ++i)
        for (int j = 0; j < m; ++j) {
            Inputs in{{}, {}, exact};
            for (int d = 0; d < D; ++d) {
                in.x.emplace_back(double(x(d, i)));
                in.y.emplace_back(double(y(d, j)));
            }
            const Real value = evaluate(formula.value, in)[0];  // of the formula as written, not as lowered
            const Real error =
                evaluate_with_bound(lowered, in, sizeof(T) == 4 ? f32_arithmetic : f64_arithmetic)[0].error;
            const Real off = abs(Real(double(k(j, i))) - value);
            EXPECT_FALSE(error < off || off.is_nan()) << "K(" << i << ", " << j << ") = " << k(j, i) << ", exact "
                                                      << value.to_double() << ", bound " << error.to_double();
            // The bound must mean something. With one feature every cosine is 1 or -1, where acos is ill-conditioned
            // and a centred point is 0: there the honest bound is wide.
            if (entry.domain == Domain::Real && i != 0 && D > 1) {
                const double scale = (sizeof(T) == 4 ? 1e-2 : 1e-10) * (1 + std::fabs(value.to_double()));
                EXPECT_LT(error.to_double(), scale) << "a bound that proves nothing";
            }
        }
}

TEST_P(GramOfEntry, LiesWithinTheErrorBound) {
    try {
        GetParam().single ? check<float>() : check<double>();
    } catch (const Halide::Error& e) {
        FAIL() << e.what();
    }
}

std::vector<Case> cases() {
    std::vector<Case> all;
    for (const CatalogueEntry& e : catalogue())
        for (bool single : {true, false})
            for (int features : {1, 5}) all.push_back({e.name, single, features});
    return all;
}

INSTANTIATE_TEST_SUITE_P(Catalogue, GramOfEntry, testing::ValuesIn(cases()), [](const auto& instance) {
    return instance.param.name + (instance.param.single ? "_f32_" : "_f64_") + std::to_string(instance.param.features);
});

}  // namespace
}  // namespace halogram
