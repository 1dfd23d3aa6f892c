// The code of every primitive function against its exact value in MPFR, within the error that its entry states, on a sample
// that covers every exponent, the special values and the borders of the range reductions. All 2^32 arguments: math_exhaustive.
#include "generators/math/functions.h"

#include <Halide.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "generators/math/code.h"
#include "tests/math/accuracy.h"
#include "tests/math/power_filter.h"

namespace halogram {
namespace {

template <typename T>
using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
template <typename T>
using Limits = std::numeric_limits<T>;

template <typename T>
std::vector<T> special_values() {
    return {T(0),
            T(1),
            T(2),
            T(3),
            T(0.5),
            T(1.5),
            Limits<T>::infinity(),
            Limits<T>::quiet_NaN(),
            Limits<T>::min(),
            Limits<T>::denorm_min(),
            Limits<T>::max(),
            std::nextafter(T(1), T(0)),
            std::nextafter(T(1), T(2)),
            std::nextafter(Limits<T>::min(), T(0))};
}

// Both signs of everything; neighbours on both sides of every border.
template <typename T>
std::vector<T> covering_sample() {
    std::vector<T> values = special_values<T>();
    std::mt19937_64 random(7);
    const int least = Limits<T>::min_exponent - Limits<T>::digits, largest = Limits<T>::max_exponent;
    for (int exponent = least; exponent < largest; ++exponent)
        for (int k = 0; k < (sizeof(T) == 4 ? 40 : 6); ++k)
            values.push_back(std::ldexp(T(1) + (k == 0 ? T(0) : T(random() >> 12) * T(0x1p-52)), exponent));
    const double half_pi = 1.57079632679489661923, ln2 = 0.69314718055994530942;
    std::vector<double> borders = {0.875,
                                   3.93,
                                   5.93,
                                   0.5,
                                   0.41421356237309503,
                                   0.45,
                                   0.8,
                                   1.41421356237309503,
                                   0.70710678118654752,
                                   0.29289321881345247,
                                   18,
                                   30,
                                   40,
                                   60,
                                   10,
                                   20,
                                   20.0,
                                   87.33654,
                                   88.72284,
                                   103.97208,
                                   708.39641853,
                                   709.782712893384,
                                   745.13321910194,
                                   104,
                                   89,
                                   746,
                                   710,
                                   0x1p17,
                                   0x1p25,
                                   0x1p30,
                                   0x1p54,
                                   9.0109133,
                                   19.0615474653985,
                                   17.32868,
                                   36.7368005696771};
    for (int k = 1; k < 200; ++k) {
        borders.push_back(k * half_pi / 2);
        borders.push_back(k * ln2 / 2);
    }
    for (int k = 0; k < 400; ++k) borders.push_back(std::floor(std::exp2(k * 0.08)) * half_pi);
    for (double border : borders) {
        T below = T(border), above = T(border);
        for (int k = 0; k < 8; ++k) {
            values.insert(values.end(), {below, above});
            below = std::nextafter(below, T(0));
            above = std::nextafter(above, Limits<T>::infinity());
        }
    }
    std::uniform_real_distribution<double> near(0, 1), wide(0, sizeof(T) == 4 ? 110 : 760), logarithm(-40, 7);
    for (int k = 0; k < 12000; ++k) {
        values.push_back(T(near(random)));
        values.push_back(T(wide(random)));
        values.push_back(T(std::exp2(logarithm(random))));
    }
    const std::size_t positive = values.size();
    for (std::size_t k = 0; k < positive; ++k) values.push_back(-values[k]);
    while (values.size() % 16 != 0) values.push_back(T(1));
    return values;
}

template <typename T>
void check_within_stated_error() {
    const std::vector<T> values = covering_sample<T>();
    std::vector<T> computed(values.size());
    for (const Function& f : functions()) {
        if (f.code == nullptr) continue;
        CompiledFunction(f.code, Halide::type_of<T>(), best_isa())(values.data(), computed.data(), int(values.size()));
        const double stated = sizeof(T) == 4 ? f.ulp_f32 : f.ulp_f64;
        const T range = precise_range<T>(f.name);
        double worst = 0;
        T at = 0;
        for (std::size_t k = 0; k < values.size(); ++k) {
            if (std::fabs(values[k]) > range) {
                const Wide<T> exact = find_reference(f.name)->of_double(double(values[k]));
                // The filter itself is right to 2^-53 in f64, which is u.
                ASSERT_LE(error_beyond_range<T>(exact, values[k], computed[k]), 1.0)
                    << f.name << "(" << values[k] << ")";
                continue;
            }
            const double error = exact_error_in_ulp<T>(f, values[k], computed[k]);
            if (error > worst) worst = error, at = values[k];
            ASSERT_LE(error, stated) << f.name << "(" << values[k] << ") = " << computed[k];
        }
        std::printf("%-8s f%d worst %.4f ulp at %a, stated %.2f\n", std::string(f.name).c_str(), int(sizeof(T) * 8),
                    worst, double(at), stated);
    }
}

TEST(Functions, WithinStatedErrorF32) { check_within_stated_error<float>(); }
TEST(Functions, WithinStatedErrorF64) { check_within_stated_error<double>(); }

TEST(Functions, FastExpIsWithinFourUlp) {
    const std::vector<float> values = covering_sample<float>();
    std::vector<float> computed(values.size());
    CompiledFunction(code::fast_exp, Halide::Float(32), best_isa())(values.data(), computed.data(), int(values.size()));
    for (std::size_t k = 0; k < values.size(); ++k)
        ASSERT_LE(exact_error_in_ulp<float>(*find_function("exp"), values[k], computed[k]), 4.0) << values[k];
}

template <typename T>
void check_power() {
    std::vector<T> base, exponent;
    auto both_signs = [](std::vector<T> list) {
        const std::size_t count = list.size();
        for (std::size_t k = 0; k < count; ++k) list.push_back(-list[k]);
        return list;
    };
    std::vector<T> special = special_values<T>();
    for (double more : {4.0, 7.0, 0.25, 8388607.0, 16777215.0, 16777216.0, 4503599627370495.5, 9007199254740991.0,
                        9007199254740992.0, 1e30, 1e-30, 2147483649.0})
        special.push_back(T(more));
    for (T a : both_signs(special))
        for (T b : both_signs(special)) base.push_back(a), exponent.push_back(b);
    std::mt19937_64 random(11);
    std::uniform_real_distribution<double> target(sizeof(T) == 4 ? -152 : -1080, sizeof(T) == 4 ? 130 : 1030);
    for (int k = 0; k < 200000; ++k) {
        const T a = std::fabs(std::bit_cast<T>(static_cast<Bits<T>>(random())));
        if (!std::isfinite(a) || a == 0) continue;
        const T near_one = T(1) + T(k % 2 ? 1 : -0.5) * T(random() >> 12) * std::ldexp(T(1), -52 - k % 20);
        base.push_back(k % 3 == 0 ? near_one : a);
        exponent.push_back(T(target(random) / std::log2(double(base.back()))));
    }
    while (base.size() % 16 != 0) base.push_back(1), exponent.push_back(1);
    std::vector<T> computed(base.size());
    const Halide::Type type = Halide::type_of<T>();
    CompiledFunction(code::power, type, type, best_isa())(base.data(), exponent.data(), computed.data(),
                                                          int(base.size()));
    double worst = 0;
    for (std::size_t k = 0; k < base.size(); ++k) {
        const double filter = error_in_ulp<T>(computed[k], wide_power(Wide<T>(base[k]), Wide<T>(exponent[k])));
        if (filter < 0.45) continue;
        const double error = exact_power_error_in_ulp<T>(base[k], exponent[k], computed[k]);
        worst = std::max(worst, error);
        ASSERT_LE(error, power_ulp) << base[k] << " ^ " << exponent[k] << " = " << computed[k];
    }
    std::printf("pow      f%d worst %.4f ulp, stated %.2f\n", int(sizeof(T) * 8), worst, power_ulp);
}

TEST(Functions, PowerWithinStatedErrorF32) { check_power<float>(); }
TEST(Functions, PowerWithinStatedErrorF64) { check_power<double>(); }

// What decides for nearly all of the 2.7 10^11 powers of math_exhaustive must let nothing wrong through.
TEST(Functions, PowerFilterSuspectsEveryWrongPower) {
    std::mt19937_64 random(11);
    std::vector<float> base, exponent, computed;
    const auto add = [&](float b, float e, float c) {
        base.push_back(b), exponent.push_back(e), computed.push_back(c);
    };
    for (float e : {2.0F, -3.0F, 0.5F, -2.2F, 100.0F, 1e9F, 3e38F, 16777215.0F, 1e-20F, 0.0F})
        for (int k = 0; k < 20'000; ++k) {
            const float b = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
            const float right = static_cast<float>(std::pow(double(b), double(e)));
            add(b, e, right);
            add(b, e, std::nextafter(right, INFINITY));
            add(b, e, std::nextafter(right, -INFINITY));
            add(b, e, -right);
            add(b, e, std::numeric_limits<float>::quiet_NaN());
            add(b, e, 1);
        }
    PowerFilter filter;
    std::size_t found = 0;
    for (double limit : {0.5, 0.7, 0.98}) {
        std::vector<bool> suspect(base.size());
        for (std::uint32_t k : filter.suspects(base.data(), exponent.data(), computed.data(), base.size(), limit))
            suspect[k] = true;
        for (std::size_t k = 0; k < base.size(); ++k) {
            const double error = error_in_ulp<float>(computed[k], wide_power(double(base[k]), double(exponent[k])));
            if (error > limit + 1e-6) {
                ++found;
                ASSERT_TRUE(suspect[k]) << base[k] << " ^ " << exponent[k] << " = " << computed[k] << ": " << error;
            }
        }
    }
    EXPECT_GT(found, base.size() / 4);
}

// Every int32 exponent counts as what it is, also where it is not an f32.
template <typename T>
void check_integer_power() {
    std::vector<T> base;
    std::vector<std::int32_t> exponent;
    const std::vector<std::int32_t> exponents = {
        0,           1,        2,        3,        -1,       -2,       -3,         7,          100,
        1025,        16777215, 16777216, 16777217, 16777219, 33554435, 2147483647, 2147483646, -2147483647 - 1,
        -2147483647, -16777217};
    std::vector<T> bases = special_values<T>();
    for (int k = 1; k < 40; ++k) {
        bases.push_back(T(1) + k * Limits<T>::epsilon());
        bases.push_back(T(1) - k * Limits<T>::epsilon() / 2);
        bases.push_back(T(0.37) * T(k));
    }
    for (T a : bases)
        for (std::int32_t n : exponents)
            for (T sign : {T(1), T(-1)}) base.push_back(sign * a), exponent.push_back(n);
    while (base.size() % 16 != 0) base.push_back(1), exponent.push_back(1);
    std::vector<T> computed(base.size());
    const auto check = [&](CompiledFunction::Code2 code, int offset, bool negative) {
        CompiledFunction(code, Halide::type_of<T>(), Halide::Int(32), best_isa())(base.data(), exponent.data(),
                                                                                  computed.data(), int(base.size()));
        for (std::size_t k = 0; k < base.size(); ++k) {
            const double n = (negative ? -1.0 : 1.0) * (double(exponent[k]) + offset);
            mpfr_t exact;
            mpfr_init2(exact, 300);
            mpfr_set_d(exact, double(base[k]), MPFR_RNDN);
            mpfr_pow_si(exact, exact, long(n), MPFR_RNDN);
            const Wide<T> wide =
                sizeof(T) == 4 ? Wide<T>(mpfr_get_d(exact, MPFR_RNDN)) : Wide<T>(mpfr_get_ld(exact, MPFR_RNDN));
            mpfr_clear(exact);
            ASSERT_LE(error_in_ulp<T>(computed[k], wide), power_ulp) << base[k] << " ^ " << n << " = " << computed[k];
        }
    };
    check([](const Halide::Expr& a, const Halide::Expr& n) { return code::integer_power(a, n); }, 0, false);
    check([](const Halide::Expr& a, const Halide::Expr& n) { return code::integer_power(a, n, -1); }, -1, false);
    check([](const Halide::Expr& a, const Halide::Expr& n) { return code::integer_power(a, n, 1, true); }, 1, true);
}

TEST(Functions, IntegerPowerOfEveryInt32) {
    check_integer_power<float>();
    check_integer_power<double>();
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
