#include "generators/math/divergences.h"

#include "generators/math/function_terms.h"

namespace halogram {

namespace {

using namespace function_terms;
using Arguments = std::vector<Expr>;

Term two_to_the(Expr like, unsigned exponent) {
    mpq_class value(1);
    mpq_mul_2exp(value.get_mpq_t(), value.get_mpq_t(), exponent);
    return number(like, value);
}

// log(a / b) for positive a and b, also where the quotient leaves the range of the type, as with a subnormal probability:
// far quotients are brought nearer to 1, by 2^64 for the smaller number and by 2^96 for the larger one where it is huge,
// which is exact. All quotients are then in range in f32, and in f64 those between 2^-1182 and 2^1182. Costs 20 operations
// beside the 40 of a quotient and its logarithm, and no bit where the quotient is not far.
Term log_of_quotient(Term a, Term b) {
    constexpr unsigned up = 64, down = 96;
    const Term one = number(a, 1), zero = number(a, 0), far = two_to_the(a, 100), larger = two_to_the(a, up);
    const Term smaller = 1 / two_to_the(a, down), log_of_two = call("log", {number(a, 2)});
    const Expr large = compare(Op::Less, far * b, a), small = compare(Op::Less, far * a, b);
    // Any number whose 2^-96th part is normal; this one is no sum of 1 and something tiny, where rounding would decide.
    const Term huge = number(a, 1395864371);
    const Expr large_a = logical(Op::And, large, compare(Op::Less, huge, a));
    const Expr large_b = logical(Op::And, small, compare(Op::Less, huge, b));
    const Term nearer = (a * where(small, larger, where(large_a, smaller, one))) /
                        (b * where(large, larger, where(large_b, smaller, one)));
    const Term step = up * log_of_two, long_step = (up + down) * log_of_two;
    return Term(call("log", {nearer})) +
           where(large, where(large_a, long_step, step), where(small, where(large_b, -long_step, -step), zero));
}

// The same where a and b are near each other: their difference counts, not the rounding of the quotient. 4 a = b and
// 4 b = a are where the logarithm is as large as its argument's error no longer matters.
Term log_of_ratio(Term a, Term b) {
    const Expr near = logical(Op::And, compare(Op::Less, a, 4 * b), compare(Op::Less, b, 4 * a));
    return where(near, -Term(call("log1p", {(b - a) / a})), log_of_quotient(a, b));
}

// a log(a / b) - a + b of positive numbers is -a log1pmx((b - a) / a): nothing cancels. The argument has lost b where that is
// far below a, and is infinite where b is so far above that b is all there is.
Term divergence(Term a, Term b) {
    const Term excess = (b - a) / a;
    const Term near = where(compare(Op::Less, excess, a.expr->pool->infinity()), -(a * call("log1pmx", {excess})), b);
    return where(compare(Op::Less, 4 * b, a), a * log_of_quotient(a, b) + (b - a), near);
}

// The divergence of a from the mean of a and b: (mean - a) / a is half of (b - a) / a, and the mean is never rounded.
Term divergence_from_mean(Term a, Term b) {
    const Term excess = Term(call("divide0", {b - a, a})) / 2;
    return where(compare(Op::Less, excess, a.expr->pool->infinity()), -(a * call("log1pmx", {excess})), b / 2);
}

// log(a / mean), also where the quotient leaves the range of the type.
Expr log_of_part(Term a, Term b) {
    const Expr far = compare(Op::Less, two_to_the(a, 20) * a, b);
    return where(both_zero(a, b), number(a, 0),
                 where(far, log_of_quotient(a, (a + b) / 2), -Term(call("log1p", {(b - a) / a / 2}))));
}

// Infinite; NaN where either is.
Expr outside(const Arguments& a) {
    const Expr ordered = logical(Op::And, compare(Op::Equal, a[0], a[0]), compare(Op::Equal, a[1], a[1]));
    return where(ordered, a[0]->pool->infinity(), Term(a[0]) + a[1]);
}

// SciPy's domain rules of rel_entr and kl_div around the interior value: x = 0 gives `at_zero`, outside is +infinity.
Expr entropy_like(const Arguments& a, Expr interior, Expr at_zero) {
    Expr x = a[0], y = a[1], zero = number(x, 0);
    Expr inside = logical(Op::And, compare(Op::Less, zero, x), compare(Op::Less, zero, y));
    Expr edge = logical(Op::And, is_zero(x), compare(Op::LessEqual, zero, y));
    return where(inside, interior, where(edge, at_zero, outside(a)));
}

}  // namespace

void add_divergences(std::vector<Function>& table) {
    table.push_back({.name = "rel_entr",
                     .arity = 2,
                     .summary = "a log(a / b), 0 at a = 0 <= b, +infinity outside (SciPy's rel_entr)",
                     .derivatives =
                         [](const Arguments& a, Expr) {
                             Expr by_a = where(both_zero(a[0], a[1]), number(a[0], 0), 1 + log_of_ratio(a[0], a[1]));
                             return Arguments{by_a, -Term(call("divide0", {a[0], a[1]}))};
                         },
                     .definition = [](const Arguments& a) -> Expr {
                         return entropy_like(a, Term(a[0]) * log_of_ratio(a[0], a[1]), number(a[0], 0));
                     },
                     .may_be_infinite = true});
    table.push_back(
        {.name = "kl_div",
         .arity = 2,
         .summary = "a log(a / b) - a + b, b at a = 0 <= b, +infinity outside; never negative (SciPy's kl_div)",
         .derivatives =
             [](const Arguments& a, Expr) {
                 Expr by_a = where(both_zero(a[0], a[1]), number(a[0], 0), log_of_ratio(a[0], a[1]));
                 return Arguments{by_a, call("divide0", {Term(a[1]) - a[0], a[1]})};
             },
         .definition = [](const Arguments& a) -> Expr { return entropy_like(a, divergence(a[0], a[1]), a[1]); },
         .range = Range::NonNegative,
         .may_be_infinite = true});
    table.push_back(
        {.name = "js_div",
         .arity = 2,
         .summary = "kl_div(a, m) + kl_div(b, m) with m the mean of a and b: twice the Jensen-Shannon divergence of a "
                    "feature, +infinity where a or b is negative; never negative",
         .derivatives =
             [](const Arguments& a, Expr) {
                 return Arguments{log_of_part(a[0], a[1]), log_of_part(a[1], a[0])};
             },
         .definition = [](const Arguments& a) -> Expr {
             const Term p = a[0], q = a[1], zero = number(p, 0);
             const Expr inside = logical(Op::And, compare(Op::LessEqual, zero, p), compare(Op::LessEqual, zero, q));
             return where(inside, divergence_from_mean(p, q) + divergence_from_mean(q, p), outside(a));
         },
         .range = Range::NonNegative,
         .may_be_infinite = true});
}

}  // namespace halogram
