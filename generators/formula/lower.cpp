#include "generators/formula/lower.h"

#include <unordered_map>

#include "generators/math/functions.h"

namespace halogram {

namespace {

constexpr long largest_expanded_exponent = 16;  // at most 6 products; beyond, one call of pow is shorter

// base^n by repeated squaring: the same products in the same order on every machine.
Expr product_power(Expr base, long n) {
    if (n == 1) return base;
    Expr half = product_power(base, n / 2);
    Expr squared = base->pool->node(Op::Multiply, {half, half});
    return n % 2 == 0 ? squared : base->pool->node(Op::Multiply, {squared, base});
}

// base^(n / 2) for an odd n as base^floor(|n| / 2) times its root: some 10 operations instead of the 135 of pow. Only where
// no base is negative, since pow(-infinity, 1.5) is infinite. A base of -0 (a root may be) gives +0 and 1 / +0 as in C: an
// even number of negative factors, and none where there is but the root.
Expr lower_half_power(Expr e, Expr base, const mpz_class& n) {
    if (!base->non_negative || abs(n) > 2 * largest_expanded_exponent + 1) return nullptr;
    const long whole = std::labs(n.get_si()) / 2;
    Expr result = base->pool->node(Op::Call, {base}, find_function("sqrt"));
    if (whole % 2 == 0) result = base->pool->node(Op::Call, {result}, find_function("abs"));
    if (whole > 0) result = base->pool->node(Op::Multiply, {product_power(base, whole), result});
    return n < 0 ? e->pool->node(Op::Divide, {number(e, 1), result}) : result;
}

Expr lower_power(Expr e, Expr base, Expr exponent) {
    if (!exponent->is_constant()) return nullptr;
    if (exponent->constant.get_den() == 2) return lower_half_power(e, base, exponent->constant.get_num());
    if (exponent->constant.get_den() != 1) return nullptr;
    const mpz_class n = exponent->constant.get_num();
    if (abs(n) < 2 || abs(n) > largest_expanded_exponent) {
        if (n != -1) return nullptr;
    }
    Expr positive = product_power(base, std::labs(n.get_si()));
    return n < 0 ? e->pool->node(Op::Divide, {number(e, 1), positive}) : positive;
}

// -(p * e) as (-p) * e where p is the same for all pairs: the same bits, and the sign is changed once per call instead of
// once per pair. It is one of the 30 operations of exp(-gamma * s) with 5 features.
Expr lower_negation(Expr e, Expr product) {
    if (product->op != Op::Multiply || (product->depends & (on_x | on_y)) == 0) return nullptr;
    for (std::size_t k : {0, 1}) {
        Expr factor = product->arguments[k], other = product->arguments[1 - k];
        if (factor->per_feature || (factor->depends & (on_x | on_y)) != 0 || uses_feature_count(factor)) continue;
        Expr negated = factor->is_constant() ? number(e, -factor->constant) : e->pool->node(Op::Negate, {factor});
        return e->pool->node(Op::Multiply, {negated, other});
    }
    return nullptr;
}

}  // namespace

Expr lower(Expr root) {
    Expr expanded = expand_definitions(root);
    std::unordered_map<Expr, Expr> lowered;
    for (Expr e : topological_order({expanded})) {
        std::vector<Expr> arguments;
        for (Expr a : e->arguments) arguments.push_back(lowered.at(a));
        Expr result = nullptr;
        if (e->op == Op::Power) result = lower_power(e, arguments[0], arguments[1]);
        if (e->op == Op::Negate) result = lower_negation(e, arguments[0]);
        if (e->op == Op::Divide && arguments[1]->depends == on_parameters &&
            (arguments[0]->depends & (on_x | on_y)) != 0)
            result =
                e->pool->node(Op::Multiply, {arguments[0], e->pool->node(Op::Divide, {number(e, 1), arguments[1]})});
        // Plain nodes from here: simplification is over, the sequence of operations is what stands in the tree.
        if (result == nullptr)
            result = arguments == e->arguments ? e : e->pool->node(e->op, std::move(arguments), e->function);
        lowered[e] = result;
    }
    return lowered.at(expanded);
}

}  // namespace halogram
