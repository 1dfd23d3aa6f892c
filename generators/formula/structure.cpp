#include "generators/formula/structure.h"

#include <algorithm>
#include <unordered_map>

#include "generators/formula/interpreter.h"
#include "generators/formula/lower.h"
#include "generators/math/functions.h"

namespace halogram {

namespace {

// The same expression at another point: x becomes `for_x`, y becomes `for_y`.
Expr moved(Expr root, Expr for_x, Expr for_y) {
    std::unordered_map<Expr, Expr> done;
    for (Expr e : topological_order({root})) {
        if (e->op == Op::X || e->op == Op::Y) {
            done[e] = e->op == Op::X ? for_x : for_y;
            continue;
        }
        std::vector<Expr> arguments;
        for (Expr a : e->arguments) arguments.push_back(done.at(a));
        done[e] = arguments == e->arguments ? e : rebuild(e, std::move(arguments));
    }
    return done.at(root);
}

Expr exchanged(Expr e) { return moved(e, e->pool->y(), e->pool->x()); }

// a x, a x / b and so on, with a and b free of points.
bool is_linear_in_x(Expr e) {
    if (e->op == Op::X) return true;
    auto constant = [](Expr part) { return (part->depends & (on_x | on_y)) == 0; };
    switch (e->op) {
        case Op::Negate: return is_linear_in_x(e->arguments[0]);
        case Op::Multiply:
            return (constant(e->arguments[0]) && is_linear_in_x(e->arguments[1])) ||
                   (constant(e->arguments[1]) && is_linear_in_x(e->arguments[0]));
        case Op::Divide: return constant(e->arguments[1]) && is_linear_in_x(e->arguments[0]);
        default: return false;
    }
}

// A difference of the points, or a comparison of them, which is one of their difference with 0.
bool is_difference(Expr e) {
    const bool comparison = e->op == Op::Less || e->op == Op::LessEqual || e->op == Op::Equal || e->op == Op::NotEqual;
    if (e->op != Op::Subtract && !comparison) return false;
    Expr a = e->arguments[0], b = e->arguments[1];
    if ((a->depends & on_y) != 0) std::swap(a, b);
    return (a->depends & on_y) == 0 && is_linear_in_x(a) && exchanged(a) == b;
}

// Whether every path from `root` to a point passes through an expression that `allowed` accepts.
template <typename Allowed>
bool enters_only_through(Expr root, Allowed allowed) {
    std::vector<Expr> stack = {root};
    std::vector<bool> seen(root->id + 1, false);
    while (!stack.empty()) {
        Expr e = stack.back();
        stack.pop_back();
        if (seen[e->id] || (e->depends & (on_x | on_y)) == 0 || allowed(e)) continue;
        seen[e->id] = true;
        if (e->arguments.empty()) return false;
        stack.insert(stack.end(), e->arguments.begin(), e->arguments.end());
    }
    return true;
}

// Provably 0 (for points without NaN and infinity), its arguments being known.
bool is_zero_node(Expr e, const std::unordered_map<Expr, bool>& known) {
    auto argument = [&](std::size_t k) { return known.at(e->arguments[k]); };
    switch (e->op) {
        case Op::Constant: return e->constant == 0;
        case Op::Negate:
        case Op::Sum:
        case Op::MaximumOver:
        case Op::MinimumOver:
        case Op::Divide: return argument(0);
        case Op::Subtract: return e->arguments[0] == e->arguments[1] || (argument(0) && argument(1));
        case Op::Add:
        case Op::Minimum:
        case Op::Maximum: return argument(0) && argument(1);
        case Op::Multiply:
        case Op::MultiplyZero: return argument(0) || argument(1);
        case Op::Power: return argument(0) && is_positive(e->arguments[1]);
        case Op::Where: {
            Expr condition = e->arguments[0];
            const bool same = condition->arguments.size() == 2 && condition->arguments[0] == condition->arguments[1];
            if (same && (condition->op == Op::NotEqual || condition->op == Op::Less)) return argument(2);
            if (same && (condition->op == Op::Equal || condition->op == Op::LessEqual)) return argument(1);
            return argument(1) && argument(2);
        }
        case Op::Call: {
            if (!argument(0)) return false;
            Real at_zero;
            e->function->exact(at_zero.get(), at_zero.get(), MPFR_RNDN);
            return mpfr_zero_p(at_zero.get()) != 0;
        }
        default: return false;
    }
}

bool is_zero(Expr root) {
    std::unordered_map<Expr, bool> known;
    for (Expr e : topological_order({root})) known[e] = is_zero_node(e, known);
    return known.at(root);
}

bool is_distance(Expr reduction) {
    return is_non_negative(reduction) && symmetry_of(lower(reduction)) != Symmetry::None &&
           is_zero(moved(reduction, reduction->pool->x(), reduction->pool->x()));
}

}  // namespace

int Structure::matrix_products() const {
    int count = 0;
    for (const std::vector<SeparableTerm>& terms : expansion)
        count += static_cast<int>(
            std::count_if(terms.begin(), terms.end(), [](const SeparableTerm& t) { return t.is_product_of_points(); }));
    return count;
}

Structure structure_of(Expr formula) {
    Structure s{};
    s.value = expand_definitions(formula);
    for (Expr e : topological_order({s.value}))
        if (e->is_reduction()) (e->mixes_points() ? s.pair_reductions : s.statistics).push_back(e);
    s.symmetry = symmetry_of(lower(formula));
    s.translation_invariant = enters_only_through(s.value, is_difference);
    if (s.pair_reductions.size() == 1 && is_distance(s.pair_reductions[0]) &&
        enters_only_through(s.value, [&](Expr e) { return e == s.pair_reductions[0]; }))
        s.distance = s.pair_reductions[0];
    for (Expr reduction : s.pair_reductions) {
        std::optional<std::vector<SeparableTerm>> terms;
        if (reduction->op == Op::Sum) terms = separate(reduction->arguments[0]);
        if (!terms) {
            s.expansion.clear();
            break;
        }
        s.expansion.push_back(std::move(*terms));
    }
    return s;
}

}  // namespace halogram
