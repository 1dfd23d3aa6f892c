// Scalar functions as Halide expressions. f32 and f64; no scheduling.
#pragma once

#include <Halide.h>

namespace halogram::code {

using Halide::Expr;

// a * b + c, rounded once, on every target.
Expr fused_multiply_add(const Expr& a, const Expr& b, const Expr& c);

// -a as a change of sign alone, which a fused multiply-add takes in; Halide's -a is 0 - a.
Expr negated(const Expr& a);

// a / b, also where b is the constant 0, which Halide refuses as a divisor.
Expr quotient(const Expr& a, const Expr& b);

// Halide::is_nan walks the whole expression below it, path by path: 40 s for exp nested four deep.
Expr not_a_number(const Expr& a);

// Propagate NaN; +0 > -0. Built from comparisons because the instructions of x86 and ARM differ.
Expr minimum(const Expr& a, const Expr& b);
Expr maximum(const Expr& a, const Expr& b);

// 0 where either factor is exactly 0 and the other is not NaN, else the product: derivatives at an edge.
Expr product_at_edge(const Expr& a, const Expr& b);

// Each is one fixed sequence of + - * / sqrt, fused multiply-adds, comparisons and operations on the bits: the same bits on
// every target, no call left. Errors stand in functions.h.
Expr exp(const Expr& a);
Expr exp_non_positive(const Expr& a);  // cheaper; the argument is known to be <= 0 or NaN
// The tier that trades accuracy for operations: f32 within 4 ulp, f64 as exp.
Expr fast_exp(const Expr& a);
Expr fast_exp_non_positive(const Expr& a);
Expr log(const Expr& a);
Expr log1p(const Expr& a);
Expr log1pmx(const Expr& a);
Expr expm1(const Expr& a);
Expr sqrt(const Expr& a);
Expr tanh(const Expr& a);
Expr sigmoid(const Expr& a);
Expr softplus(const Expr& a);
Expr sin(const Expr& a);
Expr cos(const Expr& a);
Expr acos(const Expr& a);
Expr archav(const Expr& a);
Expr erf(const Expr& a);
Expr floor(const Expr& a);
Expr abs(const Expr& a);
Expr sign(const Expr& a);
Expr binade(const Expr& a);
// sum + weight * sign(a), where the weight is NaN wherever a is: half of the operations of a product. An infinite weight is
// added even at a = 0.
Expr add_with_sign(const Expr& sum, const Expr& weight, const Expr& a);
// C's pow, special cases included.
Expr power(const Expr& base, const Expr& exponent);
// base^(n + offset), or base^-(n + offset), for an int32 n: right for every n (one above 2^24 is not an f32, and n + offset
// need not be an int32). |offset| <= 1024.
Expr integer_power(const Expr& base, const Expr& n, int offset = 0, bool negative = false);

}  // namespace halogram::code
