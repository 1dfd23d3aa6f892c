// The order in which a sum over features is computed, and what it costs in roundings: up to 512 features one after the
// other; of more the sums of blocks of 512, which are added in groups of 64 blocks, and the groups in order. One chain of D
// additions is off by up to D u: cityblock of a million equal differences of f32 was, by 6.8e-3.
#pragma once

#include <algorithm>

namespace halogram {

inline constexpr int features_of_a_block = 512, blocks_of_a_group = 64;

// Whether sums over so many features are made of blocks. A number or an expression.
template <typename T>
auto goes_in_blocks(const T& features) {
    return features > features_of_a_block;
}

// Roundings that each of D terms passes through at most, a product's into its sum among them: those within a block, within
// a group, and one for each group before the last. T: a number or an expression.
template <typename T>
T roundings_in_blocks(const T& features) {
    return features / T(double(features_of_a_block) * blocks_of_a_group) + T(features_of_a_block + blocks_of_a_group);
}
inline double roundings_of_sum(double features) { return std::min(features, roundings_in_blocks(features)); }

}  // namespace halogram
