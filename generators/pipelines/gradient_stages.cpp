#include "generators/pipelines/gradient_stages.h"

#include "generators/math/code.h"

namespace halogram {

void define_pair_reductions(const GradientTerms& terms, Stages& stages) {
    std::vector<Expr> roots;
    for (const PairPlane& plane : terms.planes)
        if (plane.value != nullptr) roots.push_back(plane.value);
    stages.define_pair_reductions(roots);
}

std::vector<Halide::Expr> pair_plane_values(const GradientTerms& terms, Stages& stages, const Halide::Expr& g) {
    std::vector<Halide::Expr> values;
    Stages::Memo memo;
    for (const PairPlane& plane : terms.planes) {
        if (plane.value == nullptr) {
            values.push_back(g);
            continue;
        }
        const Halide::Expr value = stages.emit(plane.value, Place{Stages::i, Stages::j, Halide::Expr()}, memo);
        values.push_back(!plane.weighted ? value : plane.zero_rule ? code::product_at_edge(g, value) : g * value);
    }
    return values;
}

Halide::Expr with_gradient_term(const Halide::Expr& so_far, const GradientTerm& term, Halide::Expr w, Stages& stages,
                                const Place& place, Stages::Memo& memo) {
    if (term.negative) w = code::negated(w);
    if (term.feature == nullptr) return so_far + w;
    if (term.sign) return code::add_with_sign(so_far, w, stages.emit(term.feature->arguments[0], place, memo));
    const Halide::Expr feature = stages.emit(term.feature, place, memo);
    if (term.zero_rule) return so_far + code::product_at_edge(w, feature);
    return code::fused_multiply_add(w, feature, so_far);
}

}  // namespace halogram
