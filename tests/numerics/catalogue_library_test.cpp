// Every catalogue entry as a finished library: value and every gradient within the oracle's error bound, the same bits on
// every variant and for any number of threads, y = NULL.
#include <cmath>
#include <cstring>
#include <memory>
#include <random>

#include "generators/catalogue/catalogue.h"
#include "generators/formula/derivative.h"
#include "generators/formula/error_bound.h"
#include "generators/formula/lower.h"
#include "tests/support/generated_library.h"

namespace halogram {
namespace {

struct Configuration {
    const char* dtype;
    int features;  // of the library; 0: an argument
    int d;         // of the calls
};

template <typename T>
struct Problem {
    int n, m, d;
    int ldx, ldy, ldk;
    std::vector<T> x, y, g;
    std::vector<std::vector<T>> parameters;  // in signature order
};

template <typename T>
struct Outputs {
    std::vector<T> k, gx, gy;
    std::vector<std::vector<T>> parameters;
    bool operator==(const Outputs& o) const {
        auto same = [](const std::vector<T>& a, const std::vector<T>& b) {
            for (std::size_t i = 0; i < a.size(); ++i)
                if (!(std::isnan(a[i]) && std::isnan(b[i])) && std::memcmp(&a[i], &b[i], sizeof(T)) != 0) return false;
            return a.size() == b.size();
        };
        bool all = same(k, o.k) && same(gx, o.gx) && same(gy, o.gy);
        for (std::size_t p = 0; p < parameters.size(); ++p) all = all && same(parameters[p], o.parameters[p]);
        return all;
    }
};

const CatalogueParameter& parameter_of(const CatalogueEntry& entry, const std::string& name) {
    for (const CatalogueParameter& p : entry.parameters)
        if (p.name == name) return p;
    throw std::logic_error(name);
}

template <typename T>
Problem<T> make_problem(const CatalogueEntry& entry, const KernelInterface& kernel, int n, int m, int d,
                        unsigned seed) {
    std::mt19937_64 random(seed);
    Problem<T> p{n, m, d, d + 2, d + 1, m + 3, {}, {}, {}, {}};
    auto points = [&](int count, int ld) {
        std::uniform_real_distribution<double> real(-2, 2), positive(0.001, 2);
        std::uniform_int_distribution<int> category(0, 2);
        std::vector<T> values(static_cast<std::size_t>(count) * static_cast<std::size_t>(ld), T(NAN));
        for (int i = 0; i < count; ++i) {
            T* row = &values[static_cast<std::size_t>(i * ld)];
            double total = 0;
            for (int f = 0; f < d; ++f) {
                const double v = entry.domain == Domain::Real          ? real(random)
                                 : entry.domain == Domain::Categorical ? category(random)
                                                                       : positive(random);
                row[f] = T(v);
                total += v;
            }
            if (entry.domain == Domain::Probability)
                for (int f = 0; f < d; ++f) row[f] = T(double(row[f]) / total);
        }
        return values;
    };
    p.x = points(n, p.ldx);
    p.y = points(m, p.ldy);
    std::uniform_real_distribution<double> cotangent(-1, 1);
    for (int k = 0; k < n * p.ldk; ++k) p.g.push_back(T(cotangent(random)));
    for (const InterfaceParameter& parameter : kernel.parameters) {
        const CatalogueParameter& described = parameter_of(entry, parameter.name);
        std::uniform_real_distribution<double> real(described.minimum, described.maximum);
        std::vector<T> values;
        for (int f = 0; f < (parameter.kind == ParameterKind::Vector ? d : 1); ++f)
            values.push_back(T(parameter.kind == ParameterKind::Integer ? std::floor(real(random)) : real(random)));
        p.parameters.push_back(values);
    }
    return p;
}

template <typename T>
void add_inputs(Call& call, const KernelInterface& kernel, const Problem<T>& p, bool self) {
    call.integer(p.n).integer(self ? p.n : p.m);
    if (kernel.features == 0) call.integer(p.d);
    call.pointer(p.x.data()).integer(p.ldx).pointer(self ? nullptr : p.y.data()).integer(p.ldy);
    for (std::size_t k = 0; k < kernel.parameters.size(); ++k) {
        const std::vector<T>& values = p.parameters[k];
        if (kernel.parameters[k].kind == ParameterKind::Vector)
            call.pointer(values.data());
        else if (kernel.parameters[k].kind == ParameterKind::Integer)
            call.integer32(static_cast<std::int32_t>(values[0]));
        else
            call.real(values[0]);
    }
}

template <typename T>
Outputs<T> run(const GeneratedLibrary& library, const KernelInterface& kernel, const Problem<T>& p, int threads = 1,
               bool self = false) {
    Outputs<T> out;
    const int m = self ? p.n : p.m;
    out.k.assign(static_cast<std::size_t>(p.n * p.ldk), T(7));
    out.gx.assign(static_cast<std::size_t>(p.n * p.d), T(7));
    if (!self) out.gy.assign(static_cast<std::size_t>(m * p.d), T(7));
    hg_options options{};
    options.size = sizeof options;
    options.threads = threads;
    Call gram;
    gram.pointer(&options);
    add_inputs(gram, kernel, p, self);
    gram.pointer(out.k.data()).integer(p.ldk);
    EXPECT_EQ(gram.run(library.symbol(kernel.c_name + "_gram_with")), HG_OK) << kernel.c_name;
    Call vjp;
    vjp.pointer(&options);
    add_inputs(vjp, kernel, p, self);
    vjp.pointer(p.g.data()).integer(p.ldk).pointer(out.gx.data()).integer(p.d);
    vjp.pointer(self ? nullptr : out.gy.data()).integer(p.d);
    for (std::size_t k = 0; k < kernel.parameters.size(); ++k) {
        if (kernel.parameters[k].kind == ParameterKind::Integer) continue;
        out.parameters.emplace_back(p.parameters[k].size(), T(7));
    }
    for (std::vector<T>& values : out.parameters) vjp.pointer(values.data());
    EXPECT_EQ(vjp.run(library.symbol(kernel.c_name + "_gram_vjp_with")), HG_OK) << kernel.c_name;
    return out;
}

// Computed against exact, with the bound; infinities must agree.
template <typename T>
void expect_within(T computed, const Real& exact, const Real& bound, const std::string& what) {
    const T nearest = T(exact.to_double());
    if (std::isinf(nearest)) {
        EXPECT_EQ(computed, nearest) << what;
        return;
    }
    const Real off = abs(Real(double(computed)) - exact);
    EXPECT_FALSE(bound < off || off.is_nan() || bound.is_nan())
        << what << ": " << computed << ", exact " << exact.to_double() << ", bound " << bound.to_double();
}

template <typename T>
class Oracle {
public:
    Oracle(const Formula& formula, const KernelInterface& kernel, const Problem<T>& p)
        : formula_(formula), kernel_(kernel), p_(p), arithmetic_(sizeof(T) == 4 ? f32_arithmetic : f64_arithmetic) {}

