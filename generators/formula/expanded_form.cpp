#include "generators/formula/expanded_form.h"

#include <unordered_map>
#include <utility>

namespace halogram {

namespace {

bool free_of_points(Expr e) { return (e->depends & (on_x | on_y)) == 0; }

Expr scaled(Expr a, Expr b) { return a == nullptr ? b : a->pool->node(Op::Multiply, {a, b}); }

// `root` with parts replaced, of plain nodes: the sequence of operations stays what it is. `replaced` holds the parts.
Expr with_parts(Expr root, std::unordered_map<Expr, Expr>& replaced) {
    for (Expr e : topological_order({root})) {
        if (replaced.count(e)) continue;
        std::vector<Expr> arguments;
        for (Expr a : e->arguments) arguments.push_back(replaced.at(a));
        replaced[e] = arguments == e->arguments ? e : e->pool->node(e->op, std::move(arguments), e->function);
    }
    return replaced.at(root);
}

Expr points_exchanged(Expr e) {
    std::unordered_map<Expr, Expr> replaced = {{e->pool->x(), e->pool->y()}, {e->pool->y(), e->pool->x()}};
    return with_parts(e, replaced);
}

bool is_linear_in_x(Expr e) {
    if (e->op == Op::X) return true;
    if (e->op != Op::Multiply && e->op != Op::Divide && e->op != Op::Negate) return false;
    Expr a = e->arguments[0];
    if (e->op == Op::Negate) return is_linear_in_x(a);
    Expr b = e->arguments[1];
    if (e->op == Op::Multiply && free_of_points(a)) std::swap(a, b);
    return free_of_points(b) && is_linear_in_x(a);
}

// Whether the points are used by `part` alone.
bool uses_points_elsewhere(Expr root, Expr part) {
    std::unordered_map<Expr, bool> uses;
    for (Expr e : topological_order({root})) {
        bool any = e->op == Op::X || e->op == Op::Y;
        for (Expr a : e->arguments) any = any || uses.at(a);
        uses[e] = any && e != part;
    }
    return uses.at(root);
}

// f(x) and f(y) of a difference f(x) - f(y), also scaled.
struct Difference {
    Expr x, y;
};

std::optional<Difference> difference(Expr e) {
    if (e->op == Op::Negate) return difference(e->arguments[0]);
    if (e->op == Op::Multiply) {
        Expr scale = e->arguments[0], rest = e->arguments[1];
        if (!free_of_points(scale)) std::swap(scale, rest);
        if (!free_of_points(scale)) return std::nullopt;
        const std::optional<Difference> inner = difference(rest);
        if (!inner) return std::nullopt;
        return Difference{scaled(scale, inner->x), scaled(scale, inner->y)};
    }
    if (e->op != Op::Subtract) return std::nullopt;
    Expr a = e->arguments[0], b = e->arguments[1];
    if ((a->depends & on_y) != 0) std::swap(a, b);
    if ((a->depends & on_y) != 0 || (b->depends & on_x) != 0 || points_exchanged(a) != b) return std::nullopt;
    return Difference{a, b};
}

// The weight (nullptr: 1) and the difference of w * z * z.
struct Square {
    Expr weight;
    Difference difference;
};

std::optional<Square> square(Expr e) {
    if (e->op != Op::Multiply) return std::nullopt;
    Expr a = e->arguments[0], b = e->arguments[1];
    if (a == b) {
        const std::optional<Difference> z = difference(a);
        return z ? std::optional(Square{nullptr, *z}) : std::nullopt;
    }
    if (!free_of_points(a)) std::swap(a, b);
    if (!free_of_points(a)) return std::nullopt;
    std::optional<Square> inner = square(b);
    if (inner) inner->weight = inner->weight == nullptr ? a : scaled(a, inner->weight);
    return inner;
}

}  // namespace

std::optional<ExpandedForm> ExpandedForm::of(Expr lowered) {
    ExpandedForm form;
    for (Expr e : topological_order({lowered})) {
        if (!e->is_reduction() || !e->mixes_points()) continue;
        if (form.direct != nullptr || e->op != Op::Sum) return std::nullopt;
        form.direct = e;
    }
    if (form.direct == nullptr) return std::nullopt;
    const std::optional<Square> found = square(form.direct->arguments[0]);
    if (!found) return std::nullopt;
    Expr a = found->difference.x, b = found->difference.y;
    Pool& pool = *lowered->pool;
    // The three sums are the same sequence of operations, so that they are equal where the points are: the distance of
    // a point to itself is exactly 0.
    auto sum_of = [&](Expr first, Expr second) {
        return pool.node(Op::Sum, {pool.node(Op::Multiply, {scaled(found->weight, first), second})});
    };
    form.weight = found->weight;
    form.part = a;
    form.of_x = sum_of(a, a);
    form.of_y = sum_of(b, b);
    form.product = sum_of(a, b);
    Expr twice = pool.node(Op::Multiply, {pool.constant(2), form.product});
    Expr distance = pool.node(Op::Subtract, {pool.node(Op::Add, {form.of_x, form.of_y}), twice});
    // Rounding can make it negative, which the exact value is only by a negative weight.
    Expr lowest = pool.constant(0);
    if (form.weight != nullptr && !is_non_negative(form.weight)) {
        Expr least = form.weight->per_feature ? pool.node(Op::MinimumOver, {form.weight}) : form.weight;
        lowest = pool.node(Op::Where, {pool.node(Op::LessEqual, {pool.constant(0), least}), lowest,
                                       pool.node(Op::Negate, {pool.infinity()})});
    }
    form.lowest = lowest;
    // One instruction on x86, and NaN stays.
    form.expanded = pool.node(Op::Where, {pool.node(Op::Less, {distance, lowest}), lowest, distance});
    form.translation_invariant = is_linear_in_x(a) && !uses_points_elsewhere(lowered, form.direct);
    return form;
}

Expr with_part(Expr root, Expr part, Expr replacement) {
    std::unordered_map<Expr, Expr> replaced = {{part, replacement}};
    return with_parts(root, replaced);
}

}  // namespace halogram
