#include "generators/formula/taylor.h"

#include <algorithm>

#include "generators/formula/interpreter.h"
#include "generators/math/functions.h"

namespace halogram {

namespace {

constexpr long largest_product_power = 32;

Series normal(Series s) {
    s.end = std::min(s.end, Taylor::order);
    s.low = std::min(s.low, s.end);
    s.c.resize(static_cast<std::size_t>(s.end - s.low));
    const auto first = std::find_if(s.c.begin(), s.c.end(), [](const Polynomial& c) { return !c.is_zero(); });
    s.low += static_cast<int>(first - s.c.begin());
    s.c.erase(s.c.begin(), first);
    return s;
}

Series plus(const Series& a, const Series& b) {
    Series s{std::min(a.low, b.low), std::min(a.end, b.end), {}};
    for (int k = s.low; k < s.end; ++k) s.c.push_back(a.at(k) + b.at(k));
    return normal(std::move(s));
}

Series scaled(const Series& a, const Polynomial& factor) {
    Series s = a;
    for (Polynomial& c : s.c) c = c * factor;
    return normal(std::move(s));
}

// A function of a rational number where that is one, too, as exp(0) is: 20 bits of 256 that are followed by zeros.
Polynomial value_at(const Function& function, const mpq_class& argument) {
    Real value(argument);
    function.exact(value.get(), value.get(), MPFR_RNDN);
    if (mpfr_number_p(value.get()) == 0) throw NoProof();
    mpq_class rational;
    mpfr_get_q(rational.get_mpq_t(), value.get());
    if (rational != 0 && mpfr_min_prec(value.get()) > 20) throw NoProof();
    return Polynomial(rational);
}

}  // namespace

Polynomial Series::at(int power) const {
    if (power >= end) throw NoProof();
    return power < low ? Polynomial() : c[static_cast<std::size_t>(power - low)];
}

Series Taylor::constant(const Polynomial& c) { return normal({0, order, {c}}); }
Series Taylor::variable(const Polynomial& times) { return normal({1, order, {times}}); }

Taylor::Taylor(Pool& pool, Side side, std::unordered_map<Expr, Series> known, long& work)
    : pool_(pool), side_(side), work_(work), known_(std::move(known)) {}

Series Taylor::times(const Series& a, const Series& b) {
    Series s{a.low + b.low, std::min({a.end + b.low, b.end + a.low, order}), {}};
    for (int k = s.low; k < s.end; ++k) {
        Polynomial total;
        for (int i = std::max(a.low, k - b.end + 1); i < std::min(a.end, k - b.low + 1); ++i) {
            const Polynomial left = a.at(i), right = b.at(k - i);
            work_ -= 1 + static_cast<long>(left.size() * right.size());
            if (work_ < 0) throw NoProof();
            if (!left.is_zero() && !right.is_zero()) total = total + left * right;
        }
        s.c.push_back(total);
    }
    return normal(std::move(s));
}

Polynomial Taylor::raised(const Polynomial& base, const Polynomial& exponent) {
    mpq_class b, p;
    const bool rational = base.is_constant(b), fixed = exponent.is_constant(p);
    if (rational && b == 1) return base;
    if (fixed && p.get_den() == 1 && abs(p) <= largest_product_power) {
        Polynomial result(1);
        for (long k = std::labs(p.get_num().get_si()); k > 0; --k) result = result * base;
        return p < 0 ? result.inverse(pool_) : result;
    }
    return Polynomial::atom(power(base.expression(pool_), exponent.expression(pool_)));
}

// (c u^v (1 + g))^p = c^p u^(v p) (1 + g)^p, the last by k h_k = sum_j (p j - (k - j)) g_j h_(k - j).
Series Taylor::raised(const Series& a, const Polynomial& exponent) {
    mpq_class p;
    const bool fixed = exponent.is_constant(p), whole = fixed && p.get_den() == 1;
    if (whole && p >= 0 && p <= largest_product_power) {
        Series result = constant(Polynomial(1));
        for (long k = p.get_num().get_si(); k > 0; --k) result = times(result, a);
        return result;
    }
    if (a.c.empty() || (a.low != 0 && !whole) || abs(p) > order) throw NoProof();
    const Polynomial first = a.c[0], by_first = first.inverse(pool_);
    Series h{0, a.end - a.low, {Polynomial(1)}};
    for (int k = 1; k < h.end; ++k) {
        Polynomial total;
        for (int j = 1; j <= k; ++j) {
            const Polynomial g = a.at(a.low + j) * by_first, &factor = h.c[static_cast<std::size_t>(k - j)];
            work_ -= 1 + static_cast<long>(g.size() * factor.size());
            if (work_ < 0) throw NoProof();
            if (!g.is_zero()) total = total + (exponent * Polynomial(j) - Polynomial(k - j)) * g * factor;
        }
        h.c.push_back(total * Polynomial(mpq_class(1, k)));
    }
    const int shift = a.low == 0 ? 0 : a.low * static_cast<int>(p.get_num().get_si());
    h.low += shift;
    h.end += shift;
    return scaled(normal(std::move(h)), raised(first, exponent));
}

bool Taylor::depends(Expr e) {
    if (known_.count(e) != 0) return true;
    if (e->arguments.empty()) return false;
    if (auto found = depends_.find(e); found != depends_.end()) return found->second;
    const bool result = std::any_of(e->arguments.begin(), e->arguments.end(), [&](Expr a) { return depends(a); });
    return depends_[e] = result;
}

// The sign on this side of u = 0, or at it. Throws NoProof where it is not known.
int Taylor::sign(const Series& s, int open_sign) {
    if (side_ == Side::At && s.low < 0) throw NoProof();
    if (side_ != Side::At && s.c.empty()) throw NoProof();
    const bool opposite = side_ == Side::Below && s.low % 2 != 0;
    const Polynomial first = side_ == Side::At ? s.at(0) : s.c[0] * Polynomial(opposite ? -1 : 1);
    mpq_class value;
    if (first.is_constant(value)) return sgn(value);
    Expr e = first.expression(pool_);
    if (is_positive(e)) return 1;
    if (is_positive(operator_negate(e))) return -1;
    if (open_sign != 0) return open_sign;
    if (e->depends == on_parameters) throw OpenSign(e);
    throw NoProof();
}

bool Taylor::holds(Expr e, int at_order, int open_sign) {
    switch (e->op) {
        case Op::Not: return !holds(e->arguments[0], at_order, open_sign);
        case Op::And: return holds(e->arguments[0], at_order) && holds(e->arguments[1], at_order);
        case Op::Or: return holds(e->arguments[0], at_order) || holds(e->arguments[1], at_order);
        default: break;
    }
    if (e->arguments[0] == e->arguments[1]) return e->op == Op::Equal || e->op == Op::LessEqual;
    const int s =
        sign(plus(of(e->arguments[0], at_order), scaled(of(e->arguments[1], at_order), Polynomial(-1))), open_sign);
    switch (e->op) {
        case Op::Less: return s < 0;
        case Op::LessEqual: return s <= 0;
        case Op::Equal: return s == 0;
        default: return s != 0;
    }
}

// `condition` does not depend on u.
Series Taylor::chosen(Expr condition, const Series& a, const Series& b) {
    Series s{std::min(a.low, b.low), std::min(a.end, b.end), {}};
    for (int k = s.low; k < s.end; ++k) {
        const Polynomial x = a.at(k), y = b.at(k);
        s.c.push_back(x == y ? x : Polynomial::atom(where(condition, x.expression(pool_), y.expression(pool_))));
    }
    return normal(std::move(s));
}

Series Taylor::select(Expr condition, Expr value, Expr otherwise, int at_order) {
    const auto branch = [&](bool taken) { return of(taken ? value : otherwise, at_order); };
    if (!depends(condition)) return chosen(condition, branch(true), branch(false));
    try {
        return branch(holds(condition, at_order));
    } catch (const OpenSign& open) {
        if (condition->arguments.size() != 2 || condition->arguments[0]->boolean) throw;
        const Series above = branch(holds(condition, at_order, 1)), below = branch(holds(condition, at_order, -1));
        return chosen(compare(Op::Less, pool_.constant(0), open.parameters), above, below);
    }
}

const Series& Taylor::of(Expr e, int at_order) {
    if (auto given = known_.find(e); given != known_.end()) return given->second;
    const Key key{e, at_order};
    if (auto found = made_.find(key); found != made_.end()) return found->second;
    if (--work_ < 0) throw NoProof();
    Series s = make(e, at_order);
    s.end = std::min(s.end, at_order);
    return made_[key] = normal(std::move(s));
}

Series Taylor::make(Expr e, int at_order) {
    if (depends(e)) return make_dependent(e, at_order);
    try {
        return arithmetic(e, at_order);
    } catch (const NoProof&) {
        return constant(Polynomial::atom(e));
    }
}

Series Taylor::arithmetic(Expr e, int at_order) {
    const auto argument = [&](std::size_t k) -> const Series& { return of(e->arguments[k], at_order); };
    switch (e->op) {
        case Op::Infinity: throw NoProof();
        case Op::Negate: return scaled(argument(0), Polynomial(-1));
        case Op::Add: return plus(argument(0), argument(1));
        case Op::Subtract: return plus(argument(0), scaled(argument(1), Polynomial(-1)));
        case Op::Multiply:
        case Op::MultiplyZero: return times(argument(0), argument(1));
        case Op::Divide: return times(argument(0), inverse(argument(1)));
        case Op::Power:
            if (depends(e->arguments[1])) throw NoProof();
            return raised(argument(0), argument(1).at(0));
        default: throw NoProof();
    }
}

Series Taylor::make_dependent(Expr e, int at_order) {
    const auto argument = [&](std::size_t k) -> const Series& { return of(e->arguments[k], at_order); };
    switch (e->op) {
        case Op::Minimum:
        case Op::Maximum: {
            const int s = sign(plus(argument(0), scaled(argument(1), Polynomial(-1))));
            if (s == 0) throw NoProof();  // a kink of its own
            return argument((s > 0) == (e->op == Op::Maximum) ? 0 : 1);
        }
        case Op::Where: return select(e->arguments[0], e->arguments[1], e->arguments[2], at_order);
        case Op::Call: return make_call(e, at_order);
        default: return arithmetic(e, at_order);
    }
}

Series Taylor::make_call(Expr e, int at_order) {
    const Function& function = *e->function;
    if (function.held) throw NoProof();
    if (function.definition != nullptr) return of(function.definition(e->arguments), at_order);
    const Series& argument = of(e->arguments[0], at_order);
    if (function.name == "sqrt") return raised(argument, Polynomial(mpq_class(1, 2)));
    if (function.name == "abs" || function.name == "sign") {
        if (argument.low != 0) throw NoProof();  // a kink of its own
        const Polynomial factor(sign(argument));
        return function.name == "abs" ? scaled(argument, factor) : constant(factor);
    }
    if (function.integer_valued || function.name == "binade") throw NoProof();
    return integral_of_slope(e, at_order);
}

// g(f) = g(f(0)) + the integral of g'(f) f', by the table's derivative.
Series Taylor::integral_of_slope(Expr e, int at_order) {
    const Series f = of(e->arguments[0], at_order);
    if (f.low < 0) throw NoProof();
    mpq_class rational;
    const Polynomial at_zero = f.at(0);
    Polynomial start;
    bool known = false;
    if (at_zero.is_constant(rational)) {
        try {
            start = value_at(*e->function, rational);
            known = true;
        } catch (const NoProof&) {
        }
    }
    if (!known) start = Polynomial::atom(call(*e->function, {at_zero.expression(pool_)}));
    if (at_order <= 1) return normal({0, 1, {start}});
    Series slope{0, f.end - 1, {}};
    for (int k = 1; k < f.end; ++k) slope.c.push_back(f.at(k) * Polynomial(k));
    slope = times(of(e->function->derivatives(e->arguments, e)[0], at_order - 1), normal(std::move(slope)));
    if (slope.low < 0) throw NoProof();
    Series s{0, slope.end + 1, {start}};
    for (int k = 0; k < slope.end; ++k) s.c.push_back(slope.at(k) * Polynomial(mpq_class(1, k + 1)));
    return normal(std::move(s));
}

}  // namespace halogram
