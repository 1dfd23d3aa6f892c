// What is computed once per point or per call: n D or m D operations beside n m D, so plain loops do; points of y are
// vectorized, because they lie feature-major.
#include "schedules/strategy.h"

namespace halogram {

namespace {

using Halide::TailStrategy;
using Halide::Var;

TileParameters no_parameters(const LeafPipeline&, const Machine&) { return {}; }

std::vector<TileParameters> no_choice(const LeafPipeline&, const Machine&) { return {{}}; }

bool prepares_y(const LeafPipeline& leaf) { return leaf.kind == LeafKind::PrepareY; }

void apply(LeafPipeline& leaf, const Machine& machine, const TileParameters&) {
    Halide::Func scalars = leaf.outputs[0], planes = leaf.outputs[1];
    const Var j = Stages::j;
    Var jo("jo"), ji("ji");
    const int lanes = machine.lanes(leaf.type);
    scalars.reorder(scalars.args()[1], j).split(j, jo, ji, lanes, TailStrategy::RoundUp);
    scalars.reorder(ji, scalars.args()[1], jo).vectorize(ji);
    planes.split(j, jo, ji, lanes, TailStrategy::RoundUp).vectorize(ji);
    for (Halide::Func f : leaf.point_stages) {
        if (!f.has_update_definition()) continue;  // not a reduction: inlined
        f.compute_at(scalars, jo).vectorize(j, lanes).update().vectorize(j, lanes);
    }
}

bool always(const LeafPipeline&) { return true; }

void apply_plain(LeafPipeline& leaf, const Machine&, const TileParameters&) {
    if (leaf.kind == LeafKind::ErrorBound) {
        for (Halide::Func f : leaf.point_stages) f.compute_root();
        return;
    }
    // Reductions of one point live on the stack, at the loop over the points of the output that uses them.
    for (Halide::Func f : leaf.point_stages) {
        if (!f.has_update_definition()) continue;
        Halide::Func user = leaf.outputs[0];
        if (leaf.kind == LeafKind::PrepareX) user.reorder(user.args()[0], Stages::i);
        const Var at = leaf.kind == LeafKind::PrepareX ? Stages::i : user.args()[0];
        f.compute_at(user, at);
    }
}

}  // namespace

const Strategy prepare_points = {"vectors of points", prepares_y, no_parameters, no_choice, apply};
const Strategy plain_loops = {"plain loops", always, no_parameters, no_choice, apply_plain};

}  // namespace halogram
