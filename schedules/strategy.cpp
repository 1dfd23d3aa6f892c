#include "schedules/strategy.h"

#include <algorithm>

#include "schedules/code_size.h"

namespace halogram {

const std::vector<Strategy>& strategies() {
    static const std::vector<Strategy> ordered = {register_tile, sum_over_columns, sum_over_rows, prepare_points,
                                                  plain_loops};
    return ordered;
}

ChosenSchedule schedule(LeafPipeline& leaf, const Machine& machine) {
    const Strategy& strategy =
        *std::find_if(strategies().begin(), strategies().end(), [&](const Strategy& s) { return s.applies(leaf); });
    const TileParameters parameters = within_code_size(strategy.defaults(leaf, machine), leaf, machine);
    strategy.apply(leaf, machine, parameters);
    return {&strategy, parameters};
}

int row_multiple(const Machine&) { return 4; }
int column_multiple(const Machine& machine, Halide::Type type) { return std::max(32, 2 * machine.lanes(type)); }

}  // namespace halogram
