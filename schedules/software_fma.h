// Fused multiply-add for instruction sets that have none (SSE4.1): sequences that round once, instead of a call of libm for
// every lane.
#pragma once

#include <Halide.h>

#include "schedules/machine.h"

namespace halogram {

bool has_fused_multiply_add(const Machine& machine);

// How it is made there.
enum class SoftwareFma {
    Unrolled,  // the sequence at its place, rounded once
    Called,    // rounded once by a function: of f64 a tenth of the code, for leaves that would not compile in seconds
    Twice,  // rounded twice, for results that are bounds with more to spare than that (0.2 instead of 5 s of compiling)
};

// Instructions at the place of one fused multiply-add on a vector, and around it.
int instructions_of_software_fma(SoftwareFma how, Halide::Type type);

// To be called before a pipeline is compiled for the machine: nothing where it has the instruction. `function`: the name of
// the function that is Called, which has to be in the same module.
void add_software_fma(Halide::Pipeline& pipeline, const Machine& machine, SoftwareFma how,
                      const std::string& function = "");
// f64 alone has one.
Halide::Internal::LoweredFunc software_fma_function(const std::string& name);

// a * b + c rounded once, for every a, b, c, from the other operations. The type may be a vector.
Halide::Expr software_fused_multiply_add(const Halide::Expr& a, const Halide::Expr& b, const Halide::Expr& c);

}  // namespace halogram
