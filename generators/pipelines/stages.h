// From a lowered tree to named Halide stages. No scheduling here: every stage is a Func that a schedule may place.
#pragma once

#include <Halide.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "generators/formula/parser.h"

namespace halogram {

// Where the numbers of a formula come from.
struct PipelineInputs {
    Halide::Type type;                                                           // Float(32) or Float(64)
    Halide::Expr features;                                                       // D: a constant, or an extent
    std::function<Halide::Expr(Halide::Expr d, Halide::Expr i)> x;               // feature d of point i of x
    std::function<Halide::Expr(Halide::Expr d, Halide::Expr j)> y;               // feature d of point j of y
    std::map<std::string, Halide::Expr> scalars;                                 // scalar and integer parameters
    std::map<std::string, std::function<Halide::Expr(Halide::Expr d)>> vectors;  // per-feature parameters
    bool fast = false;                                                           // the fast tier of functions
    // Whether of a D that is not known the sums over few features of a pair are stages of their own, beside those in blocks:
    // for schedules that tell them apart. Both have the same bits.
    bool few_apart = false;
};

// A point i of x, a point j of y, a feature d.
struct Place {
    Halide::Expr i, j, d;
};

// Reductions over features of one level: level 2 uses level 1. A Tuple each.
struct FeatureReduction {
    Halide::Func in_order;       // where D may be at most features_of_a_block: one loop
    Halide::Func blocks, block;  // where it may be more: what is added up, and the block that is
    // Whose update takes one feature more.
    const Halide::Func& step() const { return in_order.defined() ? in_order : block; }
    std::vector<Halide::Func> totals() const;  // in_order and blocks, where they are defined
};

// What is read of reductions that are computed in both orders.
enum class FeatureOrder { Either, InOrder, Blocks };

class Stages {
public:
    // What is computed elsewhere: a defined result replaces a subexpression, an undefined one leaves it to the stages.
    using Elsewhere = std::function<Halide::Expr(Expr e, const Place& place)>;
    using Memo = std::map<Expr, Halide::Expr>;

    explicit Stages(PipelineInputs inputs, Elsewhere elsewhere = {})
        : inputs_(std::move(inputs)), elsewhere_(std::move(elsewhere)) {}

    // K(j, i) of a lowered scalar tree.
    Halide::Func gram(Expr lowered, const std::string& name);

    // For pipelines that put more together: first the reductions that `roots` need, then expressions at a place.
    // A memo belongs to one place.
    void define_pair_reductions(const std::vector<Expr>& roots);
    Halide::Expr emit(Expr e, const Place& place, Memo& memo);
    // The same, but the whole of a one-point expression is spelled out instead of becoming a stage.
    Halide::Expr spell_out(Expr e, const Place& place, Memo& memo);

    // Once per call, per point of x, per point of y.
    struct PointStages {
        std::vector<Halide::Func> values;
        std::vector<FeatureReduction> reductions;
    };
    PointStages of_parameters, of_x, of_y;
    std::vector<FeatureReduction> pair_reductions;  // those that mix x and y, a level each

    // For what is emitted from now on. A memo belongs to one order.
    void read(FeatureOrder order) { order_ = order; }

    static inline const Halide::Var i{"i"}, j{"j"}, d{"d"};  // of every stage

private:
    // A member of a reduction: what it reads of each of the two.
    struct Member {
        FeatureReduction reduction;
        int in_order, blocks;
    };

    PipelineInputs inputs_;
    Elsewhere elsewhere_;
    std::map<Expr, Halide::Func> point_stages_;
    std::map<Expr, Member> members_;
    FeatureOrder order_ = FeatureOrder::Either;

    Halide::Expr operation(Expr e, const Place& place, Memo& memo);
    Halide::Expr power(Expr e, const Place& place, Memo& memo);
    Halide::Expr constant(Expr e) const;
    Halide::Func point_stage(Expr e);
    Halide::Expr start_of(Expr reduction) const;
    Halide::Expr step_of(Expr reduction, const Halide::Expr& so_far, const Place& place, Memo& memo);
    Halide::Func add_features(const std::vector<Expr>& members, const std::string& name,
                              const std::vector<Halide::Var>& variables, const Halide::Expr& feature);
    Halide::Func add_blocks(const std::vector<Expr>& members, const std::string& name, Halide::Func block,
                            const std::vector<Halide::Var>& variables);
    FeatureReduction reduce(const std::vector<Expr>& members, const std::string& name,
                            const std::vector<Halide::Var>& variables, bool few_apart);
    Halide::Expr value_of(const Member& member, Expr reduction, const std::vector<Halide::Expr>& at) const;
};

// Whether all that the sums over features of `root` add are products of a part of x and one of y: a multiply-add each.
bool sums_products(Expr root);
unsigned points_of(Expr e);  // on_x, on_y, both or none
bool is_one_point(Expr e);   // worth computing once per point or per call: not a leaf, not a condition, not constant

}  // namespace halogram
