// Pair planes and terms of gradients as Halide expressions, wherever planes are kept: in the buffers of leaf functions or
// in a stage of a whole pipeline.
#pragma once

#include "generators/pipelines/gradient_terms.h"
#include "generators/pipelines/stages.h"

namespace halogram {

// Defines the pair reductions that the planes need.
void define_pair_reductions(const GradientTerms& terms, Stages& stages);
// The value of each plane at (j, i), `g` being the cotangent there.
std::vector<Halide::Expr> pair_plane_values(const GradientTerms& terms, Stages& stages, const Halide::Expr& g);

// so_far + w * feature by the term's rules, `w` being the term's plane at the place.
Halide::Expr with_gradient_term(const Halide::Expr& so_far, const GradientTerm& term, Halide::Expr w, Stages& stages,
                                const Place& place, Stages::Memo& memo);

}  // namespace halogram
