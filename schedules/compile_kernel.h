// From a formula to compiled leaf functions: pipelines, schedules, objects for every variant of a target.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "generators/formula/parser.h"
#include "library/kernel_interface.h"

namespace halogram {

// Something went wrong inside the compiler, with a kernel that was accepted: one clear line.
class CompileError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct KernelRequest {
    std::string c_name;
    Formula formula;
    std::string description;              // one line, may be empty
    std::string dtype;                    // "f32" or "f64"
    int features = 0;                     // 0: an argument of the call
    std::vector<std::string> operations;  // "gram", "gram_vjp"
    std::string target = "host";
};

struct CompiledKernel {
    KernelInterface interface;
    std::map<std::string, std::string> leaf_objects;  // file name -> bytes
    nlohmann::ordered_json schedules;                 // variant -> leaf -> strategy and its parameters
};

// `progress(done, total, what)` is called before each leaf is compiled; it may be empty.
// Throws CompileError, std::invalid_argument for a target that is not built yet.
CompiledKernel compile_kernel(const KernelRequest& request,
                              const std::function<void(int done, int total, const std::string& what)>& progress = {});

// The loop nest of each leaf of the best variant, as text.
std::string loop_nests(const KernelRequest& request);

// Arithmetic operations per pair of points, counted on the trees with D features (16 where D is an argument).
int operations_per_pair(const KernelRequest& request, const std::string& operation);

}  // namespace halogram
