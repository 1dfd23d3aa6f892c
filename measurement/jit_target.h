// The target of a variant for code that is compiled into this process.
#pragma once

#include "schedules/machine.h"

namespace halogram {

// Halide's own runtime comes with it, which Halide 21 does not compile with strict_float: only for what has no bits to keep.
inline Halide::Target jit_target(const Machine& machine) {
    Halide::Target target = machine.target;
    for (Halide::Target::Feature f : {Halide::Target::NoRuntime, Halide::Target::NoAsserts,
                                      Halide::Target::NoBoundsQuery, Halide::Target::StrictFloat})
        target.set_feature(f, false);
    target.set_feature(Halide::Target::JIT);
    return target;
}

}  // namespace halogram
