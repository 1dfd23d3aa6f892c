// The expanded form of a kernel of a squared distance: sum((a - b)^2) from sum(a^2) + sum(b^2) - 2 sum(a b), a matrix
// product and one number per point. Half of the operations per feature; it cancels where points are close together.
#pragma once

#include <optional>

#include "generators/formula/tree.h"

namespace halogram {

// `root` with `part` replaced, of plain nodes: nothing else is simplified or moved.
Expr with_part(Expr root, Expr part, Expr replacement);

struct ExpandedForm {
    // Of a lowered tree whose only reduction over features that mixes x and y is sum(w (f(x) - f(y))^2), with w free of
    // points; nothing for another one.
    static std::optional<ExpandedForm> of(Expr lowered);

    // `lowered` with the distance replaced: the kernel's value, or what its derivatives are made of.
    Expr apply(Expr lowered) const { return with_distance(lowered, expanded); }
    Expr with_distance(Expr lowered, Expr distance) const { return with_part(lowered, direct, distance); }

    Expr direct = nullptr;                                   // the sum of squared differences
    Expr expanded = nullptr;                                 // what stands for it; never negative unless a weight is
    Expr of_x = nullptr, of_y = nullptr, product = nullptr;  // its three sums: of_x and of_y of one point each
    Expr lowest = nullptr;  // of the exact distance: 0, or -infinity where a weight may be negative
    Expr weight = nullptr;  // w, per feature; nullptr: 1
    Expr part = nullptr;    // f(x), per feature
    // f is linear: x and y may both be moved by one vector, which makes the sums small.
    bool translation_invariant = false;
};

}  // namespace halogram
