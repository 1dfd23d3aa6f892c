// What is computed once per point of x, once per point of y, and once per call: the leaves that prepare it.
#include <algorithm>

#include "generators/pipelines/leaf_pipelines.h"

namespace halogram {

using Halide::Internal::make_const;

namespace {

// The scalars that a per-feature expression uses, without those inside them.
std::vector<Expr> outermost_scalars(Expr e) {
    std::vector<Expr> found, stack = {e};
    while (!stack.empty()) {
        Expr next = stack.back();
        stack.pop_back();
        if (!next->per_feature && !next->boolean)
            found.push_back(next);
        else
            stack.insert(stack.end(), next->arguments.begin(), next->arguments.end());
    }
    return found;
}

}  // namespace

int LeafSet::index_of(std::vector<Expr>& list, Expr e) {
    auto it = std::find(list.begin(), list.end(), e);
    if (it == list.end()) it = list.insert(list.end(), e);
    return static_cast<int>(it - list.begin());
}

LeafPipeline LeafSet::prepare(LeafKind kind, std::vector<Expr>& scalars, std::vector<Expr>& planes) {
    const bool of_x = kind == LeafKind::PrepareX, of_y = kind == LeafKind::PrepareY;
    const Halide::Var i = Stages::i, j = Stages::j, d = Stages::d;
    Halide::Var k("k");
    Halide::Func scalar_out(of_x   ? "xs_out"
                            : of_y ? "ys_out"
                                   : "ps_out"),
        plane_out(of_x   ? "xf_out"
                  : of_y ? "yf_out"
                         : "pf_out");
    auto scalar_at = [&](const Halide::Expr& index, const Place& place) -> Halide::Expr {
        if (of_x) return scalar_out(index, place.i);
        if (of_y) return scalar_out(place.j, index);
        return scalar_out(index);
    };
    const Place place{i, j, d};
    LeafPipeline leaf{kind, type_, features_};

    // The parameters' own expressions are computed here when they are what is prepared, else read.
    auto is_own = [&](Expr e) { return kind == LeafKind::PrepareParameters || points_of(e) != 0; };
    // Scalars inside planes are read from the scalars' output: they join the list before that output is defined.
    for (std::size_t p = 0; p < planes.size(); ++p)
        for (Expr e : outermost_scalars(planes[p]))
            if (is_one_point(e) && is_own(e)) index_of(scalars, e);

    // D is the extent of pf, which is an output where the parameters' own leaf is made: there a buffer stands for it.
    PipelineInputs inputs = inputs_;
    const Halide::ImageParam features(type_, 1, "features");
    if (kind == LeafKind::PrepareParameters && features_ == 0) inputs.features = features.dim(0).extent();
    Stages scalar_stages(inputs,
                         [&](Expr e, const Place& at) { return is_own(e) ? Halide::Expr() : prepared_value(e, at); });
    std::vector<Halide::Expr> plane_values, scalar_values;
    for (std::size_t s = 0; s < scalars.size(); ++s) {
        Stages::Memo memo;
        scalar_values.push_back(scalars[s]->is_reduction() ? scalar_stages.emit(scalars[s], place, memo)
                                                           : scalar_stages.spell_out(scalars[s], place, memo));
    }
    auto all_of = [&](const std::vector<Halide::Expr>& values) {
        if (values.empty()) return make_const(type_, 0);
        return values.size() == 1 ? values[0] : Halide::mux(k, values);
    };
    if (of_x)
        scalar_out(k, i) = all_of(scalar_values);
    else if (of_y)
        scalar_out(j, k) = all_of(scalar_values);
    else
        scalar_out(k) = all_of(scalar_values);
    Stages plane_stages(inputs, [&](Expr e, const Place& at) -> Halide::Expr {
        if (!is_one_point(e)) return {};
        if (!is_own(e)) return prepared_value(e, at);
        return e->per_feature ? Halide::Expr() : scalar_at(index_of(scalars, e), at);
    });
    Stages::Memo plane_memo;
    for (std::size_t p = 0; p < planes.size(); ++p)
        plane_values.push_back(plane_stages.spell_out(planes[p], place, plane_memo));
    if (of_x) {
        plane_out(d, i, k) = all_of(plane_values);
        leaf.point_reductions = scalar_stages.of_x.reductions;
        leaf.arguments = arguments({x_});
    } else if (of_y) {
        plane_out(j, d, k) = all_of(plane_values);
        leaf.point_reductions = scalar_stages.of_y.reductions;
        leaf.arguments = arguments({y_});
    } else {
        plane_out(d, k) = all_of(plane_values);
        leaf.point_reductions = scalar_stages.of_parameters.reductions;
        leaf.arguments = parameter_arguments_;
        leaf.arguments.push_back(features);
    }
    leaf.outputs = {scalar_out, plane_out};
    leaf.planes = static_cast<int>(std::max(scalar_values.size(), plane_values.size()));
    return leaf;
}

void LeafSet::add_prepare_leaves(std::vector<LeafPipeline>& leaves) {
    auto add = [&](LeafKind kind, std::vector<Expr>& scalars, std::vector<Expr>& planes) {
        if (!scalars.empty() || !planes.empty()) leaves.push_back(prepare(kind, scalars, planes));
    };
    add(LeafKind::PrepareX, lists_.xs, lists_.xf);
    add(LeafKind::PrepareY, lists_.ys, lists_.yf);
    add(LeafKind::PrepareParameters, lists_.ps, lists_.pf);  // last: the others ask for more of it
}

}  // namespace halogram
