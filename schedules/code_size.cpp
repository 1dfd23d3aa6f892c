#include "schedules/code_size.h"

#include <algorithm>

#include "generators/pipelines/instruction_count.h"
#include "schedules/software_fma.h"

namespace halogram {

namespace {

// Instructions that a tile may unroll. The time of LLVM grows with them, beyond 20,000 with their square: |x - y|^1.3 of 5
// features in a tile of 4 x 2, all unrolled, was 27,000 and took 57 times as long as RBF (avx512).
constexpr int largest_code = 1600;
// Of a fused multiply-add in software, which alone is a hundred instructions and of which RBF has some hundred.
constexpr int largest_code_with_software_fma = 6000;
// The gradients are up to four leaves that each take apart what a step of the loop over features is.
constexpr int sums_of_a_gradient = 4;
// What is computed with a tile of RBF and its like stays below: their nests are those that were measured.
constexpr int costly_code = 900;

std::vector<Halide::Func> steps(const std::vector<FeatureReduction>& reductions) {
    std::vector<Halide::Func> all;
    for (const FeatureReduction& reduction : reductions) all.push_back(reduction.step());
    return all;
}

int of_stages(const std::vector<Halide::Func>& stages, const LeafPipeline& leaf, const Machine& machine) {
    int instructions = 0;
    for (const Halide::Func& f : stages) {
        instructions += instructions_of(f.values().as_vector(), leaf.type, machine);
        for (int k = 0; k < f.num_update_definitions(); ++k)
            instructions += instructions_of(f.update_values(k).as_vector(), leaf.type, machine);
    }
    return instructions;
}

bool is_tile(const LeafPipeline& leaf) { return leaf.kind == LeafKind::Tile || leaf.kind == LeafKind::Pairs; }

int limit_of(const LeafPipeline& leaf, const Machine& machine) {
    const int limit = has_fused_multiply_add(machine) ? largest_code : largest_code_with_software_fma;
    return is_tile(leaf) ? limit : limit / sums_of_a_gradient;
}

// Of one vector: what a step of the loop over features takes, and what is computed beside it.
struct Cost {
    int of_feature, elsewhere, lane_vectors;
    Cost(const LeafPipeline& leaf, const Machine& machine)
        : of_feature(of_stages(steps(leaf.pair_reductions), leaf, machine)),
          elsewhere(of_stages(leaf.outputs, leaf, machine) +
                    of_stages(leaf.pair_values.empty() ? leaf.pair_values_of_many : leaf.pair_values, leaf, machine) +
                    of_stages(leaf.lane_sums, leaf, machine)),
          lane_vectors(leaf.lane_levels.empty() ? 1 : std::max(1, lanes_over_points / machine.lanes(leaf.type))) {}
    // Where `rows` of what is computed beside the loop over features are unrolled.
    int of(int rows, const TileParameters& p) const {
        return p.vectors * lane_vectors * p.features * (rows * elsewhere + p.rows * of_feature * p.unroll);
    }
};

}  // namespace

int instructions_of(const std::vector<Halide::Expr>& values, Halide::Type type, const Machine& machine) {
    // Of a fused multiply-add: itself, or the sequences of software_fma.cpp.
    return instructions_of(values, has_fused_multiply_add(machine) ? 1 : type.bits() == 32 ? 45 : 145);
}

Unrolled unrolled(const TileParameters& p, const LeafPipeline& leaf, const Machine& machine) {
    const Cost cost(leaf, machine);
    const int limit = limit_of(leaf, machine);
    if (cost.of(p.rows, p) <= (has_fused_multiply_add(machine) ? std::min(costly_code, limit) : limit)) return {};
    return {false, cost.of(1, p) <= limit / 2, false};
}

TileParameters within_code_size(TileParameters p, const LeafPipeline& leaf, const Machine& machine) {
    const Cost cost(leaf, machine);
    const auto too_large = [&] {
        const Unrolled loops = unrolled(p, leaf, machine);
        const int rows = loops.rows || !is_tile(leaf) ? p.rows : loops.vectors ? 1 : 0;
        return cost.of(rows, p) > limit_of(leaf, machine);
    };
    if (too_large()) p.unroll = 1;
    // Last the vectors, of which a loop is left of a sum over points.
    for (int* extent : {&p.features, &p.rows, &p.vectors})
        while (too_large() && *extent > 1) *extent /= 2;
    return p;
}

}  // namespace halogram
