// The size of the code that a leaf unrolls, counted in operations on vectors: what compiles in seconds, and what loops then
// have to stay loops.
#pragma once

#include "schedules/strategy.h"

namespace halogram {

// Instructions that the operations of these values become, what is shared counted once: of one vector of pairs.
int instructions_of(const std::vector<Halide::Expr>& values, Halide::Type type, const Machine& machine);

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
