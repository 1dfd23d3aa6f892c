// The pipelines of the leaf functions of gram and gram_vjp, in the buffer convention of runtime/hg_kernel.h.
// What they compute stands here; how, in schedules/.
#pragma once

#include <Halide.h>

#include <memory>
#include <string>
#include <vector>

#include "generators/pipelines/gradient_terms.h"
#include "generators/pipelines/stages.h"

namespace halogram {

// What is computed once per call, per point of x and per point of y, in the order of the prepared buffers.
struct PreparedLists {
    std::vector<Expr> ps, pf, xs, xf, ys, yf;
};

// Sums over points keep 16 partial sums, one per lane of the widest machine; every machine adds them in the same tree.
inline constexpr int lanes_over_points = 16;
// The last levels of that tree, from so many lanes on, are computed where its result is stored; those before are stages.
inline constexpr int last_lanes = 4;

enum class LeafKind { PrepareParameters, PrepareX, PrepareY, Tile, Pairs, Scalars, Rows, Columns, Vectors, ErrorBound };
const char* leaf_name(LeafKind kind);  // "prepare_x", "tile", ...

// Sums of halves of the lanes of a sum over points: its first variable is a lane.
struct LaneLevel {
    Halide::Func func;
    int lanes;
};

// One leaf function before scheduling.
struct LeafPipeline {
    LeafKind kind;
    Halide::Type type;
    int features = 0;            // 0: an extent
    Halide::Expr feature_count;  // D: the constant or that extent
    Halide::Expr many_features;  // whether it is summed in blocks, where the pair reductions have both orders
    std::vector<Halide::Argument> arguments;
    std::vector<Halide::Func> outputs;
    // For schedules: reductions over features, of one point (prepare leaves) and of a pair, values per pair that a
    // following stage reads, sums over points, and what else is computed once.
    std::vector<FeatureReduction> point_reductions, pair_reductions;
    std::vector<Halide::Func> pair_values, pair_values_of_many, lane_sums, single_values;
    std::vector<LaneLevel> lane_levels;
    bool products = false;       // sums over points of products: no differences are taken inside them
    bool pair_products = false;  // of the whole set: sums_products of its kernel
    int planes = 0;              // extent of the innermost unrolled dimension of the output
};

// The leaves of one operation. Buffers and lists are shared between them, so a set is built for one use.
class LeafSet {
public:
    // features = 0: an argument of the call.
    LeafSet(const Formula& formula, Halide::Type type, int features);

    // By the operation's name: "gram" or "gram_vjp". Throws std::invalid_argument for another one.
    std::vector<LeafPipeline> of(const std::string& operation);
    std::vector<LeafPipeline> gram();
    std::vector<LeafPipeline> gram_vjp();

    // Valid after one of these.
    const PreparedLists& prepared() const { return lists_; }
    const GradientTerms& terms() const { return terms_; }
    // Where the sums that the error bound asks for stand among the scalars of a point; -1: in the direct form.
    int bound_of_x() const;
    int bound_of_y() const;

private:
    const Formula& formula_;
    Halide::Type type_;
    int features_;
    PreparedLists lists_;
    GradientTerms terms_;
    std::vector<Halide::Argument> parameter_arguments_;
    PipelineInputs inputs_;
    Halide::ImageParam ps_, pf_, x_, xs_, xf_, y_, ys_, yf_, g_, w_;

    // The place of `e` in a list, appended when it is new.
    static int index_of(std::vector<Expr>& list, Expr e);
    Halide::Expr prepared_value(Expr e, const Place& place);
    std::vector<Halide::Argument> arguments(std::initializer_list<Halide::ImageParam> more) const;
    Halide::Expr contribution(const GradientTerm& term, const Halide::Expr& so_far, Stages& stages, const Place& place,
                              Stages::Memo& memo) const;
    Halide::Expr plane_value(Expr e, const Place& place);
    LeafPipeline tile();
    LeafPipeline error_bound();
    LeafPipeline pairs();
    static Halide::Expr tree_of_lanes(Halide::Func sum, LeafPipeline& leaf);
    void add_columns(Halide::Func sum, const std::function<Halide::Expr(const Halide::Expr&)>& total_with) const;
    Halide::Expr sums_over_points(
        const std::vector<GradientTerm>& terms, const std::vector<Halide::Var>& variables, const Place& own_place,
        Stages& stages, LeafPipeline& leaf,
        const std::function<Halide::Expr(Halide::Func, const std::function<Halide::Expr(const Place&)>&)>& define)
        const;
    LeafPipeline over_columns(LeafKind kind, const std::string& output,
                              const std::vector<std::vector<GradientTerm>>& lists);
    LeafPipeline scalars();
    LeafPipeline columns();
    std::vector<LeafPipeline> completed(std::vector<LeafPipeline> leaves);
    void add_prepare_leaves(std::vector<LeafPipeline>& leaves);
    LeafPipeline prepare(LeafKind kind, std::vector<Expr>& scalars, std::vector<Expr>& planes);
};

}  // namespace halogram
