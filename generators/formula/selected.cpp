#include "generators/formula/selected.h"

#include <algorithm>
#include <iterator>

namespace halogram {

namespace {

// Infinity is written by nobody; the difference of two is the NaN of what has no second derivative (kinks.h).
bool holds_infinity(Expr e) {
    const std::vector<Expr> parts = topological_order({e});
    return std::any_of(parts.begin(), parts.end(), [](Expr part) { return part->op == Op::Infinity; });
}

// scalar * (per feature), also negated; the scalar is a number where other features count.
bool has_scalar_factor(Expr e) {
    if (e->op == Op::Negate) return has_scalar_factor(e->arguments[0]);
    return (e->op == Op::Multiply || e->op == Op::MultiplyZero) && e->per_feature && !e->arguments[0]->per_feature &&
           !holds_infinity(e->arguments[0]);
}

Expr select_by(const Literal& literal, Expr value) {
    if (literal.condition->per_feature && has_scalar_factor(value)) {
        // The factor stays outside, so that sums over points find it.
        if (value->op == Op::Negate) return operator_negate(select_by(literal, value->arguments[0]));
        Expr rest = select_by(literal, value->arguments[1]);
        return value->op == Op::Multiply ? multiply(value->arguments[0], rest)
                                         : multiply_zero(value->arguments[0], rest);
    }
    Expr zero = number(value, 0);
    return literal.positive ? where(literal.condition, value, zero) : where(literal.condition, zero, value);
}

Expr select_by(const std::vector<Literal>& literals, Expr value) {
    for (auto literal = literals.rbegin(); literal != literals.rend(); ++literal) value = select_by(*literal, value);
    return value;
}

Expr conjunction(const std::vector<Literal>& literals) {
    Expr all = nullptr;
    for (const Literal& literal : literals) {
        Expr holds = literal.positive ? literal.condition : logical(Op::Not, literal.condition);
        all = all == nullptr ? holds : logical(Op::And, all, holds);
    }
    return all;
}

}  // namespace

Expr Selected::expression() const { return select_by(where, value); }

Selected operator+(const Selected& a, const Selected& b) {
    if (a.value == nullptr) return b;
    if (b.value == nullptr) return a;
    const auto [a_end, b_end] = std::mismatch(a.where.begin(), a.where.end(), b.where.begin(), b.where.end());
    Selected result{nullptr, {a.where.begin(), a_end}};
    const std::vector<Literal> of_a(a_end, a.where.end()), of_b(b_end, b.where.end());
    const bool two_branches = of_a.size() == 1 && of_b.size() == 1 && of_a[0].condition == of_b[0].condition;
    const bool factors_apart =
        two_branches && of_a[0].condition->per_feature && (has_scalar_factor(a.value) || has_scalar_factor(b.value));
    if (two_branches && !factors_apart) {
        const auto [first, second] = of_a[0].positive ? std::pair(a.value, b.value) : std::pair(b.value, a.value);
        result.value = where(of_a[0].condition, first, second);
        return result;
    }
    result.value = add(select_by(of_a, a.value), select_by(of_b, b.value));
    if (!of_a.empty() && !of_b.empty() && !two_branches)
        result.where.push_back({logical(Op::Or, conjunction(of_a), conjunction(of_b))});
    return result;
}

Selected sum(const Selected& s) {
    std::vector<Literal> by_feature;
    Selected result;
    for (const Literal& literal : s.where)
        (literal.condition->per_feature ? by_feature : result.where).push_back(literal);
    result.value = sum(select_by(by_feature, s.value));
    if (!by_feature.empty()) {
        Expr selected = sum(select_by(by_feature, number(s.value, 1)));
        result.where.push_back({compare(Op::NotEqual, selected, number(s.value, 0))});
    }
    return result;
}

}  // namespace halogram
