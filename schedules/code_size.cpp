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
// Of a step of the loop over features.
constexpr int instructions_that_bind = 32;

std::vector<Halide::Func> steps(const std::vector<FeatureReduction>& reductions) {
    std::vector<Halide::Func> all;
    for (const FeatureReduction& reduction : reductions) all.push_back(reduction.step());
    return all;
}

int of_stages(const std::vector<Halide::Func>& stages, int of_fused_multiply_add) {
    int instructions = 0;
    for (const Halide::Func& f : stages) {
        instructions += instructions_of(f.values().as_vector(), of_fused_multiply_add);
        for (int k = 0; k < f.num_update_definitions(); ++k)
            instructions += instructions_of(f.update_values(k).as_vector(), of_fused_multiply_add);
    }
    return instructions;
}

bool is_tile(const LeafPipeline& leaf) { return leaf.kind == LeafKind::Tile || leaf.kind == LeafKind::Pairs; }

// Of one vector: what a step of the loop over features takes, and what is computed beside it; and how much of that a leaf may
// unroll.
class Cost {
public:
    Cost(const LeafPipeline& leaf, const Machine& machine)
        : lane_vectors_(leaf.lane_levels.empty() ? 1 : std::max(1, lanes_over_points / machine.lanes(leaf.type))) {
        const int parts = is_tile(leaf) ? 1 : sums_of_a_gradient;
        if (!has_fused_multiply_add(machine)) {
            limit_ = unlooped_ = copied_ = largest_code_with_software_fma / parts;
            count(leaf, instructions_of_software_fma(SoftwareFma::Unrolled, leaf.type));
            // Else not even one vector: |x - y|^p weighted and to 1 / p was 54,000 and took 11 times as long as RBF.
            if (leaf.type.bits() == 32 || elsewhere_ + of_feature_ <= limit_) return;
            fma_ = SoftwareFma::Called;
        }
        unlooped_ = std::min(costly_code, largest_code / parts);
        // One for each side of 512 features.
        const int nests = leaf.features == 0 && has_costly_steps(leaf) ? 2 : 1;
        limit_ = std::max(unlooped_, largest_code / parts / nests);
        copied_ = unlooped_ / nests;
        count(leaf, has_fused_multiply_add(machine) ? 1 : instructions_of_software_fma(fma_, leaf.type));
    }
    // Where `rows` of what is computed beside the loop over features are unrolled.
    int of(int rows, const TileParameters& p) const {
        return p.vectors * lane_vectors_ * p.features * (rows * elsewhere_ + p.rows * of_feature_ * p.unroll);
    }
    int limit() const { return limit_; }
    // Up to here all is unrolled, and the nest copied for the last tile.
    int unlooped() const { return unlooped_; }
    int copied() const { return copied_; }
    SoftwareFma fma() const { return fma_; }

private:
    int lane_vectors_, limit_ = 0, unlooped_ = 0, copied_ = 0;
    int of_feature_ = 0, elsewhere_ = 0;
    SoftwareFma fma_ = SoftwareFma::Unrolled;

    void count(const LeafPipeline& leaf, int of_fused_multiply_add) {
        of_feature_ = of_stages(steps(leaf.pair_reductions), of_fused_multiply_add);
        elsewhere_ =
            of_stages(leaf.outputs, of_fused_multiply_add) +
            of_stages(leaf.pair_values.empty() ? leaf.pair_values_of_many : leaf.pair_values, of_fused_multiply_add) +
            of_stages(leaf.lane_sums, of_fused_multiply_add);
    }
};

}  // namespace

bool has_costly_steps(const LeafPipeline& leaf) {
    int most = 0;
    for (const FeatureReduction& reduction : leaf.pair_reductions)
        most = std::max(most, instructions_of(reduction.step().update_values(0).as_vector()));
    return most > instructions_that_bind;
}

SoftwareFma software_fma_of(const LeafPipeline& leaf, const Machine& machine) {
    return leaf.kind == LeafKind::ErrorBound ? SoftwareFma::Twice : Cost(leaf, machine).fma();
}

Unrolled unrolled(const TileParameters& p, const LeafPipeline& leaf, const Machine& machine) {
    const Cost cost(leaf, machine);
    if (cost.of(p.rows, p) <= cost.unlooped()) return {true, true, cost.of(p.rows, p) <= cost.copied()};
    return {false, cost.of(1, p) <= cost.limit() / 2, false};
}

TileParameters within_code_size(TileParameters p, const LeafPipeline& leaf, const Machine& machine) {
    const Cost cost(leaf, machine);
    const auto too_large = [&] {
        const Unrolled loops = unrolled(p, leaf, machine);
        const int rows = loops.rows || !is_tile(leaf) ? p.rows : loops.vectors ? 1 : 0;
        return cost.of(rows, p) > cost.limit();
    };
    if (too_large()) p.unroll = 1;
    // Last the vectors, of which a loop is left of a sum over points.
    for (int* extent : {&p.features, &p.rows, &p.vectors})
        while (too_large() && *extent > 1) *extent /= 2;
    return p;
}

}  // namespace halogram
