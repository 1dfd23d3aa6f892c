// Every catalogue kernel at the edges of the numbers, as a finished library: NaN, infinite, huge, tiny, subnormal and
// coincident points give what IEEE arithmetic on the written formula gives, on every variant and whatever the caller's
// rounding mode is. The table of values and gradients is stored (edge_table.h).
#pragma once

#include <vector>

#include "measurement/generated_library.h"

namespace halogram {

// `library` has the whole catalogue, with D as an argument of the calls. Defined for float and double.
template <typename T>
void check_edges(GeneratedLibrary& library, const std::vector<KernelRequest>& requests);

}  // namespace halogram
