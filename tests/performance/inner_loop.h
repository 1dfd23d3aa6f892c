// What the machine code of a leaf function does: read from its disassembly.
#pragma once

#include <string>

namespace halogram {

struct InnerLoop {
    int instructions = 0;
    int fused = 0;           // fused multiply-adds
    int stack_accesses = 0;  // vectors written to the stack or read from it: spills
};

// The loop without a loop inside whose instructions are multiply-adds for the largest part (else the one with the most
// instructions), of the function `symbol` in an object file for x86-64. Throws std::runtime_error where there is no such
// function or loop.
InnerLoop inner_loop(const std::string& object, const std::string& symbol);

// Bytes of machine code.
long text_bytes(const std::string& object);

}  // namespace halogram
