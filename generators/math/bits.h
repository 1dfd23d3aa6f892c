// The two formats, f32 and f64, as one: constants, bit patterns, and the tricks on them that every instruction set
// computes alike. Integers are unsigned, because Halide folds signed shifts into products; f32 code uses integers of 32
// bits, f64 code of 64. Not used: conversions between f64 and integers, arithmetic shifts of 64 bits (AVX2 has neither).
#pragma once

#include <Halide.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace halogram::code {

using Halide::Expr;

struct Format {
    Halide::Type number, integer;
    int mantissa;     // bits of the mantissa that are stored: 23 or 52
    int bias;         // of the exponent: 127 or 1023
    double magic;     // 1.5 * 2^mantissa: adding it rounds to an integer, which then stands in the lowest bits
    double smallest;  // normal number
    double lift;      // 2^(mantissa + 1): makes every subnormal number a normal one

    explicit Format(const Expr& like);

    bool is_f32() const { return mantissa == 23; }
    Expr constant(double value) const { return Halide::Internal::make_const(number, value); }
    Expr infinity() const;
    Expr nan() const;

    Expr bits(const Expr& a) const { return Halide::reinterpret(integer, a); }
    Expr from_bits(const Expr& a) const { return Halide::reinterpret(number, a); }
    Expr word(std::uint64_t value) const;  // a constant of the integer type
    Expr to_exponent_field(const Expr& a) const { return a << word(std::uint64_t(mantissa)); }
    Expr sign_bit(const Expr& a) const { return bits(a) & word(sign_mask()); }
    std::uint64_t sign_mask() const { return std::uint64_t(1) << (number.bits() - 1); }

    // The list for this format, as `coefficients.h` gives them.
    template <std::size_t Short, std::size_t Long>
    std::vector<double> pick(const double (&f32)[Short], const double (&f64)[Long]) const {
        return is_f32() ? std::vector<double>(f32, f32 + Short) : std::vector<double>(f64, f64 + Long);
    }

    // Horner's scheme, a fused multiply-add per degree; lowest power first.
    Expr polynomial(const std::vector<double>& coefficients, const Expr& a) const;
};

// Clamps that keep NaN, in the form that is one instruction on x86 (max returns its second operand at NaN).
Expr at_least(const Expr& a, const Expr& low);
Expr at_most(const Expr& a, const Expr& high);

// a = 2^exponent * (1 + fraction) for a normal a > 0, with 1 + fraction in [sqrt(1/2), sqrt(2)), exactly.
struct Split {
    Expr exponent, fraction;
};
Split split_exponent(const Expr& a);
// The same for every finite a > 0: subnormal numbers are scaled first.
Split split_exponent_of_any(const Expr& a);

// magnitude (whose sign is not set) with the sign of a.
Expr with_sign_of(const Expr& magnitude, const Expr& a);
Expr magnitude_of(const Expr& a);  // clears the sign; never raises a question of NaN

}  // namespace halogram::code
