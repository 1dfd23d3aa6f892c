// What Halide must not reason about, since it knows neither NaN nor infinity. Comparisons of floating-point numbers:
// partitioning a loop took x == x and 0 <= x * x for true, and a selection that reads y in one arm alone for one that may be
// decided, since the end of the loop marks the places of y as likely. What updates store: an addition of x - x was left out.
#pragma once

#include <Halide.h>

namespace halogram {

// To be called before a pipeline is compiled. Every such value in the functions behind its outputs becomes a call that no
// pass knows, and what it was again when all passes are done.
void make_values_opaque(Halide::Pipeline& pipeline);

}  // namespace halogram
