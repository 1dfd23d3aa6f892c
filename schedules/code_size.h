// The size of what a tile unrolls: fused multiply-adds make up the code of every function, and where they are software each is
// a hundred instructions.
#pragma once

#include "schedules/strategy.h"

namespace halogram {

// The parameters, with tiles made smaller until the code stays within a limit that compiles in seconds. The bits of the
// results do not depend on tiles.
TileParameters within_code_size(TileParameters parameters, const LeafPipeline& leaf, const Machine& machine);

}  // namespace halogram
