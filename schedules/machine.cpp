#include "schedules/machine.h"

#include <stdexcept>

namespace halogram {

namespace {

// A leaf is a pure function: no runtime, no checks (the C wrapper made them), no reordering of floating point.
Halide::Target leaf_target(const std::string& features) {
    Halide::Target target("x86-64-linux" + features);
    for (Halide::Target::Feature f : {Halide::Target::NoRuntime, Halide::Target::NoAsserts,
                                      Halide::Target::NoBoundsQuery, Halide::Target::StrictFloat})
        target.set_feature(f);
    return target;
}

}  // namespace

std::vector<Machine> machines_of(const std::string& target) {
    if (target == "host") {
        const Halide::Target host = Halide::get_host_target();
        if (host.arch != Halide::Target::X86 || host.bits != 64 || host.os != Halide::Target::Linux)
            throw std::invalid_argument("this machine is not x86-64 with Linux, the only target that is built yet");
    } else if (target != "x86-64-linux") {
        throw std::invalid_argument("target '" + target + "' is not built yet; there is x86-64-linux (and host)");
    }
    return {
        {"avx512", leaf_target("-sse41-avx-f16c-fma-avx2-avx512-avx512_skylake"), 512, 32},
        {"avx2", leaf_target("-sse41-avx-f16c-fma-avx2"), 256, 16},
        {"sse41", leaf_target("-sse41"), 128, 16},
    };
}

}  // namespace halogram
