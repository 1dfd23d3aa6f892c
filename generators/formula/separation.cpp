#include "generators/formula/separation.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

namespace halogram {

namespace {

constexpr std::size_t term_limit = 8;  // each product costs D multiplications per pair: beyond, direct is cheaper
constexpr long exponent_limit = 8;
// Of one term. Products of products have twice the factors at every level: beyond, a product is one factor, or no term.
constexpr std::size_t factor_limit = 64;

using Terms = std::vector<SeparableTerm>;

bool by_id(Expr a, Expr b) { return a->id < b->id; }

std::vector<Expr> merged(const std::vector<Expr>& a, const std::vector<Expr>& b) {
    std::vector<Expr> all;
    std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all), by_id);
    return all;
}

// Like terms become one; terms that cancel go.
std::optional<Terms> joined(const Terms& terms) {
    Terms result;
    for (const SeparableTerm& t : terms) {
        auto like = std::find_if(result.begin(), result.end(),
                                 [&](const SeparableTerm& r) { return r.x == t.x && r.y == t.y; });
        if (like == result.end())
            result.push_back(t);
        else
            like->coefficient += t.coefficient;
    }
    result.erase(
        std::remove_if(result.begin(), result.end(), [](const SeparableTerm& t) { return t.coefficient == 0; }),
        result.end());
    if (result.size() > term_limit) return std::nullopt;
    return result;
}

// The factors of a product that depends on one point alone, or on none; a sum is one factor.
void take_factors(Expr e, SeparableTerm& term) {
    if (e->op == Op::Multiply && term.x.size() + term.y.size() < factor_limit) {
        take_factors(e->arguments[0], term);
        take_factors(e->arguments[1], term);
    } else if (e->op == Op::Negate) {
        term.coefficient = -term.coefficient;
        take_factors(e->arguments[0], term);
    } else if (e->is_constant()) {
        term.coefficient *= e->constant;
    } else {
        ((e->depends & on_y) != 0 ? term.y : term.x).push_back(e);
    }
}

Terms single(Expr e) {
    SeparableTerm term;
    take_factors(e, term);
    std::sort(term.x.begin(), term.x.end(), by_id);
    std::sort(term.y.begin(), term.y.end(), by_id);
    return {term};
}

std::optional<Terms> times(const Terms& a, const Terms& b) {
    Terms all;
    for (const SeparableTerm& s : a)
        for (const SeparableTerm& t : b) {
            if (s.x.size() + s.y.size() + t.x.size() + t.y.size() > 2 * factor_limit) return std::nullopt;
            all.push_back({s.coefficient * t.coefficient, merged(s.x, t.x), merged(s.y, t.y)});
        }
    return joined(all);
}

using Separated = std::unordered_map<Expr, std::optional<Terms>>;

std::optional<Terms> separate_power(const std::optional<Terms>& base, Expr exponent) {
    if (!exponent->is_constant() || exponent->constant.get_den() != 1 || exponent->constant < 1 ||
        exponent->constant > exponent_limit)
        return std::nullopt;
    std::optional<Terms> result = base;
    for (long k = 1; result && k < exponent->constant.get_num().get_si(); ++k) result = times(*result, *base);
    return result;
}

// One node that mixes points, its arguments being done.
std::optional<Terms> separate_node(Expr e, const Separated& done) {
    std::vector<const std::optional<Terms>*> a;
    for (Expr argument : e->arguments) a.push_back(&done.at(argument));
    if (!*a[0]) return std::nullopt;
    switch (e->op) {
        case Op::Negate:
        case Op::Add:
        case Op::Subtract: {
            Terms all;
            for (std::size_t k = 0; k < a.size(); ++k) {
                if (!*a[k]) return std::nullopt;
                const bool negative = e->op == Op::Negate || (e->op == Op::Subtract && k == 1);
                for (SeparableTerm t : **a[k]) {
                    if (negative) t.coefficient = -t.coefficient;
                    all.push_back(t);
                }
            }
            return joined(all);
        }
        case Op::Multiply: return *a[1] ? times(**a[0], **a[1]) : std::nullopt;
        case Op::Divide: {
            if (e->arguments[1]->mixes_points()) return std::nullopt;
            return times(**a[0], single(divide(number(e, 1), e->arguments[1])));
        }
        case Op::Power: return separate_power(*a[0], e->arguments[1]);
        default: return std::nullopt;
    }
}

}  // namespace

std::optional<std::vector<SeparableTerm>> separate(Expr per_feature) {
    Separated done;  // each shared part once
    for (Expr e : topological_order({per_feature}))
        done[e] = e->boolean ? std::nullopt : !e->mixes_points() ? std::optional(single(e)) : separate_node(e, done);
    return done.at(per_feature);
}

bool SeparableTerm::is_product_of_points() const {
    const bool of_x = std::any_of(x.begin(), x.end(), [](Expr e) { return (e->depends & on_x) != 0; });
    return of_x && !y.empty();
}

Expr SeparableTerm::expression(Pool& pool) const {
    Expr result = pool.constant(coefficient);
    for (Expr factor : x) result = multiply(result, factor);
    for (Expr factor : y) result = multiply(result, factor);
    return result;
}

}  // namespace halogram
