#include "schedules/kernel_request.h"

#include "generators/pipelines/leaf_pipelines.h"

namespace halogram {

namespace {

constexpr int assumed_features = 16;  // for estimates, where D is an argument of the call

}  // namespace

std::vector<KernelRequest> forms_of(const KernelRequest& request) {
    if (!request.tolerance) return {request};
    KernelRequest direct = request, expanded = request;
    direct.formula.expanded.reset();
    expanded.operations = {"gram"};
    return {direct, expanded};
}

std::string name_in_form(const Formula& formula, const std::string& operation) {
    return formula.expanded ? "expanded_" + operation : operation;
}

Halide::Type halide_type(const std::string& dtype) {
    if (dtype == "f32") return Halide::Float(32);
    if (dtype == "f64") return Halide::Float(64);
    throw std::invalid_argument("dtype '" + dtype + "' is not built yet; there are f32 and f64");
}

OperationCount operations_per_pair(const KernelRequest& request, const std::string& operation) {
    return operation_count(request.formula, operation, request.features > 0 ? request.features : assumed_features);
}

std::optional<TileParameters> picked_parameters(const KernelRequest& request, const std::string& isa,
                                                const std::string& operation, const LeafPipeline& leaf) {
    const nlohmann::ordered_json* record = &request.schedules;
    for (const std::string& key : {isa, name_in_form(request.formula, operation), std::string(leaf_name(leaf.kind))}) {
        if (!record->contains(key)) return std::nullopt;
        record = &record->at(key);
    }
    try {
        return parameters_of(*record);
    } catch (const nlohmann::json::exception& e) {
        throw std::invalid_argument(std::string("a schedule of ") + leaf_name(leaf.kind) + ": " + e.what());
    }
}

}  // namespace halogram
