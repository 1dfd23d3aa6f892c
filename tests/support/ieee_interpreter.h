// What IEEE arithmetic gives: a lowered tree evaluated operation by operation in a type's own numbers, functions rounded
// correctly by MPFR. Shares the tree and nothing else with the generated code: neither Halide nor its functions.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "generators/formula/feature_sum.h"
#include "generators/formula/interpreter.h"
#include "generators/math/functions.h"

namespace halogram {

template <typename T>
struct IeeeNumber {
    T value = 0;
    T scale = 0;             // size of what was added and subtracted: an ulp of a function in it counts by that
    bool exact_bits = true;  // made by IEEE operations alone: compiled code has the same bits
    bool finite = true;      // so was everything it was made of: a bound of the rounding error holds
    bool any_angle = false;  // a sine of an argument whose last bit is a turn or more: only the class is promised
};

template <typename T>
class IeeeInterpreter {
public:
    using Number = IeeeNumber<T>;

    std::vector<T> x, y;
    std::map<std::string, std::vector<T>> parameters;
    // The value of a function that is not rounded correctly, or of a power: what has been proved elsewhere. Without it they
    // are as MPFR rounds them, and the result's bits are not known.
    std::function<T(const Node&, const std::vector<Number>&)> value_of_function;

    // D numbers where `root` is per feature, else one.
    const std::vector<Number>& evaluate(Expr root) {
        for (Expr e : topological_order({root}))
            if (!values_.count(e)) values_[e] = compute(e);
        return values_.at(root);
    }

    static Number operation(const Node& e, const std::vector<Number>& a) {
        if (e.op == Op::Where) {  // the other branch is computed too, but nobody sees it
            Number taken = a[holds(a[0]) ? 1 : 2];
            taken.exact_bits = taken.exact_bits && a[0].exact_bits;
            taken.any_angle = taken.any_angle || a[0].any_angle;
            taken.finite = taken.finite && a[0].finite;
            return taken;
        }
        Number r = together(a);
        if (e.boolean) {  // asking whether something is infinite is no overflow
            r.finite = true;
            for (std::size_t k = 0; k < a.size(); ++k)
                r.finite = r.finite && (a[k].finite || e.arguments[k]->op == Op::Infinity);
        }
        r.value = value_of(e, a);
        r.scale = scale_of(e, a, r.value);
        if (!is_rounded_correctly(e)) r.exact_bits = false;
        if (e.op == Op::Call) {
            r.any_angle = r.any_angle ||
                          (e.function->oscillates && std::abs(a[0].value) * std::numeric_limits<T>::epsilon() >= T(1));
        }
        r.finite = r.finite && std::isfinite(r.value);
        return r;
    }

    // What becomes of a sum to which a product is added, fused into it.
    static Number fused(const Number& a, const Number& b, const Number& sum) {
        Number r = together({a, b, sum});
        r.value = std::fma(a.value, b.value, sum.value);
        r.scale = a.scale * b.scale + sum.scale;
        r.finite = r.finite && std::isfinite(r.value);
        return r;
    }
    static Number added(const Number& a, const Number& b) {
        Number r = together({a, b});
        r.value = a.value + b.value;
        r.scale = a.scale + b.scale;
        r.finite = r.finite && std::isfinite(r.value);
        return r;
    }
    // By the rule of a product at an edge, or the plain product.
    static Number product(const Number& a, const Number& b, bool zero_rule) {
        Number r = together({a, b});
        const bool zero =
            zero_rule && ((a.value == 0 && !std::isnan(b.value)) || (b.value == 0 && !std::isnan(a.value)));
        r.value = zero ? T(0) : a.value * b.value;
        r.scale = zero ? T(0) : a.scale * b.scale;
        r.finite = r.finite && std::isfinite(r.value);
        return r;
    }

private:
    std::unordered_map<Expr, std::vector<Number>> values_;

    static bool is_rounded_correctly(const Node& e) {
        if (e.op == Op::Call) return (sizeof(T) == sizeof(float) ? e.function->ulp_f32 : e.function->ulp_f64) <= 0.5;
        return e.op != Op::Power;
    }
    static bool holds(const Number& a) { return a.value != 0; }

    static Number together(const std::vector<Number>& arguments) {
        Number r;
        for (const Number& a : arguments) {
            r.exact_bits = r.exact_bits && a.exact_bits;
            r.finite = r.finite && a.finite;
            r.any_angle = r.any_angle || a.any_angle;
        }
        return r;
    }

    static T nearest(const Real& v) {
        return sizeof(T) == sizeof(float) ? T(mpfr_get_flt(v.get(), MPFR_RNDN)) : T(mpfr_get_d(v.get(), MPFR_RNDN));
    }

    // NaN stays; -0 < +0.
    static T extremum(T a, T b, bool largest) {
        if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<T>::quiet_NaN();
        if (a == b) return std::signbit(a) == largest ? b : a;
        return (a > b) == largest ? a : b;
    }

