// The derivative of a kernel along a direction: what forward mode and second derivatives are made of.
#pragma once

#include <string>

#include "generators/formula/kinks.h"
#include "generators/formula/parser.h"

namespace halogram {

// t(x, y) = sum_d dk/dx[d] x'[d] + sum_d dk/dy[d] y'[d] + sum over the real parameters p of dk/dp p', a formula again. The
// directions x' and y' stand behind the features of a point, the direction of a per-feature parameter behind its numbers
// (point_planes in runtime/hg_kernel.h), the one of a scalar parameter is a parameter of its own, after all others and in
// their order. With G for a cotangent of K, the Gram matrix of t is the change of K along the direction, and the gradients
// of sum(G t) with respect to x, y and the parameters are those of the gradients of K along it: the second derivatives
// that backward through backward asks for.
// At kinks of its parts it is smooth where the formula is proved to be. Where it is not, the second derivative is NaN, but
// for entries of the catalogue, which state what they give there and keep to the subgradients of the rules.
Formula tangent_of(const Formula& formula);

// What of a formula is derived twice, with the kinks that its first derivatives know of.
struct Derivable {
    Expr value;
    Kinks kinks;
};
Derivable derivable(const Formula& formula);

// How stages call the direction of a per-feature parameter.
std::string tangent_of_vector(const std::string& name);

}  // namespace halogram
