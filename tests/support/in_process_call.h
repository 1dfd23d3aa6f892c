// One call of a kernel that was compiled into this process, with the inputs and outputs of a generated library's call.
#pragma once

#include <cstdlib>

#include "runtime/hg_internal.h"
#include "schedules/in_process.h"
#include "schedules/machine.h"
#include "tests/support/kernel_problem.h"

namespace halogram {

// For what is compiled and called from now on; false where this machine cannot run it.
inline bool use_variant_in_process(const std::string& isa) {
    const int number = hg1_isa_number(isa.c_str());
    if (number < 0 || hg1_isa_supported(number) == 0) return false;
    setenv("HALOGRAM_ISA", isa.c_str(), 1);
    hg1_isa_choice = 0;  // read the environment anew
    return true;
}

// Those of the host's target that this machine can run, the best one first.
inline std::vector<std::string> variants_of_this_machine() {
    std::vector<std::string> names;
    for (const Machine& machine : machines_of("host"))
        if (hg1_isa_supported(hg1_isa_number(machine.isa.c_str())) != 0) names.push_back(machine.isa);
    return names;
}

// Both operations.
template <typename T>
std::unique_ptr<KernelOutputs<T>> run(const InProcessKernel& compiled, const KernelProblem<T>& p,
                                      const hg_options& options) {
    auto out = std::make_unique<KernelOutputs<T>>(p);
    std::vector<hg1_value> values;
    std::vector<void*> gradients;
    std::size_t real = 0;
    for (std::size_t k = 0; k < p.parameters.size(); ++k) {
        const ParameterKind kind = p.kernel.parameters[k].kind;
        const T number = (*p.parameters[k])(0, 0);
        hg1_value value{};
        if (kind == ParameterKind::Vector)
            value.vector = p.parameters[k]->data();
        else if (kind == ParameterKind::Integer)
            value.integer = static_cast<std::int32_t>(number);
        else if constexpr (sizeof(T) == sizeof(float))
            value.f32 = number;
        else
            value.f64 = number;
        values.push_back(value);
        gradients.push_back(kind == ParameterKind::Integer ? nullptr : out->parameters[real++]->data());
    }
    hg1_call call{};
    call.n = p.shape.n;
    call.m = p.shape.m;
    call.d = p.shape.d;
    call.x = p.x.data();
    call.ldx = p.x.ld;
    call.y = p.shape.self ? nullptr : p.y.data();
    call.ldy = p.y.ld;
    call.parameters = values.data();
    call.k = out->k.data();
    call.ldk = out->k.ld;
    EXPECT_EQ(hg1_gram(compiled.kernel(), &options, &call), HG_OK) << p.kernel.c_name;
    call.k = nullptr;
    call.g = p.g.data();
    call.ldg = p.g.ld;
    call.gx = out->gx.data();
    call.ldgx = out->gx.ld;
    call.gy = p.shape.self ? nullptr : out->gy.data();
    call.ldgy = out->gy.ld;
    call.gparameters = gradients.data();
    EXPECT_EQ(hg1_gram_vjp(compiled.kernel(), &options, &call), HG_OK) << p.kernel.c_name;
    return out;
}

}  // namespace halogram
