// What a schedule needs to know of a machine.
#pragma once

#include <Halide.h>

#include <string>
#include <vector>

namespace halogram {

struct Machine {
    std::string isa;        // the variant's name in the library: "avx512"
    Halide::Target target;  // complete, for ahead-of-time leaf functions
    int vector_bits;
    int registers;  // vector registers

    bool has_many_registers() const { return registers >= 32; }
    int lanes(Halide::Type type) const { return vector_bits / type.bits(); }
};

// The variants of a target such as "x86-64-linux" or "host", best first. Throws std::invalid_argument for a target that
// is not built yet, with the names of those that are.
std::vector<Machine> machines_of(const std::string& target);

}  // namespace halogram
