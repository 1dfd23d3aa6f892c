// The cosine lies within [-1, 1], and angles are as exact near 0 and pi as atan2 makes them.
#include <cmath>

#include "schedules/operation_module.h"
#include "tests/support/in_process_call.h"

namespace halogram {
namespace {

constexpr int features = 3;

class Compiled {
public:
    Compiled(const std::string& formula, std::int64_t n)
        : formula_(parse_formula(formula)),
          request_{"k", formula_, "", "f32", features, {"gram", "gram_vjp"}},
          kernel_(interface_of(request_)),
          entry_{},
          problem((entry_.domain = Domain::Real, entry_), kernel_, {n, n, features}, 5) {
        compiled_ = compile_in_process(request_);
    }
    std::unique_ptr<KernelOutputs<float>> outputs() { return run(*compiled_, problem, options_with_threads(1)); }

private:
    const Formula formula_;
    const KernelRequest request_;
    const KernelInterface kernel_;
    CatalogueEntry entry_;
    std::shared_ptr<const InProcessKernel> compiled_;

public:
    KernelProblem<float> problem;
};

TEST(Angles, CosineOfEqualPointsIsOne) {
    Compiled cosine("cosine(x, y)", 200);
    cosine.problem.copy_x_to_y();
    const auto out = cosine.outputs();
    for (std::int64_t i = 0; i < 200; ++i) {
        ASSERT_EQ(out->k(i, i), 1.0F);
        for (std::int64_t j = 0; j < 200; ++j) ASSERT_LE(std::fabs(out->k(i, j)), 1.0F);
    }
}

// y = x turned by an angle, in the plane of the first two features; f64 knows the angle of what rounding left.
TEST(Angles, NearZeroAndPi) {
    constexpr int count = 40;
    Compiled angle("acos(cosine(x, y))", count);
    for (const float sign : {1.0F, -1.0F}) {
        for (int i = 0; i < count; ++i)
            for (int d = 0; d < features; ++d) {
                const double turn = std::pow(0.5, i);
                const double point[] = {1, 0.7, 0}, turned[] = {std::cos(turn) - 0.7 * std::sin(turn),
                                                                std::sin(turn) + 0.7 * std::cos(turn), 0};
                angle.problem.x(i, d) = float(point[d]);
                angle.problem.y(i, d) = sign * float(turned[d]);
            }
        angle.problem.keep_cotangents([](auto i, auto j) { return i == j; });
        const auto out = angle.outputs();
        for (int i = 0; i < count; ++i) {
            const float *x = &angle.problem.x(i, 0), *y = &angle.problem.y(i, 0);
            const double cross = double(x[0]) * y[1] - double(x[1]) * y[0];
            const double exact = std::atan2(std::fabs(cross), double(x[0]) * y[0] + double(x[1]) * y[1]);
            // Each feature of a unit vector is rounded: some u of the angle itself, as of atan2's two arguments.
            EXPECT_NEAR(out->k(i, i), exact, 8 * 0x1p-24 * (1 + exact)) << i;
            for (int d = 0; d < features; ++d) EXPECT_TRUE(std::isfinite(out->gx(i, d))) << i;
        }
    }
}

// A distance of rounded unit vectors would be 2 and some.
TEST(Angles, DistancesOfOppositePointsAreAtMostTwo) {
    for (const char* formula : {"cosine_distance(x, y)", "correlation_distance(x, y)"}) {
        Compiled distance(formula, 200), root("sqrt(2 - " + std::string(formula) + ")", 200);
        for (Compiled* compiled : {&distance, &root}) {
            for (std::int64_t i = 0; i < 200; ++i)
                for (int d = 0; d < features; ++d) compiled->problem.y(i, d) = -compiled->problem.x(i, d);
            const auto out = compiled->outputs();
            for (std::int64_t i = 0; i < 200; ++i) {
                const double own = compiled == &distance ? 2 : 0;
                ASSERT_NEAR(out->k(i, i), own, own == 2 ? 0x1p-20 : 0x1p-10) << formula;
                for (std::int64_t j = 0; j < 200; ++j) {
                    ASSERT_LE(out->k(i, j), 2) << formula;
                    ASSERT_GE(out->k(i, j), 0) << formula;
                }
            }
        }
    }
}

// As papers and GPflow print them: no NaN, whatever rounding makes of the quotient.
TEST(Angles, AsPrinted) {
    for (const char* formula : {"1 - acos(dot(x, y) / (norm(x) * norm(y))) / pi", "sqrt(1 - cosine(x, y))",
                                "acos(min(1, max(-1, cosine(x, y))))",
                                "acos((3 * sum(x * y) + 2) / sqrt((3 * sum(x^2) + 2) * (3 * sum(y * y) + 2)))"}) {
        Compiled printed(formula, 200);
        printed.problem.copy_x_to_y();
        const auto out = printed.outputs();
        for (std::int64_t i = 0; i < 200; ++i) {
            for (std::int64_t j = 0; j < 200; ++j) ASSERT_TRUE(std::isfinite(out->k(i, j))) << formula;
            for (int d = 0; d < features; ++d)
                ASSERT_TRUE(std::isfinite(out->gx(i, d)) && std::isfinite(out->gy(i, d))) << formula;
        }
    }
}

}  // namespace
}  // namespace halogram
