#include "generators/math/exponential.h"

#include "generators/math/bits.h"
#include "generators/math/code.h"
#include "generators/math/coefficients.h"

namespace halogram::code {

using Halide::select;

namespace {

// Where e^a is 0 (below half the smallest subnormal number) and infinite (above the largest number), and a little more.
double lowest(const Format& f) { return f.is_f32() ? -104.0 : -746.0; }
double highest(const Format& f) { return f.is_f32() ? 89.0 : 710.0; }

// From negative_offset + k, k >= -150 (-1077) one gets an exponent field that is never negative.
double negative_offset(const Format& f) { return f.is_f32() ? 127 + 64 : 1023 + 600; }
double negative_unscale(const Format& f) { return f.is_f32() ? 0x1p-64 : 0x1p-600; }

// e^r by Horner's scheme: 1 + r + r^2 (...), a fused multiply-add per degree.
Expr exp_of_small(const Format& f, const std::vector<double>& tail, const Expr& r) {
    std::vector<double> all = {1, 1};
    all.insert(all.end(), tail.begin(), tail.end());
    return f.polynomial(all, r);
}

// p * 2^k for the full range of exponents, rounded once: p * 2^floor(k / 2) is exact. `shifted` holds k + 2 bias above an
// even number without bits below it, so that halving is a shift and both factors come out of three operations.
Expr times_power_of_two(const Format& f, const Expr& p, const Expr& shifted) {
    Expr all = f.bits(shifted);
    Expr half = all >> f.word(1);
    Expr first = f.from_bits(f.to_exponent_field(half)), second = f.from_bits(f.to_exponent_field(all - half));
    return (p * first) * second;
}

Expr exp_by(const Expr& a, const std::vector<double>& tail) {
    const Format f(a);
    Expr clamped = at_most(at_least(a, f.constant(lowest(f))), f.constant(highest(f)));
    Reduced x = reduce_by_ln2_rounded(clamped, 2.0 * f.bias);
    return times_power_of_two(f, exp_of_small(f, tail, x.r), x.shifted);
}

// The argument is <= 0 or NaN: only the lower clamp, and one factor less. With AVX-512 14 operations in f32.
Expr exp_non_positive_by(const Expr& a, const std::vector<double>& tail) {
    const Format f(a);
    Reduced x = reduce_by_ln2_rounded(at_least(a, f.constant(lowest(f))), negative_offset(f));
    Expr scale = f.from_bits(f.to_exponent_field(f.bits(x.shifted)));
    return (exp_of_small(f, tail, x.r) * scale) * f.constant(negative_unscale(f));
}

// Degree 5 in f32; f64 stays as it is.
std::vector<double> fast_tail(const Format& f) { return f.pick(fast_exp_tail_f32, exp_tail_f64); }

}  // namespace

Reduced reduce_by_ln2_rounded(const Expr& a, double offset) {
    const Format f(a);
    const std::vector<double> ln2 = f.pick(ln_2_f32, ln_2_f64);
    const double magic = f.magic + offset;
    Expr shifted = fused_multiply_add(a, f.constant(1.44269504088896340736), f.constant(magic));
    Expr k = shifted - f.constant(magic);
    // The first step is exact: r and k ln2[0] are multiples of an ulp of ln2[0], and |r| < 1/2 has room for them.
    Expr r = fused_multiply_add(k, f.constant(-ln2[0]), a);
    return {shifted, k, fused_multiply_add(k, f.constant(-ln2[1]), r), Expr()};
}

Reduced reduce_by_ln2(const Expr& a, double offset) {
    const Format f(a);
    const std::vector<double> ln2 = f.pick(ln_2_f32, ln_2_f64);
    const double magic = f.magic + offset;
    Expr shifted = fused_multiply_add(a, f.constant(1.44269504088896340736), f.constant(magic));
    Expr k = shifted - f.constant(magic);
    Pair r = fast_two_sum(fused_multiply_add(k, f.constant(-ln2[0]), a), k * f.constant(-ln2[1]));
    return {shifted, k, r.high, r.low};
}

ScaledExponential exp_of_non_positive(const Expr& a) {
    const Format f(a);
    Reduced x = reduce_by_ln2(at_least(a, f.constant(lowest(f))), negative_offset(f));
    Pair linear = fast_two_sum(f.constant(1), x.r);
    Expr tail = fused_multiply_add(x.r * x.r, f.polynomial(f.pick(expm1_tail_f32, expm1_tail_f64), x.r), x.rest);
    return {fast_two_sum(linear.high, linear.low + tail), f.from_bits(f.to_exponent_field(f.bits(x.shifted))),
            negative_unscale(f)};
}

Expr one_minus_exp(const Pair& a) {
    const Format f(a.high);
    const std::vector<double> ln2 = f.pick(ln_2_f32, ln_2_f64);
    Reduced x = reduce_by_ln2_rounded(a.high, f.bias);
    Expr r = fused_multiply_add(x.k, f.constant(-ln2[0]), a.high);
    r = r + fused_multiply_add(x.k, f.constant(-ln2[1]), a.low);
    Expr scale = f.from_bits(f.to_exponent_field(f.bits(x.shifted)));
    return fused_multiply_add(-exp_of_small(f, f.pick(exp_tail_f32, exp_tail_f64), r), scale, f.constant(1));
}

Pair half_expm1(const Expr& a) {
    const Format f(a);
    // Half of everything, so that 2^k / 2 is finite up to the largest result.
    Reduced x = reduce_by_ln2(a, f.bias - 1.0);
    Expr scale = f.from_bits(f.to_exponent_field(f.bits(x.shifted)));
    // d e^r = e^r dr, and 1 + r is near enough.
    Expr square = x.r * x.r, rest_of_r = fused_multiply_add(x.rest, x.r, x.rest);
    // What the square lost, times 1/2: with it f64 stays below 1 ulp, as f32 does without.
    if (!f.is_f32()) rest_of_r = fused_multiply_add(fused_multiply_add(x.r, x.r, -square), f.constant(0.5), rest_of_r);
    Expr tail = fused_multiply_add(square, f.polynomial(f.pick(expm1_tail_f32, expm1_tail_f64), x.r), rest_of_r);
    // scale (1 + r + tail) - 1/2: the sum of scale - 1/2 and scale r is kept exactly (the first is the larger, or 0), since
    // for k = 1 it cancels to a third of its parts.
    Expr base = scale - f.constant(0.5);
    Expr lost = (scale - base) - f.constant(0.5);  // not 0 from k = 25 (54) on
    Expr sum = fused_multiply_add(x.r, scale, base);
    Expr rest = fused_multiply_add(x.r, scale, base - sum) + lost;
    return {sum, fused_multiply_add(tail, scale, rest)};
}

Expr exp(const Expr& a) {
    const Format f(a);
    return exp_by(a, f.pick(exp_tail_f32, exp_tail_f64));
}

Expr exp_non_positive(const Expr& a) {
    const Format f(a);
    return exp_non_positive_by(a, f.pick(exp_tail_f32, exp_tail_f64));
}

Expr fast_exp(const Expr& a) { return exp_by(a, fast_tail(Format(a))); }
Expr fast_exp_non_positive(const Expr& a) { return exp_non_positive_by(a, fast_tail(Format(a))); }

Expr expm1(const Expr& a) {
    const Format f(a);
    // Below -18 (-38) the result is -1 rounded.
    Expr clamped = at_most(at_least(a, f.constant(f.is_f32() ? -30 : -60)), f.constant(highest(f)));
    Pair half = half_expm1(clamped);
    Expr result = (half.high + half.low) * f.constant(2);
    // a^2 / 2 is below a quarter of an ulp of a; this keeps -0 and subnormal numbers, which halving would round.
    return select(magnitude_of(a) < f.constant(f.is_f32() ? 0x1p-25 : 0x1p-54), a, result);
}

}  // namespace halogram::code
