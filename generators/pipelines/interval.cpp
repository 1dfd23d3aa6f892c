#include "generators/pipelines/interval.h"

#include <limits>

#include "generators/formula/lower.h"
#include "generators/math/code.h"
#include "generators/math/functions.h"

namespace halogram {

using Halide::max;
using Halide::min;
using Halide::select;

namespace {

const double infinite = std::numeric_limits<double>::infinity();

Interval unknown() { return {real(0), real(0), real(infinite)}; }

// Rounding of these bounds themselves, in f64: far below the 1 % that the caller adds, except next to cancellation, which
// the rounding of the computed value covers.
// A corner that is NaN, which min and max may lose, leaves no bound.
Interval hull(const std::vector<Halide::Expr>& corners, const Halide::Expr& error) {
    Halide::Expr low = corners[0], high = corners[0], unknown_corner = Halide::Internal::const_false();
    for (const Halide::Expr& c : corners) {
        low = min(low, c);
        high = max(high, c);
        unknown_corner = unknown_corner || code::not_a_number(c);
    }
    return {low, high, select(unknown_corner, real(infinite), error)};
}

// What of the interval lies in the function's domain.
Interval inside(const Function& f, const Interval& a) {
    return {min(max(a.low, real(f.lowest)), real(f.highest)), min(max(a.high, real(f.lowest)), real(f.highest)),
            a.error};
}

bool is_exact(Expr e) {
    if (e->op == Op::Negate) return is_exact(e->arguments[0]);
    return e->op == Op::ScalarParameter || e->op == Op::IntegerParameter ||
           (e->is_constant() && e->constant.get_den() == 1 && abs(e->constant) < 1000);
}

}  // namespace

Halide::Expr magnitude(const Interval& a) { return max(code::abs(a.low), code::abs(a.high)); }

Intervals::Intervals(std::map<Expr, Interval> given, const Arithmetic& arithmetic, std::vector<Halide::Func>& stages)
    : intervals_(std::move(given)), arithmetic_(arithmetic), stages_(stages) {}

Intervals::Intervals(std::map<Expr, Interval> given, std::vector<Halide::Func>& stages)
    : intervals_(std::move(given)), arithmetic_{}, values_only_(true), stages_(stages) {}

Interval Intervals::of(Expr lowered) {
    for (Expr e : topological_order({lowered})) {
        if (intervals_.count(e) || e->boolean) continue;
        intervals_[e] = stage(operation(e));
    }
    return intervals_.at(lowered);
}

// Whatever is not a number, or not finite, or could overflow as it is computed, becomes an infinite error, and that stays.
Interval Intervals::stage(const Interval& value) {
    Halide::Func f("interval");
    const double largest = values_only_ || !arithmetic_.single ? std::numeric_limits<double>::max()
                                                               : double(std::numeric_limits<float>::max());
    const Halide::Expr known = value.high - value.low < real(infinite) && value.error < real(infinite) &&
                               magnitude(value) + value.error < real(largest);
    f(segment) = {value.low, value.high, select(known, value.error, real(infinite))};
    stages_.push_back(f);
    const Halide::FuncRef at = f(segment);
    return {Halide::Expr(at[0]), Halide::Expr(at[1]), Halide::Expr(at[2])};
}

Interval Intervals::rounded(Interval value, double operations) const {
    if (values_only_) return value;
    value.error = value.error + real(operations * arithmetic_.unit_roundoff) * (magnitude(value) + value.error) +
                  real(arithmetic_.underflow);
    return value;
}

Interval Intervals::operation(Expr e) {
    auto argument = [&](std::size_t k) -> const Interval& { return intervals_.at(e->arguments[k]); };
    switch (e->op) {
        case Op::Constant:
        case Op::Pi: {
            const Real value = evaluate(e, Inputs{{Real(0.0)}, {Real(0.0)}, {}})[0];
            return rounded({real(value.to_double()), real(value.to_double()), real(0)}, is_exact(e) ? 0 : 1);
        }
        case Op::Negate: return {-argument(0).high, -argument(0).low, argument(0).error};
        case Op::Add:
            return rounded({argument(0).low + argument(1).low, argument(0).high + argument(1).high,
                            argument(0).error + argument(1).error},
                           1);
        case Op::Subtract:
            return rounded({argument(0).low - argument(1).high, argument(0).high - argument(1).low,
                            argument(0).error + argument(1).error},
                           1);
        case Op::Multiply:
        case Op::MultiplyZero: return product(e);
        case Op::Divide: return quotient(e);
        case Op::Minimum:
            return {min(argument(0).low, argument(1).low), min(argument(0).high, argument(1).high),
                    max(argument(0).error, argument(1).error)};
        case Op::Maximum:
            return {max(argument(0).low, argument(1).low), max(argument(0).high, argument(1).high),
                    max(argument(0).error, argument(1).error)};
        case Op::Where: return choice(e);
        case Op::Power: return power(e);
        case Op::Call: return function(e);
        default: return unknown();
    }
}

Interval Intervals::product(Expr e) {
    const Interval &a = intervals_.at(e->arguments[0]), &b = intervals_.at(e->arguments[1]);
    const Halide::Expr error = magnitude(a) * b.error + magnitude(b) * a.error + a.error * b.error;
    Interval r = hull({a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high}, error);
    if (e->arguments[0] == e->arguments[1]) r.low = max(r.low, real(0.0));
    return rounded(r, 1);
}

Interval Intervals::quotient(Expr e) {
    const Interval &a = intervals_.at(e->arguments[0]), &b = intervals_.at(e->arguments[1]);
    const Halide::Expr least = max(b.low, -b.high) - b.error;  // of |b| as computed; not positive: b may be 0
    Interval r = hull({code::quotient(a.low, b.low), code::quotient(a.low, b.high), code::quotient(a.high, b.low),
                       code::quotient(a.high, b.high)},
                      real(0));
    r.error = r.error + select(least > real(0.0), (a.error + magnitude(r) * b.error) / least, real(infinite));
    return rounded(r, 1);
}

// Of a base that is not negative and an exponent that is one number.
Interval Intervals::power(Expr e) {
    const Interval &a = intervals_.at(e->arguments[0]), &b = intervals_.at(e->arguments[1]);
    if ((e->arguments[1]->depends & (on_x | on_y)) != 0 || !is_exact(e->arguments[1])) return unknown();
    const Halide::Expr low = max(a.low - a.error, real(0.0)), high = a.high + a.error, one_less = b.low - real(1.0);
    const Halide::Expr slope = code::abs(b.low) * max(code::power(low, one_less), code::power(high, one_less));
    Interval r = hull({code::power(max(a.low, real(0.0)), b.low), code::power(a.high, b.low)},
                      select(a.low < real(0.0), real(infinite), slope * a.error));
    return rounded(r, 2 * power_ulp);
}

Interval Intervals::function(Expr e) {
    const Function& f = *e->function;
    if (f.code == nullptr || f.monotone == Monotone::No) return unknown();
    const Interval a = inside(f, intervals_.at(e->arguments[0]));
    Interval r = hull({f.code(a.low), f.code(a.high)}, real(0));
    if (values_only_) return {r.low, r.high, r.error + a.error};
    Halide::Expr error = steepest(e, a) * a.error;
    if (f.half_hoelder > 0) {
        const Halide::Expr flat = real(f.half_hoelder) * code::sqrt(a.error);
        error = select(error < flat, error, flat);
    }
    r.error = r.error + select(a.error > real(0.0), error, real(0));
    return rounded(r, 2 * arithmetic_.stated_ulp(f));
}

// The largest slope over what the argument can be as computed.
Halide::Expr Intervals::steepest(Expr call, const Interval& a) {
    Expr slope = lower(call->function->derivatives({call->arguments[0]}, call)[0]);
    const std::map<Expr, Interval> given = {
        {call->arguments[0], stage(inside(*call->function, {a.low - a.error, a.high + a.error, real(0)}))}};
    const Interval bound = Intervals(given, stages_).of(slope);
    return magnitude(bound) + bound.error;
}

Interval Intervals::choice(Expr e) {
    const Certainty condition = certainty(e->arguments[0]);
    const Interval &a = intervals_.at(e->arguments[1]), &b = intervals_.at(e->arguments[2]);
    const Halide::Expr low = min(a.low, b.low), high = max(a.high, b.high);
    return {select(condition.holds, a.low, condition.fails, b.low, low),
            select(condition.holds, a.high, condition.fails, b.high, high),
            select(condition.holds, a.error, condition.fails, b.error, max(a.error, b.error) + (high - low))};
}

Intervals::Certainty Intervals::certainty(Expr condition) {
    const Halide::Expr no = Halide::Internal::const_false();
    if (condition->arguments.size() != 2 || condition->arguments[0]->boolean) return {no, no};
    const Interval &a = intervals_.at(condition->arguments[0]), &b = intervals_.at(condition->arguments[1]);
    const Halide::Expr below = a.high + a.error<b.low - b.error, above = a.low - a.error> b.high + b.error;
    const Halide::Expr same = a.low == b.high && a.high == b.low && a.error == real(0.0) && b.error == real(0.0);
    switch (condition->op) {
        case Op::Less:
        case Op::LessEqual: return {below, above};
        case Op::Equal: return {same, below || above};
        case Op::NotEqual: return {below || above, same};
        default: return {no, no};
    }
}

}  // namespace halogram
