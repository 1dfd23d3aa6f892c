// From a formula to compiled leaf functions: pipelines, schedules, objects for every variant of a target.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "library/kernel_interface.h"
#include "schedules/kernel_request.h"

namespace halogram {

struct CompiledKernel {
    KernelInterface interface;
    std::map<std::string, std::string> leaf_objects;  // file name -> bytes
    nlohmann::ordered_json schedules;                 // variant -> leaf -> strategy and its parameters
};

// `progress(done, total, what)` is called before each leaf is compiled; it may be empty.
// Throws CompileError, std::invalid_argument for a target that is not built yet or for schedules outside of the spaces of
// the strategies.
CompiledKernel compile_kernel(const KernelRequest& request,
                              const std::function<void(int done, int total, const std::string& what)>& progress = {});

}  // namespace halogram
