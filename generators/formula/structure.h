// Facts about a formula that choose algorithms.
#pragma once

#include <vector>

#include "generators/formula/separation.h"
#include "generators/formula/symmetry.h"
#include "generators/formula/tree.h"

namespace halogram {

struct Structure {
    // The formula with its functions' definitions written out (matern52 becomes a product with exp); what follows is
    // part of this tree. The outer function is what remains of it when the reductions are taken as given.
    Expr value;
    std::vector<Expr> pair_reductions;  // over features, mixing x and y; a reduction inside another comes before it
    std::vector<Expr> statistics;       // over features, of one point or of parameters: computed once
    Symmetry symmetry;
    // x and y enter through differences x - y alone (also scaled: x / ell[d] - y / ell[d]).
    bool translation_invariant;
    // The one pair reduction through which alone x and y enter, where it is a distance: symmetric, never negative, 0 at
    // coincident points. Then the diagonal of K(x, x) is one number. nullptr otherwise.
    Expr distance;
    // The terms of each pair reduction where all of them are sums that separate: the kernel is then a function of
    // matrix products and statistics of one point. Empty otherwise.
    std::vector<std::vector<SeparableTerm>> expansion;

    bool expandable() const { return !expansion.empty(); }
    int matrix_products() const;  // of the expansion
};

// `value` is a scalar formula, simplified but not lowered; the result points into its pool.
Structure structure_of(Expr value);

}  // namespace halogram
