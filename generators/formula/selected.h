// Numbers that count only where conditions hold: what the branches of where(...) give to a derivative. They are selected,
// never multiplied by 0 or 1, which would let the NaN or the infinity of a branch that is not taken through.
#pragma once

#include <vector>

#include "generators/formula/tree.h"

namespace halogram {

// `condition` holds, or (positive = false) does not.
struct Literal {
    Expr condition;
    bool positive = true;
    bool operator==(const Literal&) const = default;
};

// `value` where all literals are true, else 0, whatever `value` is there. The outermost literal is the first.
struct Selected {
    Expr value = nullptr;  // nullptr: 0
    std::vector<Literal> where = {};

    Expr expression() const;
};

// a + b; what both are selected by stays outside.
Selected operator+(const Selected& a, const Selected& b);

// The sum over features. Of a selection by feature it is selected by whether any feature is.
Selected sum(const Selected& per_feature);

}  // namespace halogram
