#include "generators/formula/interpreter.h"

#include <stdexcept>
#include <unordered_map>

#include "generators/math/functions.h"

namespace halogram {

Real operator+(const Real& a, const Real& b) {
    Real r;
    mpfr_add(r.get(), a.get(), b.get(), MPFR_RNDN);
    return r;
}
Real operator-(const Real& a, const Real& b) {
    Real r;
    mpfr_sub(r.get(), a.get(), b.get(), MPFR_RNDN);
    return r;
}
Real operator*(const Real& a, const Real& b) {
    Real r;
    mpfr_mul(r.get(), a.get(), b.get(), MPFR_RNDN);
    return r;
}
Real operator/(const Real& a, const Real& b) {
    Real r;
    mpfr_div(r.get(), a.get(), b.get(), MPFR_RNDN);
    return r;
}
Real abs(const Real& a) {
    Real r;
    mpfr_abs(r.get(), a.get(), MPFR_RNDN);
    return r;
}
bool operator<(const Real& a, const Real& b) { return mpfr_less_p(a.get(), b.get()) != 0; }

namespace {

bool is_zero(const Real& a) { return mpfr_zero_p(a.get()) != 0; }
bool holds(const Real& a) { return !is_zero(a); }

// MPFR's own max and min return the number when one operand is NaN; ours return the NaN.
Real extremum(const Real& a, const Real& b, bool largest) {
    if (a.is_nan()) return a;
    if (b.is_nan()) return b;
    Real r;
    (largest ? mpfr_max : mpfr_min)(r.get(), a.get(), b.get(), MPFR_RNDN);
    return r;
}

std::vector<Real> leaf(const Node& e, const Inputs& inputs) {
    switch (e.op) {
        case Op::Constant: return {Real(e.constant)};
        case Op::Infinity: return {Real(1.0) / Real(0.0)};
        case Op::Pi: {
            Real r;
            mpfr_const_pi(r.get(), MPFR_RNDN);
            return {r};
        }
        case Op::FeatureCount: return {Real(static_cast<double>(inputs.x.size()))};
        case Op::X: return inputs.x;
        case Op::Y: return inputs.y;
        default: break;
    }
    auto it = inputs.parameters.find(e.name);
    const std::size_t length = e.op == Op::VectorParameter ? inputs.x.size() : 1;
    if (it == inputs.parameters.end())
        throw std::invalid_argument("interpreter: parameter '" + e.name + "' has no value");
    if (it->second.size() != length)
        throw std::invalid_argument("interpreter: parameter '" + e.name + "' needs " + std::to_string(length) +
                                    " value(s)");
    return it->second;
}

std::vector<Real> reduce(const Node& e, const std::vector<Real>& values) {
    Real result = values[0];
    for (std::size_t d = 1; d < values.size(); ++d)
        result = e.op == Op::Sum ? result + values[d] : extremum(result, values[d], e.op == Op::MaximumOver);
    return {result};
}

}  // namespace

Real operation_value(const Node& e, const std::vector<Real>& a) {
    Real r;
    switch (e.op) {
        case Op::Negate: mpfr_neg(r.get(), a[0].get(), MPFR_RNDN); return r;
        case Op::Add: return a[0] + a[1];
        case Op::Subtract: return a[0] - a[1];
        case Op::Multiply: return a[0] * a[1];
        case Op::MultiplyZero:
            if ((is_zero(a[0]) && !a[1].is_nan()) || (is_zero(a[1]) && !a[0].is_nan())) return Real(0.0);
            return a[0] * a[1];
        case Op::Divide: return a[0] / a[1];
        case Op::Power: mpfr_pow(r.get(), a[0].get(), a[1].get(), MPFR_RNDN); return r;
        case Op::Minimum: return extremum(a[0], a[1], false);
        case Op::Maximum: return extremum(a[0], a[1], true);
        case Op::Less: return Real(mpfr_less_p(a[0].get(), a[1].get()) ? 1.0 : 0.0);
        case Op::LessEqual: return Real(mpfr_lessequal_p(a[0].get(), a[1].get()) ? 1.0 : 0.0);
        case Op::Equal: return Real(mpfr_equal_p(a[0].get(), a[1].get()) ? 1.0 : 0.0);
        case Op::NotEqual: return Real(mpfr_equal_p(a[0].get(), a[1].get()) ? 0.0 : 1.0);
        case Op::And: return Real(holds(a[0]) && holds(a[1]) ? 1.0 : 0.0);
        case Op::Or: return Real(holds(a[0]) || holds(a[1]) ? 1.0 : 0.0);
        case Op::Not: return Real(holds(a[0]) ? 0.0 : 1.0);
        case Op::Where: return holds(a[0]) ? a[1] : a[2];
        case Op::Call: e.function->exact(r.get(), a[0].get(), MPFR_RNDN); return r;
        default: throw std::logic_error("interpreter: not an operation");
    }
}

std::vector<Real> evaluate(Expr root, const Inputs& inputs) { return evaluate_all({root}, inputs)[0]; }

std::vector<std::vector<Real>> evaluate_all(const std::vector<Expr>& roots, const Inputs& inputs) {
    const std::size_t features = inputs.x.size();
    if (features == 0 || inputs.y.size() != features)
        throw std::invalid_argument("interpreter: x and y need the same positive number of features");
    std::vector<Expr> expanded;
    for (Expr root : roots) expanded.push_back(expand_definitions(root));
    std::unordered_map<Expr, std::vector<Real>> values;
    for (Expr e : topological_order(expanded)) {
        std::vector<Real>& result = values[e];
        if (e->arguments.empty()) {
            result = leaf(*e, inputs);
        } else if (e->is_reduction()) {
            result = reduce(*e, values.at(e->arguments[0]));
        } else {
            for (std::size_t d = 0; d < (e->per_feature ? features : 1); ++d) {
                std::vector<Real> arguments;
                for (Expr a : e->arguments) arguments.push_back(values.at(a)[a->per_feature ? d : 0]);
                result.push_back(operation_value(*e, arguments));
            }
        }
    }
    std::vector<std::vector<Real>> results;
    for (Expr e : expanded) results.push_back(values.at(e));
    return results;
}

}  // namespace halogram
