// What is asked of the compiler, and what follows from it before anything is compiled.
#pragma once

#include <Halide.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "generators/formula/parser.h"
#include "generators/pipelines/operation_count.h"
#include "schedules/halide_environment.h"
#include "schedules/strategy.h"

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
    // The direct form beside the expanded one of the formula, which computes a call only where its error bound is at most
    // this (--form auto). Nothing: the formula's form alone.
    std::optional<double> tolerance;
    std::map<std::string, std::string> parameter_descriptions = {};  // of some or all parameters, one line each
    // Parameters of schedules that were picked, as in CompiledKernel::schedules; leaves that are not named here take the
    // analytic defaults. They change the speed and no bit of a result.
    nlohmann::ordered_json schedules = nlohmann::ordered_json::object();
};

// One request for each form that `request` asks for, each with the operations that are computed in it. With a tolerance
// these are the direct form and, for K alone, which is what an error bound speaks of, the expanded one.
std::vector<KernelRequest> forms_of(const KernelRequest& request);

// An operation's name in symbols, records and reports: "gram", "expanded_gram".
std::string name_in_form(const Formula& formula, const std::string& operation);

// What `request` picks for a leaf, if it does. Throws std::invalid_argument for a record that is no set of parameters.
std::optional<TileParameters> picked_parameters(const KernelRequest& request, const std::string& isa,
                                                const std::string& operation, const LeafPipeline& leaf);

// Arithmetic per pair of points, with 16 features where D is an argument.
OperationCount operations_per_pair(const KernelRequest& request, const std::string& operation);

// Float(32) for "f32", Float(64) for "f64". Throws std::invalid_argument for what is not built yet.
Halide::Type halide_type(const std::string& dtype);

// Halide's own errors never reach a user raw.
template <typename Work>
auto translate_errors(Work&& work) {
    const HiddenHalideEnvironment hidden;
    try {
        return work();
    } catch (const Halide::Error& e) {
        const std::string text = e.what();
        throw CompileError("internal error while compiling the kernel (please report it): " +
                           text.substr(0, text.find('\n')));
    }
}

}  // namespace halogram
