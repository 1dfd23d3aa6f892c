// Parts of the logarithm that other functions build on.
#pragma once

#include "generators/math/double_float.h"

namespace halogram::code {

// exponent ln 2 + log(1 + fraction + low) for a fraction in [sqrt(1/2) - 1, sqrt(2) - 1] (and a little) and a low within an
// ulp of it: the sum of two numbers, of which the first is within a tenth of it.
Pair log_of_parts(const Expr& exponent, const Expr& fraction, const Expr& low);

}  // namespace halogram::code
