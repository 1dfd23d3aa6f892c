// How leaf functions are computed: strategies, in order; the first that applies is taken.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "generators/pipelines/leaf_pipelines.h"
#include "schedules/machine.h"

namespace halogram {

// One point of a strategy's parameter space. Extents of a register tile: points or rows x vectors or features.
struct TileParameters {
    int rows = 1;      // points of x (or features of the sum)
    int vectors = 1;   // vectors of points of y
    int features = 1;  // features held in registers at once, in sums over points
    int unroll = 1;    // of the loop over features
    // A register tile goes along the columns first, so that K and g are used row by row: else down the rows, so that its
    // points of y stay in the first-level cache.
    bool along_columns = false;
    int ahead = 0;  // tiles that the lines of K are prefetched before they are stored to; 0: not at all
    // Where points no longer lie in a cache, rows of the pairs whose sums take turns over blocks of features; 0: those of a
    // register tile.
    int block = 0;
    bool operator==(const TileParameters&) const = default;
};

// The loop from one register tile to the next of the same rows.
constexpr const char* tile_loop_along_columns = "jo";

nlohmann::ordered_json record_of(const TileParameters& parameters);
// Throws nlohmann::json::exception where a member is missing or of another type.
TileParameters parameters_of(const nlohmann::ordered_json& record);

struct Strategy {
    const char* name;
    bool (*applies)(const LeafPipeline& leaf);
    // The analytic default for a machine.
    TileParameters (*defaults)(const LeafPipeline& leaf, const Machine& machine);
    // All that a tuner may pick, the default among them. None changes a bit of the result.
    std::vector<TileParameters> (*space)(const LeafPipeline& leaf, const Machine& machine);
    void (*apply)(LeafPipeline& leaf, const Machine& machine, const TileParameters& parameters);
};

// The last one applies to every leaf.
const std::vector<Strategy>& strategies();

struct ChosenSchedule {
    const Strategy* strategy;
    TileParameters parameters;
};
// Schedules the leaf in place, with the analytic default or with parameters that were picked. Throws
// std::invalid_argument where these lie outside of the strategy's space.
ChosenSchedule schedule(LeafPipeline& leaf, const Machine& machine, const std::optional<TileParameters>& picked = {});
// The strategy's space, without what unrolls to more code than compiles in seconds.
std::vector<TileParameters> parameter_space(const LeafPipeline& leaf, const Machine& machine);

// What every variant's leaves are made for; the runtime pads panels and chunks to multiples of these.
int row_multiple(const Machine& machine);
// Kernels whose sums over features are of products are held in wider tiles, which cost those of few points more padding.
int column_multiple(const Machine& machine, Halide::Type type, bool pair_products);
int column_multiple(const Machine& machine, const LeafPipeline& leaf);

// For spaces. Extents of vectors of columns: what the padding of columns is a multiple of.
std::vector<int> vector_extents(const LeafPipeline& leaf, const Machine& machine);
std::vector<int> feature_extents(const LeafPipeline& leaf);  // held at once; 1 where D is only known at run time

// The strategies' own files.
extern const Strategy register_tile;        // tile, pairs: features innermost, pairs in registers
extern const Strategy sum_over_columns;     // rows, vectors, scalars: 16 partial sums per result
extern const Strategy sum_over_rows;        // columns: vectors of points of y
extern const Strategy prepare_points_of_y;  // vectors of points
extern const Strategy prepare_points_of_x;  // several points at once
extern const Strategy plain_loops;          // anything

}  // namespace halogram
