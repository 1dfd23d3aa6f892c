#include "schedules/feature_blocks.h"

#include <algorithm>

#include "schedules/code_size.h"
#include "schedules/software_fma.h"

namespace halogram {

namespace {

using Halide::TailStrategy;
using Halide::Var;

// Bytes of a point from which on blocks pay. RBF, 256 x 256, one thread, ms without and with them, avx512 and avx2, of 4096
// features: f32 direct 7.4 and 7.1, 11.7 and 10.1, expanded 5.6 and 6.0, 8.9 and 8.0; f64 direct 27 and 16, 51 and 21; of
// 16384: f32 64 and 36, 147 and 47; f64 162 and 75, 310 and 95. (Without them sums went through all features in one loop.)
constexpr int enough_bytes = 16384;

// Pairs of a block: how often a point is read from further away than the second-level cache, and what a sum takes on the
// stack of the call: of f32 8 KiB for those of a group, and as much for the groups before.
constexpr int block_rows = 32, block_columns = 64;

// Of all sums, which a leaf with a D of the call takes also where D is small: 40 of f64 would take 1.3 MB.
constexpr int most_bytes_of_sums = 32768;

int bytes_of_sums(const LeafPipeline& leaf) {
    int sums = 0;
    for (const FeatureReduction& reduction : leaf.pair_reductions)
        if (reduction.blocks.defined()) sums += reduction.blocks.outputs();
    return sums * block_rows * block_columns * leaf.type.bytes();
}

}  // namespace

int least_features_for_pair_blocks(Halide::Type type) { return enough_bytes / type.bytes(); }

std::vector<int> pair_blocks(const LeafPipeline& leaf, const Machine& machine) {
    const bool few_features = leaf.features > 0 && leaf.features < least_features_for_pair_blocks(leaf.type);
    const bool no_sums = leaf.pair_reductions.empty(), many_sums = bytes_of_sums(leaf) > most_bytes_of_sums;
    // Without the instruction arithmetic binds, and a leaf of f64 is 30 KB of code already.
    if (few_features || no_sums || many_sums || !has_fused_multiply_add(machine)) return {0};
    if (has_costly_steps(leaf)) return {0};
    return {block_rows, block_rows / 2, 0};
}

Halide::Func block_by_block(const FeatureReduction& reduction) {
    Halide::Func block = reduction.block;
    return block.compute_at(reduction.blocks, reduction.blocks.rvars(0)[0]);
}

void schedule_many_features(LeafPipeline& leaf, const Machine& machine, const TileParameters& p, const Var& inner,
                            const Var& outer, const Var& vector) {
    Halide::Func out = leaf.outputs[0];
    const Var i = Stages::i, j = Stages::j;
    const int lanes = machine.lanes(leaf.type), tile_columns = p.vectors * lanes;
    // About as many rows in each block of pairs, and whole tiles.
    const Halide::Expr rows = out.output_buffer().dim(1).extent(), columns = out.output_buffer().dim(0).extent();
    Halide::Expr rows_of_block = p.rows, columns_of_block = tile_columns;
    if (p.block > 0) {
        const int most = p.block / p.rows * p.rows;
        const Halide::Expr blocks = (rows + (most - 1)) / most, each = (rows + blocks - 1) / blocks;
        const Halide::Expr balanced = Halide::min((each + (p.rows - 1)) / p.rows, rows / p.rows) * p.rows;
        const Halide::Expr enough = leaf.feature_count >= least_features_for_pair_blocks(leaf.type);
        rows_of_block = select(enough, balanced, rows_of_block);
        columns_of_block = select(enough, Halide::min(columns, block_columns), columns_of_block);
    }
    const auto nest_of = [&](Halide::Func f) {
        return leaf.features > 0 ? Halide::Stage(f) : f.specialize(leaf.many_features);
    };
    const Var column_block = p.along_columns ? inner : outer, row_block = p.along_columns ? outer : inner;
    Var ir("ir"), jr("jr");
    Halide::Stage nest = nest_of(out);
    nest.split(j, column_block, jr, columns_of_block, TailStrategy::ShiftInwards)
        .split(i, row_block, ir, rows_of_block, TailStrategy::ShiftInwards)
        .split(jr, vector, jr, lanes, TailStrategy::ShiftInwards);
    if (leaf.kind == LeafKind::Pairs)
        nest.reorder(jr, out.args()[2], vector, ir, inner, outer).unroll(out.args()[2]);
    else
        nest.reorder(jr, vector, ir, inner, outer);
    nest.vectorize(jr);
    if (!unrolled(p, leaf, machine).copied) nest.never_partition_all();
    for (Halide::Func f : leaf.pair_values_of_many) {
        Var v("v");
        f.compute_at(out, vector).split(j, j, v, lanes).reorder(v, j, i).vectorize(v).unroll(j).unroll(i);
    }
    for (const FeatureReduction& reduction : leaf.pair_reductions) {
        Var v("v"), jo("jo"), jv("jv"), ji("ji"), io("io"), ii("ii");
        Halide::Func blocks = reduction.blocks, block = reduction.block;
        // On the stack: as MemoryType::Stack Halide would take it from the heap.
        blocks.store_in(Halide::MemoryType::Register)
            .bound_storage(j, p.block > 0 ? block_columns : tile_columns)
            .bound_storage(i, std::max(p.block, p.rows));
        blocks.compute_at(out, inner).split(j, j, v, lanes, TailStrategy::RoundUp).vectorize(v);
        blocks.update()
            .split(j, jo, ji, tile_columns, TailStrategy::RoundUp)
            .split(ji, jv, v, lanes)
            .split(i, io, ii, p.rows, TailStrategy::RoundUp)
            .reorder(v, jv, ii, io, jo, blocks.rvars(0)[0])
            .vectorize(v)
            .unroll(jv)
            .unroll(ii);
        Var bv("v"), bj("j");
        block.compute_at(blocks, io).split(j, bj, bv, lanes).reorder(bv, bj, i).vectorize(bv).unroll(bj).unroll(i);
        block.update().split(j, bj, bv, lanes).reorder(bv, bj, i, block.rvars(0)[0]).vectorize(bv).unroll(bj).unroll(i);
    }
}

}  // namespace halogram
