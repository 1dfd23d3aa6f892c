// How many instructions a Halide expression becomes: what schedules and pipelines weigh before code is written twice.
#pragma once

#include <Halide.h>

#include <vector>

namespace halogram {

// Of the operations on one vector, what is shared counted once; `of_fused_multiply_add` of each of those.
int instructions_of(const std::vector<Halide::Expr>& values, int of_fused_multiply_add = 1);

}  // namespace halogram
