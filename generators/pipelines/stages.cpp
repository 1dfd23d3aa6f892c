#include "generators/pipelines/stages.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "generators/formula/interpreter.h"
#include "generators/math/code.h"
#include "generators/math/functions.h"

namespace halogram {

using Halide::cast;
using Halide::select;
using Halide::Internal::make_const;

namespace {

bool is_leaf(Expr e) { return e->arguments.empty(); }
bool is_constant_here(Expr e) { return e->depends == 0 && !e->boolean && !uses_feature_count(e); }

// The cheapest code that is allowed.
auto code_of(const Function& f, bool non_positive, bool fast) {
    if (fast && non_positive && f.code_fast_non_positive != nullptr) return f.code_fast_non_positive;
    if (fast && f.code_fast != nullptr) return f.code_fast;
    return non_positive && f.code_non_positive != nullptr ? f.code_non_positive : f.code;
}

// An exponent +-(n + offset) of an integer parameter n is passed on as an int32: not each of them is a number of the type.
struct IntegerExponent {
    Expr parameter = nullptr;  // none: not of this form
    int offset = 0;
    bool negative = false;
};

IntegerExponent integer_exponent(Expr e) {
    constexpr long largest_offset = 1024;
    if (e->op == Op::IntegerParameter) return {e, 0, false};
    if (e->op == Op::Negate) {
        IntegerExponent n = integer_exponent(e->arguments[0]);
        n.negative = !n.negative;
        return n;
    }
    if (e->op != Op::Add && e->op != Op::Subtract) return {};
    Expr a = e->arguments[0], b = e->arguments[1];
    if (e->op == Op::Add && a->is_constant()) std::swap(a, b);
    if (a->op != Op::IntegerParameter || !b->is_constant() || b->constant.get_den() != 1) return {};
    if (abs(b->constant) > largest_offset) return {};
    const int offset = static_cast<int>(b->constant.get_num().get_si());
    return {a, e->op == Op::Add ? offset : -offset, false};
}

// A constant integer exponent that f32 does not hold, whose parity decides the sign: as an int32. What is larger than any
// int32 is replaced by the largest one of its parity: in f32 every power of another base than 1 and -1 is infinite or 0
// from 2^31 on.
std::optional<mpz_class> large_integer_exponent(Expr e, Halide::Type type) {
    if (!e->is_constant() || e->constant.get_den() != 1 || type.bits() != 32) return std::nullopt;
    const mpz_class size = abs(e->constant.get_num()), exact_up_to = mpz_class(1) << 24;
    const mpz_class largest = (mpz_class(1) << 31) - (mpz_odd_p(size.get_mpz_t()) != 0 ? 1 : 2);
    if (size <= exact_up_to) return std::nullopt;
    return size < largest ? size : largest;
}

}  // namespace

unsigned points_of(Expr e) { return e->depends & (on_x | on_y); }

bool is_one_point(Expr e) {
    return !is_leaf(e) && !e->boolean && !is_constant_here(e) && points_of(e) != (on_x | on_y);
}

// Constant subtrees are evaluated in 256 bits and rounded once.
Halide::Expr Stages::constant(Expr e) const {
    const Real value = evaluate(e, Inputs{{Real(0.0)}, {Real(0.0)}, {}})[0];
    if (inputs_.type.bits() == 32) return Halide::Expr(mpfr_get_flt(value.get(), MPFR_RNDN));
    return Halide::Expr(value.to_double());
}

Halide::Expr Stages::emit(Expr e, const Place& place, Memo& memo) {
    auto known = memo.find(e);
    if (known != memo.end()) return known->second;
    Halide::Expr result;
    if (e->op == Op::Infinity) {
        result = inputs_.type.bits() == 32 ? Halide::Expr(std::numeric_limits<float>::infinity())
                                           : Halide::Expr(std::numeric_limits<double>::infinity());
    } else if (is_constant_here(e)) {
        result = constant(e);
    } else if (elsewhere_ && !is_leaf(e) && (result = elsewhere_(e, place)).defined()) {
        // computed by another pipeline
    } else if (e->is_reduction() && e->mixes_points()) {
        result = value_of(members_.at(e), e, {place.j, place.i});
    } else if (is_one_point(e)) {
        // Computed once per point (or per call): a stage, whose place the schedule decides.
        std::vector<Halide::Expr> arguments;
        if (e->per_feature) arguments.push_back(place.d);
        if (points_of(e) == on_x) arguments.push_back(place.i);
        if (points_of(e) == on_y) arguments.push_back(place.j);
        result = point_stage(e)(arguments);
    } else {
        result = operation(e, place, memo);
    }
    memo[e] = result;
    return result;
}

Halide::Expr Stages::operation(Expr e, const Place& place, Memo& memo) {
    auto argument = [&](std::size_t k) { return emit(e->arguments[k], place, memo); };
    switch (e->op) {
        // A direction stands behind the point's features.
        case Op::X: return inputs_.x(e->name.empty() ? place.d : place.d + inputs_.features, place.i);
        case Op::Y: return inputs_.y(e->name.empty() ? place.d : place.d + inputs_.features, place.j);
        case Op::FeatureCount: return cast(inputs_.type, inputs_.features);
        case Op::ScalarParameter:
        case Op::IntegerParameter: return cast(inputs_.type, inputs_.scalars.at(e->name));
        case Op::VectorParameter: return inputs_.vectors.at(e->name)(place.d);
        case Op::Negate: return -argument(0);
        case Op::Add: return argument(0) + argument(1);
        case Op::Subtract: return argument(0) - argument(1);
        case Op::Multiply: return argument(0) * argument(1);
        case Op::MultiplyZero: return code::product_at_edge(argument(0), argument(1));
        case Op::Divide: return code::quotient(argument(0), argument(1));
        case Op::Power: return power(e, place, memo);
        case Op::Minimum: return code::minimum(argument(0), argument(1));
        case Op::Maximum: return code::maximum(argument(0), argument(1));
        case Op::Less: return argument(0) < argument(1);
        case Op::LessEqual:
            // Halide's code for x86 takes a <= b as !(a > b), which holds of NaN.
            return argument(0) < argument(1) || argument(0) == argument(1);
        case Op::Equal: return argument(0) == argument(1);
        case Op::NotEqual: return argument(0) != argument(1);
        case Op::And: return argument(0) && argument(1);
        case Op::Or: return argument(0) || argument(1);
        case Op::Not: return !argument(0);
        case Op::Where: return select(argument(0), argument(1), argument(2));
        case Op::Call: return code_of(*e->function, is_non_positive(e->arguments[0]), inputs_.fast)(argument(0));
        default: throw std::logic_error("stages: not an operation of a lowered tree");
    }
}

Halide::Expr Stages::power(Expr e, const Place& place, Memo& memo) {
    const Halide::Expr base = emit(e->arguments[0], place, memo);
    if (const auto size = large_integer_exponent(e->arguments[1], inputs_.type))
        return code::integer_power(base, Halide::Expr(static_cast<std::int32_t>(size->get_si())), 0,
                                   e->arguments[1]->constant < 0);
    const IntegerExponent n = integer_exponent(e->arguments[1]);
    if (n.parameter == nullptr) return code::power(base, emit(e->arguments[1], place, memo));
    return code::integer_power(base, inputs_.scalars.at(n.parameter->name), n.offset, n.negative);
}

Halide::Func Stages::point_stage(Expr e) {
    auto known = point_stages_.find(e);
    if (known != point_stages_.end()) return known->second;
    const unsigned points = points_of(e);
    PointStages& list = points == on_x ? of_x : points == on_y ? of_y : of_parameters;
    const std::string prefix = points == on_x ? "x" : points == on_y ? "y" : "parameter";
    Halide::Func stage(prefix + (e->per_feature ? "_plane" : e->is_reduction() ? "_statistic" : "_value"));
    std::vector<Halide::Var> variables;
    if (e->per_feature) variables.push_back(d);
    if (points == on_x) variables.push_back(i);
    if (points == on_y) variables.push_back(j);
    if (e->is_reduction()) {
        const FeatureReduction reduction = reduce({e}, prefix + "_reduction", variables, false);
        list.reductions.push_back(reduction);
        stage(variables) = value_of(members_.at(e), e, {variables.begin(), variables.end()});
    } else {
        // The body's own operations are spelled out here; only reductions inside it are stages again.
        Memo memo;
        stage(variables) = spell_out(e, Place{i, j, d}, memo);
    }
    point_stages_.emplace(e, stage);
    list.values.push_back(stage);
    return stage;
}

Halide::Expr Stages::spell_out(Expr e, const Place& place, Memo& memo) {
    // Arguments first, so that operation() finds them in the memo instead of asking for stages.
    for (Expr a : e->arguments) {
        if (memo.count(a) || is_leaf(a) || a->is_reduction() || is_constant_here(a)) continue;
        const Halide::Expr given = elsewhere_ ? elsewhere_(a, place) : Halide::Expr();
        memo[a] = given.defined() ? given : spell_out(a, place, memo);
    }
    return operation(e, place, memo);
}

Halide::Func Stages::gram(Expr lowered, const std::string& name) {
    define_pair_reductions({lowered});
    Halide::Func gram(name);
    Memo memo;
    gram(j, i) = emit(lowered, Place{i, j, Halide::Expr()}, memo);
    return gram;
}

bool sums_products(Expr root) {
    std::vector<Expr> reductions;
    for (Expr e : topological_order({root}))
        if (e->is_reduction() && e->mixes_points()) reductions.push_back(e);
    return !reductions.empty() && std::all_of(reductions.begin(), reductions.end(), [](Expr e) {
        const Expr added = e->arguments[0];
        return e->op == Op::Sum && added->op == Op::Multiply && !added->arguments[0]->mixes_points() &&
               !added->arguments[1]->mixes_points();
    });
}

}  // namespace halogram
