#include "schedules/whole_pipeline.h"

#include "schedules/feature_blocks.h"

namespace halogram {

namespace {

using Halide::TailStrategy;
using Halide::Var;

// A matrix over pairs of points with the reductions it reads in the same loops.
void schedule_pairs(Halide::Func pairs, const std::vector<FeatureReduction>& reductions, int lanes) {
    Var jo("jo"), ji("ji");
    pairs.compute_root().split(Stages::j, jo, ji, 2 * lanes, TailStrategy::GuardWithIf).reorder(ji, jo, Stages::i);
    pairs.vectorize(ji, lanes).parallel(Stages::i);
    const auto schedule_loop = [&](Halide::Func f) {
        f.vectorize(Stages::j, lanes, TailStrategy::RoundUp);
        f.update().reorder(Stages::j, f.rvars(0)[0]).vectorize(Stages::j, lanes, TailStrategy::RoundUp);
    };
    for (const FeatureReduction& reduction : reductions) {
        for (Halide::Func f : reduction.totals()) schedule_loop(f.compute_at(pairs, jo));
        if (reduction.block.defined()) schedule_loop(block_by_block(reduction));
    }
}

}  // namespace

void schedule_whole(WholePipeline& whole, const Halide::Target& target, Halide::Type type) {
    const int lanes = target.natural_vector_size(type);
    for (Halide::Func f : whole.point_values) f.compute_root();
    if (whole.pair_values.empty()) {
        for (Halide::Func f : whole.outputs)
            if (f.args().size() == 2) schedule_pairs(f, whole.pair_reductions, lanes);
        return;
    }
    for (Halide::Func f : whole.pair_values) schedule_pairs(f, whole.pair_reductions, lanes);
    for (Halide::Func f : whole.outputs) f.compute_root();
}

}  // namespace halogram