    void check_gram(const Outputs<T>& out) const {
        Expr lowered = lower(formula_.value);
        for (int i = 0; i < p_.n; ++i)
            for (int j = 0; j < p_.m; ++j) {
                const Inputs in = inputs(i, j);
                expect_within(out.k[std::size_t(i * p_.ldk + j)], evaluate(formula_.value, in)[0],
                              evaluate_with_bound(lowered, in, arithmetic_)[0].error, name("K", i, j));
            }
    }

    void check_vjp(const Outputs<T>& out) const {
        check(
            formula_.pool->x(), [&](int i, int, int d) { return std::pair(i * p_.d + d, out.gx.data()); }, p_.n, p_.m,
            "gx");
        check(
            formula_.pool->y(), [&](int, int j, int d) { return std::pair(j * p_.d + d, out.gy.data()); }, p_.m, p_.n,
            "gy");
        std::size_t slot = 0;
        for (const FormulaParameter& parameter : formula_.parameters) {
            if (parameter.node->op == Op::IntegerParameter) continue;
            const T* values = out.parameters[slot++].data();
            check(
                parameter.node, [&](int, int, int d) { return std::pair(d, values); }, 1, p_.n * p_.m,
                "g" + parameter.name);
        }
    }

private:
    const Formula& formula_;
    const KernelInterface& kernel_;
    const Problem<T>& p_;
    const Arithmetic arithmetic_;

