#include "generators/formula/tangent.h"

#include <algorithm>

#include "generators/formula/derivative.h"

namespace halogram {

namespace {

// The name of a scalar's direction: an identifier that no parameter has.
std::string unused_name(const std::string& name, const std::vector<FormulaParameter>& parameters) {
    std::string result = name + "_" + tangent_name;
    const auto taken = [&](const FormulaParameter& p) { return p.name == result; };
    while (std::any_of(parameters.begin(), parameters.end(), taken)) result += "_";
    return result;
}

}  // namespace

std::string tangent_of_vector(const std::string& name) { return name + " " + tangent_name; }

Derivable derivable(const Formula& formula) {
    if (!formula.catalogued) {
        Expr value = with_kinks_written_out(formula.value);
        return {value, kinks_of(value)};
    }
    Kinks kinks = kinks_of(formula.value);
    std::erase_if(kinks, [](const auto& entry) { return entry.second.smooth == nullptr; });
    return {formula.value, kinks};
}

Formula tangent_of(const Formula& formula) {
    Pool& pool = *formula.pool;
    Formula result = formula;
    result.text = "the derivative of " + formula.text + " along a direction";
    result.expanded.reset();
    result.point_planes = 2;
    Expr value = formula.catalogued ? formula.value : with_kinks_written_out(formula.value);
    Kinks kinks = kinks_of(value);
    if (formula.catalogued) std::erase_if(kinks, [](const auto& entry) { return entry.second.smooth == nullptr; });
    const auto along = [&, value = value, &kinks = kinks](Expr variable, Expr direction) {
        Expr part = multiply_zero(direction, derivative_to_derive(value, variable, kinks));
        return variable->per_feature ? sum(part) : part;
    };
    Expr total = add(along(pool.x(), pool.x_tangent()), along(pool.y(), pool.y_tangent()));
    for (const FormulaParameter& p : formula.parameters) {
        if (p.node->op == Op::VectorParameter) {
            total = add(total, along(p.node, pool.parameter(Op::VectorParameter, tangent_of_vector(p.name))));
        } else if (p.node->op == Op::ScalarParameter) {
            Expr direction = pool.parameter(Op::ScalarParameter, unused_name(p.name, result.parameters));
            total = add(total, along(p.node, direction));
            result.parameters.push_back({direction->name, Op::ScalarParameter, direction});
        }
    }
    result.value = total;
    return result;
}

}  // namespace halogram
