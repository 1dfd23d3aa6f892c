#include "generators/pipelines/gradient_terms.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "generators/formula/derivative.h"
#include "generators/formula/lower.h"
#include "generators/formula/separation.h"
#include "generators/math/code.h"
#include "generators/math/functions.h"

namespace halogram {

namespace {

// A scalar of a pair of points: it cannot be computed once per point.
bool is_pair_scalar(Expr e) { return !e->per_feature && e->mixes_points(); }

bool is_sign(Expr e) { return e != nullptr && e->op == Op::Call && e->function->code == &code::sign; }

// Whether `value` is NaN at every pair of points where `cause`, a part of it, is NaN.
bool carries_nan(Expr value, Expr cause) {
    std::unordered_map<Expr, bool> carries;
    for (Expr e : topological_order({value})) {
        auto argument = [&](std::size_t k) { return carries.at(e->arguments[k]); };
        bool any = false;
        for (Expr a : e->arguments) any = any || carries.at(a);
        if (e == cause)
            any = true;
        else if (e->boolean)
            any = false;
        else if (e->op == Op::Where)
            any = argument(1) && argument(2);
        else if (e->op == Op::Power)  // NaN^0 is 1
            any = argument(0) && e->arguments[1]->is_constant() && !e->arguments[1]->is_constant(0);
        carries[e] = any;
    }
    return carries.at(value);
}

class Decomposition {
public:
    explicit Decomposition(GradientTerms& result) : result_(result) {}

    std::vector<GradientTerm> terms_of(Expr gradient) {
        std::vector<GradientTerm> terms;
        if (!gradient->is_constant(0)) collect(gradient, nullptr, false, false, terms);
        return terms;
    }

    int weighted_plane(Expr coefficient) {
        return plane(coefficient, true, coefficient != nullptr && may_be_singular(coefficient));
    }

private:
    GradientTerms& result_;
    std::unordered_map<Expr, bool> holds_pair_scalar_;

    bool holds_pair_scalar(Expr e) {
        for (Expr n : topological_order({e})) {
            if (holds_pair_scalar_.count(n)) continue;
            bool holds = is_pair_scalar(n);
            for (Expr a : n->arguments) holds = holds || holds_pair_scalar_.at(a);
            holds_pair_scalar_[n] = holds;
        }
        return holds_pair_scalar_.at(e);
    }

    int plane(Expr value, bool weighted, bool zero_rule) {
        for (std::size_t q = 0; q < result_.planes.size(); ++q)
            if (result_.planes[q].value == value && result_.planes[q].weighted == weighted) return static_cast<int>(q);
        result_.planes.push_back({value, weighted, zero_rule});
        return static_cast<int>(result_.planes.size()) - 1;
    }

    static Expr product(Expr a, Expr b, bool zero_rule) {
        if (a == nullptr) return b;
        return zero_rule ? multiply_zero(a, b) : multiply(a, b);
    }

    // `e` times `coefficient` (nullptr: 1), negated where `negative` is set.
    void collect(Expr e, Expr coefficient, bool negative, bool zero_rule, std::vector<GradientTerm>& terms) {
        if (!e->per_feature) return finish(nullptr, product(coefficient, e, zero_rule), negative, zero_rule, terms);
        if (!holds_pair_scalar(e)) return finish(e, coefficient, negative, zero_rule, terms);
        switch (e->op) {
            case Op::Negate: return collect(e->arguments[0], coefficient, !negative, zero_rule, terms);
            case Op::Add:
            case Op::Subtract:
                collect(e->arguments[0], coefficient, negative, zero_rule, terms);
                return collect(e->arguments[1], coefficient, negative != (e->op == Op::Subtract), zero_rule, terms);
            case Op::Multiply:
            case Op::MultiplyZero: {
                Expr a = e->arguments[0], b = e->arguments[1];
                if (a->per_feature) std::swap(a, b);
                if (a->per_feature) break;
                const bool edge = zero_rule || e->op == Op::MultiplyZero;
                return collect(b, product(coefficient, a, edge), negative, edge, terms);
            }
            default: break;
        }
        finish(e, coefficient, negative, zero_rule, terms);  // its scalars are read from planes of their own
    }

