// Whole numbers that a formula has a value for.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "generators/formula/tree.h"

namespace halogram {

struct IntegerLimits {
    std::int32_t least = std::numeric_limits<std::int32_t>::min();
    std::int32_t most = std::numeric_limits<std::int32_t>::max();

    bool contain(const mpq_class& value) const { return value >= least && value <= most; }
    std::string text() const;  // "from 0 to 3"
};

// Of the integer parameter `name`: what every function that takes it has a value for (Function::least and most). The
// formula is NaN beyond.
IntegerLimits integer_limits(Expr formula, const std::string& name);

}  // namespace halogram