    std::string name(const std::string& what, int i, int j) const {
        return kernel_.c_name + " " + what + "(" + std::to_string(i) + ", " + std::to_string(j) + ")";
    }

    Inputs inputs(int i, int j) const {
        Inputs in;
        for (int d = 0; d < p_.d; ++d) {
            in.x.emplace_back(double(p_.x[std::size_t(i * p_.ldx + d)]));
            in.y.emplace_back(double(p_.y[std::size_t(j * p_.ldy + d)]));
        }
        for (std::size_t k = 0; k < kernel_.parameters.size(); ++k)
            for (T v : p_.parameters[k]) in.parameters[kernel_.parameters[k].name].emplace_back(double(v));
        return in;
    }

    // Sums over pairs of g * derivative, entry by entry; `place` says which output a pair adds to.
    template <typename Place>
    void check(Expr variable, Place place, int outputs, int terms, const std::string& what) const {
        Expr gradient = derivative(formula_.value, variable), lowered = lower(gradient);
        const bool vector = variable->per_feature;
        const std::size_t count = std::size_t(outputs * (vector ? p_.d : 1));
        std::vector<Real> exact(count), bound(count);
        const T* values = nullptr;
        // Each term passes through the product with g and a chain of at most terms / 16 sums in its lane, then the tree.
        const double steps = 16 + terms / 16.0;
        for (int i = 0; i < p_.n; ++i)
            for (int j = 0; j < p_.m; ++j) {
                const Inputs in = inputs(i, j);
                const Real g(double(p_.g[std::size_t(i * p_.ldk + j)]));
                const std::vector<Real> value = evaluate(gradient, in);
                const std::vector<BoundedValue> bounded = evaluate_with_bound(lowered, in, arithmetic_);
                for (int d = 0; d < (vector ? p_.d : 1); ++d) {
                    const auto [at, data] = place(i, j, d);
                    values = data;
                    const std::size_t e = value.size() == 1 ? 0 : std::size_t(d),
                                      b = bounded.size() == 1 ? 0 : std::size_t(d);
                    exact[std::size_t(at)] = exact[std::size_t(at)] + g * value[e];
                    const Real error = abs(g) * bounded[b].error * Real(steps / 4) +
                                       abs(g) * abs(value[e]) * Real(steps * arithmetic_.unit_roundoff) +
                                       Real(4 * arithmetic_.underflow);
                    bound[std::size_t(at)] = bound[std::size_t(at)] + error;
                }
            }
        for (std::size_t k = 0; k < count; ++k)
            expect_within(values[k], exact[k], bound[k], kernel_.c_name + " " + what + "[" + std::to_string(k) + "]");
    }
};

class CatalogueLibrary : public testing::TestWithParam<Configuration> {
protected:
    template <typename T>
    void check() {
        const Configuration c = GetParam();
        std::vector<KernelRequest> requests;
        for (const CatalogueEntry& entry : catalogue())
            requests.push_back(
                {entry.name, catalogue_formula(entry.name), entry.summary, c.dtype, c.features, {"gram", "gram_vjp"}});
        GeneratedLibrary library("all", requests);
        for (std::size_t e = 0; e < requests.size(); ++e) {
            const CatalogueEntry& entry = *find_in_catalogue(requests[e].c_name);
            const KernelInterface& kernel = library.kernels[e];
            // Small with tails against the oracle, large over panels, chunks and threads against the first result.
            const Problem<T> small = make_problem<T>(entry, kernel, 5, 19, c.d, 1),
                             large = make_problem<T>(entry, kernel, 133, 1061, c.d, 2);
            std::unique_ptr<Outputs<T>> first_small, first_large, first_self;
            for (const InterfaceVariant& variant : kernel.variants) {
                library.use_variant(variant.isa);
                const Outputs<T> out = run(library, kernel, small);
                if (!first_small) {
                    Oracle<T> oracle(requests[e].formula, kernel, small);
                    oracle.check_gram(out);
                    oracle.check_vjp(out);
                    first_small = std::make_unique<Outputs<T>>(out);
                }
                EXPECT_TRUE(out == *first_small) << entry.name << ": " << variant.isa << " differs in bits";
                for (int threads : {1, 2, 3, 7}) {
                    if (threads > 1 && variant.isa != kernel.variants.front().isa) continue;
                    const Outputs<T> many = run(library, kernel, large, threads);
                    if (!first_large) first_large = std::make_unique<Outputs<T>>(many);
                    EXPECT_TRUE(many == *first_large)
                        << entry.name << ": " << variant.isa << ", " << threads << " threads differ in bits";
                }
            }
            check_self(library, kernel, entry, c);
        }
    }

