// Relative entropies of a feature and what they are made of: exact for numbers that are nearly equal.
#pragma once

#include <vector>

#include "generators/math/functions.h"

namespace halogram {

void add_divergences(std::vector<Function>& table);

}  // namespace halogram
