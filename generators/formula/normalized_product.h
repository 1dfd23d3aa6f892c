// Quotients that Cauchy and Schwarz keep within [-1, 1]: a product of two points over its roots with each point itself.
#pragma once

#include "generators/formula/tree.h"

namespace halogram {

// p(x, y) / sqrt(p(x, x) p(y, y)), the root written as one or as two, p being a sum of products of x and y, with factors and
// a summand that depend on parameters alone. These are taken for positive, as is anyone's who writes such a quotient.
bool is_normalized_product(Expr e);

}  // namespace halogram
