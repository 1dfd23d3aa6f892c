// A tree as text in the formula language, with the fewest parentheses that keep its meaning.
#pragma once

#include <map>
#include <string>

#include "generators/formula/tree.h"

namespace halogram {

// Expressions that print as a name.
using ExpressionNames = std::map<Expr, std::string>;

// A part that occurs more than once is written once, as `let t1 = ... in ...` (a difference such as x - y is short
// enough to repeat): the text grows with the tree, not with the number of paths through it.
std::string to_text(Expr e, const ExpressionNames& names = {});

}  // namespace halogram
