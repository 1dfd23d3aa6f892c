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
};

class Stages {
public:
    explicit Stages(PipelineInputs inputs) : inputs_(std::move(inputs)) {}

    // K(j, i) of a lowered scalar tree.
    Halide::Func gram(Expr lowered, const std::string& name);

    // Once per call, per point of x, per point of y; reductions of one point are stages of their own.
    std::vector<Halide::Func> parameter_stages, x_stages, y_stages;
    // Feature reductions that mix x and y, one Tuple per level: level 2 uses level 1.
    std::vector<Halide::Func> pair_reductions;

private:
    struct Place {
        Halide::Expr i, j, d;
    };
    using Memo = std::map<Expr, Halide::Expr>;
    struct Slot {
        Halide::Func func;
        int index;
    };

    PipelineInputs inputs_;
    std::map<Expr, Halide::Func> point_stages_;
    std::map<Expr, Slot> reductions_;
    Halide::Var i_{"i"}, j_{"j"}, d_{"d"};

    Halide::Expr emit(Expr e, const Place& place, Memo& memo);
    Halide::Expr operation(Expr e, const Place& place, Memo& memo);
    Halide::Expr spell_out(Expr e, const Place& place, Memo& memo);  // without stages for one-point parts
    Halide::Expr constant(Expr e) const;
    Halide::Func point_stage(Expr e);
    void define_pair_reductions(Expr root);
    Halide::Expr start_of(Expr reduction) const;
    Halide::Expr step_of(Expr reduction, const Halide::Expr& so_far, const Place& place, Memo& memo);
};

}  // namespace halogram
