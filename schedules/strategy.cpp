#include "schedules/strategy.h"

#include <algorithm>
#include <stdexcept>

#include "schedules/code_size.h"

namespace halogram {

const std::vector<Strategy>& strategies() {
    static const std::vector<Strategy> ordered = {register_tile,       sum_over_columns,    sum_over_rows,
                                                  prepare_points_of_y, prepare_points_of_x, plain_loops};
    return ordered;
}

nlohmann::ordered_json record_of(const TileParameters& p) {
    return {{"rows", p.rows},
            {"vectors", p.vectors},
            {"features", p.features},
            {"unroll", p.unroll},
            {"along_columns", p.along_columns},
            {"ahead", p.ahead},
            {"block", p.block}};
}

TileParameters parameters_of(const nlohmann::ordered_json& record) {
    return {record.at("rows"),          record.at("vectors"), record.at("features"), record.at("unroll"),
            record.at("along_columns"), record.at("ahead"),   record.at("block")};
}

static const Strategy& strategy_of(const LeafPipeline& leaf) {
    return *std::find_if(strategies().begin(), strategies().end(), [&](const Strategy& s) { return s.applies(leaf); });
}

ChosenSchedule schedule(LeafPipeline& leaf, const Machine& machine, const std::optional<TileParameters>& picked) {
    const Strategy& strategy = strategy_of(leaf);
    if (picked) {
        const std::vector<TileParameters> space = parameter_space(leaf, machine);
        if (std::find(space.begin(), space.end(), *picked) == space.end())
            throw std::invalid_argument(std::string("the strategy '") + strategy.name +
                                        "' does not have these parameters for " + leaf_name(leaf.kind) + " on " +
                                        machine.isa);
    }
    const TileParameters parameters =
        picked ? *picked : within_code_size(strategy.defaults(leaf, machine), leaf, machine);
    strategy.apply(leaf, machine, parameters);
    return {&strategy, parameters};
}

std::vector<TileParameters> parameter_space(const LeafPipeline& leaf, const Machine& machine) {
    std::vector<TileParameters> space = strategy_of(leaf).space(leaf, machine);
    std::erase_if(space, [&](const TileParameters& p) { return !(within_code_size(p, leaf, machine) == p); });
    return space;
}

std::vector<int> vector_extents(const LeafPipeline& leaf, const Machine& machine) {
    std::vector<int> extents;
    for (int vectors = 1; column_multiple(machine, leaf) % (vectors * machine.lanes(leaf.type)) == 0; vectors *= 2)
        extents.push_back(vectors);
    return extents;
}

std::vector<int> feature_extents(const LeafPipeline& leaf) {
    constexpr int most = 8;  // more never fit the registers beside their sums
    std::vector<int> extents = {1};
    for (int features = 2; features <= std::min(leaf.features, most); ++features) extents.push_back(features);
    return extents;
}

int row_multiple(const Machine& machine) { return machine.has_many_registers() ? 8 : 4; }

int column_multiple(const Machine& machine, Halide::Type type, bool pair_products) {
    const int vectors = pair_products && machine.has_many_registers() ? 4 : 2;
    return std::max(32, vectors * machine.lanes(type));
}

int column_multiple(const Machine& machine, const LeafPipeline& leaf) {
    return column_multiple(machine, leaf.type, leaf.pair_products);
}

}  // namespace halogram
