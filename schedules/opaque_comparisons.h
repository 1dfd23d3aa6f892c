// Comparisons of floating-point numbers that Halide cannot reason about. Its bounds of conditions know neither NaN nor
// infinity: partitioning a loop took x == x and 0 <= x * x for true, and a selection that reads y in one arm alone for one
// that may be decided, since the end of the loop marks the places of y as likely.
#pragma once

#include <Halide.h>

namespace halogram {

// To be called before a pipeline is compiled. Every comparison in the functions behind its outputs becomes a call that no
// pass knows, and a comparison again when all passes are done.
void make_comparisons_opaque(Halide::Pipeline& pipeline);

}  // namespace halogram
