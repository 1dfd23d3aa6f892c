// Sums over so many features that they are added up in blocks (formula/feature_sum.h).
#pragma once

#include "schedules/strategy.h"

namespace halogram {

// Values of TileParameters::block, the default first: 0 alone where larger blocks of pairs never pay.
std::vector<int> pair_blocks(const LeafPipeline& leaf, const Machine& machine);

// The least D from which on blocks of pairs are summed, where there are any.
int least_features_for_pair_blocks(Halide::Type type);

// The block of a reduction, computed anew for each block of its sum.
Halide::Func block_by_block(const FeatureReduction& reduction);

// The nest of a tile or pairs leaf for more features than one block has: a specialization beside the nest of few, or the
// only one. Register tiles are summed over a block of features at a time. Where so many features no longer lie in a cache,
// all tiles of a block of pairs are, before the next features: for the points of the block these lie in the second-level
// cache, and the sums of the blocks before are kept. To be called before the nest of few features is scheduled, whose loops
// `inner` and `outer` from tile to tile become those from block to block of pairs, and whose reductions are computed at
// `inner`, values of pairs at the loop over vectors, `vector`.
void schedule_many_features(LeafPipeline& leaf, const Machine& machine, const TileParameters& parameters,
                            const Halide::Var& inner, const Halide::Var& outer, const Halide::Var& vector);

}  // namespace halogram
