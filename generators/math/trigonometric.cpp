// sin, cos, acos.
#include "generators/math/bits.h"
#include "generators/math/code.h"
#include "generators/math/coefficients.h"
#include "generators/math/double_float.h"

namespace halogram::code {

using Halide::select;

namespace {

// |a| = k pi / 2 + r, |r| <= pi / 4 (and a little): r as a sum of two numbers, k mod 4 in the lowest bits of `quadrant`.
// Cody and Waite: pi / 2 in three numbers. Up to 2^17 (f32: k has 17 bits) and 2^30 (f64) r is good to a relative 2^-26 and
// 2^-60 although it may cancel to 2^-30 and 2^-62.
struct Angle {
    Pair r;
    Expr quadrant;
};

Angle reduce_by_half_pi(const Expr& a) {
    const Format f(a);
    const std::vector<double> half_pi = f.pick(half_pi_f32, half_pi_f64);
    const Expr per_quadrant = f.constant(0.636619772367581343);
    Expr size = magnitude_of(a);
    // From 2 / u on an error of u |a| is 2 and more: any number in [-1, 1] will do, and the angle 0 serves. Infinity and
    // NaN become NaN.
    size = select(size < f.constant(f.is_f32() ? 0x1p25 : 0x1p54), size, size - size);
    // Whole turns, as multiples of 2^20 (2^48) quadrants, so that k stays below 2^22 (2^51); 0 in the precise range.
    const Expr coarse = f.constant(f.is_f32() ? 0x1.8p43 : 0x1.8p100);
    Expr turns = fused_multiply_add(size, per_quadrant, coarse) - coarse;
    size = fused_multiply_add(-turns, f.constant(half_pi[0]), size);
    size = fused_multiply_add(-turns, f.constant(half_pi[1]), size);

    const Expr magic = f.constant(f.magic);
    Expr shifted = fused_multiply_add(size, per_quadrant, magic);
    Expr k = shifted - magic;
    // Exact: a multiple of an ulp of half_pi[0] or of `size`, below 1.
    Expr first = fused_multiply_add(-k, f.constant(half_pi[0]), size);
    Pair product = two_product(k, f.constant(half_pi[1]));
    Pair second = two_sum(first, -product.high);
    Expr low = fused_multiply_add(-k, f.constant(half_pi[2]), second.low - product.low);
    return {fast_two_sum(second.high, low), f.bits(shifted)};
}

Expr sin_of_small(const Pair& r, const Expr& square) {
    const Format f(square);
    Expr tail = f.polynomial(f.pick(sin_tail_f32, sin_tail_f64), square);
    return r.high + fused_multiply_add(r.high * square, tail, r.low);
}

Expr cos_of_small(const Pair& r, const Expr& square) {
    const Format f(square);
    Expr tail = f.polynomial(f.pick(cos_tail_f32, cos_tail_f64), square);
    Expr half = f.constant(0.5) * square;
    Pair head = fast_two_sum(f.constant(1), -half);
    Expr rest = fused_multiply_add(-r.high, r.low, head.low);
    return head.high + fused_multiply_add(square * square, tail, rest);
}

// The sine of r + quadrant * pi / 2, its sign flipped where `flip` (a sign bit) is set.
Expr sine(const Pair& r, const Expr& quadrant, const Expr& flip) {
    const Format f(r.high);
    Expr square = r.high * r.high;
    Expr odd = (quadrant & f.word(1)) != f.word(0);
    Expr value = select(odd, cos_of_small(r, square), sin_of_small(r, square));
    Expr half_turn = (quadrant & f.word(2)) << f.word(std::uint64_t(f.number.bits() - 2));
    return f.from_bits(f.bits(value) ^ (half_turn ^ flip));
}

}  // namespace

Expr sin(const Expr& a) {
    Angle angle = reduce_by_half_pi(a);
    return sine(angle.r, angle.quadrant, Format(a).sign_bit(a));
}

Expr cos(const Expr& a) {
    const Format f(a);
    Angle angle = reduce_by_half_pi(a);
    return sine(angle.r, angle.quadrant + f.word(1), f.word(0));
}

// acos(a). |a| <= 1/2: pi / 2 - asin(a). Beyond, where `outer` is set: acos |a| = 2 asin(s) with s = sqrt((1 - |a|) / 2), the
// root of `part`, and pi minus that for a < 0.
static Expr arc(const Expr& a, const Expr& outer, const Expr& part) {
    const Format f(a);
    const std::vector<double> half_pi = f.pick(half_pi_f32, half_pi_f64);
    const Expr half = f.constant(0.5), zero = f.constant(0);
    Expr negative = a < zero;
    Expr z = select(outer, part, a * a);
    Expr s = select(outer, Halide::sqrt(z), magnitude_of(a));
    // What the square root lost: (z - s^2) / (2 s). A reciprocal from the bits, right to 12 %, is enough for less than
    // half an ulp.
    Expr reciprocal = f.from_bits(f.word(f.is_f32() ? 0x7EF311C7 : 0x7FDE623822FC16E6) - f.bits(s));
    Expr s_low = select(outer, fused_multiply_add(-s, s, z) * (half * reciprocal), zero);
    // base - (signed s) (1 + z tail)
    Expr factor =
        select(outer, select(negative, f.constant(2), f.constant(-2)), select(negative, f.constant(-1), f.constant(1)));
    auto base = [&](double part_of_pi) {
        return select(outer, select(negative, f.constant(2 * part_of_pi), zero), f.constant(part_of_pi));
    };
    Expr angle = s * factor;
    Expr tail = z * f.polynomial(f.pick(asin_tail_f32, asin_tail_f64), z);
    Expr rest = fused_multiply_add(angle, tail, fused_multiply_add(s_low, factor, -base(half_pi[1])));
    return base(half_pi[0]) - (angle + rest);
}

Expr acos(const Expr& a) {
    const Format f(a);
    const Expr half = f.constant(0.5), size = magnitude_of(a);
    return arc(a, size > half, fused_multiply_add(-half, size, half));  // exact where outer
}

// The angle t whose (1 - cos t) / 2 is a. 1 - 2 a is exact from 1/4 on, 1 - a from 1/2 on; below, a itself is the part.
Expr archav(const Expr& a) {
    const Format f(a);
    const Expr one = f.constant(1);
    const Expr cosine = fused_multiply_add(f.constant(-2), a, one);
    const Expr outer = a < f.constant(0.25) || a > f.constant(0.75);
    // 0 keeps its sign.
    return select(a == f.constant(0), a, arc(cosine, outer, select(a > f.constant(0.5), one - a, a)));
}

}  // namespace halogram::code
