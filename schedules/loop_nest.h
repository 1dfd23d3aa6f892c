// The loops of the leaf functions as text, for people.
#pragma once

#include <string>
#include <vector>

#include "schedules/compile_kernel.h"

namespace halogram {

struct LoopNest {
    std::string operation, leaf, strategy;
    std::string parameters;  // of the strategy: "rows 4, vectors 2, ..."
    std::string text;        // one line per loop, each ends with a line break
};

// Of the best variant of the request's target. Throws CompileError.
std::vector<LoopNest> loop_nests(const KernelRequest& request);

}  // namespace halogram
