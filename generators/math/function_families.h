// Families of functions that are closed under differentiation: each derivative is a member again, so that no 0/0 appears
// at coincident points, in the first derivative or in the second.
#pragma once

#include <vector>

#include "generators/math/functions.h"

namespace halogram {

void add_function_families(std::vector<Function>& table);

}  // namespace halogram
