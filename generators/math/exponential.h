// Parts of the exponential that other functions build on.
#pragma once

#include "generators/math/double_float.h"

namespace halogram::code {

// a = k ln 2 + r with |r| <= ln 2 / 2 (and a little): r rounded, `rest` what that rounding lost. `shifted` is k + offset
// in the lowest bits of a number (see Format::magic). |a| must be below 2^20.
struct Reduced {
    Expr shifted, k, r, rest;
};
Reduced reduce_by_ln2(const Expr& a, double offset);
// The same without `rest`: two operations less.
Reduced reduce_by_ln2_rounded(const Expr& a, double offset);

// e^a = (high + low) 2^k for a <= 0, to about 2^-29 (f32) or 2^-60 (f64); 2^k = scale * unscale, where `scale` is a normal
// number, so that ((high + low) * scale) * unscale rounds once although it may be subnormal.
struct ScaledExponential {
    Pair value;
    Expr scale;
    double unscale;
};
ScaledExponential exp_of_non_positive(const Expr& a);

// 1 - e^(a.high + a.low), which the caller knows to be no small difference, for -80 (-700) < a <= 0.
Expr one_minus_exp(const Pair& a);

// (e^a - 1) / 2 as a sum whose first number is within some ulps of it; a finite, already clamped (a <= 2^7 / 2^10).
Pair half_expm1(const Expr& a);

}  // namespace halogram::code
