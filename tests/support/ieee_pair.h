// Value and gradients that one pair of points with the cotangent 1 should give, in IEEE arithmetic: the lowered formula,
// the pair planes, and the terms of the sums over points (generators/pipelines/gradient_terms.h), in their order.
#pragma once

#include "generators/formula/lower.h"
#include "generators/pipelines/gradient_terms.h"
#include "tests/support/ieee_interpreter.h"

namespace halogram {

template <typename T>
class IeeePair {
public:
    using Number = IeeeNumber<T>;
    using Numbers = std::vector<Number>;

    Number value;
    Numbers gx, gy;
    std::vector<Numbers> parameters;  // those with a gradient, in signature order

    IeeePair(const Formula& formula, const GradientTerms& terms, IeeeInterpreter<T>& interpreter)
        : value(interpreter.evaluate(lower(formula.value))[0]), features_(interpreter.x.size()) {
        for (const PairPlane& plane : terms.planes) planes_.push_back(plane_value(plane, interpreter));
        gx = sums_over_columns(terms.x, interpreter);
        for (std::size_t d = 0; d < features_; ++d) gy.push_back(sum_of(terms.y, d, interpreter));
        std::size_t scalars = 0, vectors = 0;
        for (const FormulaParameter& parameter : formula.parameters) {
            if (parameter.node->op == Op::VectorParameter)
                parameters.push_back(sums_over_columns(terms.vectors[vectors++], interpreter));
            if (parameter.node->op == Op::ScalarParameter)
                parameters.push_back(
                    {sum_of({{terms.scalars[scalars++], false, nullptr, false, false}}, 0, interpreter)});
        }
    }

private:
    const std::size_t features_;
    Numbers planes_;

    static Number plane_value(const PairPlane& plane, IeeeInterpreter<T>& interpreter) {
        const Number cotangent{T(1), T(1)};
        if (plane.value == nullptr) return cotangent;
        const Number v = interpreter.evaluate(plane.value)[0];
        return plane.weighted ? IeeeInterpreter<T>::product(cotangent, v, plane.zero_rule) : v;
    }

    // The other lanes hold 0: no sum over columns is -0.
    Numbers sums_over_columns(const std::vector<GradientTerm>& terms, IeeeInterpreter<T>& interpreter) const {
        Numbers sums;
        for (std::size_t d = 0; d < features_; ++d)
            sums.push_back(IeeeInterpreter<T>::added(sum_of(terms, d, interpreter), Number{T(0)}));
        return sums;
    }

    Number sum_of(const std::vector<GradientTerm>& terms, std::size_t d, IeeeInterpreter<T>& interpreter) const {
        using Ieee = IeeeInterpreter<T>;
        auto at = [&](Expr e) { return interpreter.evaluate(e)[e->per_feature ? d : 0]; };
        Number sum;
        for (const GradientTerm& term : terms) {
            Number w = planes_[std::size_t(term.plane)];
            if (term.negative) w.value = T(0) - w.value;
            if (term.feature == nullptr) {
                sum = Ieee::added(sum, w);
            } else if (term.sign) {
                // A weight that is not finite is added even where the sign is 0.
                const Number argument = at(term.feature->arguments[0]);
                const bool nothing = argument.value == 0 && std::isfinite(w.value);
                w.value = nothing ? T(0) : std::signbit(argument.value) ? -w.value : w.value;
                if (nothing) w.scale = T(0);
                w.exact_bits = w.exact_bits && argument.exact_bits;
                w.finite = w.finite && argument.finite;
                sum = Ieee::added(sum, w);
            } else if (term.zero_rule) {
                sum = Ieee::added(sum, Ieee::product(w, at(term.feature), true));
            } else {
                sum = Ieee::fused(w, at(term.feature), sum);
            }
        }
        return sum;
    }
};

}  // namespace halogram
