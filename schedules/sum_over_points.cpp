// Gradients: sums over points of pair plane * per-feature part. 16 lanes over the columns, each its own partial sum, on
// every machine; or whole vectors of columns where the sum runs over rows.
#include <algorithm>

#include "schedules/strategy.h"

namespace halogram {

namespace {

using Halide::TailStrategy;
using Halide::Var;

// Features that a register tile holds: all of a small D, else 4; 1 where D is only known at run time.
int tile_of_features(const LeafPipeline& leaf) {
    if (leaf.features == 0) return 1;
    return leaf.features <= 8 ? leaf.features : 4;
}

// A sum, and the difference that it adds where differences are taken.
int registers_of_a_sum(const LeafPipeline& leaf) { return leaf.products ? 1 : 2; }

bool over_columns(const LeafPipeline& leaf) {
    return leaf.kind == LeafKind::Rows || leaf.kind == LeafKind::Vectors || leaf.kind == LeafKind::Scalars;
}

TileParameters over_columns_defaults(const LeafPipeline& leaf, const Machine& machine) {
    const int vectors = std::max(1, lanes_over_points / machine.lanes(leaf.type));
    TileParameters p;
    p.features = leaf.kind == LeafKind::Scalars ? 1 : tile_of_features(leaf);
    // A sum, the point of x it belongs to where differences are taken, and the vectors of w and y stay in registers:
    // spilling the points made D = 64 three times slower.
    p.rows = 4;
    while (p.rows > 1 &&
           (registers_of_a_sum(leaf) * p.rows * p.features + p.rows + p.features) * vectors > machine.registers)
        p.rows /= 2;
    return p;
}

std::vector<TileParameters> over_columns_space(const LeafPipeline& leaf, const Machine& machine) {
    std::vector<TileParameters> all;
    for (int rows = 1; rows <= row_multiple(machine); rows *= 2)  // divides the padding
        for (int features : feature_extents(leaf))
            if (features == 1 || leaf.kind != LeafKind::Scalars) all.push_back({rows, 1, features, 1});
    return all;
}

void over_columns_apply(LeafPipeline& leaf, const Machine& machine, const TileParameters& p) {
    Halide::Func out = leaf.outputs[0];
    const Var i = Stages::i, d = Stages::d;
    Var io("io"), ii("ii"), dd("do"), di("di"), lv("lv"), li("li");
    const bool has_features = leaf.kind != LeafKind::Scalars;
    // Rows are padded to a multiple of row_multiple.
    out.split(i, io, ii, p.rows, TailStrategy::RoundUp);
    if (has_features) out.split(d, dd, di, p.features, TailStrategy::ShiftInwards);
    std::vector<Halide::VarOrRVar> order = {ii, io};
    if (has_features) order = {di, ii, dd, io};
    if (leaf.kind != LeafKind::Rows) {
        const Var v = out.args().back();
        out.bound(v, 0, leaf.planes).unroll(v);
        order.insert(order.begin() + 1, v);
    }
    out.reorder(order);
    // Trees of neighbouring results share their last additions where they fill a vector.
    const Var innermost = has_features ? di : ii;
    if ((has_features ? p.features : p.rows) == last_lanes)
        out.vectorize(innermost);
    else
        out.unroll(innermost);
    if (has_features) out.unroll(ii);
    const int lanes = std::min(machine.lanes(leaf.type), lanes_over_points);
    // Of lane and point; a sum without features serves them all.
    const auto per_feature = [](const Halide::Func& f) { return f.dimensions() == 3; };
    const auto place = [&](Halide::Func f, int extent) {
        const Var lane = f.args()[0];
        f.compute_at(out, per_feature(f) ? dd : io).bound(lane, 0, extent);
        f.split(lane, lv, li, std::min(lanes, extent)).vectorize(li).unroll(lv).unroll(i);
        if (per_feature(f)) f.unroll(d);
    };
    for (const LaneLevel& level : leaf.lane_levels) place(level.func, level.lanes);
    for (Halide::Func f : leaf.lane_sums) {
        place(f, lanes_over_points);
        const Var lane = f.args()[0];
        for (int update = 0; update < f.num_update_definitions(); ++update) {
            const Halide::RVar block = f.rvars(update)[0];
            f.update(update).split(lane, lv, li, lanes).vectorize(li).unroll(lv).unroll(i);
            if (per_feature(f))
                f.update(update).unroll(d).reorder(li, lv, d, i, block);
            else
                f.update(update).reorder(li, lv, i, block);
        }
    }
}

bool over_rows(const LeafPipeline& leaf) { return leaf.kind == LeafKind::Columns; }

TileParameters over_rows_defaults(const LeafPipeline& leaf, const Machine& machine) {
    TileParameters p;
    p.features = tile_of_features(leaf);
    // Likewise: sums, points of y, one row of w, one point of x.
    p.vectors = 4;
    while (p.vectors > 1 && registers_of_a_sum(leaf) * p.vectors * p.features + p.vectors + 1 > machine.registers)
        p.vectors /= 2;
    while (p.vectors * machine.lanes(leaf.type) > column_multiple(machine, leaf)) p.vectors /= 2;
    return p;
}

std::vector<TileParameters> over_rows_space(const LeafPipeline& leaf, const Machine& machine) {
    std::vector<TileParameters> all;
    for (int vectors : vector_extents(leaf, machine))
        for (int features : feature_extents(leaf)) all.push_back({1, vectors, features, 1});
    return all;
}

void over_rows_apply(LeafPipeline& leaf, const Machine& machine, const TileParameters& p) {
    Halide::Func out = leaf.outputs[0];
    const Var j = Stages::j, d = Stages::d;
    Var jo("jo"), ji("ji"), jv("jv"), dd("do"), di("di"), v("v");
    const int lanes = machine.lanes(leaf.type);
    // Columns are padded to a multiple of column_multiple.
    out.split(j, jo, ji, p.vectors * lanes, TailStrategy::RoundUp)
        .split(d, dd, di, p.features, TailStrategy::ShiftInwards);
    out.split(ji, jv, ji, lanes).reorder(ji, jv, di, dd, jo).vectorize(ji).unroll(jv).unroll(di);
    for (Halide::Func f : leaf.lane_sums) {
        const bool per_feature = f.dimensions() == 2;  // else it serves all features
        const Halide::RVar row = f.rvars(0)[0];
        f.compute_at(out, per_feature ? dd : jo).split(j, j, v, lanes).vectorize(v).unroll(j);
        Halide::Stage update = f.update();
        update.split(j, j, v, lanes).vectorize(v).unroll(j);
        if (per_feature) {
            f.unroll(d);
            update.unroll(d).reorder(v, j, d, row);
        } else {
            update.reorder(v, j, row);
        }
    }
}

}  // namespace

const Strategy sum_over_columns = {"sum over columns", over_columns, over_columns_defaults, over_columns_space,
                                   over_columns_apply};
const Strategy sum_over_rows = {"sum over rows", over_rows, over_rows_defaults, over_rows_space, over_rows_apply};

}  // namespace halogram
