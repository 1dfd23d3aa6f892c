// What a call should have given: exact values and gradients from the formula's tree in 256 bits, and for each the
// bound of the rounding error of what is really computed (docs: the definition of accuracy).
#pragma once

#include "generators/formula/derivative.h"
#include "generators/formula/error_bound.h"
#include "generators/formula/lower.h"
#include "generators/pipelines/gradient_terms.h"
#include "tests/support/kernel_problem.h"
#include "tests/support/sum_order.h"

namespace halogram {

// Computed against exact, with the bound; infinities must agree, and a number beyond the type's range is infinite or
// within the bound. False where there is no finite bound: beside a kink an infinite condition number leaves only that a
// number comes out.
template <typename T>
bool expect_within(T computed, const Real& exact, const Real& bound, const std::string& what) {
    const T nearest = T(exact.to_double());
    if (std::isinf(nearest) && (computed == nearest || mpfr_inf_p(exact.get()) != 0)) {
        EXPECT_EQ(computed, nearest) << what;
        return true;
    }
    const Real off = abs(Real(double(computed)) - exact);
    EXPECT_FALSE(bound < off || off.is_nan())
        << what << ": " << computed << ", exact " << exact.to_double() << ", bound " << bound.to_double();
    return std::isfinite(bound.to_double());
}

template <typename T>
class Oracle {
public:
    Oracle(const Formula& formula, const KernelProblem<T>& p)
        : p_(p), arithmetic_(arithmetic_of(formula)), value_(formula.value), terms_(gradient_terms(formula)) {
        derivatives_ = {derivative(value_, formula.pool->x()), derivative(value_, formula.pool->y())};
        for (const FormulaParameter& parameter : formula.parameters) {
            if (parameter.node->op == Op::IntegerParameter) continue;
            derivatives_.push_back(derivative(value_, parameter.node));
            parameters_.push_back(parameter);
        }
        for (Expr& e : derivatives_) e = expand_definitions(e);
        for (const PairPlane& plane : terms_.planes) need(plane.value);
        for (const auto* list : {&terms_.x, &terms_.y})
            for (const GradientTerm& term : *list) {
                need(term.feature);
                need(term.own);
            }
        for (const auto& list : terms_.vectors)
            for (const GradientTerm& term : list) need(term.feature);
    }

    void check_entry(const KernelOutputs<T>& out, std::int64_t i, std::int64_t j) const {
        const Inputs in = inputs(i, j);
        const std::string what = p_.kernel.c_name + " K(" + std::to_string(i) + ", " + std::to_string(j) + ")";
        const Real error = evaluate_with_bound(lower(value_), in, arithmetic_)[0].error;
        EXPECT_TRUE(expect_within(out.k(i, j), evaluate(value_, in)[0], error, what)) << what << " has no finite bound";
    }
    // False where something vanished that the value divides by or takes the logarithm of.
    bool has_bound(std::int64_t i, std::int64_t j) const {
        return std::isfinite(evaluate_with_bound(lower(value_), inputs(i, j), arithmetic_)[0].error.to_double());
    }
    Real exact_entry(std::int64_t i, std::int64_t j) const { return evaluate(value_, inputs(i, j))[0]; }
    void check_gram(const KernelOutputs<T>& out) const {
        for (std::int64_t i = 0; i < p_.shape.n; ++i)
            for (std::int64_t j = 0; j < p_.shape.m; ++j) check_entry(out, i, j);
    }

