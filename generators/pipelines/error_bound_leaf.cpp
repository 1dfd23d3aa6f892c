// The error bound of the expanded form, from the largest sums of squares that the points of a call have: how far the
// computed distance can be off, and what the function around it makes of that.
#include <cmath>
#include <limits>

#include "generators/formula/derivative.h"
#include "generators/formula/feature_sum.h"
#include "generators/formula/lower.h"
#include "generators/math/code.h"
#include "generators/math/functions.h"
#include "generators/pipelines/interval.h"
#include "generators/pipelines/leaf_pipelines.h"

namespace halogram {

using Halide::select;

namespace {

const double infinite = std::numeric_limits<double>::infinity();

// The distances [0, S] are cut at S / ratio^k: bounds over a short interval are close to what happens in it.
constexpr int segments = 64;
constexpr double ratio = 1.5;

// Roundings, in u, of an expression whose relative error they bound; infinite where sums could cancel.
double relative_roundings(Expr e, bool centred, const Arithmetic& arithmetic) {
    auto argument = [&](std::size_t k) { return relative_roundings(e->arguments[k], centred, arithmetic); };
    switch (e->op) {
        case Op::X:
        case Op::Y: return centred ? 1 : 0;
        case Op::Constant:
        case Op::Pi: return 1;
        case Op::FeatureCount:
        case Op::ScalarParameter:
        case Op::VectorParameter: return 0;
        case Op::Negate: return argument(0);
        case Op::Multiply:
        case Op::Divide: return argument(0) + argument(1) + 1;
        case Op::Call: {
            const double own = 2 * arithmetic.stated_ulp(*e->function);
            if (e->function->oscillates) return infinite;  // far from 0 the error is relative to the argument
            if (e->function->code == &code::sqrt) return argument(0) / 2 + own;
            return e->arguments[0]->op == Op::X && !centred ? own : infinite;
        }
        default: return infinite;
    }
}

// What the points are multiplied by and divided by on the way into the sums, with its own intermediate results, where
// relative_roundings is finite: then there is nothing else. A relative error bounds these only while they stay within the
// range of normal numbers, with room for their products.
std::vector<Expr> factors(const ExpandedForm& form) {
    std::vector<Expr> roots = {form.part}, found;
    if (form.weight != nullptr) roots.push_back(form.weight);
    for (Expr e : topological_order(roots))
        if ((e->depends & (on_x | on_y)) == 0 && !e->boolean) found.push_back(e);
    const bool single = form.weight == nullptr && found.size() == 1;
    return single ? std::vector<Expr>{} : found;  // one operation rounds its result alone
}

// The kernel's value as a function of its distance, which becomes a parameter.
struct OuterFunction {
    Expr distance, value, slope;  // value and slope are lowered
    bool continuous;              // no condition depends on the distance
};

OuterFunction outer_function(const Formula& formula) {
    OuterFunction outer;
    outer.distance = formula.pool->parameter(Op::ScalarParameter, "squared distance");  // no name that can be written
    outer.value = formula.expanded->with_distance(lower(formula.value), outer.distance);
    Expr reduction = nullptr;
    for (Expr e : topological_order({formula.value}))
        if (e->is_reduction() && e->mixes_points()) reduction = e;
    Expr replaced = with_part(formula.value, reduction, outer.distance);
    outer.slope = lower(derivative(replaced, outer.distance));
    outer.continuous = true;
    for (Expr e : topological_order({outer.value}))
        if (e->boolean || (e->op == Op::Call && e->function->monotone == Monotone::No)) outer.continuous = false;
    return outer;
}

}  // namespace

LeafPipeline LeafSet::error_bound() {
    const ExpandedForm& form = *formula_.expanded;
    Arithmetic arithmetic = type_.bits() == 32 ? f32_arithmetic : f64_arithmetic;
    arithmetic.fast = formula_.fast;
    const double u = arithmetic.unit_roundoff;
    LeafPipeline leaf{LeafKind::ErrorBound, type_, features_};
    const Halide::ImageParam sums(Halide::Float(64), 1, "sums");  // the largest of_x, the largest of_y
    const Halide::Expr features = Halide::cast<double>(inputs_.features);

    // Each sum is off by at most so many u plus the roundings of its terms, relative to its terms' magnitudes, which are
    // at most (A + B) / 2 in the product's case; two more operations join them.
    const Halide::Expr roundings_of_sum = Halide::min(features, roundings_in_blocks<Halide::Expr>(features));
    double roundings = 2 * relative_roundings(form.part, form.translation_invariant, arithmetic) + 5;
    if (form.weight != nullptr) roundings += relative_roundings(form.weight, false, arithmetic) + 1;
    const Halide::Expr slack = real(1.02) * (roundings_of_sum + real(roundings)) * real(u);
    const Halide::Expr a = code::sqrt(sums(0)), b = code::sqrt(sums(1));
    Halide::Func largest("largest_distance");
    Halide::Expr known = slack < real(0.1);
    if (form.lowest->op != Op::Constant)
        known = known && prepared_value(form.lowest, Place{}) == Halide::Internal::make_const(type_, 0);
    // A product of factors can lift what vanished before it.
    double lifted = 1;
    const double factor = arithmetic.single ? 0x1p20 : 0x1p150;
    for (Expr e : std::isfinite(roundings) ? factors(form) : std::vector<Expr>{}) {
        lifted *= factor;
        if (e->op == Op::FeatureCount || e->op == Op::Pi) continue;
        if (e->is_constant()) {
            const double size = std::fabs(e->constant.get_d());
            if (!(size >= 1 / factor && size <= factor)) known = Halide::Internal::const_false();
            continue;
        }
        const Expr size = call("abs", {e});
        for (Expr bound :
             {size->per_feature ? minimum_over(size) : size, size->per_feature ? maximum_over(size) : size}) {
            const Halide::Expr value = Halide::cast<double>(prepared_value(bound, Place{}));
            known = known && value >= real(1 / factor) && value <= real(factor);
        }
    }
    const Halide::Expr total = (a + b) * (a + b) * (real(1) + real(2) * slack);
    const double overflow =
        arithmetic.single ? double(std::numeric_limits<float>::max()) : std::numeric_limits<double>::max();
    known = known && total < real(overflow);
    largest() = {total, select(known,
                               slack * total +
                                   (features + real(4)) * real(16 * arithmetic.underflow * lifted) * (real(1) + a + b),
                               real(infinite))};
    leaf.single_values.push_back(largest);
    const Halide::Expr distance = Halide::Expr(largest()[0]), error = Halide::Expr(largest()[1]);

    const Halide::Expr k = Halide::cast<double>(Intervals::segment);
    auto cut = [&](const Halide::Expr& index) {
        return distance * code::exp((index - real(segments)) * real(std::log(ratio)));
    };
    const Interval segment = {select(k == real(0), real(0.0), cut(k)), cut(k + real(1)), real(0.0)};

    std::map<Expr, Interval> parameters = {{formula_.pool->feature_count(), {features, features, real(0.0)}}};
    for (const FormulaParameter& p : formula_.parameters) {
        const auto scalar = inputs_.scalars.find(p.name);
        if (p.node->is_constant() || scalar == inputs_.scalars.end()) continue;
        const Halide::Expr value = Halide::cast<double>(scalar->second);
        const bool integer = p.node->op == Op::IntegerParameter;
        const Halide::Expr exact =
            integer ? select(value < real(1e6) && value > real(-1e6), real(0.0), real(infinite)) : real(0.0);
        parameters[p.node] = {value, value, exact};
    }
    const OuterFunction outer = outer_function(formula_);
    auto with_distance = [&](const Interval& d) {
        std::map<Expr, Interval> given = parameters;
        given[outer.distance] = d;
        return given;
    };
    std::vector<Halide::Func>& stages = leaf.single_values;
    // Either the error goes through the function operation by operation, or, where the function is smooth though its
    // operations are not (the root in matern52), it is multiplied by the slope.
    const Interval through =
        Intervals(with_distance({segment.low, segment.high, error}), arithmetic, stages).of(outer.value);
    Halide::Expr bound = through.error;
    if (outer.continuous) {
        const Interval exact = Intervals(with_distance(segment), arithmetic, stages).of(outer.value);
        const Interval slope =
            Intervals(with_distance({Halide::max(segment.low - error, real(0)), segment.high + error, real(0.0)}),
                      stages)
                .of(outer.slope);
        const Halide::Expr by_slope = (magnitude(slope) + slope.error) * error + exact.error;
        bound = select(by_slope < bound, by_slope, bound);
    }
    Halide::Func of_segment("bound_of_segment"), result("bound");
    of_segment(Intervals::segment) = select(bound < real(infinite), bound * real(1.01), real(infinite));
    stages.push_back(of_segment);
    Halide::RDom r(0, segments, "segments");
    Halide::Var place("place");
    result(place) = real(0.0);
    result(place) = Halide::max(result(place), of_segment(r));
    leaf.outputs = {result};
    leaf.arguments = arguments({sums});
    return leaf;
}

}  // namespace halogram
