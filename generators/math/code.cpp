#include "generators/math/code.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "generators/math/bits.h"

namespace halogram::code {

using Halide::Int;
using Halide::reinterpret;
using Halide::select;
using Halide::Type;
using Halide::Internal::as_const_float;
using Halide::Internal::Call;
using Halide::Internal::is_const_zero;
using Halide::Internal::make_const;

namespace {

Type integers_like(const Expr& a) { return Int(a.type().bits(), a.type().lanes()); }

}  // namespace

Expr fused_multiply_add(const Expr& a, const Expr& b, const Expr& c) {
    const Type type = a.type();
    return Call::make(type, type.bits() == 32 ? "llvm.fma.f32" : "llvm.fma.f64", {a, b, c}, Call::PureExtern);
}

Expr negated(const Expr& a) { return make_const(a.type(), -0.0) - a; }

Expr not_a_number(const Expr& a) {
    return !Call::make(Halide::Bool(a.type().lanes()), Call::strict_eq, {a, a}, Call::PureIntrinsic);
}

Expr quotient(const Expr& a, const Expr& b) {
    if (!is_const_zero(b)) return a / b;
    // Infinity with the sign of the 0: the same signs, and NaN for 0 and NaN.
    const double infinity = std::numeric_limits<double>::infinity();
    return a * make_const(a.type(), std::copysign(infinity, as_const_float(b).value_or(0.0)));
}

Expr minimum(const Expr& a, const Expr& b) {
    const Type bits = integers_like(a);
    const Expr either_zero = reinterpret(a.type(), reinterpret(bits, a) | reinterpret(bits, b));  // -0 wins
    return select(a == b, either_zero, select(a < b || not_a_number(a), a, b));
}

Expr maximum(const Expr& a, const Expr& b) {
    const Type bits = integers_like(a);
    const Expr both_zero = reinterpret(a.type(), reinterpret(bits, a) & reinterpret(bits, b));  // +0 wins
    return select(a == b, both_zero, select(a > b || not_a_number(a), a, b));
}

Expr product_at_edge(const Expr& a, const Expr& b) {
    const Expr zero = make_const(a.type(), 0);
    return select((a == zero && !not_a_number(b)) || (b == zero && !not_a_number(a)), zero, a * b);
}

Expr sqrt(const Expr& a) { return Halide::sqrt(a); }
Expr floor(const Expr& a) { return Halide::floor(a); }
// Not Halide's, which compares with 0 in f64 and so keeps the sign of -0.
Expr abs(const Expr& a) { return magnitude_of(a); }

// The sign bit on top of 1; zeros and NaN are their own sign. On AVX-512 a comparison and a masked vpternlog.
Expr sign(const Expr& a) {
    const Type bits = Halide::UInt(a.type().bits(), a.type().lanes());
    const Expr zero = make_const(a.type(), 0), one = make_const(a.type(), 1);
    const Expr sign_bit = make_const(bits, std::uint64_t{1} << (a.type().bits() - 1));
    const Expr signed_one = reinterpret(a.type(), (reinterpret(bits, a) & sign_bit) | reinterpret(bits, one));
    return select(a < zero || a > zero, signed_one, a);
}

// The exponent field alone; subnormal numbers are scaled first. Infinity is its own, as NaN is.
Expr binade(const Expr& a) {
    const Format f(a);
    const Expr one = f.constant(1), size = magnitude_of(a);
    const Expr subnormal = size < f.constant(f.smallest);
    const Expr scaled = select(subnormal, size * f.constant(f.lift), size);
    const Expr power =
        f.from_bits(f.bits(scaled) & f.bits(f.infinity())) * select(subnormal, f.constant(1 / f.lift), one);
    return select(not_a_number(a), a, size == f.constant(0), one, power);
}

// On AVX-512 a comparison, a vpternlog and a masked addition. The weight's difference from itself stands for 0, so that a
// weight of NaN is added wherever the sign is 0 too.
Expr add_with_sign(const Expr& sum, const Expr& weight, const Expr& a) {
    const Format format(weight);
    const Expr zero = Call::make(weight.type(), Call::strict_sub, {weight, weight}, Call::PureIntrinsic);
    const Expr signed_weight = format.from_bits(format.bits(weight) ^ format.sign_bit(a));
    const Type truth = Halide::Bool(weight.type().lanes());
    const Expr equal = Call::make(truth, Call::strict_eq, {a, zero}, Call::PureIntrinsic);
    // An exclusive or, because Halide turns `!` into exchanged arms of the selection, and then it is no mask.
    const Expr differs = Call::make(truth, Call::bitwise_xor, {equal, make_const(truth, true)}, Call::PureIntrinsic);
    return select(differs, sum + signed_weight, sum);
}

}  // namespace halogram::code
