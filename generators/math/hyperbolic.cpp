// tanh, sigmoid: quotients of exponentials, whose numerators and denominators are kept as sums of two numbers.
#include "generators/math/bits.h"
#include "generators/math/code.h"
#include "generators/math/exponential.h"

namespace halogram::code {

using Halide::select;

// tanh |a| = h / (h + 1) with h = (e^(2 |a|) - 1) / 2.
Expr tanh(const Expr& a) {
    const Format f(a);
    // From 9.02 (19.07) on the result is 1 rounded.
    Expr clamped = at_most(magnitude_of(a), f.constant(f.is_f32() ? 10 : 20));
    Pair h = half_expm1(clamped + clamped);
    h = fast_two_sum(h.high, h.low);
    Pair denominator = two_sum(h.high, f.constant(1));
    denominator.low = denominator.low + h.low;
    return with_sign_of(divide(h, denominator), a);
}

// With t = e^-|a|: 1 / (1 + t) for a >= 0, t / (1 + t) below, where t = p 2^k and 2^k is applied last, so that a subnormal
// result is rounded from a good quotient.
Expr sigmoid(const Expr& a) {
    const Format f(a);
    ScaledExponential e = exp_of_non_positive(-magnitude_of(a));
    Expr power = e.scale * f.constant(e.unscale);  // below the normal range it does not count beside 1
    Pair denominator = fast_two_sum(f.constant(1), e.value.high * power);
    denominator.low = fused_multiply_add(e.value.low, power, denominator.low);
    Expr negative = a < f.constant(0);
    Pair numerator = {select(negative, e.value.high, f.constant(1)), select(negative, e.value.low, f.constant(0))};
    Expr scale = select(negative, e.scale, f.constant(1 / e.unscale));
    return (divide(numerator, denominator) * scale) * f.constant(e.unscale);
}

}  // namespace halogram::code
