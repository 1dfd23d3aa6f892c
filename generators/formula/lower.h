// From the tree a reader sees to the tree that is evaluated: the fixed sequence of operations of a kernel.
#pragma once

#include "generators/formula/tree.h"

namespace halogram {

// Definitions of functions are expanded; powers with integer exponents up to 16 become products; a division by an
// expression of parameters alone becomes a product with its reciprocal, which is computed once per call.
Expr lower(Expr root);

}  // namespace halogram