    void finish(Expr feature, Expr coefficient, bool negative, bool zero_rule, std::vector<GradientTerm>& terms) {
        if (coefficient != nullptr && coefficient->op == Op::Negate) {  // so that x and y share planes
            coefficient = coefficient->arguments[0];
            negative = !negative;
        }
        if (feature != nullptr && feature->op == Op::Negate) {
            feature = feature->arguments[0];
            negative = !negative;
        }
        if (feature != nullptr && feature->op == Op::Subtract && negative) {
            feature = feature->pool->node(Op::Subtract, {feature->arguments[1], feature->arguments[0]});
            negative = false;
        }
        const bool edge = zero_rule || (coefficient != nullptr && may_be_singular(coefficient)) ||
                          (feature != nullptr && may_be_singular(feature));
        if (feature != nullptr) request_raw_planes(feature);
        const bool sign =
            !edge && is_sign(feature) && coefficient != nullptr && carries_nan(coefficient, feature->arguments[0]);
        terms.push_back({plane(coefficient, true, edge), negative, feature, edge, sign});
    }

    void request_raw_planes(Expr feature) {
        std::vector<Expr> stack = {feature};
        std::unordered_set<Expr> seen;  // each part once: paths through shared parts double with every level
        while (!stack.empty()) {
            Expr e = stack.back();
            stack.pop_back();
            if (!seen.insert(e).second) continue;
            if (is_pair_scalar(e) && !e->boolean) {
                plane(e, false, false);
                continue;
            }
            for (Expr a : e->arguments) stack.push_back(a);
        }
    }
};

// A product of factors, of plain nodes; nullptr: there is none.
Expr product_of(const std::vector<Expr>& factors) {
    Expr result = nullptr;
    for (Expr factor : factors)
        result = result == nullptr ? factor : factor->pool->node(Op::Multiply, {result, factor});
    return result;
}

// sum(w f(x, y)) as a matrix product, where f is a sum of products of one-point parts: what depends on the other point stays
// in the sum. Beyond two products the difference is cheaper; at an edge a sum of infinite parts is none.
constexpr std::size_t largest_separation = 2;

std::vector<GradientTerm> as_products(const std::vector<GradientTerm>& terms, unsigned other_point) {
    std::vector<GradientTerm> result;
    for (const GradientTerm& term : terms) {
        const auto separated =
            term.feature == nullptr || term.zero_rule || term.sign ? std::nullopt : separate(term.feature);
        if (!separated || separated->size() > largest_separation) {
            result.push_back(term);
            continue;
        }
        for (const SeparableTerm& s : *separated) {
            std::vector<Expr> own, other;
            if (abs(s.coefficient) != 1) own.push_back(term.feature->pool->constant(abs(s.coefficient)));
            for (const std::vector<Expr>* factors : {&s.x, &s.y})
                for (Expr factor : *factors) ((factor->depends & other_point) != 0 ? other : own).push_back(factor);
            result.push_back(
                {term.plane, term.negative != (s.coefficient < 0), product_of(other), false, false, product_of(own)});
        }
    }
    return result;
}

}  // namespace

std::vector<GradientSum> sums_of(const std::vector<GradientTerm>& terms) {
    std::vector<GradientSum> sums;
    for (const GradientTerm& term : terms) {
        auto same = std::find_if(sums.begin(), sums.end(), [&](const GradientSum& sum) { return sum.own == term.own; });
        if (same == sums.end())
            same = sums.insert(term.own == nullptr ? sums.begin() : sums.end(), {term.own, {}, false});
        same->terms.push_back(term);
        same->per_feature |= term.own == nullptr || (term.feature != nullptr && term.feature->per_feature);
    }
    return sums;
}

int GradientTerms::raw_plane(Expr value) const {
    for (std::size_t q = 0; q < planes.size(); ++q)
        if (planes[q].value == value && !planes[q].weighted) return static_cast<int>(q);
    return -1;
}

// The operations of an unlowered tree of the formula, in the form that it is computed in.
static Expr evaluated(const Formula& formula, Expr tree) {
    Expr lowered = lower(tree);
    return formula.expanded ? formula.expanded->apply(lowered) : lowered;
}

Expr evaluated_value(const Formula& formula) { return evaluated(formula, formula.value); }

GradientTerms gradient_terms(const Formula& formula) {
    GradientTerms result;
    Decomposition decomposition(result);
    auto gradient = [&](Expr variable) { return evaluated(formula, derivative(formula.value, variable)); };
    result.x = decomposition.terms_of(gradient(formula.pool->x()));
    result.y = decomposition.terms_of(gradient(formula.pool->y()));
    if (formula.expanded) {
        result.x = as_products(result.x, on_y);
        result.y = as_products(result.y, on_x);
    }
    for (const FormulaParameter& p : formula.parameters)
        if (p.node->op == Op::VectorParameter) result.vectors.push_back(decomposition.terms_of(gradient(p.node)));
    for (const FormulaParameter& p : formula.parameters)
        if (p.node->op == Op::ScalarParameter) result.scalars.push_back(decomposition.weighted_plane(gradient(p.node)));
    return result;
}

}  // namespace halogram
