// An operation as one Halide pipeline over whole matrices, for those who schedule it themselves: GenGen,
// add_halide_library, autoschedulers. The libraries of `halogram build` are made of leaf functions instead
// (leaf_pipelines.h), whose sums over points have a fixed order.
#pragma once

#include <Halide.h>

#include <vector>

#include "generators/pipelines/stages.h"

namespace halogram {

struct WholePipeline {
    // gram: k(j, i). gram_vjp: gx(d, i), gy(d, j), then in signature order one for each real parameter: ()
    // for a scalar, (d) for a vector.
    std::vector<Halide::Func> outputs;
    // For schedules.
    std::vector<Halide::Func> point_values;         // one point, or the parameters alone
    std::vector<FeatureReduction> pair_reductions;  // (j, i), sums over features
    std::vector<Halide::Func> pair_values;          // (j, i), read by sums over points
};

WholePipeline whole_gram(const Formula& formula, const PipelineInputs& inputs);

// g(j, i) is the cotangent; n and m are the numbers of points of x and y.
WholePipeline whole_gram_vjp(const Formula& formula, const PipelineInputs& inputs, const Halide::Func& g,
                             const Halide::Expr& n, const Halide::Expr& m);

}  // namespace halogram
