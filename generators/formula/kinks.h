// Where parts of a formula have a kink - a root or an absolute value at 0, a tie of max and min, a function whose slope
// there is a convention - and whether the formula is smooth there all the same.
#pragma once

#include <unordered_map>
#include <vector>

#include "generators/formula/tree.h"

namespace halogram {

// A kink of the part `node`, where `condition` holds. Of parts that have theirs at the same place, such as min(x, y) and
// abs(x - y), one leads; what is proved is proved for all of them.
struct Kink {
    Expr node, condition;
    // What all paths from the part lead through and where the kink is proved to have gone: a function that is the same on both
    // sides up to the square of u, where the part is abs(u), sqrt(u^2) or an extremum of two numbers that differ by u.
    // nullptr: no proof was found.
    Expr smooth = nullptr;
    // d2 smooth / du^2 there less what the rules of derivatives with their subgradients give, per scale of what stands in the
    // part: to be added, times u, to d smooth / du. nullptr: another part leads, nothing is to be added.
    Expr curvature = nullptr;
};

// Functions whose definition is made of parts with a kink as these parts.
Expr with_kinks_written_out(Expr value);

// By their parts. Only kinks that move with points, not those of parameters alone.
using Kinks = std::unordered_map<Expr, Kink>;
Kinks kinks_of(Expr value);

// `value` with the second argument's derivative NaN, although it does not depend on it: the value of a derivative where
// there is a convention and no second derivative.
Expr not_smooth_in(Expr value, Expr u);

}  // namespace halogram
