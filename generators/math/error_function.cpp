// erf.
#include "generators/math/bits.h"
#include "generators/math/code.h"
#include "generators/math/coefficients.h"
#include "generators/math/exponential.h"

namespace halogram::code {

using Halide::select;

// |a| < 0.875: a + a P(a^2). Beyond: 1 - e^-q with a polynomial q(|a|) = -log(1 - erf |a|); there 1 - erf <= 0.216, so that
// its error counts at most a fifth.
Expr erf(const Expr& a) {
    const Format f(a);
    Expr size = magnitude_of(a);
    Expr small = fused_multiply_add(a, f.polynomial(f.pick(erf_small_f32, erf_small_f64), a * a), a);
    Expr clamped = at_most(size, f.constant(f.is_f32() ? 3.93 : 5.93));  // from there on 1 rounded
    // q in two numbers: its rounding alone would take a quarter of an ulp. The differences are exact where it counts.
    Expr factor = f.polynomial(f.pick(erf_large_f32, erf_large_f64), clamped);
    Expr q = fused_multiply_add(clamped, factor, clamped);
    Expr q_low = fused_multiply_add(clamped, factor, clamped - q);
    Expr large = one_minus_exp({-q, -q_low});
    return select(size < f.constant(0.875), small, with_sign_of(large, a));
}

}  // namespace halogram::code
