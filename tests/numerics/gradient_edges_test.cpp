// Gradients where a factor is infinite, NaN or 0, of compiled libraries: what a pair adds must reach exactly the
// gradients that depend on it, wherever it stands among the lanes of a vector.
#include <cmath>

#include "tests/support/kernel_problem.h"

namespace halogram {
namespace {

constexpr std::int64_t features = 2;

struct Points : Matrix<float> {
    Points(std::int64_t count, float first, float second) : Matrix(count, features, features, Guard::After) {
        for (std::int64_t i = 0; i < count; ++i) {
            (*this)(i, 0) = first;
            (*this)(i, 1) = second;
        }
    }
};

class GradientEdges : public testing::Test {
protected:
    static KernelRequest request(const std::string& name, const std::string& formula) {
        return {name, parse_formula(formula), formula, "f32", features, {"gram_vjp"}};
    }

    // Gradients for the cotangents 1, on every variant in turn.
    template <typename Check>
    static void on_every_variant(GeneratedLibrary& library, const std::string& name, const Matrix<float>& x,
                                 const Matrix<float>& y, const Check& check) {
        Matrix<float> g(x.rows, y.rows, y.rows, Guard::After), gx(x.rows, features, features, Guard::After),
            gy(y.rows, features, features, Guard::After);
        for (float& v : g.values) v = 1;
        for (const std::string variant : {"sse41", "avx2", "avx512"}) {
            if (!library.use_variant(variant)) continue;
            SCOPED_TRACE(name + " " + variant + " " + std::to_string(x.rows) + " x " + std::to_string(y.rows));
            Call call;
            call.integer(x.rows).integer(y.rows).pointer(x.data()).integer(x.ld).pointer(y.data()).integer(y.ld);
            call.pointer(g.data()).integer(g.ld).pointer(gx.data()).integer(gx.ld).pointer(gy.data()).integer(gy.ld);
            ASSERT_EQ(call.run(library.symbol(name + "_gram_vjp")), HG_OK);
            check(gx, gy);
        }
    }
};

// Each pair gives w = infinity and the parts x y^2 = infinity and 1: no NaN, unless 0 * infinity comes from the padding.
TEST_F(GradientEdges, NothingComesFromThePadding) {
    GeneratedLibrary library("edges", {request("overflow", "sum((x*y)^2)^3")});
    for (std::int64_t n : {1, 4, 5, 70})
        for (std::int64_t m : {1, 15, 16, 17, 32, 33, 300})
            on_every_variant(library, "overflow", Points(n, 1e15F, 1), Points(m, 1e15F, 1),
                             [](const Matrix<float>& gx, const Matrix<float>& gy) {
                                 for (const Matrix<float>* gradient : {&gx, &gy})
                                     for (std::int64_t k = 0; k < gradient->rows * features; ++k)
                                         ASSERT_EQ(gradient->data()[k], INFINITY);
                             });
}

// NaN in one feature of a point makes its distances NaN, and with these the gradients of all its features, coincident
// ones too. A plain distance's gradient has no common factor: there only the feature itself is NaN.
TEST_F(GradientEdges, NaNGoesWhereTheDistanceGoes) {
    GeneratedLibrary library("edges",
                             {request("laplacian", "exp(-sum(abs(x - y)))"), request("plain", "sum(abs(x - y))")});
    for (std::int64_t n : {1, 7})
        for (std::int64_t m : {1, 40}) {
            Points x(n, 1, 2);
            x(n / 2, 0) = NAN;
            const Points y(m, 3, 2);
            auto check = [&](bool everywhere) {
                return [n, m, everywhere](const Matrix<float>& gx, const Matrix<float>& gy) {
                    for (std::int64_t i = 0; i < n; ++i) {
                        ASSERT_EQ(std::isnan(gx(i, 0)), i == n / 2);
                        ASSERT_EQ(std::isnan(gx(i, 1)), i == n / 2 && everywhere);
                    }
                    for (std::int64_t j = 0; j < m; ++j) {
                        ASSERT_TRUE(std::isnan(gy(j, 0)));
                        ASSERT_EQ(std::isnan(gy(j, 1)), everywhere);
                    }
                };
            };
            on_every_variant(library, "laplacian", x, y, check(true));
            on_every_variant(library, "plain", x, y, check(false));
        }
}

// r^2 log r has a gradient that vanishes with r, also where r^2 is 0 before r is; far away it grows.
TEST_F(GradientEdges, ThinPlateOfCloseAndFarPoints) {
    GeneratedLibrary library("edges", {request("spline", catalogue_formula("thin_plate").text)});
    for (const float size : {1e-40F, 1e-30F, 1e-22F, 1e19F, 1e30F})
        on_every_variant(library, "spline", Points(1, size, 0), Points(1, 0, size),
                         [size](const Matrix<float>& gx, const Matrix<float>& gy) {
                             if (size > 1) {
                                 ASSERT_GT(gx(0, 0), 1e19F);
                                 ASSERT_EQ(std::isinf(gx(0, 0)), size > 1e20F);
                             } else {
                                 ASSERT_LE(std::fabs(gx(0, 0)), 1e-19F);
                             }
                             ASSERT_EQ(gx(0, 0), -gx(0, 1));
                             ASSERT_EQ(gx(0, 0), -gy(0, 0));
                         });
}

// The angle of a point with itself is 0 whatever rounding makes of the cosine, and so is its gradient.
TEST_F(GradientEdges, AngleOfAPointWithItself) {
    KernelRequest angle = request("angle", catalogue_formula("arc_cosine0").text);
    angle.operations.push_back("gram");
    GeneratedLibrary library("edges", {angle});
    std::mt19937_64 random(3);
    std::normal_distribution<float> normal;
    for (int k = 0; k < 200; ++k) {
        const Points x(1, normal(random), normal(random));
        on_every_variant(library, "angle", x, x, [&](const Matrix<float>& gx, const Matrix<float>& gy) {
            float value = 0;
            Call call;
            call.integer(1).integer(1).pointer(x.data()).integer(x.ld).pointer(x.data()).integer(x.ld);
            ASSERT_EQ(call.pointer(&value).integer(1).run(library.symbol("angle_gram")), HG_OK);
            ASSERT_EQ(value, 1.0F);
            for (int f = 0; f < features; ++f) ASSERT_TRUE(gx(0, f) == 0 && gy(0, f) == 0) << k;
        });
    }
}

// A branch that is not taken gives nothing, whatever its derivative is there: no NaN of a root of what is negative, no
// infinity of an exponential that overflows.
TEST_F(GradientEdges, BranchesAreSelected) {
    struct Case {
        const char* formula;
        float x[2], y[2];
        double gx[2], gy[2];
    };
    const double inverse = std::exp(-1.0);
    const std::vector<Case> cases = {
        {"sum(where(x > y, sqrt(x - y), y - x))", {-5, 4}, {0, 0}, {-1, 0.25}, {1, -0.25}},
        {"sum(where(x > y, (x - y)^1.5, 0))", {-5, 4}, {0, 0}, {0, 3}, {0, -3}},
        {"sum(where(x > 0, x * log(x), 0) * y)", {-5, 1}, {1, 1}, {0, 1}, {0, 0}},
        {"sum(where(x < y, exp(x - y), log1p(x - y)))",
         {1000, -1},
         {0, 0},
         {1.0 / 1001, inverse},
         {-1.0 / 1001, -inverse}},
        {"where(sqdist(x, y) < 40, exp(sqdist(x, y)), sqdist(x, y))", {-100, 100}, {0, 0}, {-200, 200}, {200, -200}},
        {"where(l1(x, y) > 1, log(l1(x, y) - 1), exp(l1(x, y)))",
         {-100, 100},
         {0, 0},
         {-1.0 / 199, 1.0 / 199},
         {1.0 / 199, -1.0 / 199}},
        {"sum(min(exp(x - y), 1 + x - y))", {100, 200}, {0, 0}, {1, 1}, {-1, -1}},
        {"let r = norm(x - y) in where(r < 1, (1 - r)^4 * (4 * r + 1), 0)", {1e10F, 0}, {0, 0}, {0, 0}, {0, 0}},
        {"sum(where(x > 0, x * sqrt(sum(y)), 0))", {-5, -3}, {-1, -1}, {0, 0}, {0, 0}},
        {"where(sum(x) > 0, where(sum(y) > 0, sqrt(dot(x, y)), 1), sum(x))", {-5, 4}, {1, 1}, {1, 1}, {0, 0}},
        {"let s = sqrt(sum(x)) in where(sum(y) > 0, s * 2, 0) + where(sum(y) > 1, s, 0)",
         {-5, 1},
         {0, 0},
         {0, 0},
         {0, 0}},
        {"max(sqrt(abs(x - y)))", {4, 0}, {0, 0}, {0.25, 0}, {-0.25, 0}},
    };
    std::vector<KernelRequest> all;
    for (const Case& c : cases) all.push_back(request("k" + std::to_string(all.size()), c.formula));
    GeneratedLibrary library("branches", all);
    for (std::size_t k = 0; k < cases.size(); ++k) {
        SCOPED_TRACE(cases[k].formula);
        const Case& c = cases[k];
        const auto same = [](float computed, double exact) {
            return std::fabs(computed - exact) <= 4e-7 * std::fabs(exact);
        };
        on_every_variant(library, all[k].c_name, Points(1, c.x[0], c.x[1]), Points(1, c.y[0], c.y[1]),
                         [&](const Matrix<float>& gx, const Matrix<float>& gy) {
                             for (int d = 0; d < 2; ++d) {
                                 EXPECT_TRUE(same(gx(0, d), c.gx[d])) << gx(0, d) << ", exact " << c.gx[d];
                                 EXPECT_TRUE(same(gy(0, d), c.gy[d])) << gy(0, d) << ", exact " << c.gy[d];
                             }
                         });
    }
}

}  // namespace
}  // namespace halogram
