// Sums, maxima and minima over features as stages, in the order of formula/feature_sum.h.
#include <limits>

#include "generators/formula/feature_sum.h"
#include "generators/math/code.h"
#include "generators/pipelines/stages.h"

namespace halogram {

using Halide::select;
using Halide::Internal::make_const;

namespace {

// What changes nothing that it is added to: a sum of products that vanish may be -0, and is that of one block too.
Halide::Expr nothing(Halide::Type type) { return make_const(type, -0.0); }

// Of a sum there are two numbers where blocks are added, of a maximum or minimum one.
int numbers_of_blocks(Expr reduction) { return reduction->op == Op::Sum ? 2 : 1; }

Halide::Expr element(const Halide::Func& f, const std::vector<Halide::Expr>& at, int index) {
    const Halide::FuncRef whole = f(at);
    return f.outputs() == 1 ? Halide::Expr(whole) : Halide::Expr(whole[index]);
}

std::vector<Halide::Expr> expressions(const std::vector<Halide::Var>& variables) {
    return {variables.begin(), variables.end()};
}

}  // namespace

std::vector<Halide::Func> FeatureReduction::totals() const {
    std::vector<Halide::Func> all;
    for (const Halide::Func& f : {in_order, blocks})
        if (f.defined()) all.push_back(f);
    return all;
}

Halide::Expr Stages::start_of(Expr reduction) const {
    if (reduction->op == Op::Sum) return make_const(inputs_.type, 0);
    const bool largest = reduction->op == Op::MaximumOver;
    return inputs_.type.bits() == 32 ? Halide::Expr(largest ? -std::numeric_limits<float>::infinity()
                                                            : std::numeric_limits<float>::infinity())
                                     : Halide::Expr(largest ? -std::numeric_limits<double>::infinity()
                                                            : std::numeric_limits<double>::infinity());
}

// One more feature, in order; a product is fused into its sum.
Halide::Expr Stages::step_of(Expr reduction, const Halide::Expr& so_far, const Place& place, Memo& memo) {
    Expr body = reduction->arguments[0];
    if (reduction->op == Op::MaximumOver) return code::maximum(so_far, emit(body, place, memo));
    if (reduction->op == Op::MinimumOver) return code::minimum(so_far, emit(body, place, memo));
    if (body->op == Op::Multiply)
        return code::fused_multiply_add(emit(body->arguments[0], place, memo), emit(body->arguments[1], place, memo),
                                        so_far);
    return so_far + emit(body, place, memo);
}

// Each member's features one after the other.
Halide::Func Stages::add_features(const std::vector<Expr>& members, const std::string& name,
                                  const std::vector<Halide::Var>& variables, const Halide::Expr& feature) {
    Halide::Func stage(name);
    std::vector<Halide::Expr> start, step;
    for (Expr e : members) start.push_back(start_of(e));
    stage(variables) = Halide::Tuple(start);
    Memo memo;
    for (std::size_t k = 0; k < members.size(); ++k) {
        const Halide::Expr so_far = element(stage, expressions(variables), static_cast<int>(k));
        step.push_back(step_of(members[k], so_far, Place{i, j, feature}, memo));
    }
    stage(variables) = Halide::Tuple(step);
    return stage;
}

// The blocks one after the other: of a sum the sum of the groups before, then that of the group. In this order: of unrolled
// loops Halide 21 stores the first before it computes the second, which must not read what has changed.
Halide::Func Stages::add_blocks(const std::vector<Expr>& members, const std::string& name, Halide::Func block,
                                const std::vector<Halide::Var>& variables) {
    Halide::Func stage(name);
    std::vector<Halide::Expr> start, step;
    for (Expr e : members)
        start.insert(start.end(), numbers_of_blocks(e), e->op == Op::Sum ? nothing(inputs_.type) : start_of(e));
    stage(variables) = Halide::Tuple(start);
    const Halide::RDom b(0, (inputs_.features + (features_of_a_block - 1)) / features_of_a_block, "block");
    std::vector<Halide::Expr> of_block = expressions(variables);
    of_block.push_back(b);
    const Halide::Expr first_of_group = b % blocks_of_a_group == 0;
    for (std::size_t k = 0; k < members.size(); ++k) {
        auto so_far = [&](std::size_t ahead) {
            return element(stage, expressions(variables), static_cast<int>(step.size() + ahead));
        };
        const Halide::Expr added = element(block, of_block, static_cast<int>(k));
        switch (members[k]->op) {
            case Op::MaximumOver: step.push_back(code::maximum(so_far(0), added)); break;
            case Op::MinimumOver: step.push_back(code::minimum(so_far(0), added)); break;
            default: {
                const Halide::Expr none = nothing(inputs_.type), group = so_far(1);
                step.push_back(so_far(0) + select(first_of_group, group, none));
                step.push_back(select(first_of_group, none, group) + added);
            }
        }
    }
    stage(variables) = Halide::Tuple(step);
    return stage;
}

FeatureReduction Stages::reduce(const std::vector<Expr>& members, const std::string& name,
                                const std::vector<Halide::Var>& variables, bool few_apart) {
    const auto known = Halide::Internal::as_const_int(inputs_.features);
    const bool few = known && !goes_in_blocks(*known);
    FeatureReduction reduction;
    const FeatureOrder before = order_;
    if (few || (!known && few_apart)) {
        order_ = FeatureOrder::InOrder;
        const Halide::RDom feature(0, inputs_.features, "feature");
        reduction.in_order = add_features(members, name, variables, feature);
    }
    if (!few) {
        order_ = FeatureOrder::Blocks;
        const Halide::Var b("b");
        Halide::RDom of_block(0, features_of_a_block, "feature");
        const Halide::Expr feature = b * features_of_a_block + of_block;
        of_block.where(feature < inputs_.features);
        std::vector<Halide::Var> and_block = variables;
        and_block.push_back(b);
        reduction.block = add_features(members, name + "_block", and_block, feature);
        reduction.blocks = add_blocks(members, name + "_blocks", reduction.block, variables);
    }
    order_ = before;
    int in_order = 0, blocks = 0;
    for (Expr e : members) {
        members_[e] = Member{reduction, in_order++, blocks};
        blocks += numbers_of_blocks(e);
    }
    return reduction;
}

Halide::Expr Stages::value_of(const Member& member, Expr reduction, const std::vector<Halide::Expr>& at) const {
    const FeatureReduction& of = member.reduction;
    const auto in_order = [&] { return element(of.in_order, at, member.in_order); };
    const auto blocks = [&] {
        const Halide::Expr first = element(of.blocks, at, member.blocks);
        return numbers_of_blocks(reduction) == 1 ? first : first + element(of.blocks, at, member.blocks + 1);
    };
    if (!of.blocks.defined() || (of.in_order.defined() && order_ == FeatureOrder::InOrder)) return in_order();
    if (!of.in_order.defined() || order_ == FeatureOrder::Blocks) return blocks();
    return select(goes_in_blocks(inputs_.features), blocks(), in_order());
}

void Stages::define_pair_reductions(const std::vector<Expr>& roots) {
    std::map<int, std::vector<Expr>> levels;
    for (Expr e : topological_order(roots))
        if (e->is_reduction() && e->mixes_points()) levels[e->level].push_back(e);
    for (const auto& [level, members] : levels)
        pair_reductions.push_back(
            reduce(members, "pair_reduction_" + std::to_string(level), {j, i}, inputs_.few_apart));
}

}  // namespace halogram