    // Every entry of every gradient; returns how many have no finite bound. Pairs whose cotangent is 0 are skipped: they
    // add exactly 0.
    std::int64_t check_gradients(const KernelOutputs<T>& out) const {
        const SumOrder order(p_.shape.n, p_.shape.m);
        Sum gx(p_.shape.n * p_.shape.d, order.x(terms_.x.size())),
            gy(p_.shape.m * p_.shape.d, order.y(terms_.y.size()));
        std::vector<Sum> of_parameters;
        std::size_t vectors = 0;
        for (const FormulaParameter& parameter : parameters_) {
            const bool vector = parameter.node->per_feature;
            const std::size_t terms = vector ? terms_.vectors[vectors++].size() : 1;
            of_parameters.emplace_back(vector ? p_.shape.d : 1, order.parameter(terms));
        }
        for (std::int64_t i = 0; i < p_.shape.n; ++i)
            for (std::int64_t j = 0; j < p_.shape.m; ++j)
                if (p_.g(i, j) != T(0)) add_pair(i, j, gx, gy, of_parameters);
        if (p_.shape.self) add_sum(gx, gy);
        std::int64_t unbounded = check_output(gx, out.gx, "gx");
        if (!p_.shape.self) unbounded += check_output(gy, out.gy, "gy");
        for (std::size_t k = 0; k < parameters_.size(); ++k)
            unbounded += check_output(of_parameters[k], *out.parameters[k], "g" + parameters_[k].name);
        return unbounded;
    }

private:
    // Sums over points, one per entry of an output.
    struct Sum {
        std::vector<Real> exact, error, magnitude;
        std::vector<double> terms;  // added so far: each may underflow once
        double roundings;           // that a term passes through
        Sum(std::int64_t count, double most)
            : exact(std::size_t(count)),
              error(std::size_t(count)),
              magnitude(std::size_t(count)),
              terms(std::size_t(count)),
              roundings(most) {}
    };

    const KernelProblem<T>& p_;
    static Arithmetic arithmetic_of(const Formula& formula) {
        Arithmetic arithmetic = sizeof(T) == 4 ? f32_arithmetic : f64_arithmetic;
        arithmetic.fast = formula.fast;
        return arithmetic;
    }
    const Arithmetic arithmetic_;
    const Expr value_;
    const GradientTerms terms_;
    std::vector<Expr> derivatives_;             // by x, y, parameters
    std::vector<FormulaParameter> parameters_;  // those with a gradient
    std::vector<Expr> needed_;                  // for the bounds: what is computed before the sums

    void need(Expr e) {
        if (e != nullptr && std::find(needed_.begin(), needed_.end(), e) == needed_.end()) needed_.push_back(e);
    }

    Inputs inputs(std::int64_t i, std::int64_t j) const {
        Inputs in;
        const T *x = &p_.x(i, 0), *y = p_.y_row(j);
        for (std::int64_t d = 0; d < p_.shape.d; ++d) {
            in.x.emplace_back(double(x[d]));
            in.y.emplace_back(double(y[d]));
        }
        for (std::size_t k = 0; k < p_.parameters.size(); ++k)
            for (T v : p_.parameters[k]->packed()) in.parameters[p_.kernel.parameters[k].name].emplace_back(double(v));
        return in;
    }

    // 0 times anything is 0: an exact 0 as a factor hides an infinite bound (the product rule at an edge).
    static Real product(const Real& a, const Real& b) {
        const Real zero(0.0);
        return !(a < zero) && !(zero < a) && !a.is_nan()   ? zero
               : !(b < zero) && !(zero < b) && !b.is_nan() ? zero
                                                           : a * b;
    }
    static Real product_error(const BoundedValue& a, const BoundedValue& b) {
        return product(abs(a.value), b.error) + product(abs(b.value), a.error) + product(a.error, b.error);
    }
    BoundedValue rounded_product(const BoundedValue& a, const BoundedValue& b) const {
        BoundedValue r{product(a.value, b.value), product_error(a, b)};
        r.error = r.error + Real(arithmetic_.unit_roundoff) * (abs(r.value) + r.error) + Real(arithmetic_.underflow);
        return r;
    }

