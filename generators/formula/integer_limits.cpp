#include "generators/formula/integer_limits.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "generators/math/functions.h"

namespace halogram {

std::string IntegerLimits::text() const { return "from " + std::to_string(least) + " to " + std::to_string(most); }

IntegerLimits integer_limits(Expr formula, const std::string& name) {
    IntegerLimits limits;
    std::vector<Expr> open = {formula};
    std::unordered_set<Expr> seen;
    while (!open.empty()) {
        const Expr e = open.back();
        open.pop_back();
        if (!seen.insert(e).second) continue;
        open.insert(open.end(), e->arguments.begin(), e->arguments.end());
        if (e->op != Op::Call || e->function->integers == 0) continue;
        const Expr last = e->arguments.back();
        if (last->op != Op::IntegerParameter || last->name != name) continue;
        limits.least = std::max(limits.least, e->function->least);
        limits.most = std::min(limits.most, e->function->most);
    }
    return limits;
}

}  // namespace halogram
