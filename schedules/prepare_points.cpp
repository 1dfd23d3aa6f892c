// What is computed once per point or per call: n D or m D operations beside n m D, so plain loops do; points of y are
// vectorized, because they lie feature-major.
#include "schedules/feature_blocks.h"
#include "schedules/strategy.h"

namespace halogram {

namespace {

using Halide::TailStrategy;
using Halide::Var;

TileParameters no_parameters(const LeafPipeline&, const Machine&) { return {}; }

std::vector<TileParameters> no_choice(const LeafPipeline&, const Machine&) { return {{}}; }

bool prepares_y(const LeafPipeline& leaf) { return leaf.kind == LeafKind::PrepareY; }

void apply_to_points_of_y(LeafPipeline& leaf, const Machine& machine, const TileParameters&) {
    Halide::Func scalars = leaf.outputs[0], planes = leaf.outputs[1];
    const Var j = Stages::j;
    Var jo("jo"), ji("ji");
    const int lanes = machine.lanes(leaf.type);
    scalars.reorder(scalars.args()[1], j).split(j, jo, ji, lanes, TailStrategy::RoundUp);
    scalars.reorder(ji, scalars.args()[1], jo).vectorize(ji);
    planes.split(j, jo, ji, lanes, TailStrategy::RoundUp).vectorize(ji);
    for (const FeatureReduction& reduction : leaf.point_reductions) {
        for (Halide::Func f : reduction.totals())
            f.compute_at(scalars, jo).vectorize(j, lanes).update().vectorize(j, lanes);
        if (reduction.block.defined()) block_by_block(reduction).vectorize(j, lanes).update().vectorize(j, lanes);
    }
}

bool always(const LeafPipeline&) { return true; }

bool prepares_x(const LeafPipeline& leaf) { return leaf.kind == LeafKind::PrepareX; }

// Sums over the features of several points of x at once, because one waits for itself: at D = 512 a point at a time took 6
// ms of 49 (expanded form, 2048 x 2048).
void apply_to_points_of_x(LeafPipeline& leaf, const Machine& machine, const TileParameters&) {
    Halide::Func scalars = leaf.outputs[0];
    const Var k = scalars.args()[0], i = Stages::i;
    Var io("io"), ii("ii");
    scalars.split(i, io, ii, row_multiple(machine), TailStrategy::RoundUp).reorder(k, ii, io);
    for (const FeatureReduction& reduction : leaf.point_reductions) {
        for (Halide::Func f : reduction.totals())
            f.compute_at(scalars, io).unroll(i).update().reorder(i, f.rvars(0)[0]).unroll(i);
        if (!reduction.block.defined()) continue;
        Halide::Func block = block_by_block(reduction);
        block.unroll(i).update().reorder(i, block.rvars(0)[0]).unroll(i);
    }
}

void apply_plain(LeafPipeline& leaf, const Machine&, const TileParameters&) {
    for (Halide::Func f : leaf.single_values) f.compute_root();
    for (const FeatureReduction& reduction : leaf.point_reductions)
        for (Halide::Func f : reduction.totals()) f.compute_at(leaf.outputs[0], leaf.outputs[0].args()[0]);
}

}  // namespace

const Strategy prepare_points_of_y = {"vectors of points", prepares_y, no_parameters, no_choice, apply_to_points_of_y};
const Strategy prepare_points_of_x = {"several points", prepares_x, no_parameters, no_choice, apply_to_points_of_x};
const Strategy plain_loops = {"plain loops", always, no_parameters, no_choice, apply_plain};

}  // namespace halogram