    void add_pair(std::int64_t i, std::int64_t j, Sum& gx, Sum& gy, std::vector<Sum>& of_parameters) const {
        const Inputs in = inputs(i, j);
        const std::vector<std::vector<Real>> exact = evaluate_all(derivatives_, in);
        const std::vector<std::vector<BoundedValue>> bounded = evaluate_all_with_bound(needed_, in, arithmetic_);
        auto bounded_value = [&](Expr e) -> const std::vector<BoundedValue>& {
            return bounded[std::size_t(std::find(needed_.begin(), needed_.end(), e) - needed_.begin())];
        };
        auto at = [&](Expr e, std::int64_t d) -> const BoundedValue& {
            const std::vector<BoundedValue>& values = bounded_value(e);
            return values[values.size() == 1 ? 0 : std::size_t(d)];
        };
        const BoundedValue g{Real(double(p_.g(i, j))), Real(0.0)};
        std::vector<BoundedValue> planes;
        for (const PairPlane& plane : terms_.planes)
            planes.push_back(plane.value == nullptr ? g : rounded_product(g, bounded_value(plane.value)[0]));

        auto add_terms = [&](Sum& sum, std::int64_t begin, std::int64_t count, const std::vector<Real>& values,
                             const std::vector<GradientTerm>& terms) {
            for (std::int64_t d = 0; d < count; ++d) {
                const std::size_t entry = std::size_t(begin + d);
                sum.exact[entry] = sum.exact[entry] + g.value * values[values.size() == 1 ? 0 : std::size_t(d)];
                for (const GradientTerm& term : terms) {
                    const BoundedValue& w = planes[std::size_t(term.plane)];
                    BoundedValue added = w;
                    if (term.feature != nullptr) {
                        const BoundedValue& f = at(term.feature, d);
                        // Without the rule at an edge the product is fused into the sum, whose rounding counts below.
                        added = term.zero_rule ? rounded_product(w, f)
                                               : BoundedValue{product(w.value, f.value), product_error(w, f)};
                    }
                    if (term.own != nullptr) added = rounded_product(added, at(term.own, d));
                    sum.error[entry] = sum.error[entry] + added.error;
                    sum.magnitude[entry] = sum.magnitude[entry] + abs(added.value) + added.error;
                    sum.terms[entry] += 1;
                }
            }
        };
        add_terms(gx, i * p_.shape.d, p_.shape.d, exact[0], terms_.x);
        add_terms(gy, j * p_.shape.d, p_.shape.d, exact[1], terms_.y);
        std::size_t scalars = 0, vectors = 0;
        for (std::size_t k = 0; k < parameters_.size(); ++k) {
            const bool vector = parameters_[k].node->per_feature;
            const std::vector<GradientTerm> terms =
                vector ? terms_.vectors[vectors++]
                       : std::vector<GradientTerm>{{terms_.scalars[scalars++], false, nullptr, false}};
            add_terms(of_parameters[k], 0, vector ? p_.shape.d : 1, exact[2 + k], terms);
        }
    }

    // The bound of one sum; factors 1 + u of later roundings stay below 1.01, as roundings * u does.
    Real bound(const Sum& sum, std::size_t at) const {
        return sum.error[at] + Real(1.01 * sum.roundings * arithmetic_.unit_roundoff) * sum.magnitude[at] +
               Real(sum.terms[at] * arithmetic_.underflow);
    }

    // y = x: the part of y is added to the part of x.
    void add_sum(Sum& gx, const Sum& gy) const {
        for (std::size_t at = 0; at < gx.exact.size(); ++at) {
            gx.exact[at] = gx.exact[at] + gy.exact[at];
            const Real both = bound(gx, at) + bound(gy, at);
            gx.error[at] = both + Real(arithmetic_.unit_roundoff) * (abs(gx.exact[at]) + both);
            gx.magnitude[at] = Real(0.0);
            gx.terms[at] = 0;
        }
    }

    std::int64_t check_output(const Sum& sum, const Matrix<T>& computed, const std::string& what) const {
        std::int64_t unbounded = 0;
        for (std::int64_t i = 0; i < computed.rows; ++i)
            for (std::int64_t d = 0; d < computed.columns; ++d) {
                const std::size_t at = std::size_t(i * computed.columns + d);
                const std::string where = "(" + std::to_string(i) + ", " + std::to_string(d) + ")";
                unbounded += !expect_within(computed(i, d), sum.exact[at], bound(sum, at),
                                            p_.kernel.c_name + " " + what + where);
            }
        return unbounded;
    }
};

}  // namespace halogram
