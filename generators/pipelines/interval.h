// Bounds of what is computed over all arguments of a set, as Halide stages in f64: the rules of the running error bound
// (formula/error_bound.h) with an interval in the place of the exact value.
#pragma once

#include <Halide.h>

#include <map>
#include <vector>

#include "generators/formula/error_bound.h"

namespace halogram {

// The exact value lies in [low, high], and what is computed within `error` of it. An infinite error says that no bound
// is known.
struct Interval {
    Halide::Expr low, high, error;
};

class Intervals {
public:
    static inline const Halide::Var segment{"segment"};  // of every stage

    // `given` are the intervals of parts of the tree, as expressions of `segment`; everything else follows from them.
    // `stages` receives a Func for each node: expressions would grow exponentially.
    Intervals(std::map<Expr, Interval> given, const Arithmetic& arithmetic, std::vector<Halide::Func>& stages);

    // The values alone: errors are 0, or infinite where no interval is known.
    Intervals(std::map<Expr, Interval> given, std::vector<Halide::Func>& stages);

    // Of a lowered scalar tree.
    Interval of(Expr lowered);

private:
    // Whether a condition holds, or fails, for all arguments, however they are rounded.
    struct Certainty {
        Halide::Expr holds, fails;
    };

    std::map<Expr, Interval> intervals_;
    Arithmetic arithmetic_;
    bool values_only_ = false;
    std::vector<Halide::Func>& stages_;

    Interval stage(const Interval& value);
    Interval rounded(Interval value, double operations) const;
    Interval operation(Expr e);
    Interval product(Expr e);
    Interval quotient(Expr e);
    Interval power(Expr e);
    Interval function(Expr e);
    Interval choice(Expr e);
    Certainty certainty(Expr condition);
    Halide::Expr steepest(Expr call, const Interval& a);
};

// A constant of these stages.
inline Halide::Expr real(double value) { return Halide::Expr(value); }
// The largest magnitude in the interval.
Halide::Expr magnitude(const Interval& a);

}  // namespace halogram
