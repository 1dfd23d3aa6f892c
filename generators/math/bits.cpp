#include "generators/math/bits.h"

#include <limits>

#include "generators/math/code.h"

namespace halogram::code {

using Halide::Float;
using Halide::select;
using Halide::UInt;

namespace {

// sqrt(1/2) rounded down, as bits.
constexpr std::uint64_t sqrt_half_f32 = 0x3F3504F3, sqrt_half_f64 = 0x3FE6A09E667F3BCC;
constexpr std::uint64_t one_f32 = 0x3F800000, one_f64 = 0x3FF0000000000000;

}  // namespace

Format::Format(const Expr& like) {
    const bool single = like.type().bits() == 32;
    number = Float(single ? 32 : 64);
    integer = UInt(single ? 32 : 64);
    mantissa = single ? 23 : 52;
    bias = single ? 127 : 1023;
    magic = single ? 0x1.8p23 : 0x1.8p52;
    lift = single ? 0x1p24 : 0x1p53;
    smallest = single ? std::numeric_limits<float>::min() : std::numeric_limits<double>::min();
}

Expr Format::infinity() const { return constant(std::numeric_limits<double>::infinity()); }
Expr Format::nan() const { return constant(std::numeric_limits<double>::quiet_NaN()); }

Expr Format::word(std::uint64_t value) const {
    // make_const takes signed numbers; a large unsigned one goes through the type that holds it.
    return Halide::Internal::UIntImm::make(integer, value);
}

Expr Format::polynomial(const std::vector<double>& coefficients, const Expr& a) const {
    Expr result = constant(coefficients.back());
    for (std::size_t k = coefficients.size() - 1; k-- > 0;)
        result = fused_multiply_add(result, a, constant(coefficients[k]));
    return result;
}

Expr at_least(const Expr& a, const Expr& low) { return select(low > a, low, a); }
Expr at_most(const Expr& a, const Expr& high) { return select(high < a, high, a); }

namespace {

// `shift`: the power of two by which a was scaled, as a number.
Split split_scaled(const Expr& a, const Expr& shift) {
    const Format f(a);
    const std::uint64_t half = f.is_f32() ? sqrt_half_f32 : sqrt_half_f64, one = f.is_f32() ? one_f32 : one_f64;
    Expr moved = f.bits(a) + f.word(one - half);
    // The exponent as an integer below 2^mantissa, made a number by the bits of 2^mantissa: no conversion.
    Expr field = moved >> f.word(std::uint64_t(f.mantissa));
    const double base = f.is_f32() ? 0x1p23 : 0x1p52;
    const std::uint64_t base_bits = std::uint64_t(f.bias + f.mantissa) << f.mantissa;
    Expr exponent = f.from_bits(field | f.word(base_bits)) - (shift + f.constant(base + f.bias));
    Expr scaled = f.from_bits((moved & f.word((std::uint64_t(1) << f.mantissa) - 1)) + f.word(half));
    return {exponent, scaled - f.constant(1)};
}

}  // namespace

Split split_exponent(const Expr& a) { return split_scaled(a, Format(a).constant(0)); }

Split split_exponent_of_any(const Expr& a) {
    const Format f(a);
    const double shift = f.mantissa + 1;
    Expr subnormal = a < f.constant(f.smallest);
    Expr scaled = select(subnormal, a * f.constant(f.lift), a);
    return split_scaled(scaled, select(subnormal, f.constant(shift), f.constant(0)));
}

Expr magnitude_of(const Expr& a) {
    const Format f(a);
    return f.from_bits(f.bits(a) & f.word(f.sign_mask() - 1));
}

Expr with_sign_of(const Expr& magnitude, const Expr& a) {
    const Format f(a);
    return f.from_bits(f.bits(magnitude) | f.sign_bit(a));
}

}  // namespace halogram::code
