#include "tests/accuracy/batch_evaluator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>
#include <unordered_map>

namespace halogram {

namespace {

template <typename W>
W floor_of(W a) {
    return std::floor(a);
}
template <typename W>
W abs_of(W a) {
    return std::fabs(a);
}
template <typename W>
W sign_of(W a) {
    return std::isnan(a) || a == 0 ? a : std::copysign(W(1), a);
}

template <typename W>
W binade_of(W a) {
    if (a == 0 || !std::isfinite(a)) return a == 0 ? W(1) : std::fabs(a);
    return std::ldexp(W(1), std::ilogb(a));
}

// The functions with a stated error have references; the others are exact.
template <typename W>
W (*fast_function(const Function& function))
(W) {
    static const std::map<std::string_view, W (*)(W)> exact = {
        {"floor", floor_of<W>}, {"abs", abs_of<W>}, {"sign", sign_of<W>}, {"binade", binade_of<W>}};
    if (const auto found = exact.find(function.name); found != exact.end()) return found->second;
    const Reference* reference = find_reference(function.name);
    if (reference == nullptr)
        throw std::logic_error("function '" + std::string(function.name) + "' has no fast reference");
    if constexpr (sizeof(W) == sizeof(double))
        return reference->of_double;
    else
        return reference->of_long_double;
}

template <typename W>
W larger(W a, W b) {  // NaN where one of them is, as in error_bound.cpp
    return std::isnan(b) || a < b ? b : a;
}

template <typename W>
W extremum(W a, W b, bool largest) {
    if (std::isnan(a)) return a;
    if (std::isnan(b)) return b;
    return largest == (a < b) ? b : a;
}

// The first argument within the domain of the operation, as in error_bound.cpp.
template <typename W>
W inside(const Node& e, W argument) {
    if (e.op == Op::Power && !e.arguments[1]->integer_valued) return larger(argument, W(0));
    if (e.op != Op::Call) return argument;
    return std::min(larger(argument, W(e.function->lowest)), W(e.function->highest));
}

template <typename Bounded>
bool is_exactly_zero(const Bounded& v) {
    return v.value == 0 && !(0 < v.error);
}

}  // namespace

template <typename T>
BatchEvaluator<T>::BatchEvaluator(Expr lowered, std::int64_t features, std::int64_t pairs)
    : features_(features),
      pairs_(pairs),
      arithmetic_(sizeof(T) == 4 ? f32_arithmetic : f64_arithmetic),
      overflows_(static_cast<std::size_t>(pairs)) {
    std::unordered_map<Expr, std::size_t> position;
    for (Expr e : topological_order({lowered})) {
        Step step{.e = e, .arguments = {}, .plane = {}};
        for (Expr a : e->arguments) step.arguments.push_back(position.at(a));
        if (e->op == Op::Call) {
            step.function = fast_function<W>(*e->function);
            step.roundings = 2 * arithmetic_.stated_ulp(*e->function);
        }
        if (e->op == Op::Power) step.roundings = 2 * power_ulp;
        step.same_for_all = (e->depends & (on_x | on_y)) == 0;
        step.plane.resize(static_cast<std::size_t>(planes(step) * pairs_));
        if (e->arguments.empty() && e->depends == 0) set_constant(step);
        position[e] = steps_.size();
        steps_.push_back(std::move(step));
    }
}

template <typename T>
void BatchEvaluator<T>::set_constant(Step& step) {
    const std::vector<Real> zeros(static_cast<std::size_t>(features_), Real(0.0));
    const Real exact = halogram::evaluate(step.e, Inputs{zeros, zeros, {}})[0];
    const Real error = exact.is_infinite() ? Real(0.0) : abs(exact - Real(double(T(exact.to_double()))));
    std::fill(step.plane.begin(), step.plane.end(),
              Bounded{W(mpfr_get_ld(exact.get(), MPFR_RNDN)), W(error.to_double())});
}

template <typename T>
void BatchEvaluator<T>::load(Step& step, const PointBlock<T>& block, const ParameterValues<T>& parameters) {
    const bool is_x = step.e->op == Op::X, is_point = is_x || step.e->op == Op::Y;
    const std::vector<T>& values = is_x ? block.x : is_point ? block.y : parameters.at(step.e->name);
    for (std::int64_t d = 0; d < planes(step); ++d)
        for (std::int64_t p = 0; p < pairs_; ++p) {
            const std::int64_t point = is_x ? p / block.m : p % block.m;
            const std::int64_t at = is_point ? point * features_ + d : d;
            step.plane[static_cast<std::size_t>(d * pairs_ + p)] = {W(values[static_cast<std::size_t>(at)]), W(0)};
        }
}

template <typename T>
typename BatchEvaluator<T>::Bounded BatchEvaluator<T>::rounded(Bounded r, double roundings) const {
    if (roundings == 0 || is_exactly_zero(r)) return r;
    r.error += W(roundings * arithmetic_.unit_roundoff) * (std::fabs(r.value) + r.error) + W(arithmetic_.underflow);
    return r;
}

template <typename T>
void BatchEvaluator<T>::reduce(Step& step) {
    const Op op = step.e->op;
    const W per_term = W(static_cast<double>(features_) * arithmetic_.unit_roundoff * 1.01);
    for (std::int64_t p = 0; p < pairs_; ++p) {
        const Bounded* terms = argument(step, 0, 0) + p;
        Bounded r = terms[0];
        W magnitudes = std::fabs(r.value) + r.error;
        for (std::int64_t d = 1; d < features_; ++d) {
            const Bounded& t = terms[d * pairs_];
            r.value = op == Op::Sum ? r.value + t.value : extremum(r.value, t.value, op == Op::MaximumOver);
            r.error = op == Op::Sum ? r.error + t.error : larger(r.error, t.error);
            magnitudes += std::fabs(t.value) + t.error;
        }
        if (op == Op::Sum) {
            r.error += per_term * magnitudes;
            // Partial sums may overflow where the sum does not.
            if (std::isfinite(magnitudes) && !(magnitudes < W(std::numeric_limits<T>::max())))
                overflows_[static_cast<std::size_t>(p)] = 1;
        }
        step.plane[static_cast<std::size_t>(p)] = r;
    }
}

template <typename T>
void BatchEvaluator<T>::operate(Step& step, const Bounded* const* a, Bounded* r, std::int64_t count) const {
    const Node& e = *step.e;
    const Bounded *first = a[0], *second = a[1], *third = a[2];
    const W whole = W(1) / W(arithmetic_.unit_roundoff);
    // One loop per operation. Integers of integers are exact.
    const auto loop = [&](auto operation) {
        for (std::int64_t p = 0; p < count; ++p) {
            r[p] = operation(p);
            if (!e.integer_valued || whole < std::fabs(r[p].value)) continue;
            bool exact = true;
            for (std::size_t k = 0; k < e.arguments.size(); ++k) exact = exact && !(0 < a[k][p].error);
            if (exact) r[p].error = 0;
        }
    };
    const auto compare = [&](auto holds) {
        loop([&](std::int64_t p) {
            const W slack = first[p].error + second[p].error;
            const bool exact = !(0 < slack) || e.arguments[0] == e.arguments[1];
            const bool may_flip = !exact && !(slack < std::fabs(first[p].value - second[p].value));
            return Bounded{W(holds(first[p].value, second[p].value) ? 1 : 0), W(may_flip ? 1 : 0)};
        });
    };
    // What is 0 only because the wider arithmetic underflows is not an exact 0.
    const auto tiny_for_zero = [](W value, bool underflow) {
        return value == 0 && underflow ? std::numeric_limits<W>::denorm_min() : value;
    };
    const W oscillation_limit = arithmetic_.single ? oscillation_limit_f32 : oscillation_limit_f64;
    // The spread of the value over the corners of the arguments' errors.
    const auto corners_of_one = [&](auto f) {
        loop([&](std::int64_t p) {
            if (std::isnan(first[p].error)) return Bounded{f(first[p].value), first[p].error};  // no bound
            // No function has a zero below -1.
            Bounded b{tiny_for_zero(f(first[p].value), first[p].value < -1), W(0)};
            for (const W side : {W(-1), W(1)}) {
                if (first[p].error == 0) break;
                const W there = f(inside(e, first[p].value + side * first[p].error));
                if (!std::isnan(there)) b.error = larger(b.error, std::fabs(there - b.value));
            }
            return rounded(b, step.roundings);
        });
    };
    const auto corners_of_two = [&](auto f) {
        loop([&](std::int64_t p) {
            const Bounded &u = first[p], &v = second[p];
            if (std::isnan(u.error) || std::isnan(v.error)) return Bounded{f(u.value, v.value), u.error + v.error};
            Bounded b{tiny_for_zero(f(u.value, v.value), u.value != 0 && std::isfinite(v.value)), W(0)};
            for (int corner = 0; corner < 4; ++corner) {
                if ((corner & 1 && !(0 < u.error)) || (corner & 2 && !(0 < v.error))) continue;  // the same corner
                const W there = f(inside(e, corner & 1 ? u.value + u.error : u.value - u.error),
                                  corner & 2 ? v.value + v.error : v.value - v.error);
                if (!std::isnan(there)) b.error = larger(b.error, std::fabs(there - b.value));
            }
            return rounded(b, step.roundings);
        });
    };
    const auto any_error = [&](std::int64_t p) {
        W error = 0;
        for (std::size_t k = 0; k < e.arguments.size(); ++k) error = larger(error, a[k][p].error);
        return error;
    };

    switch (e.op) {
        case Op::Negate: return loop([&](std::int64_t p) { return Bounded{-first[p].value, first[p].error}; });
        case Op::Add:
            return loop([&](std::int64_t p) {
                return rounded({first[p].value + second[p].value, first[p].error + second[p].error}, 1);
            });
        case Op::Subtract:
            return loop([&](std::int64_t p) {
                return rounded({first[p].value - second[p].value, first[p].error + second[p].error}, 1);
            });
        case Op::Multiply:
        case Op::MultiplyZero:
            return loop([&](std::int64_t p) {
                const Bounded &u = first[p], &v = second[p];
                if (e.op == Op::MultiplyZero && (is_exactly_zero(u) || is_exactly_zero(v))) return Bounded{W(0), W(0)};
                const bool hidden = e.op == Op::MultiplyZero &&
                                    ((u.value == 0 && !std::isnan(v.value)) || (v.value == 0 && !std::isnan(u.value)));
                return rounded({hidden ? W(0) : tiny_for_zero(u.value * v.value, u.value != 0 && v.value != 0),
                                std::fabs(u.value) * v.error + std::fabs(v.value) * u.error + u.error * v.error},
                               1);
            });
        case Op::Divide: return corners_of_two([](W u, W v) { return u / v; });
        case Op::Power: return corners_of_two([](W u, W v) { return std::pow(u, v); });
        case Op::Call:
            if (!e.function->oscillates) return corners_of_one(step.function);
            return loop([&](std::int64_t p) {
                const Bounded& u = first[p];
                const Bounded b{step.function(u.value), std::min(u.error, W(2))};
                if (std::fabs(u.value) + u.error <= oscillation_limit) return rounded(b, step.roundings);
                return Bounded{b.value,
                               std::min(b.error + W(arithmetic_.unit_roundoff) * (std::fabs(u.value) + u.error), W(2))};
            });
        case Op::Minimum:
        case Op::Maximum:
            return loop([&](std::int64_t p) {
                return Bounded{extremum(first[p].value, second[p].value, e.op == Op::Maximum),
                               larger(first[p].error, second[p].error)};
            });
        case Op::Less: return compare([](W u, W v) { return u < v; });
        case Op::LessEqual: return compare([](W u, W v) { return u <= v; });
        case Op::Equal: return compare([](W u, W v) { return u == v; });
        case Op::NotEqual: return compare([](W u, W v) { return !(u == v); });
        case Op::And:
        case Op::Or: {
            const bool deciding = e.op == Op::Or;  // as one that is surely so
            const auto decides = [deciding](const Bounded& b) { return (b.value != 0) == deciding && !(0 < b.error); };
            return loop([&](std::int64_t p) {
                const bool holds = deciding ? first[p].value != 0 || second[p].value != 0
                                            : first[p].value != 0 && second[p].value != 0;
                return Bounded{W(holds ? 1 : 0), decides(first[p]) || decides(second[p]) ? W(0) : any_error(p)};
            });
        }
        case Op::Not:
            return loop([&](std::int64_t p) { return Bounded{W(first[p].value != 0 ? 0 : 1), any_error(p)}; });
        case Op::Where:
            return loop([&](std::int64_t p) {
                const bool holds = 0 < first[p].value;
                const Bounded &taken = holds ? second[p] : third[p], &other = holds ? third[p] : second[p];
                Bounded b = taken;
                if (0 < first[p].error) b.error = larger(b.error, std::fabs(other.value - taken.value) + other.error);
                return b;
            });
        default: throw std::logic_error("batch evaluator: not an operation");
    }
}

template <typename T>
void BatchEvaluator<T>::note_overflow(const Step& step) {
    if (step.e->boolean || step.e->arguments.empty()) return;
    const Node& e = *step.e;
    constexpr W largest = W(std::numeric_limits<T>::max());
    for (std::int64_t d = 0; d < planes(step); ++d)
        for (std::int64_t p = 0; p < pairs_; ++p) {
            const Bounded& b = step.plane[static_cast<std::size_t>(d * pairs_ + p)];
            if (std::fabs(b.value) + b.error < largest || std::isnan(b.value)) continue;
            if (std::isfinite(b.value)) {  // an infinite error is no overflow
                if (std::isfinite(b.error)) overflows_[static_cast<std::size_t>(p)] = 1;
                continue;
            }
            if (e.is_reduction()) continue;  // its terms have been looked at
            bool finite = true;
            for (std::size_t k = 0; k < e.arguments.size(); ++k)
                finite = finite && std::isfinite(argument(step, k, d)[p].value);
            // Infinite in exact arithmetic: at a pole, or chosen by a condition.
            const bool pole = (e.op == Op::Divide && argument(step, 1, d)[p].value == 0) ||
                              (e.op == Op::Power && argument(step, 0, d)[p].value == 0) ||
                              (e.op == Op::Call && e.function->may_be_infinite);
            if (finite && !pole) overflows_[static_cast<std::size_t>(p)] = 1;
        }
}

template <typename T>
void BatchEvaluator<T>::evaluate(const PointBlock<T>& block, const ParameterValues<T>& parameters) {
    std::fill(overflows_.begin(), overflows_.end(), std::uint8_t(0));
    for (Step& step : steps_) {
        if (step.e->arguments.empty()) {
            if (step.e->depends != 0) load(step, block, parameters);
            continue;
        }
        if (step.e->is_reduction()) {
            reduce(step);
        } else {
            for (std::int64_t d = 0; d < planes(step); ++d) {
                std::array<const Bounded*, 3> a{};
                for (std::size_t k = 0; k < step.arguments.size(); ++k) a[k] = argument(step, k, d);
                Bounded* r = step.plane.data() + d * pairs_;
                operate(step, a.data(), r, step.same_for_all ? 1 : pairs_);
                if (step.same_for_all) std::fill(r + 1, r + pairs_, r[0]);
            }
        }
        note_overflow(step);
    }
}

template class BatchEvaluator<float>;
template class BatchEvaluator<double>;

}  // namespace halogram
