// Sums over so many features that no panel of their points lies in a cache.
#pragma once

#include "schedules/strategy.h"

namespace halogram {

// Values of TileParameters::block, the default first; 0 alone where blocks never pay.
std::vector<int> feature_blocks(const LeafPipeline& leaf, const Machine& machine);

// The least D that is summed in blocks, where there are any.
int least_features_for_blocks(Halide::Type type);

// Adds to the nest of a tile or pairs leaf another one, for calls with enough features: a block of pairs, in place of a tile,
// is summed over `block` features at a time, which for the points of the block lie in the second-level cache, and the sums
// are kept in between. Each sum still goes through its features in order, so that no bit changes. To be called before the
// first nest is scheduled, whose loops `inner` and `outer` from tile to tile become those from block to block, and whose
// reductions are computed at `inner`, values of pairs at the loop over vectors, `vector`.
void add_feature_blocks(LeafPipeline& leaf, const Machine& machine, const TileParameters& parameters,
                        const Halide::Var& inner, const Halide::Var& outer, const Halide::Var& vector);

}  // namespace halogram
