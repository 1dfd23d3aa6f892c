#include "generators/math/code.h"

#include <cstdint>

namespace halogram::code {

using Halide::cast;
using Halide::Int;
using Halide::reinterpret;
using Halide::select;
using Halide::Type;
using Halide::Internal::Call;
using Halide::Internal::make_const;

namespace {

// A libm function, called for each lane: right to the accuracy that glibc documents, on every instruction set.
Expr from_libm(const std::string& name, const std::vector<Expr>& arguments) {
    const Type type = arguments[0].type();
    return Call::make(type, type.bits() == 32 ? name + "f" : name, arguments, Call::PureExtern);
}

Type integers_like(const Expr& a) { return Int(a.type().bits(), a.type().lanes()); }

// exp for f32 from 32-bit operations. x = k ln 2 + r with k rounded by adding 1.5 * 2^23 (no rounding instruction,
// which AVX-512 lacks for zmm in Halide's form); ln 2 in two terms keeps r exact to 2^-33; degree 6 on
// |r| <= ln 2 / 2; 2^k in two factors, so that results in the subnormal range are rounded once.
Expr exp_f32(const Expr& x) {
    const float magic = 12582912.0f;
    Expr clamped = select(x < -104.0f, -104.0f, select(x > 89.0f, 89.0f, x));  // beyond: 0 and infinity; keeps NaN
    Expr shifted = fused_multiply_add(clamped, make_const(x.type(), 1.44269504088896341), make_const(x.type(), magic));
    Expr k = shifted - magic;
    Expr r = fused_multiply_add(k, make_const(x.type(), -0.693145751953125), clamped);
    r = fused_multiply_add(k, make_const(x.type(), -1.42860682030941723e-6), r);
    // 1 + r + r^2 q(r), q of degree 4 fitted at Chebyshev nodes on |r| <= 0.3475: off by 2^-27 of the result.
    Expr p = make_const(x.type(), 0.00139263759958);
    for (double coefficient : {0.00836333308218, 0.0416665534587, 0.166665760623, 0.5, 1.0, 1.0})
        p = fused_multiply_add(p, r, make_const(x.type(), coefficient));
    Expr exponent = reinterpret(integers_like(x), shifted) - 0x4B400000;  // k as an integer
    Expr half = exponent >> 1;
    auto power_of_two = [&](const Expr& n) {  // unsigned, because Halide folds signed shifts as products
        const Type bits = Halide::UInt(32, x.type().lanes());
        return reinterpret(x.type(), cast(bits, n + 127) << make_const(bits, 23));
    };
    Expr first = power_of_two(half), second = power_of_two(exponent - half);
    return select(not_a_number(x), x, (p * first) * second);
}

}  // namespace

Expr fused_multiply_add(const Expr& a, const Expr& b, const Expr& c) {
    const Type type = a.type();
    return Call::make(type, type.bits() == 32 ? "llvm.fma.f32" : "llvm.fma.f64", {a, b, c}, Call::PureExtern);
}

Expr not_a_number(const Expr& a) {
    return !Call::make(Halide::Bool(a.type().lanes()), Call::strict_eq, {a, a}, Call::PureIntrinsic);
}

Expr minimum(const Expr& a, const Expr& b) {
    const Type bits = integers_like(a);
    Expr either_zero = reinterpret(a.type(), reinterpret(bits, a) | reinterpret(bits, b));  // -0 wins
    return select(a == b, either_zero, select(a < b || not_a_number(a), a, b));
}

Expr maximum(const Expr& a, const Expr& b) {
    const Type bits = integers_like(a);
    Expr both_zero = reinterpret(a.type(), reinterpret(bits, a) & reinterpret(bits, b));  // +0 wins
    return select(a == b, both_zero, select(a > b || not_a_number(a), a, b));
}

Expr exp(const Expr& a) { return a.type().bits() == 32 ? exp_f32(a) : from_libm("exp", {a}); }
Expr log(const Expr& a) { return from_libm("log", {a}); }
Expr log1p(const Expr& a) { return from_libm("log1p", {a}); }
Expr expm1(const Expr& a) { return from_libm("expm1", {a}); }
Expr sqrt(const Expr& a) { return Halide::sqrt(a); }
Expr tanh(const Expr& a) { return from_libm("tanh", {a}); }
Expr sin(const Expr& a) { return from_libm("sin", {a}); }
Expr cos(const Expr& a) { return from_libm("cos", {a}); }
Expr acos(const Expr& a) { return from_libm("acos", {a}); }
Expr erf(const Expr& a) { return from_libm("erf", {a}); }
Expr floor(const Expr& a) { return Halide::floor(a); }
Expr abs(const Expr& a) { return Halide::abs(a); }

// The sign bit on top of 1; zeros and NaN are their own sign.
Expr sign(const Expr& a) {
    const Type bits = Halide::UInt(a.type().bits(), a.type().lanes());
    const Expr one = make_const(a.type(), 1);
    const Expr sign_bit = make_const(bits, std::uint64_t{1} << (a.type().bits() - 1));
    const Expr signed_one = reinterpret(a.type(), (reinterpret(bits, a) & sign_bit) | reinterpret(bits, one));
    return select(Halide::abs(a) > make_const(a.type(), 0), signed_one, a);
}

Expr power(const Expr& base, const Expr& exponent) { return from_libm("pow", {base, exponent}); }

}  // namespace halogram::code
