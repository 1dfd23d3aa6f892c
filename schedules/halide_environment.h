// Halide's environment variables, kept from it: HL_DEBUG_CODEGEN=zz and HL_COMPILER_STACK_SIZE=1 abort the process,
// HL_LLVM_ARGS=zz ends it, and others could change what is compiled, which follows from the request alone.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace halogram {

class HiddenHalideEnvironment {
public:
    // Takes all that begins with HL_ out of the environment; nothing happens where there is none, as almost always.
    HiddenHalideEnvironment();
    // Puts it back: in Python the process belongs to others, who may use Halide too.
    ~HiddenHalideEnvironment();
    HiddenHalideEnvironment(const HiddenHalideEnvironment&) = delete;
    HiddenHalideEnvironment& operator=(const HiddenHalideEnvironment&) = delete;

private:
    std::vector<std::pair<std::string, std::string>> hidden_;
};

}  // namespace halogram
