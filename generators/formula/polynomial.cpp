#include "generators/formula/polynomial.h"

#include "generators/math/functions.h"

namespace halogram {

namespace {

// Beyond this many terms no proof is looked for: products of sums grow without a limit. A Matern function of order 9/2 in
// three parameters has 12.
constexpr std::size_t term_limit = 64;
constexpr long exponent_limit = 256;

bool is_root_of_number(Expr e) {
    return e->op == Op::Call && e->function->name == "sqrt" && e->arguments[0]->is_constant();
}

}  // namespace

bool Polynomial::ByFactors::operator()(const Monomial& a, const Monomial& b) const {
    if (a.size() != b.size()) return a.size() < b.size();
    for (std::size_t k = 0; k < a.size(); ++k) {
        if (a[k].first != b[k].first) return a[k].first->id < b[k].first->id;
        if (a[k].second != b[k].second) return a[k].second < b[k].second;
    }
    return false;
}

Polynomial::Polynomial(const mpq_class& constant) { add_term({}, constant); }

Polynomial Polynomial::atom(Expr e) {
    if (e->is_constant()) return Polynomial(e->constant);
    Polynomial result;
    result.add_term({{e, 1}}, 1);
    return result;
}

bool Polynomial::is_constant(mpq_class& value) const {
    if (terms_.empty()) {
        value = 0;
        return true;
    }
    if (terms_.size() > 1 || !terms_.begin()->first.empty()) return false;
    value = terms_.begin()->second;
    return true;
}

void Polynomial::add_term(const Monomial& monomial, const mpq_class& coefficient) {
    if (coefficient == 0) return;
    auto [place, is_new] = terms_.emplace(monomial, coefficient);
    if (!is_new) {
        place->second += coefficient;
        if (place->second == 0) terms_.erase(place);
    }
    if (terms_.size() > term_limit) throw NoProof();
}

Polynomial Polynomial::operator+(const Polynomial& other) const {
    Polynomial result = *this;
    for (const auto& [monomial, coefficient] : other.terms_) result.add_term(monomial, coefficient);
    return result;
}

Polynomial Polynomial::operator*(const Polynomial& other) const {
    Polynomial result;
    for (const auto& [a, of_a] : terms_)
        for (const auto& [b, of_b] : other.terms_) {
            std::map<Expr, long, ById> factors(a.begin(), a.end());
            for (const auto& [e, exponent] : b) factors[e] += exponent;
            mpq_class coefficient = of_a * of_b;
            Monomial product;
            for (auto [e, exponent] : factors) {
                if (std::labs(exponent) > exponent_limit) throw NoProof();
                while (is_root_of_number(e) && exponent > 1) {  // sqrt(5)^2 = 5
                    coefficient *= e->arguments[0]->constant;
                    exponent -= 2;
                }
                while (is_root_of_number(e) && exponent < 0) {  // 1 / sqrt(5) = sqrt(5) / 5
                    coefficient /= e->arguments[0]->constant;
                    exponent += 2;
                }
                if (exponent != 0) product.emplace_back(e, exponent);
            }
            result.add_term(product, coefficient);
        }
    return result;
}

Polynomial Polynomial::inverse(Pool& pool) const {
    if (is_zero()) throw NoProof();
    Polynomial result;
    if (terms_.size() > 1) {
        result.add_term({{expression(pool), -1}}, 1);
        return result;
    }
    Monomial inverted = terms_.begin()->first;
    for (auto& [e, exponent] : inverted) exponent = -exponent;
    result.add_term(inverted, 1 / terms_.begin()->second);
    return result * Polynomial(1);  // roots of numbers in their place
}

Expr Polynomial::expression(Pool& pool) const {
    Expr total = pool.constant(0);
    for (const auto& [monomial, coefficient] : terms_) {
        Expr above = pool.constant(1), below = above;
        for (const auto& [e, exponent] : monomial) {
            Expr& side = exponent > 0 ? above : below;
            side = multiply(side, power(e, pool.constant(std::labs(exponent))));
        }
        total = add(total, multiply(pool.constant(coefficient), divide(above, below)));
    }
    return total;
}

}  // namespace halogram
