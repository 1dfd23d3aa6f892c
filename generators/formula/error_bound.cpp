#include "generators/formula/error_bound.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "generators/formula/feature_sum.h"
#include "generators/math/functions.h"

namespace halogram {

namespace {

// NaN where one of them is: there is no bound then.
Real larger(const Real& a, const Real& b) { return b.is_nan() || a < b ? b : a; }
Real smaller(const Real& a, const Real& b) { return b < a ? b : a; }

class Bound {
public:
    explicit Bound(const Arithmetic& arithmetic) : arithmetic_(arithmetic), u_(arithmetic.unit_roundoff) {}

    BoundedValue constant(const Real& value) const {
        if (value.is_infinite()) return {value, Real(0.0)};
        const double nearest = arithmetic_.single ? double(float(value.to_double())) : value.to_double();
        return {value, abs(value - Real(nearest))};
    }

    BoundedValue operation(const Node& e, const std::vector<BoundedValue>& a) const {
        std::vector<Real> values;
        for (const BoundedValue& v : a) values.push_back(v.value);
        BoundedValue r{operation_value(e, values), Real(0.0)};
        // Integers of integers are exact; an error of an exponent would leave negative bases without a value.
        if (e.integer_valued && !(Real(1 / u_) < abs(r.value)) &&
            std::all_of(a.begin(), a.end(), [](const BoundedValue& v) { return !(Real(0.0) < v.error); }))
            return r;
        switch (e.op) {
            case Op::Negate: r.error = a[0].error; return r;
            case Op::Minimum:
            case Op::Maximum: r.error = larger(a[0].error, a[1].error); return r;
            case Op::Less:
            case Op::LessEqual:
            case Op::Equal:
            case Op::NotEqual: {
                const Real slack = a[0].error + a[1].error;
                // A number compared with itself (a test for NaN) rounds the same way twice.
                const bool exact_operands = !(Real(0.0) < slack) || e.arguments[0] == e.arguments[1];
                r.error = Real(!exact_operands && !(slack < abs(a[0].value - a[1].value)) ? 1.0 : 0.0);  // may flip
                return r;
            }
            case Op::And:
            case Op::Or: {
                // One that is surely false (true) decides.
                const bool deciding = e.op == Op::Or;
                for (const BoundedValue& v : a)
                    if ((Real(0.0) < v.value) == deciding && !(Real(0.0) < v.error)) return r;
                r.error = larger(a[0].error, a[1].error);
                return r;
            }
            case Op::Not:
                for (const BoundedValue& v : a) r.error = larger(r.error, v.error);
                return r;
            case Op::Where: {
                const bool first = Real(0.0) < a[0].value;
                const BoundedValue &taken = a[first ? 1 : 2], &other = a[first ? 2 : 1];
                r.error = taken.error;
                if (Real(0.0) < a[0].error) r.error = larger(r.error, abs(other.value - taken.value) + other.error);
                return r;
            }
            case Op::Add:
            case Op::Subtract: r.error = a[0].error + a[1].error; return rounded(r, 1);
            case Op::MultiplyZero:
                // An exact 0 hides an infinite factor, and with it a bound that is infinite.
                if (is_exactly_zero(a[0]) || is_exactly_zero(a[1])) return {Real(0.0), Real(0.0)};
                [[fallthrough]];
            case Op::Multiply:
                r.error = abs(a[0].value) * a[1].error + abs(a[1].value) * a[0].error + a[0].error * a[1].error;
                return rounded(r, 1);
            default: break;
        }
        for (const BoundedValue& v : a)
            if (v.error.is_nan()) return {r.value, v.error};  // no bound; comparisons of corners would lose that
        if (e.op == Op::Call && e.function->oscillates) {
            // The ends of an interval of some radians say nothing of what lies between.
            r.error = smaller(a[0].error, Real(2.0));
            const double limit = arithmetic_.single ? oscillation_limit_f32 : oscillation_limit_f64;
            if (Real(limit) < abs(a[0].value) + a[0].error)
                return {r.value, smaller(r.error + Real(u_) * (abs(a[0].value) + a[0].error), Real(2.0))};
            return rounded(r, 2 * arithmetic_.stated_ulp(*e.function));
        }
        // Division, power and functions: the spread of the value over the corners of the arguments' errors.
        for (unsigned corner = 0; corner < (1u << a.size()); ++corner) {
            std::vector<Real> moved;
            for (std::size_t k = 0; k < a.size(); ++k)
                moved.push_back(inside(e, k, (corner >> k) & 1u ? a[k].value + a[k].error : a[k].value - a[k].error));
            const Real there = operation_value(e, moved);
            if (!there.is_nan()) r.error = larger(r.error, abs(there - r.value));
        }
        double operations = 1;  // in u: 1 ulp is up to 2 u
        if (e.op == Op::Power) operations = 2 * power_ulp;
        if (e.op == Op::Call) operations = 2 * arithmetic_.stated_ulp(*e.function);
        return rounded(r, operations);
    }

