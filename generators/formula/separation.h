// Sums over features that a matrix product can compute: a body that is a finite sum of f(x) * g(y), as in
// (x - y)^2 = x^2 - 2 x y + y^2.
#pragma once

#include <optional>
#include <vector>

#include "generators/formula/tree.h"

namespace halogram {

// coefficient * (product of `x`) * (product of `y`): factors of `x` depend on no feature of y and those of `y` on none of
// x. Parameters are in x. An empty product is 1.
struct SeparableTerm {
    mpq_class coefficient = 1;
    std::vector<Expr> x, y;  // sorted, so that like terms are equal

    bool is_product_of_points() const;
    Expr expression(Pool& pool) const;
};

// The terms of a per-feature expression, like ones joined; nothing when it does not separate, or only into more than
// eight terms. Definitions of functions have to be written out before (expand_definitions).
std::optional<std::vector<SeparableTerm>> separate(Expr per_feature);

}  // namespace halogram
