// The size of the code that a leaf unrolls, counted in operations on vectors: what compiles in seconds, and what loops then
// have to stay loops.
#pragma once

#include "schedules/software_fma.h"
#include "schedules/strategy.h"

namespace halogram {

// Whether a step of the loop over features is so long that arithmetic binds wherever the points lie.
bool has_costly_steps(const LeafPipeline& leaf);

// How the leaf's fused multiply-adds are made where the machine has no instruction.
SoftwareFma software_fma_of(const LeafPipeline& leaf, const Machine& machine);

// The parameters, with tiles made smaller until the code stays within a limit that compiles in seconds. The bits of the
// results do not depend on tiles.
TileParameters within_code_size(TileParameters parameters, const LeafPipeline& leaf, const Machine& machine);

// Which loops over what a tile holds are unrolled, of the values that are computed from its sums or of the lanes of a sum over
// points: the others cost nothing beside so much arithmetic. And whether Halide makes a second copy of the nest for the last
// tile of a row, which saves an operation on an index for each of the others.
struct Unrolled {
    bool rows = true, vectors = true, copied = true;
};
Unrolled unrolled(const TileParameters& parameters, const LeafPipeline& leaf, const Machine& machine);

}  // namespace halogram
