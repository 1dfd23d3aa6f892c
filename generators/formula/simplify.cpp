// Simplifying constructors of the tree. Every rule holds in real arithmetic; none introduces an operation that was
// not written, so the rounding errors of the result are no worse than those of the text.
#include <algorithm>
#include <optional>

#include "generators/formula/tree.h"
#include "generators/math/functions.h"

namespace halogram {

namespace {

// Numerators and denominators beyond this many bits stay unfolded: hostile text such as 9^9^9 must not take memory.
constexpr std::size_t fold_limit_bits = 4096;

std::size_t bits_of(const mpq_class& q) {
    return mpz_sizeinbase(q.get_num_mpz_t(), 2) + mpz_sizeinbase(q.get_den_mpz_t(), 2);
}

bool foldable(Expr a, Expr b) {
    return a->is_constant() && b->is_constant() && bits_of(a->constant) + bits_of(b->constant) <= fold_limit_bits;
}

// A product of constants becomes one only where that one is an ordinary number of every dtype: 1e30 * 1e30 would be
// infinite in f32, although x * 1e30 * 1e30 need not be.
bool is_ordinary(const mpq_class& q) {
    static const mpq_class largest("1000000000000000000000000000000");
    return q == 0 || (abs(q) <= largest && abs(q) * largest >= 1);
}

bool is_negation(Expr e) { return e->op == Op::Negate; }

// c * rest with a rational c, where the product is written that way.
bool split_constant(Expr e, mpq_class& c, Expr& rest) {
    if (e->op == Op::Multiply && e->arguments[0]->is_constant()) {
        c = e->arguments[0]->constant;
        rest = e->arguments[1];
        return true;
    }
    return false;
}

}  // namespace

Expr operator_negate(Expr a) {
    if (a->is_constant()) return number(a, -a->constant);
    if (is_negation(a)) return a->arguments[0];
    if (a->op == Op::Subtract) return subtract(a->arguments[1], a->arguments[0]);  // exact in IEEE arithmetic, too
    mpq_class c;
    Expr rest;
    if (split_constant(a, c, rest)) return multiply(number(a, -c), rest);
    return a->pool->node(Op::Negate, {a});
}

Expr add(Expr a, Expr b) {
    if (foldable(a, b)) return number(a, a->constant + b->constant);
    if (a->is_constant(0)) return b;
    if (b->is_constant(0)) return a;
    if (is_negation(b)) return subtract(a, b->arguments[0]);
    if (is_negation(a)) return subtract(b, a->arguments[0]);
    if (a == b) return multiply(number(a, 2), a);
    return a->pool->node(Op::Add, {a, b});
}

Expr subtract(Expr a, Expr b) {
    if (foldable(a, b)) return number(a, a->constant - b->constant);
    if (a->is_constant(0)) return operator_negate(b);
    if (b->is_constant(0)) return a;
    if (is_negation(b)) return add(a, b->arguments[0]);
    if (is_negation(a)) return operator_negate(add(a->arguments[0], b));
    return a->pool->node(Op::Subtract, {a, b});
}

Expr multiply(Expr a, Expr b) {
    if (foldable(a, b) && is_ordinary(a->constant * b->constant)) return number(a, a->constant * b->constant);
    if (b->is_constant() && !a->is_constant()) std::swap(a, b);
    if (a->is_constant(0)) return a;
    if (a->is_constant(1)) return b;
    if (a->is_constant(-1)) return operator_negate(b);
    if (is_negation(a) && is_negation(b)) return multiply(a->arguments[0], b->arguments[0]);
    if (is_negation(a)) return operator_negate(multiply(a->arguments[0], b));
    if (is_negation(b)) {
        if (a->is_constant()) return multiply(number(a, -a->constant), b->arguments[0]);
        return operator_negate(multiply(a, b->arguments[0]));
    }
    mpq_class c;
    Expr rest;
    if (a->is_constant()) {
        if (split_constant(b, c, rest) && bits_of(c) + bits_of(a->constant) <= fold_limit_bits &&
            is_ordinary(a->constant * c))
            return multiply(number(a, a->constant * c), rest);
        return a->pool->node(Op::Multiply, {a, b});
    }
    if (split_constant(a, c, rest) && is_ordinary(c)) return multiply(number(a, c), multiply(rest, b));
    if (split_constant(b, c, rest) && is_ordinary(c)) return multiply(number(a, c), multiply(a, rest));
    // Scalars are gathered on the left, so that a per-feature product reads scalar * (per-feature part).
    if (a->per_feature && !b->per_feature) std::swap(a, b);
    if (!a->per_feature && b->per_feature && b->op == Op::Multiply && !b->arguments[0]->per_feature)
        return multiply(multiply(a, b->arguments[0]), b->arguments[1]);
    if (a->per_feature && b->per_feature) {
        if (a->op == Op::Multiply && !a->arguments[0]->per_feature)
            return multiply(a->arguments[0], multiply(a->arguments[1], b));
        if (b->op == Op::Multiply && !b->arguments[0]->per_feature)
            return multiply(b->arguments[0], multiply(a, b->arguments[1]));
    }
    return a->pool->node(Op::Multiply, {a, b});
}

Expr multiply_zero(Expr a, Expr b) {
    if (a->is_constant() || b->is_constant()) return multiply(a, b);
    if (!may_be_singular(a) && !may_be_singular(b)) return multiply(a, b);
    if (is_negation(a)) return operator_negate(multiply_zero(a->arguments[0], b));
    if (is_negation(b)) return operator_negate(multiply_zero(a, b->arguments[0]));
    mpq_class c;
    Expr rest;
    if (split_constant(a, c, rest)) return multiply(number(a, c), multiply_zero(rest, b));
    if (split_constant(b, c, rest)) return multiply(number(a, c), multiply_zero(a, rest));
    if (a->per_feature && !b->per_feature) std::swap(a, b);
    return a->pool->node(Op::MultiplyZero, {a, b});
}

Expr divide(Expr a, Expr b) {
    if (foldable(a, b) && b->constant != 0 && is_ordinary(a->constant / b->constant))
        return number(a, a->constant / b->constant);
    if (a->is_constant(0) && !b->is_constant(0)) return a;
    if (b->is_constant() && b->constant != 0 && is_ordinary(b->constant))
        return multiply(number(b, 1 / b->constant), a);
    if (is_negation(a)) return operator_negate(divide(a->arguments[0], b));
    if (is_negation(b)) return operator_negate(divide(a, b->arguments[0]));
    mpq_class c;
    Expr rest;
    if (split_constant(a, c, rest) && is_ordinary(c)) return multiply(number(a, c), divide(rest, b));
    return a->pool->node(Op::Divide, {a, b});
}

Expr power(Expr base, Expr exponent) {
    if (exponent->is_constant(1)) return base;
    if (exponent->is_constant(0)) return number(base, 1);
    if (exponent->is_constant() && exponent->constant == mpq_class(1, 2)) return call("sqrt", {base});
    if (base->is_constant() && exponent->is_constant() && exponent->constant.get_den() == 1 &&
        abs(exponent->constant.get_num()) <= 64 && !(base->constant == 0 && exponent->constant < 0)) {
        const long n = exponent->constant.get_num().get_si();
        if (bits_of(base->constant) * static_cast<std::size_t>(std::abs(n)) <= fold_limit_bits) {
            mpq_class result = 1;
            for (long k = 0; k < std::abs(n); ++k) result *= base->constant;
            return number(base, n < 0 ? 1 / result : result);
        }
    }
    if (exponent->is_constant() && exponent->constant.get_den() == 1) {
        const bool even = mpz_even_p(exponent->constant.get_num_mpz_t()) != 0;
        if (is_negation(base)) {
            Expr positive = power(base->arguments[0], exponent);
            return even ? positive : operator_negate(positive);
        }
    }
    return base->pool->node(Op::Power, {base, exponent});
}

Expr minimum(Expr a, Expr b) {
    if (a == b) return a;
    if (a->is_constant() && b->is_constant()) return a->constant < b->constant ? a : b;
    return a->pool->node(Op::Minimum, {a, b});
}

Expr maximum(Expr a, Expr b) {
    if (a == b) return a;
    if (a->is_constant() && b->is_constant()) return a->constant < b->constant ? b : a;
    return a->pool->node(Op::Maximum, {a, b});
}

Expr compare(Op op, Expr a, Expr b) { return a->pool->node(op, {a, b}); }

Expr logical(Op op, Expr a, Expr b) {
    if (op == Op::Not) return a->op == Op::Not ? a->arguments[0] : a->pool->node(op, {a});
    return a == b ? a : a->pool->node(op, {a, b});
}

// Whether a condition of constants holds; nothing where it takes points or parameters to know.
static std::optional<bool> decided(Expr condition) {
    if (condition->op == Op::Not) {
        const std::optional<bool> inner = decided(condition->arguments[0]);
        return inner ? std::optional(!*inner) : std::nullopt;
    }
    if (condition->op == Op::And || condition->op == Op::Or) {
        const bool deciding = condition->op == Op::Or;
        const std::optional<bool> a = decided(condition->arguments[0]), b = decided(condition->arguments[1]);
        if (a == deciding || b == deciding) return deciding;
        return a && b ? std::optional(!deciding) : std::nullopt;
    }
    if (!condition->arguments[0]->is_constant() || !condition->arguments[1]->is_constant()) return std::nullopt;
    const mpq_class &a = condition->arguments[0]->constant, &b = condition->arguments[1]->constant;
    switch (condition->op) {
        case Op::Less: return a < b;
        case Op::LessEqual: return a <= b;
        case Op::Equal: return a == b;
        case Op::NotEqual: return a != b;
        default: return std::nullopt;
    }
}

Expr where(Expr condition, Expr value, Expr otherwise) {
    if (value == otherwise) return value;
    if (const std::optional<bool> holds = decided(condition)) return *holds ? value : otherwise;
    // Beside what is decided, and does not decide, the other one counts.
    while (condition->op == Op::And || condition->op == Op::Or) {
        Expr a = condition->arguments[0], b = condition->arguments[1];
        if (!decided(a) && !decided(b)) break;
        condition = decided(a) ? b : a;
    }
    return value->pool->node(Op::Where, {condition, value, otherwise});
}

Expr call(const Function& function, std::vector<Expr> arguments) {
    Expr a = arguments[0];
    if (arguments.size() == 1 && is_negation(a)) {  // parity moves signs outwards and lets them cancel
        if (function.parity == Parity::Even) return call(function, {a->arguments[0]});
        if (function.parity == Parity::Odd) return operator_negate(call(function, {a->arguments[0]}));
    }
    if (function.fold) {
        if (Expr folded = function.fold(arguments)) return folded;
    }
    return a->pool->node(Op::Call, std::move(arguments), &function);
}

Expr call(std::string_view name, std::vector<Expr> arguments) {
    return call(*find_function(name), std::move(arguments));
}

Expr sum(Expr e) {
    if (!e->per_feature) return multiply(e->pool->feature_count(), e);
    if (e->op == Op::Negate) return operator_negate(sum(e->arguments[0]));
    if (e->op == Op::Multiply && !e->arguments[0]->per_feature) return multiply(e->arguments[0], sum(e->arguments[1]));
    return e->pool->node(Op::Sum, {e});
}

Expr maximum_over(Expr e) { return e->per_feature ? e->pool->node(Op::MaximumOver, {e}) : e; }
Expr minimum_over(Expr e) { return e->per_feature ? e->pool->node(Op::MinimumOver, {e}) : e; }

}  // namespace halogram
