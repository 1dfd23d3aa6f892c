#include "generators/math/function_families.h"

#include "generators/math/function_terms.h"

namespace halogram {

namespace {

using namespace function_terms;
using Arguments = std::vector<Expr>;

// Clamps to [-1, 1], keeps NaN.
Term clamped(Expr c) { return minimum(maximum(c, number(c, -1)), number(c, 1)); }
Term supplement_of_arccos(Expr c) { return call("acos", {-Term(c)}); }  // pi - acos(c), without the cancellation at -1

// a * b where b is 0 long before a is infinite: far points give 0, not infinity * 0.
Expr vanishing(Expr a, Expr b) { return a->pool->node(Op::MultiplyZero, {a, b}); }

Expr is(Expr integer, long value) { return compare(Op::Equal, integer, number(integer, value)); }

// (1 - r)^(l + q) times a polynomial of degree q in r = sqrt(s); r ends at the edge of the support, so that 0 never meets
// an infinite polynomial.
Expr wendland_definition(const Arguments& a) {
    Term l = a[1], q = a[2], one = number(a[0], 1);
    Term r = minimum(call("sqrt", {a[0]}), one);
    Term r2 = squared(r), r3 = power(r, number(r, 3)), l2 = squared(l), l3 = power(l, number(l, 3));
    Term of_2 = 1 + (2 + l) * r + (3 + (l2 + 4 * l)) / 3 * r2;
    Term of_3 = 1 + (3 + l) * r + (45 + (6 * l2 + 36 * l)) / 15 * r2 + (15 + (l3 + 9 * l2 + 23 * l)) / 15 * r3;
    const Term infinite = a[0]->pool->infinity(), nan = infinite - infinite;
    Expr polynomial =
        where(is(q, 0), one, where(is(q, 1), 1 + (1 + l) * r, where(is(q, 2), of_2, where(is(q, 3), of_3, nan))));
    return Term(power(one - r, l + q)) * polynomial;
}

// Wendland's operator -(1/r) d/dr takes phi_{l,q} to phi_{l,q-1}; the factor is that of the values at r = 0. For q = 0 it
// is (1 - r)^(l - 1) / r.
Arguments wendland_derivatives(const Arguments& a, Expr) {
    Term s = a[0], l = a[1], q = a[2], one = number(a[0], 1), zero = number(a[0], 0);
    Term twice = 2 * q;
    Term factor = (l + twice - one) * (l + twice) / (2 * twice - 2 * one);
    Term smoother = factor * call("wendland", {s, l, q - one});
    Term rest = power(one - Term(call("sqrt", {s})), l - one);
    Term kink = constant(s, 1, 2) * l * multiply_zero(rest, call("inverse_sqrt", {s}));
    // A NaN in s is not beyond the support.
    Expr beyond = compare(Op::LessEqual, one, s);
    return {where(beyond, zero, -Term(where(is(q, 0), kink, smoother))), zero, zero};
}

}  // namespace

void add_function_families(std::vector<Function>& t) {
    t.push_back(
        {.name = "matern12",
         .summary = "exp(-sqrt(s)) of the squared scaled distance s; derivative at 0 by the subgradient of sqrt",
         .derivatives = [](const Arguments& a,
                           Expr f) { return Arguments{constant(f, -1, 2) * call("inverse_sqrt", {a[0]}) * f}; },
         .kink_in_definition = true,
         .definition = [](const Arguments& a) -> Expr { return call("exp", {-Term(call("sqrt", {a[0]}))}); },
         .lowest = 0,
         .range = Range::NonNegative,
         .bounded = true});
    t.push_back(
        {.name = "matern32",
         .summary = "(1 + sqrt(3 s)) exp(-sqrt(3 s)) of the squared scaled distance s",
         .derivatives = [](const Arguments& a,
                           Expr) { return Arguments{constant(a[0], -3, 2) * call("matern12", {3 * Term(a[0])})}; },
         .definition = [](const Arguments& a) -> Expr {
             Term r = call("sqrt", {3 * Term(a[0])});
             return vanishing(1 + r, call("exp", {-r}));
         },
         .lowest = 0,
         .range = Range::NonNegative,
         .bounded = true});
    t.push_back({.name = "matern52",
                 .summary = "(1 + sqrt(5 s) + 5 s / 3) exp(-sqrt(5 s)) of the squared scaled distance s",
                 .derivatives =
                     [](const Arguments& a, Expr) {
                         return Arguments{constant(a[0], -5, 6) * call("matern32", {constant(a[0], 5, 3) * a[0]})};
                     },
                 .definition = [](const Arguments& a) -> Expr {
                     Term s5 = 5 * Term(a[0]), r = call("sqrt", {s5});
                     return vanishing(Term(1 + r) + s5 / 3, call("exp", {-r}));
                 },
                 .lowest = 0,
                 .range = Range::NonNegative,
                 .bounded = true});
    t.push_back({.name = "thin_plate_spline",
                 .summary =
                     "s log(s) / 2 = r^2 log r of the squared distance s, 0 at s = 0; its derivative there counts "
                     "as 0, so that gradients by points have their limit",
                 .derivatives =
                     [](const Arguments& a, Expr) {
                         Expr at_zero = compare(Op::Equal, a[0], number(a[0], 0));
                         Expr slope = constant(a[0], 1, 2) * Term(1 + Term(call("log", {a[0]})));
                         return Arguments{where(at_zero, number(a[0], 0), slope)};
                     },
                 .kink = [](const Arguments& a) { return is(a[0], 0); },
                 .definition = [](const Arguments& a) -> Expr {
                     return constant(a[0], 1, 2) * Term(call("xlogy", {a[0], a[0]}));
                 },
                 .lowest = 0});
    t.push_back(
        {.name = "arccos0",
         .summary = "1 - acos(c) / pi (Cho & Saul, order 0); argument clamped to [-1, 1], derivative 0 at the ends",
         .derivatives =
             [](const Arguments& a, Expr) {
                 Term c = a[0];
                 Expr inside = compare(Op::Less, call("abs", {c}), number(c, 1));
                 Expr s = where(inside, sine_of_arccos(c), number(c, 0));
                 return Arguments{1 / pi(c) * call("inverse_sqrt", {squared(s)})};
             },
         .kink =
             [](const Arguments& a) {
                 return logical(Op::Not, compare(Op::Less, call("abs", {a[0]}), number(a[0], 1)));
             },
         .definition = [](const Arguments& a) -> Expr { return supplement_of_arccos(clamped(a[0])) / pi(a[0]); },
         .range = Range::NonNegative,
         .bounded = true});
    t.push_back({.name = "arccos1",
                 .summary = "(sin t + (pi - t) cos t) / pi with t = acos(c) (Cho & Saul, order 1); argument clamped",
                 .derivatives = [](const Arguments& a, Expr) { return Arguments{call("arccos0", {a[0]})}; },
                 .definition = [](const Arguments& a) -> Expr {
                     Term c = clamped(a[0]);
                     return (sine_of_arccos(c) + supplement_of_arccos(c) * c) / pi(c);
                 },
                 .bounded = true});
    t.push_back(
        {.name = "arccos2",
         .summary = "(3 sin t cos t + (pi - t)(1 + 2 cos^2 t)) / pi with t = acos(c) (order 2); argument clamped",
         .derivatives = [](const Arguments& a, Expr) { return Arguments{4 * Term(call("arccos1", {a[0]}))}; },
         .definition = [](const Arguments& a) -> Expr {
             Term c = clamped(a[0]);
             return (3 * Term(sine_of_arccos(c) * c) + supplement_of_arccos(c) * Term(1 + 2 * squared(c))) / pi(c);
         },
         .bounded = true});
    t.push_back(
        {.name = "wendland",
         .arity = 3,
         .integers = 2,
         .least = 0,
         .most = 3,
         .summary =
             "Wendland's function phi_{l,q} of the squared scaled distance s, 1 at s = 0 and 0 from s = 1 on; q = 0 to "
             "3, derivative 0 at s = 0 for q = 0",
         .derivatives = wendland_derivatives,
         .kink = [](const Arguments& a) { return logical(Op::And, is(a[0], 0), is(a[2], 0)); },
         .definition = wendland_definition,
         .bounded = true});
}

}  // namespace halogram
