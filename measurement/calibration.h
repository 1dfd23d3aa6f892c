// What this machine can do, measured in the run that uses it: the limits that times are compared with.
#pragma once

#include "schedules/machine.h"

namespace halogram {

struct Calibration {
    std::string isa;
    double instructions = 0;  // vector instructions a second: fma, or where there is none multiplications and additions
    int lanes = 0;            // numbers in one
    double exponentials = 0;  // of arguments <= 0, a second, in the first-level cache
    double store = 0;         // bytes a second to memory
    double non_temporal_store = 0;  // likewise, past the caches; 0 where there is no such instruction
    double last_level_cache = 0;    // bytes; 0: not known

    double numbers() const { return instructions * lanes; }  // operations on numbers a second
};

// Of one thread, for the vectors of a variant that this machine runs. Takes half a second.
Calibration calibrate(const Machine& machine, Halide::Type type);

}  // namespace halogram
