// The expanded form of every catalogue entry that has one: its error bound holds, the diagonal and the symmetry are exact,
// a squared distance is never negative, and `auto` takes the form that it says.
#include "generators/formula/expanded_form.h"

#include <cfenv>
#include <cmath>
#include <cstddef>
#include <map>
#include <memory>
#include <random>

#include "generators/formula/lower.h"
#include "tests/support/oracle.h"

namespace halogram {
namespace {

constexpr int features = 6;

enum class Form { Direct, Expanded, Auto };

std::optional<KernelRequest> request(const CatalogueEntry& entry, const std::string& dtype, Form form,
                                     double tolerance = 0) {
    KernelRequest r{entry.name, catalogue_formula(entry.name), entry.summary, dtype, features, {"gram", "gram_vjp"}};
    if (form == Form::Direct) return r;
    r.formula.expanded = ExpandedForm::of(lower(r.formula.value));
    if (form == Form::Auto) r.tolerance = tolerance;
    return r.formula.expanded ? std::optional(r) : std::nullopt;
}

// Those that have an expanded form, in either form.
std::vector<KernelRequest> requests(const std::string& dtype, Form form) {
    std::vector<KernelRequest> all;
    for (const CatalogueEntry& entry : catalogue())
        if (request(entry, dtype, Form::Expanded)) all.push_back(*request(entry, dtype, form));
    return all;
}

// All of them expanded, compiled once.
GeneratedLibrary& expanded_library(const std::string& dtype) {
    static std::map<std::string, std::unique_ptr<GeneratedLibrary>> made;
    std::unique_ptr<GeneratedLibrary>& here = made[dtype];
    if (here == nullptr) here = std::make_unique<GeneratedLibrary>("expanded", requests(dtype, Form::Expanded));
    return *here;
}

const CatalogueEntry& entry_of(const KernelRequest& r) { return *find_in_catalogue(r.c_name); }

template <typename T>
T error_bound(const GeneratedLibrary& library, const KernelProblem<T>& p) {
    T bound = -1;
    Call call;
    p.add_sizes(call);
    p.add_points(call);
    p.add_parameters(call);
    EXPECT_EQ(call.pointer(&bound).run(library.symbol(p.kernel.c_name + "_gram_error_bound")), HG_OK);
    return bound;
}

// How points lie: as the domain gives them, close together far from the origin, or in two clusters far apart.
enum class Cloud { Ordinary, Offset, Clusters };

template <typename T>
void arrange(Cloud cloud, const CatalogueEntry& entry, KernelProblem<T>& p) {
    if (cloud == Cloud::Ordinary || entry.domain != Domain::Real) return;
    for (Matrix<T>* points : {&p.x, &p.y})
        for (std::int64_t i = 0; i < points->rows; ++i)
            for (std::int64_t f = 0; f < features; ++f) {
                const T side = cloud == Cloud::Clusters && i % 2 != 0 ? T(-1) : T(1);
                (*points)(i, f) = side * T(1000) + (*points)(i, f) / 16;
            }
}

template <typename T>
class ExpandedFormOf : public testing::Test {
protected:
    static constexpr const char* dtype = sizeof(T) == 4 ? "f32" : "f64";
};
using Types = testing::Types<float, double>;
struct NameOfType {
    template <typename T>
    static std::string GetName(int) {
        return sizeof(T) == 4 ? "f32" : "f64";
    }
};
TYPED_TEST_SUITE(ExpandedFormOf, Types, NameOfType);

TYPED_TEST(ExpandedFormOf, EveryEntryIsWithinItsErrorBound) {
    using T = TypeParam;
    const std::vector<KernelRequest> all = requests(this->dtype, Form::Expanded);
    GeneratedLibrary& library = expanded_library(this->dtype);
    ASSERT_TRUE(library.use_variant("avx2"));
    std::size_t finite = 0;
    for (std::size_t k = 0; k < all.size(); ++k)
        for (Cloud cloud : {Cloud::Ordinary, Cloud::Offset, Cloud::Clusters}) {
            SCOPED_TRACE(all[k].c_name + " " + std::to_string(static_cast<int>(cloud)));
            KernelProblem<T> p(entry_of(all[k]), library.kernels[k], {9, 13, features}, 7);
            arrange(cloud, entry_of(all[k]), p);
            for (std::int64_t f = 0; f < features; ++f) {
                p.y(0, f) = p.x(0, f);                        // coincident
                p.y(1, f) = std::nextafter(p.x(1, f), T(0));  // one ulp apart
            }
            const auto out = run(library, p, options_with_threads(1));
            const T bound = error_bound(library, p);
            ASSERT_GT(bound, 0);
            finite += cloud == Cloud::Ordinary && std::isfinite(bound);
            const Oracle<T> oracle(all[k].formula, p);
            for (std::int64_t i = 0; i < p.shape.n; ++i)
                for (std::int64_t j = 0; j < p.shape.m; ++j) {
                    const Real off = abs(Real(double(out->k(i, j))) - oracle.exact_entry(i, j));
                    EXPECT_LE(off.to_double(), double(bound)) << i << ", " << j;
                }
        }
    // What rises without limit, or has an infinite slope that no rule covers, has no finite bound.
    EXPECT_GE(finite, all.size() * 3 / 4) << "of " << all.size();
}

TYPED_TEST(ExpandedFormOf, DiagonalAndSymmetryAreExactOnEveryVariant) {
    using T = TypeParam;
    const std::vector<KernelRequest> all = requests(this->dtype, Form::Expanded);
    std::vector<KernelRequest> values = requests(this->dtype, Form::Direct);
    for (KernelRequest& r : values) r.operations = {"gram"};
    GeneratedLibrary& library = expanded_library(this->dtype);
    GeneratedLibrary direct("direct", values);
    for (std::size_t k = 0; k < all.size(); ++k) {
        SCOPED_TRACE(all[k].c_name);
        KernelProblem<T> p(entry_of(all[k]), library.kernels[k], {70, 70, features, true}, 3);
        arrange(Cloud::Offset, entry_of(all[k]), p);
        std::unique_ptr<KernelOutputs<T>> first;
        for (const std::string variant : {"sse41", "avx2", "avx512"}) {
            if (!library.use_variant(variant) || !direct.use_variant(variant)) continue;
            for (int threads : {1, 3}) {
                auto out = run(library, p, options_with_threads(threads));
                if (first == nullptr)
                    first = std::move(out);
                else
                    EXPECT_TRUE(*out == *first) << variant << ", threads " << threads;
            }
            KernelOutputs<T> from_differences(p);
            call_operation(direct, p, "gram", options_with_threads(1), false, from_differences);
            for (std::int64_t i = 0; i < p.shape.n; ++i) {
                EXPECT_TRUE(same_number(first->k(i, i), from_differences.k(i, i))) << i;
                for (std::int64_t j = 0; j < i; ++j) EXPECT_TRUE(same_number(first->k(i, j), first->k(j, i)));
            }
        }
    }
}

TEST(ExpandedForm, SquaredDistancesAreNotNegative) {
    Formula formula = parse_formula("sum((x - y)^2)"), weighted = parse_formula("sum(w[d] * (x - y)^2)");
    formula.expanded = ExpandedForm::of(lower(formula.value));
    weighted.expanded = ExpandedForm::of(lower(weighted.value));
    ASSERT_TRUE(formula.expanded && weighted.expanded);
    GeneratedLibrary library("distances", {{"plain", formula, "", "f32", features, {"gram"}},
                                           {"weighted", weighted, "", "f32", features, {"gram"}}});
    std::mt19937_64 random(1);
    std::uniform_real_distribution<float> close(0.999999F, 1.000001F);
    constexpr std::int64_t n = 300;
    std::vector<float> x(n * features), k(n * n), w(features, 1.0F);
    for (float& v : x) v = close(random) * (random() % 2 == 0 ? 1000.0F : 1001.0F);
    auto compute = [&](const std::string& name, const float* weights) {
        Call call;
        call.integer(n).integer(n).pointer(x.data()).integer(features).pointer(nullptr).integer(0);
        if (weights != nullptr) call.pointer(weights);
        ASSERT_EQ(call.pointer(k.data()).integer(n).run(library.symbol(name + "_gram")), HG_OK);
    };
    compute("plain", nullptr);
    for (float v : k) ASSERT_GE(v, 0.0F);
    compute("weighted", w.data());
    for (float v : k) ASSERT_GE(v, 0.0F);
    w[2] = -1e6F;  // then the distance itself is negative, and stays so
    compute("weighted", w.data());
    EXPECT_LT(*std::min_element(k.begin(), k.end()), -1.0F);
}

TEST(ExpandedForm, WhatHasNoSquaredDistanceHasNone) {
    for (const char* text : {"sum(abs(x - y))", "dot(x, y)", "exp(-sum((x - y)^2)) * dot(x, y)", "sum((x - 2*y)^2)",
                             "max((x - y)^2)", "sum((x - y)^4)"})
        EXPECT_FALSE(ExpandedForm::of(lower(parse_formula(text).value))) << text;
    for (const char* text : {"sum((x - y)^2)", "exp(-gamma * sum(((x - y) / ell[d])^2))", "sum((sqrt(x) - sqrt(y))^2)"})
        EXPECT_TRUE(ExpandedForm::of(lower(parse_formula(text).value))) << text;
}

TEST(ExpandedForm, AutoTakesTheFormThatItSays) {
    const double tolerance = 1e-4;
    const CatalogueEntry& entry = *find_in_catalogue("rbf");
    GeneratedLibrary chosen("automatic", {*request(entry, "f32", Form::Auto, tolerance)}),
        direct("direct", {*request(entry, "f32", Form::Direct)}),
        expanded("expanded", {*request(entry, "f32", Form::Expanded)});
    for (const auto& [cloud, n, form] :
         {std::tuple{Cloud::Ordinary, 700, "expanded"}, std::tuple{Cloud::Offset, 700, "expanded"},
          std::tuple{Cloud::Clusters, 700, "direct"}, std::tuple{Cloud::Ordinary, 20, "direct"}}) {
        SCOPED_TRACE(form);
        KernelProblem<float> p(entry, chosen.kernels[0], {n, n, features}, 5);
        arrange(cloud, entry, p);
        const char* said = nullptr;
        hg_options options = options_with_threads(2);
        options.form = &said;
        for (bool own_workspace : {false, true}) {
            KernelOutputs<float> out(p);
            for (const std::string operation : {"gram", "gram_vjp"}) {
                said = nullptr;
                call_operation(chosen, p, operation, options, own_workspace, out);
                EXPECT_STREQ(said, operation == "gram" ? form : "direct") << operation;
            }
            // Gradients are direct in either case.
            const auto of_k = run(form == std::string("direct") ? direct : expanded, p, options_with_threads(1));
            const auto of_gradients = run(direct, p, options_with_threads(1));
            EXPECT_TRUE(same_numbers(out.k, of_k->k)) << own_workspace;
            EXPECT_TRUE(same_numbers(out.gx, of_gradients->gx) && same_numbers(out.gy, of_gradients->gy));
            for (std::size_t s = 0; s < out.parameters.size(); ++s)
                EXPECT_TRUE(same_numbers(*out.parameters[s], *of_gradients->parameters[s]));
        }
        EXPECT_EQ(error_bound(chosen, p) <= tolerance, cloud != Cloud::Clusters);
    }
}

// The arguments of n points with themselves, up to the results.
Call self_call(std::int64_t n, const float* x, std::int64_t d, float parameter) {
    Call call;
    call.integer(n).integer(n).pointer(x).integer(d).pointer(nullptr).integer(0).real(parameter);
    return call;
}

// The bound knows what it cannot bound: what overflows, what vanishes, and functions that oscillate.
TEST(ExpandedForm, WhatOverflowsOrVanishesHasNoBound) {
    struct Case {
        const char* formula;
        double parameter, x;
        bool bounded;
    };
    std::vector<KernelRequest> all;
    const std::vector<Case> cases = {
        {"exp(-p * sum((x - y)^2))", 1, 1, true},
        {"exp(-p * sum((x - y)^2))", 1e-40, 1.5e19, false},  // the sums of squares are finite, the distance is not
        {"1 / (1 + sum((x - y)^2) / p^2)", 2, 1, true},
        {"1 / (1 + sum((x - y)^2) / p^2)", 2e19, 1e19, false},  // p^2
        {"(1 + sum((x - y)^2))^3 * p", 1, 1, true},
        {"(1 + sum((x - y)^2))^3 * p", 1, 1e7, false},  // the cube
        {"exp(-sum(p^2 * (x - y)^2))", 0.5, 1, true},
        {"exp(-sum(p^2 * (x - y)^2))", 5e-22, 0.3 / 5e-22, false},  // p^2 is subnormal
        {"exp(-p * sum((sin(x) - sin(y))^2))", 1, 1e6, false},      // within u x, not within an ulp
        {"exp(-p * sum((exp(x) - exp(y))^2))", 1, 1, true},
    };
    for (const Case& c : cases) {
        KernelRequest r{"k" + std::to_string(all.size()), parse_formula(c.formula), "", "f32", 2, {"gram"}};
        r.formula.expanded = ExpandedForm::of(lower(r.formula.value));
        ASSERT_TRUE(r.formula.expanded) << c.formula;
        all.push_back(r);
    }
    GeneratedLibrary library("bounds", all);
    for (std::size_t k = 0; k < cases.size(); ++k) {
        const float x[4] = {float(cases[k].x), 0, float(-cases[k].x), 0}, p = float(cases[k].parameter);
        float bound = -1;
        Call call = self_call(2, x, 2, p);
        ASSERT_EQ(call.pointer(&bound).run(library.symbol(library.kernels[k].c_name + "_gram_error_bound")), HG_OK);
        EXPECT_EQ(std::isfinite(bound), cases[k].bounded) << cases[k].formula << ", " << p << ": " << bound;
    }
}

// One huge point may not take the others' digits; y = NULL has the bits of y = x; and the bound leaves the caller's
// floating-point state as it was.
TEST(ExpandedForm, CenterAndStateOfTheCaller) {
    GeneratedLibrary library("expanded", {*request(*find_in_catalogue("rbf"), "f32", Form::Expanded)});
    using Gram = hg_status (*)(std::int64_t, std::int64_t, const float*, std::int64_t, const float*, std::int64_t,
                               float, float*, std::int64_t);
    const auto gram = reinterpret_cast<Gram>(library.symbol("rbf_gram"));
    std::mt19937_64 random(5);
    std::normal_distribution<float> normal;
    for (std::int64_t n : {3, 4, 100}) {
        std::vector<float> x(std::size_t(n * features)), k(std::size_t(n * n)), copy = k;
        for (float& v : x) v = normal(random);
        ASSERT_EQ(gram(n, n, x.data(), features, nullptr, 0, 0.1F, k.data(), n), HG_OK);
        ASSERT_EQ(gram(n, n, x.data(), features, x.data(), features, 0.1F, copy.data(), n), HG_OK);
        EXPECT_EQ(k, copy) << n;
        x[std::size_t((n - 1) * features)] = 1e20F;
        ASSERT_EQ(gram(n, n, x.data(), features, nullptr, 0, 0.1F, k.data(), n), HG_OK);
        for (std::int64_t i = 0; i + 1 < n; ++i) EXPECT_EQ(k[std::size_t(i * n + i)], 1) << n << ", " << i;
    }
    const float x[2 * features] = {1, 2, 3};
    float nearest = 0, upward = 0;
    void* error_bound = library.symbol("rbf_gram_error_bound");
    ASSERT_EQ(self_call(2, x, features, 0.1F).pointer(&nearest).run(error_bound), HG_OK);
    Call again = self_call(2, x, features, 0.1F);
    again.pointer(&upward);
    std::feclearexcept(FE_ALL_EXCEPT);
    std::fesetround(FE_UPWARD);
    ASSERT_EQ(again.run(error_bound), HG_OK);
    EXPECT_EQ(std::fegetround(), FE_UPWARD);
    EXPECT_EQ(std::fetestexcept(FE_ALL_EXCEPT), 0);
    std::fesetround(FE_TONEAREST);
    EXPECT_EQ(nearest, upward);
}

// Where the workspace is too small for the bound, the other form is no way out: it has other bits.
TEST(ExpandedForm, AutoWithTooLittleWorkspaceIsAnError) {
    GeneratedLibrary library("automatic", {*request(*find_in_catalogue("rbf"), "f32", Form::Auto, 1e-3)});
    using Gram = hg_status (*)(const hg_options*, std::int64_t, std::int64_t, const float*, std::int64_t, const float*,
                               std::int64_t, float, float*, std::int64_t);
    using Workspace = hg_status (*)(const hg_options*, std::int64_t, std::int64_t, std::size_t*);
    const std::int64_t n = 700;
    std::vector<float> x(std::size_t(n * features), 0.5F), k(std::size_t(n * n));
    const char* form = nullptr;
    hg_options options = options_with_threads(1);
    options.form = &form;
    std::size_t bytes = 0;
    ASSERT_EQ(reinterpret_cast<Workspace>(library.symbol("rbf_gram_workspace"))(&options, n, n, &bytes), HG_OK);
    std::vector<std::byte> memory(bytes + 64);
    void* aligned = memory.data();
    std::size_t room = memory.size();
    options.workspace = std::align(64, bytes, aligned, room);
    const auto gram = reinterpret_cast<Gram>(library.symbol("rbf_gram_with"));
    options.workspace_bytes = bytes;
    ASSERT_EQ(gram(&options, n, n, x.data(), features, nullptr, 0, 0.1F, k.data(), n), HG_OK);
    EXPECT_STREQ(form, "expanded");
    options.workspace_bytes = bytes - 64;
    EXPECT_EQ(gram(&options, n, n, x.data(), features, nullptr, 0, 0.1F, k.data(), n), HG_ERROR_WORKSPACE_TOO_SMALL);
}

// Gradients of every entry that has the form, against their own running bound: that of sums of w x and w y apart. With y
// symmetric about 0 the center is 0, and the bound sees the points as they are.
TYPED_TEST(ExpandedFormOf, GradientsAreWithinTheBoundOfTheirProducts) {
    using T = TypeParam;
    const std::vector<KernelRequest> all = requests(this->dtype, Form::Expanded);
    GeneratedLibrary& library = expanded_library(this->dtype);
    ASSERT_TRUE(library.use_variant("avx2"));
    for (std::size_t k = 0; k < all.size(); ++k)
        for (bool self : {false, true}) {
            SCOPED_TRACE(all[k].c_name + (self ? ", y = x" : ""));
            KernelProblem<T> p(entry_of(all[k]), library.kernels[k], {12, 12, features, self}, 17);
            Matrix<T>& points = self ? p.x : p.y;
            for (std::int64_t j = 0; j < points.rows && library.kernels[k].centred; j += 2)
                for (std::int64_t f = 0; f < features; ++f) points(j + 1, f) = -points(j, f);
            const auto out = run(library, p, options_with_threads(1));
            const std::int64_t unbounded = Oracle<T>(all[k].formula, p).check_gradients(*out);
            // Where points meet themselves, a slope may be infinite.
            if (!self) {
                EXPECT_EQ(unbounded, 0);
            }
        }
}

// Far from the origin the center keeps them as good as the values: the distance in their weights is off by no more than the
// bound of K says - for exp(-gamma s) the derivative is -gamma times the value - and sums by u times what they add.
TEST(ExpandedForm, GradientsAreAsGoodAsTheValues) {
    const CatalogueEntry& entry = *find_in_catalogue("rbf");
    const KernelRequest r = *request(entry, "f32", Form::Expanded);
    GeneratedLibrary library("expanded", {r});
    for (Cloud cloud : {Cloud::Ordinary, Cloud::Offset}) {
        KernelProblem<float> p(entry, library.kernels[0], {33, 50, features}, 11);
        arrange(cloud, entry, p);
        const auto out = run(library, p, options_with_threads(1));
        const double bound = error_bound(library, p), gamma = p.parameters[0]->values.data()[0];
        for (std::int64_t f = 0; f < features; ++f) {
            double low = p.y(0, f), high = low;
            for (const Matrix<float>* points : {&p.x, &p.y})
                for (std::int64_t i = 0; i < points->rows; ++i) {
                    low = std::min(low, double((*points)(i, f)));
                    high = std::max(high, double((*points)(i, f)));
                }
            for (std::int64_t i = 0; i < p.shape.n; ++i) {
                double exact = 0, most = 0;
                for (std::int64_t j = 0; j < p.shape.m; ++j) {
                    double s = 0;
                    for (std::int64_t e = 0; e < features; ++e) s += std::pow(double(p.x(i, e)) - double(p.y(j, e)), 2);
                    const double weight = -2 * gamma * double(p.g(i, j));
                    exact += weight * (double(p.x(i, f)) - double(p.y(j, f))) * std::exp(-gamma * s);
                    most += std::fabs(weight) * 2 * (high - low);  // |x - center| + |y - center| is no more
                }
                EXPECT_LE(std::fabs(double(out->gx(i, f)) - exact), most * (bound + 80 * 0x1p-24)) << i << ", " << f;
            }
        }
    }
}

}  // namespace
}  // namespace halogram
