// Scalar functions as Halide expressions. f32 and f64; no scheduling.
#pragma once

#include <Halide.h>

namespace halogram::code {

using Halide::Expr;

// a * b + c, rounded once, on every target.
Expr fused_multiply_add(const Expr& a, const Expr& b, const Expr& c);

// Halide::is_nan walks the whole expression below it, path by path: 40 s for exp nested four deep.
Expr not_a_number(const Expr& a);

// Propagate NaN; +0 > -0. Built from comparisons because the instructions of x86 and ARM differ.
Expr minimum(const Expr& a, const Expr& b);
Expr maximum(const Expr& a, const Expr& b);

Expr exp(const Expr& a);
Expr log(const Expr& a);
Expr log1p(const Expr& a);
Expr expm1(const Expr& a);
Expr sqrt(const Expr& a);
Expr tanh(const Expr& a);
Expr sin(const Expr& a);
Expr cos(const Expr& a);
Expr acos(const Expr& a);
Expr erf(const Expr& a);
Expr floor(const Expr& a);
Expr abs(const Expr& a);
Expr sign(const Expr& a);
Expr power(const Expr& base, const Expr& exponent);

}  // namespace halogram::code