    // y = NULL is y = x: the same entries, symmetric where the kernel is, and the whole gradient in gx.
    template <typename T>
    static void check_self_of(const GeneratedLibrary& library, const KernelInterface& kernel,
                              const CatalogueEntry& entry, const Configuration& c) {
        Problem<T> p = make_problem<T>(entry, kernel, 150, 150, c.d, 3);
        p.y = p.x;
        p.ldy = p.ldx;
        const Outputs<T> copy = run(library, kernel, p), self = run(library, kernel, p, 1, true);
        double largest = 0;
        for (T v : copy.gx) largest = std::max(largest, std::isfinite(v) ? std::fabs(double(v)) : 0);
        for (int i = 0; i < p.n; ++i)
            for (int j = 0; j < p.n; ++j) {
                const T a = self.k[std::size_t(i * p.ldk + j)], b = copy.k[std::size_t(i * p.ldk + j)];
                if (kernel.symmetry != Symmetry::Mathematical) {
                    EXPECT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << entry.name;
                }
                if (kernel.symmetry != Symmetry::None) {
                    EXPECT_TRUE(a == self.k[std::size_t(j * p.ldk + i)] || std::isnan(a)) << entry.name;
                }
            }
        for (std::size_t k = 0; k < copy.gx.size(); ++k) {
            const T sum = copy.gx[k] + copy.gy[k];
            if (!std::isfinite(sum)) continue;
            EXPECT_NEAR(self.gx[k], sum, 1e3 * std::numeric_limits<T>::epsilon() * (largest + 1)) << entry.name;
        }
    }
    static void check_self(const GeneratedLibrary& library, const KernelInterface& kernel, const CatalogueEntry& entry,
                           const Configuration& c) {
        if (std::string(c.dtype) == "f32")
            check_self_of<float>(library, kernel, entry, c);
        else
            check_self_of<double>(library, kernel, entry, c);
    }
};

TEST_P(CatalogueLibrary, IsRightAndTheSameOnEveryVariant) {
    if (std::string(GetParam().dtype) == "f32")
        check<float>();
    else
        check<double>();
}

INSTANTIATE_TEST_SUITE_P(Dtypes, CatalogueLibrary,
                         testing::Values(Configuration{"f32", 5, 5}, Configuration{"f64", 5, 5},
                                         Configuration{"f32", 0, 3}, Configuration{"f64", 0, 17}),
                         [](const auto& instance) {
                             return std::string(instance.param.dtype) +
                                    (instance.param.features ? "_fixed_" : "_any_") + std::to_string(instance.param.d);
                         });

}  // namespace
}  // namespace halogram
