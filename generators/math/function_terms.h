// Small expressions that the function table's definitions and derivatives are made of.
#pragma once

#include "generators/formula/tree.h"

namespace halogram::function_terms {

inline Term constant(Expr like, long numerator, long denominator = 1) {
    return number(like, mpq_class(numerator, denominator));
}
inline Term pi(Expr like) { return like->pool->pi(); }
inline Term squared(Expr a) { return power(a, number(a, 2)); }
inline Expr is_zero(Expr a) { return compare(Op::Equal, a, number(a, 0)); }
inline Expr is_one(Expr a) { return compare(Op::Equal, a, number(a, 1)); }
inline Expr both_zero(Expr a, Expr b) { return logical(Op::And, is_zero(a), is_zero(b)); }
// sin t with t = acos(c)
inline Term sine_of_arccos(Expr c) { return call("sqrt", {Term(1 - Term(c)) * Term(1 + Term(c))}); }

}  // namespace halogram::function_terms
