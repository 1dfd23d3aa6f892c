#include "schedules/feature_blocks.h"

#include <algorithm>
#include <bit>

#include "schedules/code_size.h"
#include "schedules/software_fma.h"

namespace halogram {

namespace {

using Halide::TailStrategy;
using Halide::Var;

// Bytes of a point from which on blocks pay. RBF, 256 x 256, one thread, ms without and with them, avx512 and avx2, of 4096
// features: f32 direct 7.4 and 7.1, 11.7 and 10.1, expanded 5.6 and 6.0, 8.9 and 8.0; f64 direct 27 and 16, 51 and 21; of
// 16384: f32 64 and 36, 147 and 47; f64 162 and 75, 310 and 95. Of 1024, f32, storing and loading the sums costs up to 15 %.
constexpr int enough_bytes = 16384;

// Pairs of a block: how often a point is read from further away than the second-level cache, and what a sum takes on the stack
// of the call, 8 KiB of f32.
constexpr int block_rows = 32, block_columns = 64;

// Of all sums, which a leaf with a D of the call takes also where D is small: 40 of f64 took a megabyte. That also bounds what
// is compiled twice.
constexpr int most_bytes_of_sums = 16384;

// Of a step of the loop over features, from which on arithmetic binds wherever the points lie.
constexpr int instructions_that_bind = 32;

bool has_costly_steps(const LeafPipeline& leaf, const Machine& machine) {
    int most = 0;
    for (const Halide::Func& f : leaf.pair_reductions)
        most = std::max(most, instructions_of(f.update_values(0).as_vector(), leaf.type, machine));
    return most > instructions_that_bind;
}

int bytes_of_sums(const LeafPipeline& leaf) {
    int sums = 0;
    for (const Halide::Func& f : leaf.pair_reductions) sums += f.outputs();
    return sums * block_rows * block_columns * leaf.type.bytes();
}

}  // namespace

int least_features_for_blocks(Halide::Type type) { return enough_bytes / type.bytes(); }

std::vector<int> feature_blocks(const LeafPipeline& leaf, const Machine& machine) {
    const bool few_features = leaf.features > 0 && leaf.features < least_features_for_blocks(leaf.type);
    const bool no_sums = leaf.pair_reductions.empty(), many_sums = bytes_of_sums(leaf) > most_bytes_of_sums;
    // Without the instruction arithmetic binds, and a leaf of f64 is 30 KB of code already.
    if (few_features || no_sums || many_sums || !has_fused_multiply_add(machine)) return {0};
    if (has_costly_steps(leaf, machine)) return {0};
    return {512, 256, 1024};
}

void add_feature_blocks(LeafPipeline& leaf, const Machine& machine, const TileParameters& p, const Var& inner,
                        const Var& outer, const Var& vector) {
    Halide::Func out = leaf.outputs[0];
    const Var i = Stages::i, j = Stages::j;
    const int lanes = machine.lanes(leaf.type), multiple = row_multiple(machine);
    const Halide::Expr enough = leaf.feature_count >= least_features_for_blocks(leaf.type);
    // About as many rows in each block, and whole tiles.
    const Halide::Expr rows = out.output_buffer().dim(1).extent(), columns = out.output_buffer().dim(0).extent();
    const Halide::Expr blocks = (rows + (block_rows - 1)) / block_rows;
    const Halide::Expr balanced = ((rows + blocks - 1) / blocks + (multiple - 1)) / multiple * multiple;
    const Var column_block = p.along_columns ? inner : outer, row_block = p.along_columns ? outer : inner;
    Var ir("ir"), jr("jr");
    Halide::Stage nest = out.specialize(enough);
    nest.split(j, column_block, jr, Halide::min(columns, block_columns), TailStrategy::ShiftInwards)
        .split(i, row_block, ir, Halide::min(rows, balanced), TailStrategy::ShiftInwards)
        .split(jr, vector, jr, lanes, TailStrategy::ShiftInwards);
    if (leaf.kind == LeafKind::Pairs)
        nest.reorder(jr, out.args()[2], vector, ir, inner, outer).unroll(out.args()[2]);
    else
        nest.reorder(jr, vector, ir, inner, outer);
    nest.vectorize(jr);
    if (!unrolled(p, leaf, machine).copied) nest.never_partition_all();
    // Of a tile of 6 rows 4: these divide the padding.
    const int tile_rows = static_cast<int>(std::bit_floor(static_cast<unsigned>(p.rows)));
    for (Halide::Func f : leaf.pair_reductions) {
        Var v("v"), jo("jo"), jv("jv"), ji("ji"), io("io"), ii("ii");
        // On the stack: as MemoryType::Stack Halide would take it from the heap.
        f.store_in(Halide::MemoryType::Register).bound_storage(j, block_columns).bound_storage(i, block_rows);
        f.specialize(enough).split(j, j, v, lanes, TailStrategy::RoundUp).vectorize(v);
        Halide::RVar feature = f.rvars(0)[0], fo("fo"), fi("fi");
        f.update()
            .specialize(enough)
            .split(feature, fo, fi, p.block)
            .split(j, jo, ji, p.vectors * lanes, TailStrategy::RoundUp)
            .split(ji, jv, v, lanes)
            .split(i, io, ii, tile_rows, TailStrategy::RoundUp)
            .reorder(v, jv, ii, fi, io, jo, fo)
            .vectorize(v)
            .unroll(jv)
            .unroll(ii);
    }
}

}  // namespace halogram
