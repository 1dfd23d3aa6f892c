// A tree as text in the formula language, with the fewest parentheses that keep its meaning.
#pragma once

#include <string>

#include "generators/formula/tree.h"

namespace halogram {

std::string to_text(Expr e);

}  // namespace halogram
