// Polynomials with rational coefficients over subexpressions of a tree, exponents of any sign: where two of them are equal
// as polynomials, the expressions are equal. What proofs at kinks are made of (taylor.h).
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "generators/formula/tree.h"

namespace halogram {

// No proof: what was asked has no such form, or one that is too large to look for.
struct NoProof {};

class Polynomial {
public:
    Polynomial() = default;
    Polynomial(const mpq_class& constant);
    Polynomial(long constant) : Polynomial(mpq_class(constant)) {}
    // One subexpression, taken for a number of its own.
    static Polynomial atom(Expr e);

    std::size_t size() const { return terms_.size(); }
    bool is_zero() const { return terms_.empty(); }
    // Whether it is a rational number; `value` becomes that.
    bool is_constant(mpq_class& value) const;
    bool operator==(const Polynomial& other) const { return terms_ == other.terms_; }

    Polynomial operator+(const Polynomial& other) const;
    Polynomial operator*(const Polynomial& other) const;
    Polynomial operator-(const Polynomial& other) const { return *this + other * Polynomial(-1); }
    // 1 / this; of several terms it is a number of its own.
    Polynomial inverse(Pool& pool) const;

    Expr expression(Pool& pool) const;

private:
    struct ById {
        bool operator()(Expr a, Expr b) const { return a->id < b->id; }
    };
    using Monomial = std::vector<std::pair<Expr, long>>;  // by id, exponents that are not 0
    struct ByFactors {
        bool operator()(const Monomial& a, const Monomial& b) const;
    };
    std::map<Monomial, mpq_class, ByFactors> terms_;  // coefficients that are not 0

    void add_term(const Monomial& monomial, const mpq_class& coefficient);
};

}  // namespace halogram
