// Expansions of a formula at a kink: in powers of u, where a part is abs(u), the root of u^2, or the larger or smaller of two
// numbers that differ by u. From them follows whether the formula is smooth although the part is not (kinks.h).
#pragma once

#include <unordered_map>
#include <vector>

#include "generators/formula/polynomial.h"

namespace halogram {

// c[0] u^low + c[1] u^(low + 1) + ..., known up to the power before `end`. No leading zero is kept.
struct Series {
    int low = 0, end = 0;
    std::vector<Polynomial> c;

    // The coefficient of u^power. Throws NoProof where it is not known.
    Polynomial at(int power) const;
};

// No proof until the sign of an expression of parameters is known.
struct OpenSign : NoProof {
    explicit OpenSign(Expr e) : parameters(e) {}
    Expr parameters;
};

// How a part with a kink is read: as for u > 0, as for u < 0, or, at u = 0, as its subgradient there.
enum class Side { Above, Below, At };

class Taylor {
public:
    // `known`: the expansions of the parts that depend on u. Everything else does not. `work` is what may still be spent.
    Taylor(Pool& pool, Side side, std::unordered_map<Expr, Series> known, long& work);

    // Throws NoProof where there is none.
    const Series& of(Expr e) { return of(e, order); }

    static constexpr int order = 9;
    static Series constant(const Polynomial& c);
    static Series variable(const Polynomial& times);  // times * u

private:
    struct Key {
        Expr expr;
        int order;
        bool operator==(const Key&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key& k) const { return k.expr->id * 16U + static_cast<unsigned>(k.order); }
    };

    Pool& pool_;
    Side side_;
    long& work_;
    std::unordered_map<Expr, Series> known_;
    std::unordered_map<Key, Series, Hash> made_;
    std::unordered_map<Expr, bool> depends_;

    const Series& of(Expr e, int order);
    Series make(Expr e, int order);
    Series make_dependent(Expr e, int order);
    Series arithmetic(Expr e, int order);
    Series make_call(Expr e, int order);
    Series chosen(Expr condition, const Series& a, const Series& b);
    Series select(Expr condition, Expr value, Expr otherwise, int order);
    bool depends(Expr e);
    // `open_sign` is for a sign that follows from that of parameters.
    bool holds(Expr condition, int order, int open_sign = 0);
    int sign(const Series& s, int open_sign = 0);
    Series integral_of_slope(Expr e, int order);

    Series times(const Series& a, const Series& b);
    Series inverse(const Series& a) { return raised(a, Polynomial(-1)); }
    Series raised(const Series& a, const Polynomial& exponent);
    Polynomial raised(const Polynomial& base, const Polynomial& exponent);
};

}  // namespace halogram
