// The definition of accuracy: a running bound of the rounding error, carried through the tree beside the exact value.
#pragma once

#include <vector>

#include "generators/formula/interpreter.h"

namespace halogram {

struct BoundedValue {
    Real value;  // exact to 256 bits
    Real error;  // computed values lie within this distance, wherever no intermediate overflows
};

// Format of the arithmetic: unit roundoff and the largest error of one underflow.
struct Arithmetic {
    double unit_roundoff, underflow;
    bool single;        // which of a function's stated errors holds
    bool fast = false;  // the fast tier of functions
    double stated_ulp(const Function& function) const;
};
inline constexpr Arithmetic f32_arithmetic{0x1p-24, 0x1p-150, true};
inline constexpr Arithmetic f64_arithmetic{0x1p-53, 0x1p-1074, false};

// `lowered` is a lowered tree (lower.h), the sequence of operations that is really computed; the inputs are taken as
// exact. u per IEEE operation, the stated error per function (1 ulp is at most 2 u), roundings_of_sum(D) u times the sum
// of the terms' magnitudes for a sum over features, condition numbers from the exact values; where a condition may be
// decided either way, both branches count.
std::vector<BoundedValue> evaluate_with_bound(Expr lowered, const Inputs& inputs, const Arithmetic& arithmetic);
// Several trees at once: what they share is evaluated once.
std::vector<std::vector<BoundedValue>> evaluate_all_with_bound(const std::vector<Expr>& lowered, const Inputs& inputs,
                                                               const Arithmetic& arithmetic);

}  // namespace halogram
