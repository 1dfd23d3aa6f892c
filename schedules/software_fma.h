// Fused multiply-add for instruction sets that have none (SSE4.1): sequences that round once, instead of a call of libm for
// every lane.
#pragma once

#include <Halide.h>

#include "schedules/machine.h"

namespace halogram {

bool has_fused_multiply_add(const Machine& machine);

// To be called before a pipeline is compiled for the machine: nothing where it has the instruction. `exact`: rounded once;
// else twice, for results that are bounds with more to spare than that (0.2 instead of 5 s of compiling).
void add_software_fma(Halide::Pipeline& pipeline, const Machine& machine, bool exact);

// a * b + c rounded once, for every a, b, c, from the other operations. The type may be a vector.
Halide::Expr software_fused_multiply_add(const Halide::Expr& a, const Halide::Expr& b, const Halide::Expr& c);

}  // namespace halogram
