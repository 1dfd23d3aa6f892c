// How many roundings a term of a gradient passes through on its way into the sum over points. The order of these sums
// is fixed (runtime/vjp_sums.c, generators/pipelines/leaf_pipelines.cpp); the error of a sum is at most this number
// times u times the sum of the terms' magnitudes, up to terms in u^2.
#pragma once

extern "C" {
#include "runtime/hg_internal.h"
}

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "generators/pipelines/leaf_pipelines.h"

namespace halogram {

class SumOrder {
public:
    SumOrder(std::int64_t n, std::int64_t m)
        // For numbers of features that do not shrink them.
        : rows_(std::min(n, hg1_vjp_panel_rows(n))),
          columns_(std::min(m, hg1_vjp_chunk_columns(m))),
          panels_(rows_ > 0 ? quotient_up(n, rows_) : 0),
          chunks_(columns_ > 0 ? quotient_up(m, columns_) : 0) {}

    // gx: a chain of `terms` per pair over the columns of one of 16 lanes of a chunk, the tree over the lanes, the tree
    // over chunks. A binary counter's tree over c chunks is ceil(log2 c) deep.
    double x(std::size_t terms) const { return lane(terms) + log2_up(chunks_); }
    // gy: a chain of `terms` per pair over the rows of a panel, then over panels and groups.
    double y(std::size_t terms) const { return double(terms) * double(rows_) + over_panels(); }
    // A parameter: as gx within a row of a panel; then the tree over the panel's rows; over chunks; over panels as gy.
    double parameter(std::size_t terms) const {
        return lane(terms) + log2_up(rows_) + log2_up(chunks_) + over_panels();
    }

private:
    const std::int64_t rows_, columns_;  // of the largest panel and chunk
    const std::int64_t panels_, chunks_;

    static std::int64_t quotient_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
    static int log2_up(std::int64_t count) {
        int levels = 0;
        while ((std::int64_t{1} << levels) < count) ++levels;
        return levels;
    }
    double lane(std::size_t terms) const {
        return double(terms) * double(quotient_up(columns_, lanes_over_points)) + log2_up(lanes_over_points);
    }
    // Panels of one group are added with their rounding errors carried along, which leaves one rounding of the result
    // (and the square of all); the groups are added pairwise.
    double over_panels() const {
        return (panels_ > HG_VJP_GROUPS ? 1 : 0) + log2_up(std::min<std::int64_t>(panels_, HG_VJP_GROUPS));
    }
};

}  // namespace halogram
