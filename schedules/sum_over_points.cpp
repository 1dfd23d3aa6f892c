// Gradients: sums over points of pair plane * per-feature part. 16 lanes over the columns, each its own partial sum, on
// every machine; or whole vectors of columns where the sum runs over rows.
#include <algorithm>
#include <set>

#include "schedules/code_size.h"
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

// Operations on vectors of what is added to a sum.
class Operations : public Halide::Internal::IRGraphVisitor {
public:
    static int most_of(const LeafPipeline& leaf) {
        int most = 0;
        for (const Halide::Func& sum : leaf.lane_sums) {
            Operations operations;
            operations.include(sum.update_value(0));  // the others are of what is left over
            most = std::max(most, static_cast<int>(operations.found_.size()));
        }
        return most;
    }

private:
    std::set<const void*> found_;
    using IRGraphVisitor::include;
    void include(const Halide::Expr& e) override {
        const auto* call = e.as<Halide::Internal::Call>();
        const bool read = call != nullptr && (call->call_type == Halide::Internal::Call::Halide ||
                                              call->call_type == Halide::Internal::Call::Image);
        const bool names = e.as<Halide::Internal::Let>() != nullptr;
        if (e.type().is_float() && !read && !names && !Halide::Internal::is_const(e)) found_.insert(e.get());
        IRGraphVisitor::include(e);
    }
};

// Whether only sums stay in registers, of which there are 16, and what they are added from is read where it is used: where no
// more is done than a difference and a multiply-add.
bool only_sums_in_registers(const LeafPipeline& leaf, const Machine& machine) {
    return !machine.has_many_registers() && Operations::most_of(leaf) <= 2;
}

// Whether so many vectors of sums leave registers for `others`, which they are added from, and for differences where these
// are taken. Of few registers half hold sums, of products three quarters.
bool fit(int sums, int others, const LeafPipeline& leaf, const Machine& machine) {
    if (only_sums_in_registers(leaf, machine))
        return sums <= (leaf.products ? machine.registers * 3 / 4 : machine.registers / 2);
    return sums * (leaf.products ? 1 : 2) + others <= machine.registers;
}

bool over_columns(const LeafPipeline& leaf) {
    return leaf.kind == LeafKind::Rows || leaf.kind == LeafKind::Vectors || leaf.kind == LeafKind::Scalars;
}

TileParameters over_columns_defaults(const LeafPipeline& leaf, const Machine& machine) {
    const int vectors = std::max(1, lanes_over_points / machine.lanes(leaf.type));
    TileParameters p;
    // With few registers several rows of one feature: gradients of RBF, 512 x 512, avx2, D = 5, 64 and 512, take 0.277, 2.04
    // and 4.1 ms, and with all or 4 features of one row 0.296, 2.12 and 4.35.
    p.features = leaf.kind == LeafKind::Scalars || only_sums_in_registers(leaf, machine) ? 1 : tile_of_features(leaf);
    // Spilling the points made D = 64 three times slower.
    p.rows = 4;
    while (p.rows > 1 && !fit(p.rows * p.features * vectors, (p.rows + p.features) * vectors, leaf, machine))
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
    const Var parameter = out.args().back();  // of Scalars and Vectors
    if (leaf.kind != LeafKind::Rows) {
        out.bound(parameter, 0, leaf.planes);
        if (has_features) out.unroll(parameter);
        order.insert(order.begin() + 1, parameter);
    }
    const Unrolled loops = unrolled(p, leaf, machine);
    out.reorder(order);
    if (!loops.copied) out.never_partition_all();
    // Trees of neighbouring results share their last additions where they fill a vector.
    const Var innermost = has_features ? di : ii;
    if ((has_features ? p.features : p.rows) == last_lanes)
        out.vectorize(innermost);
    else
        out.unroll(innermost);
    if (has_features) out.unroll(ii);
    const int lanes = std::min(machine.lanes(leaf.type), lanes_over_points);
    // Of lane and point; a sum without features serves them all, and of scalar parameters each has its own.
    const auto per_feature = [&](const Halide::Func& f) { return has_features && f.dimensions() == 3; };
    const auto place = [&](Halide::Func f, int extent) {
        const Var lane = f.args()[0];
        f.compute_at(out, !has_features ? parameter : per_feature(f) ? dd : io).bound(lane, 0, extent);
        f.split(lane, lv, li, std::min(lanes, extent)).vectorize(li).unroll(lv).unroll(i);
        if (per_feature(f)) f.unroll(d);
    };
    for (const LaneLevel& level : leaf.lane_levels) place(level.func, level.lanes);
    for (Halide::Func f : leaf.lane_sums) {
        place(f, lanes_over_points);
        const Var lane = f.args()[0];
        for (int update = 0; update < f.num_update_definitions(); ++update) {
            const Halide::RVar block = f.rvars(update)[0];
            f.update(update).split(lane, lv, li, lanes).vectorize(li).unroll(i);
            if (loops.vectors) f.update(update).unroll(lv);
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
    // Points of y, one row of w, one point of x.
    p.vectors = 4;
    while (p.vectors > 1 && !fit(p.vectors * p.features, p.vectors + 1, leaf, machine)) p.vectors /= 2;
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
    if (!unrolled(p, leaf, machine).copied) out.never_partition_all();
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