    static T value_of(const Node& e, const std::vector<Number>& a) {
        auto truth = [](bool condition) { return T(condition ? 1 : 0); };
        const T first = a[0].value, second = a.size() > 1 ? a[1].value : T(0);
        switch (e.op) {
            case Op::Negate: return T(0) - first;  // Halide's negation: 0 gives +0
            case Op::Add: return first + second;
            case Op::Subtract: return first - second;
            case Op::Multiply: return first * second;
            case Op::MultiplyZero: return product(a[0], a[1], true).value;
            case Op::Divide: return first / second;
            case Op::Minimum: return extremum(first, second, false);
            case Op::Maximum: return extremum(first, second, true);
            case Op::Less: return truth(first < second);
            case Op::LessEqual: return truth(first <= second);
            case Op::Equal: return truth(first == second);
            case Op::NotEqual: return truth(first != second);
            case Op::And: return truth(holds(a[0]) && holds(a[1]));
            case Op::Or: return truth(holds(a[0]) || holds(a[1]));
            case Op::Not: return truth(!holds(a[0]));
            case Op::Power:
            case Op::Call: {
                std::vector<Real> arguments;
                for (const Number& v : a) arguments.emplace_back(double(v.value));
                return nearest(operation_value(e, arguments));
            }
            default: throw std::logic_error("not an operation of a lowered tree");
        }
    }

    static T scale_of(const Node& e, const std::vector<Number>& a, T value) {
        switch (e.op) {
            case Op::Negate: return a[0].scale;
            case Op::Add:
            case Op::Subtract: return a[0].scale + a[1].scale;
            case Op::Multiply: return a[0].scale * a[1].scale;
            case Op::MultiplyZero: return product(a[0], a[1], true).scale;
            case Op::Divide: return a[0].scale / std::abs(a[1].value);
            case Op::Minimum:
            case Op::Maximum: return value == a[0].value ? a[0].scale : a[1].scale;
            default: return std::abs(value);
        }
    }

    static Number exact(T value) { return {value, std::abs(value), true, std::isfinite(value)}; }

    std::vector<Number> compute(Expr e) {
        if (e->op == Op::Infinity) return {exact(std::numeric_limits<T>::infinity())};
        if (e->depends == 0 && !e->boolean && !uses_feature_count(e)) {  // rounded once
            const Inputs none{{Real(0.0)}, {Real(0.0)}, {}};
            return {exact(nearest(halogram::evaluate(e, none)[0]))};
        }
        switch (e->op) {
            case Op::X: return numbers(x);
            case Op::Y: return numbers(y);
            case Op::FeatureCount: return {exact(T(x.size()))};
            case Op::VectorParameter:
            case Op::ScalarParameter:
            case Op::IntegerParameter: return numbers(parameters.at(e->name));
            default: break;
        }
        if (e->is_reduction()) return {reduce(e)};
        std::vector<Number> result;
        for (std::size_t d = 0; d < (e->per_feature ? x.size() : 1); ++d) {
            std::vector<Number> arguments;
            for (Expr a : e->arguments) arguments.push_back(at(a, d));
            result.push_back(operation(*e, arguments));
            if (!value_of_function || is_rounded_correctly(*e)) continue;
            Number& r = result.back();
            r.value = value_of_function(*e, arguments);
            r.exact_bits = together(arguments).exact_bits;
        }
        return result;
    }

    Number reduce(Expr e) const { return e->op == Op::Sum ? sum(e->arguments[0]) : extremum_over(e); }

    static Number nothing() {  // what is added to it stays, -0 too
        Number r;
        r.value = T(-0.0);
        return r;
    }

    // In the order of feature_sum.h.
    Number sum(Expr body) const {
        constexpr std::size_t of_block = features_of_a_block, of_group = of_block * blocks_of_a_group;
        Number total = nothing(), group = nothing(), block;
        for (std::size_t d = 0; d < x.size(); ++d) {
            if (d > 0 && d % of_block == 0) {
                group = added(group, block);
                block = Number();
            }
            if (d > 0 && d % of_group == 0) {
                total = added(total, group);
                group = nothing();
            }
            block = body->op == Op::Multiply ? fused(at(body->arguments[0], d), at(body->arguments[1], d), block)
                                             : added(block, at(body, d));
        }
        return added(total, added(group, block));
    }

    Number extremum_over(Expr e) const {
        const bool largest = e->op == Op::MaximumOver;
        Number r;
        r.value = largest ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
        for (std::size_t d = 0; d < x.size(); ++d) {
            const Number next = at(e->arguments[0], d);
            const T value = extremum(r.value, next.value, largest);
            const T scale = value == next.value ? next.scale : r.scale;
            r = together({r, next});
            r.value = value;
            r.scale = scale;
        }
        return r;
    }

    Number at(Expr e, std::size_t d) const { return values_.at(e)[e->per_feature ? d : 0]; }

    static std::vector<Number> numbers(const std::vector<T>& given) {
        std::vector<Number> result;
        for (T v : given) result.push_back(exact(v));
        return result;
    }
};

}  // namespace halogram
