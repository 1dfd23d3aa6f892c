// One operation of a kernel for one machine: its leaf functions, scheduled and lowered, in one Halide module.
#pragma once

#include "library/kernel_interface.h"
#include "schedules/kernel_request.h"
#include "schedules/machine.h"

namespace halogram {

// Of a parameter that is no constant.
ParameterKind kind_of(const FormulaParameter& parameter);

// What a library says of the kernel, without variants: those are added as their operations are made. In the form that the
// formula says.
KernelInterface interface_of(const KernelRequest& request);

// The variant of `machine`, without leaves, appended to those of `interface`.
InterfaceVariant& add_variant(const KernelRequest& request, const Machine& machine, KernelInterface& interface);

struct OperationModule {
    std::string operation;
    Halide::Module module;
    LeafSymbols symbols;  // of its own leaves and of those that it shares with the last machine
    PreparedCounts counts;
    int pair_planes = 0, bound_x = 0, bound_y = 0;
    nlohmann::ordered_json schedules;  // leaf -> strategy and its parameters

    std::string object() const;  // compiled: the bytes of an object file
    void describe_in(KernelInterface& interface, InterfaceVariant& variant) const;
};

// `last` is the machine whose object holds what all variants share.
OperationModule operation_module(const KernelRequest& request, const std::string& operation, const Machine& machine,
                                 const Machine& last);

}  // namespace halogram