    // In the order of feature_sum.h, a product as its last operation being fused into the sum.
    BoundedValue sum(const std::vector<BoundedValue>& terms) const {
        BoundedValue r{Real(0.0), Real(0.0)};
        Real magnitudes(0.0);
        for (const BoundedValue& t : terms) {
            r.value = r.value + t.value;
            r.error = r.error + t.error;
            magnitudes = magnitudes + abs(t.value) + t.error;
        }
        r.error = r.error + Real(roundings_of_sum(static_cast<double>(terms.size())) * u_ * 1.01) * magnitudes;
        return r;
    }

private:
    const Arithmetic arithmetic_;
    const double u_;

    // Argument k within the domain of the operation.
    static Real inside(const Node& e, std::size_t k, const Real& argument) {
        if (e.op == Op::Power && k == 0 && !e.arguments[1]->integer_valued) return larger(argument, Real(0.0));
        if (e.op != Op::Call) return argument;
        return smaller(larger(argument, Real(e.function->lowest)), Real(e.function->highest));
    }

    static bool is_exactly_zero(const BoundedValue& v) {
        return !v.value.is_nan() && !(Real(0.0) < abs(v.value)) && !(Real(0.0) < v.error);
    }

    BoundedValue rounded(BoundedValue r, double operations) const {
        if (operations == 0 || is_exactly_zero(r)) return r;  // a 0 that comes from exact numbers is not rounded
        r.error = r.error + Real(operations * u_) * (abs(r.value) + r.error) + Real(arithmetic_.underflow);
        return r;
    }
};

}  // namespace

double Arithmetic::stated_ulp(const Function& function) const {
    if (!single) return function.ulp_f64;
    return fast && function.code_fast != nullptr ? function.ulp_fast_f32 : function.ulp_f32;
}

std::vector<BoundedValue> evaluate_with_bound(Expr lowered, const Inputs& inputs, const Arithmetic& arithmetic) {
    return evaluate_all_with_bound({lowered}, inputs, arithmetic)[0];
}

std::vector<std::vector<BoundedValue>> evaluate_all_with_bound(const std::vector<Expr>& lowered, const Inputs& inputs,
                                                               const Arithmetic& arithmetic) {
    const std::size_t features = inputs.x.size();
    const Bound bound(arithmetic);
    std::unordered_map<Expr, std::vector<BoundedValue>> values;
    for (Expr e : topological_order(lowered)) {
        std::vector<BoundedValue>& result = values[e];
        if (e->arguments.empty()) {
            const bool input = e->depends != 0;
            for (const Real& v : evaluate(e, inputs))
                result.push_back(input ? BoundedValue{v, Real(0.0)} : bound.constant(v));
        } else if (e->op == Op::Sum) {
            result = {bound.sum(values.at(e->arguments[0]))};
        } else if (e->is_reduction()) {
            result = {{evaluate(e, inputs)[0], Real(0.0)}};
            for (const BoundedValue& v : values.at(e->arguments[0])) result[0].error = larger(result[0].error, v.error);
        } else {
            for (std::size_t d = 0; d < (e->per_feature ? features : 1); ++d) {
                std::vector<BoundedValue> arguments;
                for (Expr a : e->arguments) arguments.push_back(values.at(a)[a->per_feature ? d : 0]);
                result.push_back(bound.operation(*e, arguments));
            }
        }
    }
    std::vector<std::vector<BoundedValue>> results;
    for (Expr e : lowered) results.push_back(values.at(e));
    return results;
}

}  // namespace halogram
