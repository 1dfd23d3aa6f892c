// Gram tiles and pair planes: a tile of rows x vectors of pairs stays in registers while the loop over features runs, and
// the kernel value is applied there before the only store. Features innermost and in order, so that bits depend on nothing
// but the two points.
#include <algorithm>

#include "generators/formula/feature_sum.h"
#include "schedules/code_size.h"
#include "schedules/feature_blocks.h"

namespace halogram {

namespace {

using Halide::TailStrategy;
using Halide::Var;

bool applies(const LeafPipeline& leaf) { return leaf.kind == LeafKind::Tile || leaf.kind == LeafKind::Pairs; }

TileParameters defaults(const LeafPipeline& leaf, const Machine& machine) {
    // Sums that are alive at once, per pair.
    int accumulators = 1;
    for (const FeatureReduction& reduction : leaf.pair_reductions)
        accumulators = std::max(accumulators, reduction.step().outputs());
    const bool many_registers = machine.has_many_registers(), tile = leaf.kind == LeafKind::Tile;
    // Unrolled features save the loop, where registers hold what is read again; beyond 8 the code only grows. With 16
    // registers the compiler spills: RBF at D = 5, 512 x 512, avx2, takes 0.26 ms, and 0.29 ms unrolled. Where g is read
    // the loop is not what is waited for.
    const bool unrolled = tile && leaf.features > 0 && leaf.features <= 8 && many_registers;
    TileParameters p;
    p.unroll = unrolled ? leaf.features : 1;
    // A vector of y that was read is used for each row: at D = 64, 512 x 512, 8 rows take 0.40 ms and 4 take 0.45. Unrolled
    // features are held in registers instead.
    p.rows = tile && !unrolled ? 8 : 4;
    p.vectors = 2;
    // A product loads more than it computes: a tile of 8 x 2 has 10 loads for 16 multiply-adds, one of 6 x 4 10 for 24, which
    // leave registers for two factors. D = 64, 512 x 512, avx512: 6.2 G multiply-adds/s instead of 5.7.
    const bool product = tile && !unrolled && many_registers && leaf.pair_products;
    if (product) {
        // Of f64 the compiler keeps one of 24 sums on the stack, which takes 10 to 15 % longer than 5 rows.
        p.rows = leaf.type.bits() == 64 ? 5 : 6;
        p.vectors = 4;
    }
    // With few features the function itself fills the registers, once for each pair of the tile.
    if (!tile && leaf.features > 0 && leaf.features <= 16) p.rows = 2;
    // With many the loop over them is what counts, as above.
    if (!tile && many_registers && leaf.pair_products && (leaf.features == 0 || leaf.features > 16)) p.rows = 8;
    // Half of the registers hold sums, of products three quarters; the rest hold points and the function's temporaries.
    const int sums = product ? machine.registers * 3 / 4 : machine.registers / 2;
    while (p.rows * p.vectors * accumulators > sums && p.rows > 1)
        (p.rows <= p.vectors && p.vectors > 2 ? p.vectors : p.rows) /= 2;
    // g comes from memory and K goes there, and what foresees the next lines foresees a row's, not a column's: the gradients
    // of RBF at D = 5, 2048 x 2048, avx512, take 3.9 ms, and 6.5 ms with tiles that go down the columns of g; K at D = 64
    // 7.1 ms and 8.1 ms. Few rows to a tile read y too often from the second-level cache where nothing else keeps it: at
    // D = 512, avx2, tiles along the rows take 75 ms and down the columns 70.
    p.along_columns = !tile || leaf.features < 256 || p.rows >= 5;
    // A store to a line that is not in the cache yet holds up what follows: K of L1 at D = 5, 2048 x 2048, avx512, takes 1.44
    // ms instead of 1.78. The less is computed the more tiles pass until a line has come.
    p.ahead = !tile || !p.along_columns ? 0 : unrolled ? 4 : 2;
    p.block = pair_blocks(leaf, machine).front();
    return p;
}

std::vector<TileParameters> space(const LeafPipeline& leaf, const Machine& machine) {
    std::vector<TileParameters> all;
    const std::vector<int> blocks = pair_blocks(leaf, machine);
    for (int rows : {1, 2, 3, 4, 5, 6, 8})
        if (rows <= row_multiple(machine))
            for (int vectors : vector_extents(leaf, machine))
                for (int unroll : feature_extents(leaf))
                    for (bool along_columns : {false, true})
                        for (int ahead : {0, 2, 4})
                            for (int block : blocks)
                                if ((unroll == 1 || unroll == leaf.features) &&
                                    (ahead == 0 || (along_columns && leaf.kind == LeafKind::Tile)))
                                    all.push_back({rows, vectors, 1, unroll, along_columns, ahead, block});
    return all;
}

void apply(LeafPipeline& leaf, const Machine& machine, const TileParameters& p) {
    Halide::Func out = leaf.outputs[0];
    const Var i = Stages::i, j = Stages::j;
    Var jo(tile_loop_along_columns), ji("ji"), jv("jv"), io("io"), ii("ii");
    const Var inner = p.along_columns ? jo : io, outer = p.along_columns ? io : jo;
    const int lanes = machine.lanes(leaf.type);
    const Unrolled loops = unrolled(p, leaf, machine);
    if (leaf.kind == LeafKind::Pairs) out.bound(out.args()[2], 0, std::max(leaf.planes, 1));
    const bool many = leaf.features == 0 || goes_in_blocks(leaf.features);
    if (many) schedule_many_features(leaf, machine, p, inner, outer, jv);
    if (goes_in_blocks(leaf.features)) return;
    // Extents are at least a tile (the runtime sends smaller ones through scratch), so shifted tiles stay inside.
    out.split(j, jo, ji, p.vectors * lanes, TailStrategy::ShiftInwards)
        .split(i, io, ii, p.rows, TailStrategy::ShiftInwards);
    out.split(ji, jv, ji, lanes);
    if (leaf.kind == LeafKind::Pairs) {
        const Var q = out.args()[2];
        out.reorder(ji, q, jv, ii, inner, outer).unroll(q);
    } else {
        out.reorder(ji, jv, ii, inner, outer);
    }
    out.vectorize(ji);
    if (loops.vectors) out.unroll(jv);
    if (loops.rows) out.unroll(ii);
    if (!loops.copied) out.never_partition_all();
    for (Halide::Func f : leaf.pair_values) {
        Var v("v");
        // Of a tile they stay in registers; at D = 16 the loop over vectors costs 4 %.
        f.compute_at(out, loops.rows ? inner : jv);
        f.split(j, j, v, lanes).reorder(v, j, i).vectorize(v).unroll(j).unroll(i);
    }
    for (const FeatureReduction& reduction : leaf.pair_reductions) {
        Halide::Func f = reduction.in_order;
        Var v("v");
        f.compute_at(out, inner).split(j, j, v, lanes).reorder(v, j, i).vectorize(v).unroll(j).unroll(i);
        Halide::RVar feature = f.rvars(0)[0];
        f.update().split(j, j, v, lanes).reorder(v, j, i, feature).vectorize(v).unroll(j).unroll(i);
        if (p.unroll > 1) f.update().unroll(feature);
        if (!loops.copied) f.never_partition_all().update().never_partition_all();
    }
}

}  // namespace

const Strategy register_tile = {"register tile", applies, defaults, space, apply};

}  // namespace halogram
