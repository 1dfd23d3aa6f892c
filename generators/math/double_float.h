// Unevaluated sums of two numbers (double-float in f32, double-double in f64): what a rounding loses, kept.
#pragma once

#include <Halide.h>

namespace halogram::code {

using Halide::Expr;

struct Pair {
    Expr high, low;
};

// a + b exactly, where |a| >= |b| or the exponent of a is not below that of b, or a = 0 (Dekker): 3 operations.
Pair fast_two_sum(const Expr& a, const Expr& b);
// a + b exactly, in any order (Knuth): 6 operations.
Pair two_sum(const Expr& a, const Expr& b);
// a * b exactly, short of underflow: 2 operations.
Pair two_product(const Expr& a, const Expr& b);
// The product of two pairs to about twice the precision of the format.
Pair multiply(const Pair& a, const Pair& b);
// (numerator) / (denominator), right to little more than half an ulp: one division, one step of correction.
Expr divide(const Pair& numerator, const Pair& denominator);

}  // namespace halogram::code
