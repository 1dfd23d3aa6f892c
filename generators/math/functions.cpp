#include "generators/math/functions.h"

#include "generators/math/code.h"
#include "generators/math/divergences.h"
#include "generators/math/function_families.h"
#include "generators/math/function_terms.h"

namespace halogram {

namespace {

using namespace function_terms;
using Arguments = std::vector<Expr>;

// 64 bits more than the result, so that one rounding counts. `result` may be `a`.
class Wider {
public:
    explicit Wider(mpfr_ptr result, mpfr_prec_t further = 0) {
        mpfr_init2(value_, mpfr_get_prec(result) + 64 + further);
    }
    ~Wider() { mpfr_clear(value_); }
    Wider(const Wider&) = delete;
    Wider& operator=(const Wider&) = delete;
    mpfr_ptr get() { return value_; }

private:
    mpfr_t value_;
};

int exact_sigmoid(mpfr_ptr result, mpfr_srcptr a, mpfr_rnd_t rounding) {
    Wider t(result);
    mpfr_neg(t.get(), a, MPFR_RNDN);
    mpfr_exp(t.get(), t.get(), MPFR_RNDN);
    mpfr_add_ui(t.get(), t.get(), 1, MPFR_RNDN);
    return mpfr_ui_div(result, 1, t.get(), rounding);
}

// log(1 + e^a) = max(a, 0) + log1p(e^-|a|).
int exact_softplus(mpfr_ptr result, mpfr_srcptr a, mpfr_rnd_t rounding) {
    Wider t(result), whole(result);
    mpfr_set(whole.get(), a, MPFR_RNDN);
    mpfr_abs(t.get(), a, MPFR_RNDN);
    mpfr_neg(t.get(), t.get(), MPFR_RNDN);
    mpfr_exp(t.get(), t.get(), MPFR_RNDN);
    mpfr_log1p(t.get(), t.get(), MPFR_RNDN);
    if (mpfr_nan_p(a) == 0 && mpfr_sgn(a) <= 0) mpfr_set_zero(whole.get(), 1);
    return mpfr_add(result, whole.get(), t.get(), rounding);
}

// log1p(a) - a, with as many bits more as cancel.
int exact_log1pmx(mpfr_ptr result, mpfr_srcptr a, mpfr_rnd_t rounding) {
    const bool small = mpfr_regular_p(a) != 0 && mpfr_get_exp(a) < 0;
    Wider t(result, small ? -2 * mpfr_get_exp(a) : 0);
    if (mpfr_inf_p(a) != 0 && mpfr_sgn(a) > 0) return mpfr_neg(result, a, rounding), 0;
    mpfr_log1p(t.get(), a, MPFR_RNDN);
    return mpfr_sub(result, t.get(), a, rounding);
}

int exact_archav(mpfr_ptr result, mpfr_srcptr a, mpfr_rnd_t rounding) {
    Wider t(result);
    mpfr_sqrt(t.get(), a, MPFR_RNDN);
    mpfr_asin(t.get(), t.get(), MPFR_RNDN);
    return mpfr_mul_2ui(result, t.get(), 1, rounding);
}

std::vector<Function> make_table() {
    std::vector<Function> t;

    // Primitives ------------------------------------------------------------------------------------------------------
    t.push_back({.name = "exp",
                 .summary = "e^a",
                 .derivatives = [](const Arguments&, Expr f) { return Arguments{f}; },
                 .exact = mpfr_exp,
                 .code = code::exp,
                 .code_non_positive = code::exp_non_positive,
                 .code_fast = code::fast_exp,
                 .code_fast_non_positive = code::fast_exp_non_positive,
                 .ulp_fast_f32 = 4.0,
                 .ulp_f32 = 1.0,
                 .ulp_f64 = 1.0,
                 .operations = 18,
                 .monotone = Monotone::Rising,
                 .range = Range::NonNegative});
    t.push_back({.name = "log",
                 .summary = "natural logarithm; log(0) = -infinity",
                 .derivatives = [](const Arguments& a, Expr) { return Arguments{1 / Term(a[0])}; },
                 .exact = mpfr_log,
                 .code = code::log,
                 .ulp_f32 = 1.0,
                 .ulp_f64 = 1.0,
                 .operations = 32,
                 .monotone = Monotone::Rising,
                 .lowest = 0,
                 .may_be_infinite = true});
    t.push_back({.name = "log1p",
                 .summary = "log(1 + a), accurate near 0",
                 .derivatives = [](const Arguments& a, Expr) { return Arguments{1 / Term(1 + Term(a[0]))}; },
                 .exact = mpfr_log1p,
                 .code = code::log1p,
                 .ulp_f32 = 1.0,
                 .ulp_f64 = 1.0,
                 .operations = 48,
                 .monotone = Monotone::Rising,
                 .lowest = -1,
                 .may_be_infinite = true});
    t.push_back(
        {.name = "log1pmx",
         .summary = "log(1 + a) - a, accurate near 0, where it is -a^2 / 2",
         .derivatives = [](const Arguments& a, Expr) { return Arguments{-(Term(a[0]) / Term(1 + Term(a[0])))}; },
         .exact = exact_log1pmx,
         .code = code::log1pmx,
         .ulp_f32 = 1.0,
         .ulp_f64 = 1.0,
         .operations = 81,
         .lowest = -1,
         .may_be_infinite = true});
    t.push_back({.name = "expm1",
                 .summary = "e^a - 1, accurate near 0",
                 .derivatives = [](const Arguments& a, Expr) { return Arguments{call("exp", {a[0]})}; },
                 .exact = mpfr_expm1,
                 .code = code::expm1,
                 .ulp_f32 = 1.0,
                 .ulp_f64 = 1.0,
                 .operations = 31,
                 .monotone = Monotone::Rising});
    t.push_back({.name = "sqrt",
                 .summary = "square root; its derivative at 0 is the subgradient 0",
                 .derivatives = [](const Arguments& a,
                                   Expr) { return Arguments{constant(a[0], 1, 2) * call("inverse_sqrt", {a[0]})}; },
                 .exact = mpfr_sqrt,
                 .code = code::sqrt,
                 .ulp_f32 = 0.5,
                 .ulp_f64 = 0.5,
                 .operations = 1,
                 .monotone = Monotone::Rising,
                 .half_hoelder = 1,
                 .lowest = 0,
                 .range = Range::NonNegative,
                 .keeps_positive = true});
    t.push_back(
        {.name = "tanh",
         .summary = "hyperbolic tangent",
         .derivatives = [](const Arguments&, Expr f) { return Arguments{Term(1 - Term(f)) * Term(1 + Term(f))}; },
         .exact = mpfr_tanh,
         .code = code::tanh,
         .ulp_f32 = 1.0,
         .ulp_f64 = 1.0,
         .operations = 45,
         .monotone = Monotone::Rising,
         .parity = Parity::Odd,
         .bounded = true});
    t.push_back({.name = "sin",
                 .summary = "sine, argument in radians",
                 .derivatives = [](const Arguments& a, Expr) { return Arguments{call("cos", {a[0]})}; },
                 .exact = mpfr_sin,
                 .code = code::sin,
                 .ulp_f32 = 1.0,
                 .ulp_f64 = 1.0,
                 .operations = 50,
                 .oscillates = true,
                 .parity = Parity::Odd,
                 .bounded = true});
    t.push_back({.name = "cos",
                 .summary = "cosine, argument in radians",
                 .derivatives = [](const Arguments& a, Expr) { return Arguments{-Term(call("sin", {a[0]}))}; },
                 .exact = mpfr_cos,
                 .code = code::cos,
                 .ulp_f32 = 1.0,
                 .ulp_f64 = 1.0,
                 .operations = 50,
                 .oscillates = true,
                 .parity = Parity::Even,
                 .bounded = true});
    t.push_back({.name = "acos",
                 .summary = "arc cosine; its derivative at -1 and 1 is the subgradient 0",
                 .derivatives =
                     [](const Arguments& a, Expr) {
                         Term c = a[0];
                         return Arguments{-Term(call("inverse_sqrt", {Term(1 - c) * Term(1 + c)}))};
                     },
                 .kink = [](const Arguments& a) { return is_one(call("abs", {a[0]})); },
                 .exact = mpfr_acos,
                 .code = code::acos,
                 .ulp_f32 = 1.0,
                 .ulp_f64 = 1.0,
                 .operations = 28,
                 .monotone = Monotone::Falling,
                 .half_hoelder = 2.2214414690791831,
                 .lowest = -1,
                 .highest = 1,
                 .range = Range::NonNegative,
                 .bounded = true});
    t.push_back(
        {.name = "archav",
         .summary = "inverse haversine: the angle t whose (1 - cos t) / 2 is a, 2 asin(sqrt(a)); its derivative at 0 "
                    "and 1 is the subgradient 0",
         .derivatives = [](const Arguments& a,
                           Expr) { return Arguments{call("inverse_sqrt", {Term(a[0]) * Term(1 - Term(a[0]))})}; },
         .kink = [](const Arguments& a) { return logical(Op::Or, is_zero(a[0]), is_one(a[0])); },
         .exact = exact_archav,
         .code = code::archav,
         .ulp_f32 = 1.0,
         .ulp_f64 = 1.0,
         .operations = 34,
         .monotone = Monotone::Rising,
         .half_hoelder = 3.1415926535897932,
         .lowest = 0,
         .highest = 1,
         .range = Range::NonNegative,
         .keeps_positive = true,
         .bounded = true});
    t.push_back({.name = "erf",
                 .summary = "error function",
                 .derivatives =
                     [](const Arguments& a, Expr) {
                         return Arguments{2 / Term(call("sqrt", {pi(a[0])})) * Term(call("exp", {-squared(a[0])}))};
                     },
                 .exact = mpfr_erf,
                 .code = code::erf,
                 .ulp_f32 = 1.0,
                 .ulp_f64 = 1.0,
                 .operations = 39,
                 .monotone = Monotone::Rising,
                 .parity = Parity::Odd,
                 .bounded = true});
    t.push_back(
        {.name = "sigmoid",
         .summary = "1 / (1 + e^-a)",
         .derivatives = [](const Arguments& a, Expr f) { return Arguments{Term(f) * call("sigmoid", {-Term(a[0])})}; },
         .exact = exact_sigmoid,
         .code = code::sigmoid,
         .ulp_f32 = 1.0,
         .ulp_f64 = 1.0,
         .operations = 44,
         .monotone = Monotone::Rising,
         .range = Range::NonNegative,
         .bounded = true});
    t.push_back({.name = "softplus",
                 .summary = "log(1 + e^a) without overflow",
                 .derivatives = [](const Arguments& a, Expr) { return Arguments{call("sigmoid", {a[0]})}; },
                 .exact = exact_softplus,
                 .code = code::softplus,
                 .ulp_f32 = 1.0,
                 .ulp_f64 = 1.0,
                 .operations = 69,
                 .monotone = Monotone::Rising,
                 .range = Range::NonNegative});
    t.push_back({.name = "floor",
                 .summary = "largest integer not above a; derivative 0",
                 .derivatives = [](const Arguments& a, Expr) { return Arguments{constant(a[0], 0)}; },
                 .exact = [](mpfr_ptr r, mpfr_srcptr a, mpfr_rnd_t) { return mpfr_floor(r, a); },
                 .code = code::floor,
                 .integer_valued = true});
    t.push_back({.name = "abs",
                 .summary = "absolute value; its derivative at 0 is the subgradient 0",
                 .derivatives = [](const Arguments& a, Expr) { return Arguments{call("sign", {a[0]})}; },
                 .exact = mpfr_abs,
                 .code = code::abs,
                 .parity = Parity::Even,
                 .range = Range::NonNegative,
                 .fold = [](const Arguments& a) -> Expr { return is_non_negative(a[0]) ? a[0] : nullptr; }});
    t.push_back({.name = "sign",
                 .summary = "-1, 0 or 1, a zero keeps its own sign; derivative 0",
                 .derivatives = [](const Arguments& a, Expr) { return Arguments{constant(a[0], 0)}; },
                 .exact =
                     [](mpfr_ptr r, mpfr_srcptr a, mpfr_rnd_t rounding) {
                         return mpfr_nan_p(a) || mpfr_zero_p(a) ? mpfr_set(r, a, rounding)
                                                                : mpfr_set_si(r, mpfr_sgn(a), rounding);
                     },
                 .code = code::sign,
                 .operations = 3,
                 .parity = Parity::Odd,
                 .bounded = true});

    t.push_back({.name = "binade",
                 .summary = "largest power of two that is not above abs(a), 1 at 0; derivative 0",
                 .derivatives = [](const Arguments& a, Expr) { return Arguments{constant(a[0], 0)}; },
                 .exact =
                     [](mpfr_ptr r, mpfr_srcptr a, mpfr_rnd_t rounding) {
                         if (mpfr_zero_p(a) != 0) return mpfr_set_ui(r, 1, rounding);
                         if (mpfr_regular_p(a) == 0) return mpfr_abs(r, a, rounding);
                         return mpfr_set_ui_2exp(r, 1, mpfr_get_exp(a) - 1, rounding);
                     },
                 .code = code::binade,
                 .operations = 8,
                 .parity = Parity::Even,
                 .range = Range::Positive});

    // Defined by other operations -------------------------------------------------------------------------------------
    t.push_back({.name = "detached",
                 .summary = "a, which derivatives take for a constant: of what cancels in them",
                 .derivatives = [](const Arguments& a, Expr) { return Arguments{constant(a[0], 0)}; },
                 .held = true,
                 .definition = [](const Arguments& a) { return a[0]; }});

    t.push_back(
        {.name = "inverse_sqrt",
         .summary = "1 / sqrt(a), and 0 at a = 0: twice the derivative of sqrt",
         .derivatives = [](const Arguments&, Expr f) { return Arguments{constant(f, -1, 2) * power(f, number(f, 3))}; },
         .kink_in_definition = true,
         .definition = [](const Arguments& a) -> Expr {
             return where(is_zero(a[0]), number(a[0], 0), 1 / Term(call("sqrt", {a[0]})));
         },
         .lowest = 0,
         .range = Range::NonNegative,
         .bounded = true});
    t.push_back(
        {.name = "unit_clamp",
         .summary = "a brought back to [-1, 1], where rounding alone put it beyond: its derivative is 1 all the same",
         .derivatives = [](const Arguments& a, Expr) { return Arguments{constant(a[0], 1)}; },
         .definition = [](const Arguments& a) -> Expr {
             Expr one = number(a[0], 1), minus_one = number(a[0], -1);
             return where(compare(Op::Less, one, a[0]), one,
                          where(compare(Op::Less, a[0], minus_one), minus_one, a[0]));
         },
         .parity = Parity::Odd});
    t.push_back({.name = "xlogy",
                 .arity = 2,
                 .summary = "a log(b), and 0 at a = 0 (SciPy's xlogy)",
                 .derivatives =
                     [](const Arguments& a, Expr) {
                         return Arguments{call("log", {a[1]}), call("divide0", {a[0], a[1]})};
                     },
                 .definition = [](const Arguments& a) -> Expr {
                     // b == b: a NaN in b stays.
                     Expr at_zero = logical(Op::And, is_zero(a[0]), compare(Op::Equal, a[1], a[1]));
                     return where(at_zero, number(a[0], 0), Term(a[0]) * call("log", {a[1]}));
                 }});
    add_divergences(t);
    t.push_back({.name = "divide0",
                 .arity = 2,
                 .summary = "a / b, and 0 at 0 / 0",
                 .derivatives =
                     [](const Arguments& a, Expr f) {
                         return Arguments{where(both_zero(a[0], a[1]), number(a[0], 0), 1 / Term(a[1])),
                                          -Term(call("divide0", {f, a[1]}))};
                     },
                 .definition = [](const Arguments& a) -> Expr {
                     return where(both_zero(a[0], a[1]), number(a[0], 0), Term(a[0]) / a[1]);
                 },
                 .may_be_infinite = true,
                 .fold = [](const Arguments& a) -> Expr { return is_positive(a[1]) ? divide(a[0], a[1]) : nullptr; }});

    add_function_families(t);
    return t;
}

}  // namespace

const std::vector<Function>& functions() {
    static const std::vector<Function> table = make_table();
    return table;
}

const Function* find_function(std::string_view name) {
    for (const Function& f : functions())
        if (f.name == name) return &f;
    return nullptr;
}

}  // namespace halogram
