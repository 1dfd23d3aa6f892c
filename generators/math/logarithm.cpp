#include "generators/math/logarithm.h"

#include "generators/math/bits.h"
#include "generators/math/code.h"
#include "generators/math/coefficients.h"
#include "generators/math/exponential.h"

namespace halogram::code {

using Halide::select;

namespace {

// log(1 + fraction) - fraction. f32: a polynomial. f64: by 2 atanh(s), s = fraction / (2 + fraction), since a division
// costs less than the 12 further coefficients that a polynomial in `fraction` would need.
Expr log_tail(const Expr& fraction) {
    const Format f(fraction);
    Expr square = fraction * fraction;
    if (f.is_f32()) return square * f.polynomial({std::begin(log_tail_f32), std::end(log_tail_f32)}, fraction);
    Expr s = fraction / (f.constant(2) + fraction);
    Expr z = s * s, half = f.constant(0.5) * square;
    Expr rest = z * f.polynomial({std::begin(log_atanh_f64), std::end(log_atanh_f64)}, z);
    return fused_multiply_add(s, half + rest, -half);
}

}  // namespace

Pair log_of_parts(const Expr& exponent, const Expr& fraction, const Expr& low) {
    const Format f(fraction);
    const std::vector<double> ln2 = f.pick(ln_2_short_f32, ln_2_short_f64);  // exponent * ln2[0] is exact
    Expr high = fused_multiply_add(exponent, f.constant(ln2[0]), fraction);
    // Fast two-sum: |exponent ln 2| >= 0.69 > |fraction|, or the exponent is 0.
    Expr lost = fraction - fused_multiply_add(exponent, f.constant(-ln2[0]), high);
    lost = fused_multiply_add(exponent, f.constant(ln2[1]), lost);
    // d log(1 + x) = dx / (1 + x), and 1 - x is near enough for so small a part.
    if (low.defined()) lost = lost + fused_multiply_add(-fraction, low, low);
    return {high, lost + log_tail(fraction)};
}

Expr log(const Expr& a) {
    const Format f(a);
    Split parts = split_exponent_of_any(a);
    Pair sum = log_of_parts(parts.exponent, parts.fraction, Expr());
    Expr zero_or_not = select(a == f.constant(0), -f.infinity(), f.nan());
    return select(a > f.constant(0), select(a < f.infinity(), sum.high + sum.low, a), zero_or_not);
}

// log(1 + a) for a > -1.
static Pair log1p_in_parts(const Expr& a) {
    const Format f(a);
    Pair u = two_sum(f.constant(1), a);
    Split parts = split_exponent(u.high);
    // 2^-exponent for what 1 + a lost; from 2^60 on nothing that counts is lost, and the power stays in range.
    Expr limited = at_most(parts.exponent, f.constant(60));
    Expr power = f.from_bits(f.to_exponent_field(f.bits(f.constant(f.magic + f.bias) - limited)));
    Pair fraction = fast_two_sum(parts.fraction, u.low * power);
    return log_of_parts(parts.exponent, fraction.high, fraction.low);
}

Expr log1p(const Expr& a) {
    const Format f(a);
    const Pair sum = log1p_in_parts(a);
    const Expr edge = f.constant(-1);
    Expr unchanged = a == f.constant(0) || a == f.infinity();  // 0 keeps its sign
    return select(a > edge, select(unchanged, a, sum.high + sum.low), select(a == edge, -f.infinity(), f.nan()));
}

// Near 0 log(1 + a) = 2 atanh(z) with z = a / (2 + a), and 2 z - a = -a z: the whole is z (2 z^2 (1/3 + z^2 / 5 + ...) - a),
// whose second factor is carried in two numbers, as z is. Elsewhere the difference loses no more than two bits.
Expr log1pmx(const Expr& a) {
    const Format f(a);
    const Expr one = f.constant(1);
    Pair sum = fast_two_sum(f.constant(2), a);
    Expr reciprocal = one / sum.high;
    Expr z = a * reciprocal;
    Expr rest = fused_multiply_add(-z, sum.low, fused_multiply_add(-z, sum.high, a)) * reciprocal;
    Expr square = fused_multiply_add(z, z, (z + z) * rest);
    std::vector<double> series;  // to |z| <= 0.29: what is left out is 2^-27 (f32) or 2^-57 of the sum
    for (int k = 0; k < (f.is_f32() ? 7 : 15); ++k) series.push_back(2.0 / (2 * k + 3));
    Pair factor = fast_two_sum(-a, square * f.polynomial(series, square));
    Expr near = fused_multiply_add(z, factor.high, fused_multiply_add(z, factor.low, rest * factor.high));

    const Pair logarithm = log1p_in_parts(a);
    Pair difference = two_sum(logarithm.high, -a);
    Expr far = select(a < f.infinity(), difference.high + (difference.low + logarithm.low), -f.infinity());
    Expr outside = select(a == f.constant(-1), -f.infinity(), f.nan());
    return select(a > f.constant(-0.45) && a < f.constant(0.8), near, select(a > f.constant(-1), far, outside));
}

// max(a, 0) + log(1 + t) with t = e^-|a|.
Expr softplus(const Expr& a) {
    const Format f(a);
    ScaledExponential e = exp_of_non_positive(-magnitude_of(a));
    Expr power = e.scale * f.constant(e.unscale);
    Expr t = e.value.high * power, t_low = e.value.low * power;
    // 1 + t = 2 (1 + (t - 1) / 2) where t is above sqrt(2) - 1.
    Expr large = t > f.constant(0.41421356237);
    Expr middle = fused_multiply_add(t, f.constant(0.5), f.constant(-0.5));
    Expr middle_low = fused_multiply_add(t, f.constant(0.5), f.constant(-0.5) - middle);
    middle_low = fused_multiply_add(t_low, f.constant(0.5), middle_low);
    Pair sum = log_of_parts(select(large, f.constant(1), f.constant(0)), select(large, middle, t),
                            select(large, middle_low, t_low));
    Expr positive = a > f.constant(0);
    Pair total = two_sum(select(positive, a, f.constant(0)), sum.high);
    Expr general = total.high + (total.low + sum.low);
    // Far out the other part is below a quarter of an ulp: e^a (which may be subnormal) and a itself.
    const double far = f.is_f32() ? 18 : 40;
    Expr tiny = ((e.value.high + e.value.low) * e.scale) * f.constant(e.unscale);
    return select(a > f.constant(far), a, select(a < f.constant(-far), tiny, general));
}

}  // namespace halogram::code
