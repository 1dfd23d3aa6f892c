// The code of every primitive function against its exact value in MPFR, within the error that its entry states.
#include "generators/math/functions.h"

#include <Halide.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "generators/math/code.h"

namespace halogram {
namespace {

template <typename T>
std::vector<T> arguments_to_try() {
    std::vector<T> values = {T(0),
                             T(-0.0),
                             T(1),
                             T(-1),
                             std::numeric_limits<T>::infinity(),
                             -std::numeric_limits<T>::infinity(),
                             std::numeric_limits<T>::quiet_NaN(),
                             std::numeric_limits<T>::min(),
                             std::numeric_limits<T>::denorm_min(),
                             std::numeric_limits<T>::max(),
                             std::numeric_limits<T>::lowest()};
    std::mt19937_64 random(7);
    std::uniform_real_distribution<double> near(-1, 1), wide(-110, 110), exponent(-40, 5);
    for (int k = 0; k < 20000; ++k) {
        values.push_back(T(near(random)));
        values.push_back(T(wide(random)));
        values.push_back(T(std::exp2(exponent(random))));
    }
    while (values.size() % 16) values.push_back(T(1));
    return values;
}

// |computed - exact| in units in the last place of the exact value; 0 where both are NaN or the same infinity.
template <typename T>
double error_in_ulp(const Function& f, T argument, T computed) {
    mpfr_t a, r;
    mpfr_inits2(256, a, r, static_cast<mpfr_ptr>(nullptr));
    mpfr_set_d(a, double(argument), MPFR_RNDN);
    f.exact(r, a, MPFR_RNDN);
    const T nearest = sizeof(T) == 4 ? T(mpfr_get_flt(r, MPFR_RNDN)) : T(mpfr_get_d(r, MPFR_RNDN));
    double error = 0;
    if (std::isnan(nearest) || std::isnan(computed)) {
        error = std::isnan(nearest) && std::isnan(computed) ? 0 : 1e30;
    } else if (std::isinf(nearest) || std::isinf(computed)) {
        error = nearest == computed ? 0 : 1e30;
    } else {
        const T magnitude = std::fabs(nearest);
        T below = std::nextafter(magnitude, T(0));
        const double ulp =
            magnitude == 0 ? double(std::numeric_limits<T>::denorm_min()) : double(magnitude) - double(below);
        mpfr_sub_d(r, r, double(computed), MPFR_RNDN);
        error = std::fabs(mpfr_get_d(r, MPFR_RNDN)) / ulp;
    }
    mpfr_clears(a, r, static_cast<mpfr_ptr>(nullptr));
    return error;
}

template <typename T>
void check_within_stated_error() {
    std::vector<T> values = arguments_to_try<T>();
    const int count = int(values.size());
    Halide::Buffer<T> input(values.data(), count);
    for (const Function& f : functions()) {
        if (f.code == nullptr) continue;
        Halide::Var i;
        Halide::Func value;
        value(i) = f.code(input(i));
        value.vectorize(i, 8);
        Halide::Buffer<T> output =
            value.realize({count}, Halide::get_jit_target_from_environment().with_feature(Halide::Target::StrictFloat));
        const double stated = sizeof(T) == 4 ? f.ulp_f32 : f.ulp_f64;
        double worst = 0;
        for (int k = 0; k < count; ++k) {
            const double error = error_in_ulp<T>(f, values[std::size_t(k)], output(k));
            if (error > worst) worst = error;
            ASSERT_LE(error, stated) << f.name << "(" << values[std::size_t(k)] << ") = " << output(k);
        }
        testing::Test::RecordProperty(std::string(f.name), std::to_string(worst));
        std::printf("%-8s f%d worst %.3f ulp, stated %.1f\n", std::string(f.name).c_str(), int(sizeof(T) * 8), worst,
                    stated);
    }
}

TEST(Functions, WithinStatedErrorF32) {
    try {
        check_within_stated_error<float>();
    } catch (const Halide::Error& e) {
        FAIL() << e.what();
    }
}
TEST(Functions, WithinStatedErrorF64) {
    try {
        check_within_stated_error<double>();
    } catch (const Halide::Error& e) {
        FAIL() << e.what();
    }
}

TEST(Functions, ExtremaPropagateNanAndOrderZeros) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    Halide::Param<float> a, b;
    Halide::Func f;
    f() = Halide::Tuple(code::minimum(a, b), code::maximum(a, b));
    const Halide::Target target = Halide::get_jit_target_from_environment().with_feature(Halide::Target::StrictFloat);
    auto both = [&](float first, float second) {
        a.set(first);
        b.set(second);
        Halide::Realization r = f.realize({}, target);
        return std::pair<float, float>(Halide::Buffer<float>(r[0])(), Halide::Buffer<float>(r[1])());
    };
    EXPECT_EQ(both(1, 2), (std::pair<float, float>(1, 2)));
    EXPECT_EQ(both(2, 1), (std::pair<float, float>(1, 2)));
    for (auto [first, second] : {std::pair(nan, 1.0f), std::pair(1.0f, nan)}) {
        EXPECT_TRUE(std::isnan(both(first, second).first));
        EXPECT_TRUE(std::isnan(both(first, second).second));
    }
    for (auto [first, second] : {std::pair(0.0f, -0.0f), std::pair(-0.0f, 0.0f)}) {
        EXPECT_TRUE(std::signbit(both(first, second).first));
        EXPECT_FALSE(std::signbit(both(first, second).second));
    }
}

}  // namespace
}  // namespace halogram
