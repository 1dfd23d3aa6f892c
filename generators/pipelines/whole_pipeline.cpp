#include "generators/pipelines/whole_pipeline.h"

#include "generators/pipelines/gradient_stages.h"

namespace halogram {

using Halide::Internal::make_const;

namespace {

void collect_stages(const Stages& stages, WholePipeline& whole) {
    for (const Stages::PointStages* list : {&stages.of_parameters, &stages.of_x, &stages.of_y})
        whole.point_values.insert(whole.point_values.end(), list->values.begin(), list->values.end());
}

class GradientSums {
public:
    GradientSums(const Formula& formula, const PipelineInputs& inputs, const Halide::Func& g)
        : terms_(gradient_terms(formula)),
          type_(inputs.type),
          stages_(inputs, [this](Expr e, const Place& place) { return plane_value(e, place); }) {
        define_planes(g);
    }

    Halide::Func sum_of(const std::vector<GradientTerm>& terms, const std::string& name,
                        const std::vector<Halide::Var>& variables, const Place& place) {
        Halide::Func sum(name);
        sum(variables) = make_const(type_, 0);
        Halide::Expr total = sum(variables);
        Stages::Memo memo;
        for (const GradientTerm& term : terms) {
            Halide::Expr w = plane_at(term.plane, place);
            if (term.own != nullptr) w = w * stages_.emit(term.own, place, memo);
            total = with_gradient_term(total, term, w, stages_, place, memo);
        }
        if (!terms.empty()) sum(variables) = total;
        return sum;
    }

    Halide::Func sum_of_plane(int plane, const std::string& name, const Place& place) {
        Halide::Func sum(name);
        sum() = make_const(type_, 0);
        sum() += plane_at(plane, place);
        return sum;
    }

    const GradientTerms& terms() const { return terms_; }

    void describe(WholePipeline& whole) const {
        collect_stages(stages_, whole);
        whole.pair_reductions = stages_.pair_reductions;
        if (planes_.defined()) whole.pair_values = {planes_};
    }

private:
    GradientTerms terms_;
    Halide::Type type_;
    Halide::Func planes_{"planes"};
    Stages stages_;
    bool planes_are_known_ = false;

    void define_planes(const Halide::Func& g) {
        const Halide::Var i = Stages::i, j = Stages::j;
        define_pair_reductions(terms_, stages_);
        const std::vector<Halide::Expr> values = pair_plane_values(terms_, stages_, g(j, i));
        if (!values.empty()) planes_(j, i) = Halide::Tuple(values);
        planes_are_known_ = true;
    }

    Halide::Expr plane_at(int plane, const Place& place) const {
        const Halide::FuncRef at = Halide::Func(planes_)(place.j, place.i);
        return planes_.outputs() == 1 ? Halide::Expr(at) : Halide::Expr(at[plane]);
    }

    // Scalars of a pair inside a per-feature part are read from their planes.
    Halide::Expr plane_value(Expr e, const Place& place) const {
        if (!planes_are_known_ || e->per_feature || !e->mixes_points() || e->boolean) return {};
        const int plane = terms_.raw_plane(e);
        return plane < 0 ? Halide::Expr() : plane_at(plane, place);
    }
};

}  // namespace

WholePipeline whole_gram(const Formula& formula, const PipelineInputs& inputs) {
    Stages stages(inputs);
    WholePipeline whole;
    whole.outputs = {stages.gram(evaluated_value(formula), "k")};
    collect_stages(stages, whole);
    whole.pair_reductions = stages.pair_reductions;
    return whole;
}

WholePipeline whole_gram_vjp(const Formula& formula, const PipelineInputs& inputs, const Halide::Func& g,
                             const Halide::Expr& n, const Halide::Expr& m) {
    GradientSums sums(formula, inputs, g);
    const Halide::Var i = Stages::i, j = Stages::j, d = Stages::d;
    const Halide::RDom row(0, n, "row"), column(0, m, "column");
    const Halide::RDom pair({{0, m}, {0, n}}, "pair");
    WholePipeline whole;
    whole.outputs.push_back(sums.sum_of(sums.terms().x, "gx", {d, i}, Place{i, column, d}));
    whole.outputs.push_back(sums.sum_of(sums.terms().y, "gy", {d, j}, Place{row, j, d}));
    std::size_t vector = 0, scalar = 0;
    for (const FormulaParameter& p : formula.parameters) {
        const Place place{pair.y, pair.x, d};
        if (p.node->op == Op::VectorParameter)
            whole.outputs.push_back(sums.sum_of(sums.terms().vectors[vector++], "g" + p.name, {d}, place));
        else if (p.node->op == Op::ScalarParameter)
            whole.outputs.push_back(sums.sum_of_plane(sums.terms().scalars[scalar++], "g" + p.name, place));
    }
    sums.describe(whole);
    return whole;
}

}  // namespace halogram
