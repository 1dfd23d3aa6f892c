// pow: |base|^exponent = 2^(exponent log2 |base|) with log2 as a sum of two numbers, then C's special cases.
#include "generators/math/bits.h"
#include "generators/math/code.h"
#include "generators/math/coefficients.h"
#include "generators/math/double_float.h"

namespace halogram::code {

using Halide::cast;
using Halide::select;

namespace {

// log2(a) for a finite a > 0 to a relative 2^-37 (f32) or 2^-67 (f64): log2(1 + fraction) = 2 atanh(z) / ln 2 with
// z = fraction / (2 + fraction), |z| <= 0.172. The first two (three) terms are carried in two numbers, the tail in one.
Pair log2(const Expr& a) {
    const Format f(a);
    Split parts = split_exponent_of_any(a);
    Expr scaled = parts.fraction + f.constant(1);  // exact
    Pair denominator = fast_two_sum(f.constant(1), scaled);
    Expr reciprocal = f.constant(1) / denominator.high;
    Expr z_high = parts.fraction * reciprocal;
    Expr rest = fused_multiply_add(-z_high, denominator.high, parts.fraction);
    rest = fused_multiply_add(-z_high, denominator.low, rest);
    const Pair z = {z_high, rest * reciprocal};
    Pair w = two_product(z.high, z.high);
    w.low = fused_multiply_add(z.high + z.high, z.low, w.low);

    std::vector<std::vector<double>> terms = {f.pick(log2_atanh_1_f32, log2_atanh_1_f64),
                                              f.pick(log2_atanh_3_f32, log2_atanh_3_f64)};
    if (!f.is_f32()) terms.push_back({std::begin(log2_atanh_5_f64), std::end(log2_atanh_5_f64)});
    Pair sum = {w.high * f.polynomial(f.pick(log2_tail_f32, log2_tail_f64), w.high), f.constant(0)};
    for (std::size_t k = terms.size(); k-- > 0;) {
        if (k + 1 < terms.size()) sum = multiply(w, sum);
        Pair next = fast_two_sum(f.constant(terms[k][0]), sum.high);
        sum = {next.high, next.low + (sum.low + f.constant(terms[k][1]))};
    }
    Pair fraction = multiply(z, sum);
    Pair result = fast_two_sum(parts.exponent, fraction.high);
    return {result.high, result.low + fraction.low};
}

// 2^(p.high + p.low), rounded once more only where it is subnormal.
Expr exp2(const Pair& p) {
    const Format f(p.high);
    const std::vector<double> ln2 = f.pick(ln_2_f32, ln_2_f64);
    const Expr magic = f.constant(f.magic + 2 * f.bias);
    // Far out: 0 and infinity.
    const Expr limit = f.constant(f.is_f32() ? 200 : 1200);
    Expr high = at_most(at_least(p.high, -limit), limit);
    Expr low = select(magnitude_of(p.high) > limit, f.constant(0), p.low);
    Expr shifted = high + magic;
    Pair g = fast_two_sum(high - (shifted - magic), low);
    // 1 + g ln 2 exactly, the rest added to what its rounding lost.
    Expr head = fused_multiply_add(g.high, f.constant(ln2[0]), f.constant(1));
    Expr lost = fused_multiply_add(g.high, f.constant(ln2[0]), f.constant(1) - head);
    lost = lost + fused_multiply_add(g.high, f.constant(ln2[1]), g.low * f.constant(ln2[0]));
    Expr tail = f.polynomial(f.pick(exp2_tail_f32, exp2_tail_f64), g.high);
    Expr value = head + fused_multiply_add(g.high * g.high, tail, lost);
    Expr all = f.bits(shifted);
    Expr half = all >> f.word(1);
    return (value * f.from_bits(f.to_exponent_field(half))) * f.from_bits(f.to_exponent_field(all - half));
}

// The exponent as a sum, and what C's special cases ask of it.
struct Exponent {
    Pair value;
    Expr is_integer, is_odd, is_zero;
};

Expr power_of(const Expr& base, const Exponent& exponent) {
    const Format f(base);
    const Expr zero = f.constant(0), one = f.constant(1);
    Expr size = magnitude_of(base);
    Pair logarithm = log2(size);
    // Infinite at 0 and infinity; the product's low part is dropped there with everything beyond the range.
    logarithm.high = select(size > zero, select(size < f.infinity(), logarithm.high, f.infinity()), -f.infinity());
    Pair product = two_product(exponent.value.high, logarithm.high);
    product.low =
        product.low + fused_multiply_add(exponent.value.high, logarithm.low, exponent.value.low * logarithm.high);
    Expr result = exp2(product);
    Expr sign = select(exponent.is_odd, f.sign_bit(base), f.word(0));
    result = f.from_bits(f.bits(result) | sign);
    Expr no_root = base < zero && base > -f.infinity() && !exponent.is_integer;
    result = select(not_a_number(base), base, select(no_root, f.nan(), result));
    return select(base == one || exponent.is_zero, one, result);
}

}  // namespace

Expr power(const Expr& base, const Expr& exponent) {
    const Format f(base);
    // Beyond 2^31 (2^64) every base but 1 gives 0 or infinity: also for an infinite exponent.
    const Expr limit = f.constant(f.is_f32() ? 0x1p31 : 0x1p64);
    Expr limited = at_most(at_least(exponent, -limit), limit);
    Expr size = magnitude_of(exponent);
    auto is_integer = [&](const Expr& a) {  // of a >= 0
        const Expr all_integers = f.constant(f.is_f32() ? 0x1p23 : 0x1p52);
        return a >= all_integers || (a + all_integers) - all_integers == a;
    };
    Expr whole = is_integer(size);
    return power_of(
        base,
        {{limited, f.constant(0)}, whole, whole && !is_integer(size * f.constant(0.5)), exponent == f.constant(0)});
}

Expr integer_power(const Expr& base, const Expr& n, int offset, bool negative) {
    const Format f(base);
    const Expr is_odd = (n & 1) != (offset & 1), is_zero = n == -offset;
    const Expr is_integer = Halide::Internal::const_true();
    Pair value;
    if (f.is_f32()) {
        // The upper 20 bits of n and the lower 12 with the offset are exact.
        Expr low_bits = n & 0xFFF;
        value = fast_two_sum(cast(f.number, n - low_bits), cast(f.number, low_bits + offset));
    } else {
        value = {cast(f.number, n) + f.constant(offset), f.constant(0)};
    }
    if (negative) value = {-value.high, -value.low};
    return power_of(base, {value, is_integer, is_odd, is_zero});
}

}  // namespace halogram::code
