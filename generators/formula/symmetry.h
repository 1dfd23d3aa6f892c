// Whether k(x, y) = k(y, x): a proof on the tree, not a guess.
#pragma once

#include "generators/formula/tree.h"

namespace halogram {

enum class Symmetry {
    None,
    Mathematical,  // k(x, y) = k(y, x) up to the order of sums and products
    Bits,          // k(y, x) is the same sequence of IEEE operations up to commutation and exact changes of sign
};

// Proved on the tree that is evaluated (lower.h); None means that no proof was found.
Symmetry symmetry_of(Expr lowered);

}  // namespace halogram
