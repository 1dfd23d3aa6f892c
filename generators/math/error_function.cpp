// erf.
#include "generators/math/bits.h"
#include "generators/math/code.h"
#include "generators/math/coefficients.h"

namespace halogram::code {

using Halide::select;

// |a| < 1: a + a P(a^2). Beyond: 1 - e^-q with a polynomial q(|a|) = -log(1 - erf |a|); there 1 - erf <= 0.158, so that
// its error counts at most a sixth.
Expr erf(const Expr& a) {
    const Format f(a);
    Expr size = magnitude_of(a);
    Expr small = fused_multiply_add(a, f.polynomial(f.pick(erf_small_f32, erf_small_f64), a * a), a);
    Expr clamped = at_most(size, f.constant(f.is_f32() ? 3.93 : 5.93));  // from there on 1 rounded
    Expr q = fused_multiply_add(clamped, f.polynomial(f.pick(erf_large_f32, erf_large_f64), clamped), clamped);
    Expr large = f.constant(1) - exp_non_positive(-q);
    return select(size < f.constant(1), small, with_sign_of(large, a));
}

}  // namespace halogram::code
