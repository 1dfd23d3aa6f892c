// Symbolic derivatives by reverse accumulation on the tree; the result is a tree again, so they can be repeated.
#pragma once

#include "generators/formula/kinks.h"

namespace halogram {

// Derivative of the scalar expression `value` with respect to `variable`, which is x, y or a parameter. By x, y or a
// per-feature parameter the result is per feature: its d-th entry is the derivative by the d-th feature. By a scalar
// parameter it is a scalar. Where nothing depends on the variable it is the constant 0.
// Rules: a product with an exact 0 is 0 even where the other factor is infinite; where() selects derivatives; ties of
// max and min share the derivative equally.
Expr derivative(Expr value, Expr variable);

// The same, to be derived again by points: where `value` is proved to be smooth at the kinks of its parts, so is this, and
// where it is not, the next derivative by points is NaN. `kinks` are those of `value`, or those that are asked for.
Expr derivative_to_derive(Expr value, Expr variable, const Kinks& kinks);

}  // namespace halogram
