#include "generators/formula/normalized_product.h"

#include <algorithm>
#include <unordered_map>

#include "generators/math/functions.h"

namespace halogram {

namespace {

bool of_parameters(Expr e) { return (e->depends & (on_x | on_y)) == 0; }

// Factors of a product, x^2 counting as x twice; in the order of their nodes.
void add_factors(Expr e, std::vector<Expr>& factors) {
    if (e->op == Op::Multiply) {
        for (Expr a : e->arguments) add_factors(a, factors);
    } else if (e->op == Op::Power && e->arguments[1]->is_constant(2)) {
        for (int twice = 0; twice < 2; ++twice) add_factors(e->arguments[0], factors);
    } else {
        factors.push_back(e);
    }
}

std::vector<Expr> factors_of(Expr e) {
    std::vector<Expr> factors;
    add_factors(e, factors);
    std::sort(factors.begin(), factors.end(), [](Expr a, Expr b) { return a->id < b->id; });
    return factors;
}

// c * sum(factors) + b, as its parts; of sums of points alone.
struct Product {
    std::vector<Expr> outside, inside;
    Expr summand = nullptr;
    bool valid = false;
};

Product product_of(Expr e) {
    Product result;
    if (e->op == Op::Add) {
        Expr a = e->arguments[0], b = e->arguments[1];
        if (of_parameters(a)) std::swap(a, b);
        if (!of_parameters(b)) return result;
        result.summand = b;
        e = a;
    }
    std::vector<Expr> sums;
    for (Expr factor : factors_of(e)) (of_parameters(factor) ? result.outside : sums).push_back(factor);
    if (sums.size() != 1 || sums[0]->op != Op::Sum) return result;
    result.inside = factors_of(sums[0]->arguments[0]);
    result.valid = true;
    return result;
}

// What depends on a point, apart from the rest.
std::vector<Expr> points_in(const std::vector<Expr>& factors, unsigned point) {
    std::vector<Expr> found;
    for (Expr f : factors)
        if ((f->depends & (on_x | on_y)) == point) found.push_back(f);
    return found;
}

// The product with both points the same: `own` twice.
bool is_of_one_point(const Product& product, const Product& mixed, const std::vector<Expr>& own) {
    std::vector<Expr> expected = points_in(mixed.inside, 0);
    for (int twice = 0; twice < 2; ++twice) expected.insert(expected.end(), own.begin(), own.end());
    std::sort(expected.begin(), expected.end(), [](Expr a, Expr b) { return a->id < b->id; });
    return product.valid && product.outside == mixed.outside && product.summand == mixed.summand &&
           product.inside == expected;
}

bool is_root(Expr e) { return e->op == Op::Call && e->function == find_function("sqrt"); }

}  // namespace

bool is_normalized_product(Expr e) {
    if (e->op != Op::Divide) return false;
    // Both radicands: of sqrt(a) sqrt(b) or of sqrt(a b).
    Expr below = e->arguments[1];
    std::vector<Expr> radicands;
    if (is_root(below)) below = below->arguments[0];
    if (below->op != Op::Multiply) return false;
    for (Expr a : below->arguments) radicands.push_back(is_root(a) && below == e->arguments[1] ? a->arguments[0] : a);

    const Product mixed = product_of(e->arguments[0]);
    if (!mixed.valid) return false;
    const std::vector<Expr> of_x = points_in(mixed.inside, on_x), of_y = points_in(mixed.inside, on_y);
    const std::size_t others = points_in(mixed.inside, 0).size();
    if (of_x.empty() || of_y.empty() || of_x.size() + of_y.size() + others != mixed.inside.size()) return false;
    const Product first = product_of(radicands[0]), second = product_of(radicands[1]);
    return (is_of_one_point(first, mixed, of_x) && is_of_one_point(second, mixed, of_y)) ||
           (is_of_one_point(first, mixed, of_y) && is_of_one_point(second, mixed, of_x));
}

}  // namespace halogram
