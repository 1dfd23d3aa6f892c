// How the gradients of a kernel are shared out between leaf functions: pair planes, computed once per pair of points,
// and sums over points of plane * per-feature part.
#pragma once

#include <vector>

#include "generators/formula/parser.h"

namespace halogram {

// One plane of the pair buffer w.
struct PairPlane {
    Expr value;      // a lowered scalar tree; nullptr stands for 1
    bool weighted;   // multiplied by the cotangent g
    bool zero_rule;  // by the rule of a product at an edge
};

// plane * feature, summed over points; `zero_rule` as above.
struct GradientTerm {
    int plane;
    bool negative;
    Expr feature;  // a lowered per-feature tree, or a scalar that is broadcast; nullptr stands for 1
    bool zero_rule;
    bool sign;  // the part is a call of sign, and the plane is NaN wherever its argument is
};

struct GradientTerms {
    std::vector<PairPlane> planes;
    std::vector<GradientTerm> x, y;
    std::vector<std::vector<GradientTerm>> vectors;  // one list per vector parameter, in signature order
    std::vector<int> scalars;                        // the plane of each real scalar parameter, in signature order

    // The plane that holds `value` itself, for scalars inside a per-feature part; -1 when there is none.
    int raw_plane(Expr value) const;
};

// The sequence of operations of the kernel's value, in the form that the formula is computed in.
Expr evaluated_value(const Formula& formula);

// Of the derivatives of the formula as it is written, lowered. In the expanded form the distance in them comes from
// matrix products, but the differences of the points stay, which cost no more than a product and do not cancel.
GradientTerms gradient_terms(const Formula& formula);

}  // namespace halogram
