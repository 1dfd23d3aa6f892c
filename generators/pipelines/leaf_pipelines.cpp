#include "generators/pipelines/leaf_pipelines.h"

#include <algorithm>
#include <stdexcept>

#include "generators/formula/feature_sum.h"
#include "generators/formula/tangent.h"
#include "generators/math/code.h"
#include "generators/pipelines/gradient_stages.h"
#include "generators/pipelines/instruction_count.h"

namespace halogram {

using Halide::Internal::make_const;

const char* leaf_name(LeafKind kind) {
    switch (kind) {
        case LeafKind::PrepareParameters: return "prepare_parameters";
        case LeafKind::PrepareX: return "prepare_x";
        case LeafKind::PrepareY: return "prepare_y";
        case LeafKind::Tile: return "tile";
        case LeafKind::Pairs: return "pairs";
        case LeafKind::Scalars: return "scalars";
        case LeafKind::Rows: return "rows";
        case LeafKind::Columns: return "columns";
        case LeafKind::Vectors: return "vectors";
        case LeafKind::ErrorBound: return "error_bound";
    }
    return "";
}

LeafSet::LeafSet(const Formula& formula, Halide::Type type, int features)
    : formula_(formula),
      type_(type),
      features_(features),
      ps_(type, 1, "ps"),
      pf_(type, 2, "pf"),
      x_(type, 2, "x"),
      xs_(type, 2, "xs"),
      xf_(type, 3, "xf"),
      y_(type, 2, "y"),
      ys_(type, 2, "ys"),
      yf_(type, 3, "yf"),
      g_(type, 2, "g"),
      w_(type, 3, "w") {
    inputs_.type = type;
    inputs_.fast = formula.fast;
    inputs_.few_apart = true;
    inputs_.features = features > 0 ? Halide::Expr(features) : pf_.dim(0).extent();
    inputs_.x = [this](Halide::Expr d, Halide::Expr i) -> Halide::Expr { return x_(d, i); };
    inputs_.y = [this](Halide::Expr d, Halide::Expr j) -> Halide::Expr { return y_(j, d); };
    for (const FormulaParameter& p : formula.parameters) {
        if (p.node->op == Op::VectorParameter) {
            Halide::ImageParam vector(type, 1, "parameter_" + p.name);
            parameter_arguments_.push_back(vector);
            inputs_.vectors[p.name] = [vector](Halide::Expr d) -> Halide::Expr { return vector(d); };
            if (formula.point_planes > 1)
                inputs_.vectors[tangent_of_vector(p.name)] =
                    [vector, features = inputs_.features](Halide::Expr d) -> Halide::Expr {
                    return vector(d + features);
                };
        } else if (!p.node->is_constant()) {
            Halide::Parameter scalar(p.node->op == Op::IntegerParameter ? Halide::Int(32) : type, false, 0,
                                     "parameter_" + p.name);
            parameter_arguments_.emplace_back(scalar.name(), Halide::Argument::InputScalar, scalar.type(), 0,
                                              Halide::ArgumentEstimates{});
            inputs_.scalars[p.name] = Halide::Internal::Variable::make(scalar.type(), scalar.name(), scalar);
        }
    }
}

std::vector<Halide::Argument> LeafSet::arguments(std::initializer_list<Halide::ImageParam> more) const {
    std::vector<Halide::Argument> all = parameter_arguments_;
    all.insert(all.end(), {ps_, pf_});
    for (const Halide::ImageParam& image : more) all.push_back(image);
    return all;
}

// One-point expressions are read from the prepared buffers.
Halide::Expr LeafSet::prepared_value(Expr e, const Place& place) {
    if (!is_one_point(e)) return {};
    switch (points_of(e)) {
        case on_x:
            if (e->per_feature) return xf_(place.d, place.i, index_of(lists_.xf, e));
            return xs_(index_of(lists_.xs, e), place.i);
        case on_y:
            if (e->per_feature) return yf_(place.j, place.d, index_of(lists_.yf, e));
            return ys_(place.j, index_of(lists_.ys, e));
        default:
            if (e->per_feature) return pf_(place.d, index_of(lists_.pf, e));
            return ps_(index_of(lists_.ps, e));
    }
}

// In leaves that sum over points, scalars of a pair are read from the planes.
Halide::Expr LeafSet::plane_value(Expr e, const Place& place) {
    if (!e->per_feature && e->mixes_points() && !e->boolean) {
        const int q = terms_.raw_plane(e);
        if (q >= 0) return w_(place.j, place.i, q);
    }
    return prepared_value(e, place);
}

LeafPipeline LeafSet::tile() {
    Stages stages(inputs_, [this](Expr e, const Place& place) { return prepared_value(e, place); });
    LeafPipeline leaf{LeafKind::Tile, type_, features_};
    leaf.outputs = {stages.gram(evaluated_value(formula_), "k")};
    leaf.pair_reductions = stages.pair_reductions;
    leaf.arguments = arguments({x_, xs_, xf_, y_, ys_, yf_});
    return leaf;
}

LeafPipeline LeafSet::pairs() {
    Stages stages(inputs_, [this](Expr e, const Place& place) { return prepared_value(e, place); });
    const Halide::Var i = Stages::i, j = Stages::j;
    Halide::Var q("q");
    define_pair_reductions(terms_, stages);
    LeafPipeline leaf{LeafKind::Pairs, type_, features_};
    leaf.planes = static_cast<int>(terms_.planes.size());
    Halide::Func w("w_out");
    if (terms_.planes.empty()) {
        w(j, i, q) = make_const(type_, 0);
    } else if (leaf.planes == 1) {
        w(j, i, q) = pair_plane_values(terms_, stages, g_(j, i))[0];
    } else {
        // Of few features and of many, so that a schedule that tells them apart computes one of them.
        const auto picked = [&](FeatureOrder order, std::vector<Halide::Func>& list) {
            stages.read(order);
            Halide::Func pair("pair_values");
            pair(j, i) = Halide::Tuple(pair_plane_values(terms_, stages, g_(j, i)));
            list = {pair};
            std::vector<Halide::Expr> all;
            for (int k = 0; k < leaf.planes; ++k) all.push_back(pair(j, i)[k]);
            return Halide::mux(q, all);
        };
        if (features_ > 0)
            w(j, i, q) =
                picked(FeatureOrder::Either, goes_in_blocks(features_) ? leaf.pair_values_of_many : leaf.pair_values);
        else
            w(j, i, q) =
                Halide::select(goes_in_blocks(inputs_.features), picked(FeatureOrder::Blocks, leaf.pair_values_of_many),
                               picked(FeatureOrder::InOrder, leaf.pair_values));
    }
    leaf.outputs = {w};
    leaf.pair_reductions = stages.pair_reductions;
    leaf.arguments = arguments({x_, xs_, xf_, y_, ys_, yf_, g_});
    return leaf;
}

Halide::Expr LeafSet::contribution(const GradientTerm& term, const Halide::Expr& so_far, Stages& stages,
                                   const Place& place, Stages::Memo& memo) const {
    return with_gradient_term(so_far, term, w_(place.j, place.i, term.plane), stages, place, memo);
}

// The fixed tree over the partial sums: halves are added until one number is left. Whole halves are stages, so that they
// stay vectors: as single numbers they took as long as the sums themselves (D = 64, 256 columns).
Halide::Expr LeafSet::tree_of_lanes(Halide::Func sum, LeafPipeline& leaf) {
    const std::vector<Halide::Var> variables = sum.args();
    const auto lanes_from = [&](const Halide::Expr& first) {
        std::vector<Halide::Expr> place(variables.begin(), variables.end());
        place[0] = first;
        return place;
    };
    for (int half = lanes_over_points / 2; half >= last_lanes; half /= 2) {
        Halide::Func level("sum_of_lanes");
        level(variables) = sum(lanes_from(variables[0])) + sum(lanes_from(variables[0] + half));
        leaf.lane_levels.push_back({level, half});
        sum = level;
    }
    return (sum(lanes_from(0)) + sum(lanes_from(2))) + (sum(lanes_from(1)) + sum(lanes_from(3)));
}

// Adds the columns of the chunk to `sum`, whose first variable is the lane, in blocks of one column per lane. The last
// block, if it is not whole, adds nothing beyond the last column: 0 times the padding need not be 0. Where much is added, all
// blocks ask which columns there are, instead of writing it twice: one comparison and one selection.
static constexpr int instructions_written_twice = 40;

void LeafSet::add_columns(Halide::Func sum, const std::function<Halide::Expr(const Halide::Expr&)>& total_with) const {
    const Halide::Expr columns = w_.dim(0).extent(), whole = columns / lanes_over_points,
                       rest = columns % lanes_over_points;
    const std::vector<Halide::Var> variables = sum.args();
    const Halide::Var lane = variables[0];
    const std::vector<Halide::Expr> place(variables.begin(), variables.end());
    if (instructions_of({total_with(lane)}) > instructions_written_twice) {
        Halide::RDom any(0, whole + select(rest > 0, 1, 0), "block");
        const Halide::Expr column = any * lanes_over_points + lane;
        sum(place) = select(column < columns, total_with(column), sum(place));
        return;
    }
    Halide::RDom block(0, whole, "block"), last(whole, select(rest > 0, 1, 0), "last_block");
    sum(place) = total_with(block * lanes_over_points + lane);
    sum(place) = select(lane < rest, total_with(last * lanes_over_points + lane), sum(place));
}

// The sums of `terms`, each times the factor of the point itself. `define` gives a sum its updates from what its terms add
// to it at a place, and returns its value.
Halide::Expr LeafSet::sums_over_points(
    const std::vector<GradientTerm>& terms, const std::vector<Halide::Var>& variables, const Place& own_place,
    Stages& stages, LeafPipeline& leaf,
    const std::function<Halide::Expr(Halide::Func, const std::function<Halide::Expr(const Place&)>&)>& define) const {
    Halide::Expr total;
    Stages::Memo own_memo;
    for (const GradientSum& part : sums_of(terms)) {
        std::vector<Halide::Var> of_sum;
        for (const Halide::Var& v : variables)
            if (part.per_feature || v.name() != Stages::d.name()) of_sum.push_back(v);
        Halide::Func sum("sum_over_points");
        const std::vector<Halide::Expr> at(of_sum.begin(), of_sum.end());
        sum(of_sum) = make_const(type_, 0);
        leaf.lane_sums.push_back(sum);
        const Halide::Expr value = define(sum, [&](const Place& place) {
            Stages::Memo memo;
            Halide::Expr so_far = sum(at);
            for (const GradientTerm& term : part.terms) so_far = contribution(term, so_far, stages, place, memo);
            return so_far;
        });
        if (part.own == nullptr) {
            total = value;  // the first
            continue;
        }
        leaf.products = true;
        const Halide::Expr own = stages.emit(part.own, own_place, own_memo);
        total = total.defined() ? code::fused_multiply_add(own, value, total) : own * value;
    }
    return total.defined() ? total : make_const(type_, 0);
}

// rows and vectors: sums over the columns of the chunk, kept apart by lane.
LeafPipeline LeafSet::over_columns(LeafKind kind, const std::string& output,
                                   const std::vector<std::vector<GradientTerm>>& lists) {
    Stages stages(inputs_, [this](Expr e, const Place& place) { return plane_value(e, place); });
    const Halide::Var i = Stages::i, d = Stages::d;
    Halide::Var lane("lane"), v("v");
    LeafPipeline leaf{kind, type_, features_};
    std::vector<Halide::Expr> results;
    for (const std::vector<GradientTerm>& terms : lists) {
        results.push_back(sums_over_points(
            terms, {lane, d, i}, Place{i, Halide::Expr(), d}, stages, leaf, [&](Halide::Func sum, const auto& added) {
                add_columns(sum, [&](const Halide::Expr& column) { return added(Place{i, column, d}); });
                return tree_of_lanes(sum, leaf);
            }));
    }
    Halide::Func out(output);
    if (kind == LeafKind::Rows) {
        out(d, i) = results[0];
    } else {
        out(d, i, v) = results.size() == 1 ? results[0] : Halide::mux(v, results);
        leaf.planes = static_cast<int>(results.size());
    }
    leaf.outputs = {out};
    leaf.arguments = arguments({x_, xs_, xf_, y_, ys_, yf_, w_});
    return leaf;
}

// numbers[k], in as many cases as there are runs of numbers that follow one another.
static Halide::Expr entry(const std::vector<int>& numbers, const Halide::Expr& k) {
    const auto difference = [&](int at) { return numbers[static_cast<std::size_t>(at)] - at; };
    const int last = static_cast<int>(numbers.size()) - 1;
    Halide::Expr result = k + difference(last);
    for (int at = last - 1; at >= 0; --at)
        if (difference(at) != difference(at + 1)) result = Halide::select(k <= at, k + difference(at), result);
    return result;
}

// One stage for all, with a variable of which: of a stage for each, the loops of 160 parameters took Halide 40 s.
LeafPipeline LeafSet::scalars() {
    const Halide::Var i = Stages::i;
    Halide::Var lane("lane"), s("s");
    LeafPipeline leaf{LeafKind::Scalars, type_, features_};
    leaf.planes = static_cast<int>(terms_.scalars.size());
    const Halide::Expr plane = entry(terms_.scalars, s);
    Halide::Func sum("sum_over_columns");
    sum(lane, i, s) = make_const(type_, 0);
    add_columns(sum, [&](const Halide::Expr& column) { return sum(lane, i, s) + w_(column, i, plane); });
    leaf.lane_sums = {sum};
    Halide::Func t("t");
    t(i, s) = tree_of_lanes(sum, leaf);
    leaf.outputs = {t};
    leaf.arguments = arguments({x_, xs_, xf_, y_, ys_, yf_, w_});
    return leaf;
}

LeafPipeline LeafSet::columns() {
    Stages stages(inputs_, [this](Expr e, const Place& place) { return plane_value(e, place); });
    const Halide::Var j = Stages::j, d = Stages::d;
    Halide::RDom row(0, w_.dim(1).extent(), "row");
    Halide::Func gy("gy");
    LeafPipeline leaf{LeafKind::Columns, type_, features_};
    gy(j, d) = sums_over_points(terms_.y, {j, d}, Place{Halide::Expr(), j, d}, stages, leaf,
                                [&](Halide::Func sum, const auto& added) -> Halide::Expr {
                                    const std::vector<Halide::Var> variables = sum.args();
                                    const std::vector<Halide::Expr> at(variables.begin(), variables.end());
                                    sum(at) = added(Place{row, j, d});
                                    return sum(at);
                                });
    leaf.outputs = {gy};
    leaf.arguments = arguments({x_, xs_, xf_, y_, ys_, yf_, w_});
    return leaf;
}

std::vector<LeafPipeline> LeafSet::of(const std::string& operation) {
    if (operation == "gram") return gram();
    if (operation == "gram_vjp") return gram_vjp();
    throw std::invalid_argument("operation '" + operation + "' is not built yet; there are gram and gram_vjp");
}

static int place_of(const std::vector<Expr>& list, Expr e) {
    auto place = std::find(list.begin(), list.end(), e);
    return place == list.end() ? -1 : static_cast<int>(place - list.begin());
}

int LeafSet::bound_of_x() const { return formula_.expanded ? place_of(lists_.xs, formula_.expanded->of_x) : -1; }
int LeafSet::bound_of_y() const { return formula_.expanded ? place_of(lists_.ys, formula_.expanded->of_y) : -1; }

std::vector<LeafPipeline> LeafSet::completed(std::vector<LeafPipeline> leaves) {
    add_prepare_leaves(leaves);
    const bool pair_products = sums_products(evaluated_value(formula_));
    for (LeafPipeline& leaf : leaves) {
        leaf.pair_products = pair_products;
        leaf.feature_count = inputs_.features;
        leaf.many_features = goes_in_blocks(inputs_.features);
    }
    return leaves;
}

std::vector<LeafPipeline> LeafSet::gram() {
    std::vector<LeafPipeline> leaves = {tile()};
    if (formula_.expanded) leaves.push_back(error_bound());
    return completed(std::move(leaves));
}

std::vector<LeafPipeline> LeafSet::gram_vjp() {
    terms_ = gradient_terms(formula_);
    std::vector<LeafPipeline> leaves = {pairs(), over_columns(LeafKind::Rows, "gx", {terms_.x}), columns()};
    if (!terms_.scalars.empty()) leaves.push_back(scalars());
    if (!terms_.vectors.empty()) leaves.push_back(over_columns(LeafKind::Vectors, "gv", terms_.vectors));
    return completed(std::move(leaves));
}

}  // namespace halogram
