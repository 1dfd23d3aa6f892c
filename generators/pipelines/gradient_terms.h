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
    // A factor of the point whose gradient it is part of, taken out of the sum; nullptr stands for 1.
    Expr own = nullptr;
};

// Terms with one factor outside of their sum.
struct GradientSum {
    Expr own;
    std::vector<GradientTerm> terms;
    bool per_feature;  // else the sum is one number for all features
};
// The one without a factor first.
std::vector<GradientSum> sums_of(const std::vector<GradientTerm>& terms);

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
// matrix products, and so do the sums over points: sum_j w_ij (x_i - y_j) is x_i sum_j w_ij - sum_j w_ij y_j, half of the
// operations, which cancels where points are close together as the distance does.
GradientTerms gradient_terms(const Formula& formula);

}  // namespace halogram
