#include "library/manifest.h"

#include "library/leaf_roles.h"
#include "library/sha256.h"
#include "library/signature.h"

namespace halogram {
namespace {

using Json = nlohmann::ordered_json;

// The layout of the manifest; raised when a field changes its meaning or goes away.
constexpr int manifest_version = 1;
constexpr int abi_version = 1;

const char* name_of(ParameterKind kind) {
    switch (kind) {
        case ParameterKind::Scalar: return "scalar";
        case ParameterKind::Integer: return "integer";
        case ParameterKind::Vector: break;
    }
    return "vector";
}

const char* name_of(Symmetry symmetry) {
    switch (symmetry) {
        case Symmetry::None: return "none";
        case Symmetry::Mathematical: return "mathematical";
        case Symmetry::Bits: break;
    }
    return "bits";
}

Json parameters_of(const KernelInterface& kernel) {
    Json result = Json::array();
    for (const InterfaceParameter& parameter : kernel.parameters) {
        Json entry = {{"name", parameter.name}, {"c_name", parameter.c_name}, {"kind", name_of(parameter.kind)}};
        if (!parameter.description.empty()) entry["description"] = parameter.description;
        result.push_back(std::move(entry));
    }
    return result;
}

Json leaves_of(const LeafSymbols& symbols, const std::string& operation) {
    Json result = Json::object();
    for (const LeafRole& role : leaf_roles(operation)) {
        const auto symbol = symbols.find(role.name);
        if (symbol != symbols.end()) result[role.name] = symbol->second;
    }
    return result;
}

Json variants_of(const KernelInterface& kernel) {
    Json result = Json::array();
    for (const InterfaceVariant& variant : kernel.variants) {
        Json leaves = Json::object();
        for (const std::string& operation : kernel.operations)
            leaves[operation] = leaves_of(variant.leaves.at(operation), operation);
        result.push_back({{"isa", variant.isa},
                          {"vector_bytes", variant.vector_bytes},
                          {"row_multiple", variant.row_multiple},
                          {"column_multiple", variant.column_multiple},
                          {"leaves", std::move(leaves)}});
    }
    return result;
}

Json functions_of(const KernelInterface& kernel) {
    Json result = Json::array();
    for (const EntryPoint& entry_point : entry_points(kernel)) result.push_back(entry_point.name);
    return result;
}

Json kernel_entry(const KernelInterface& kernel) {
    Json result = {{"name", kernel.c_name}, {"formula", kernel.formula}};
    if (!kernel.constants.empty()) result["constants"] = kernel.constants;
    if (!kernel.description.empty()) result["description"] = kernel.description;
    result["dtype"] = kernel.dtype;
    if (kernel.features == 0)
        result["features"] = "any";
    else
        result["features"] = kernel.features;
    result["parameters"] = parameters_of(kernel);
    result["operations"] = kernel.operations;
    result["functions"] = functions_of(kernel);
    result["form"] = kernel.form;
    result["math"] = kernel.math;
    if (kernel.form == "auto") result["tolerance"] = kernel.tolerance;
    result["symmetry"] = name_of(kernel.symmetry);
    result["derivatives"] = Json::object();
    for (const auto& [variable, text] : kernel.derivatives) result["derivatives"][variable] = text;
    result["operations_per_pair"] = kernel.operations_per_pair;
    result["gram_operations"] = kernel.gram_operations;
    result["variants"] = variants_of(kernel);
    for (const KernelInterface& form : kernel.expanded) result["expanded_variants"] = variants_of(form);
    return result;
}

}  // namespace

std::string manifest(const LibraryInput& input, const std::string& halogram_version,
                     const std::vector<std::pair<std::string, std::string_view>>& files) {
    Json result = {{"manifest_version", manifest_version},
                   {"name", input.name},
                   {"halogram_version", halogram_version},
                   {"halide_version", input.halide_version},
                   {"abi_version", abi_version}};
    result["kernels"] = Json::array();
    for (const KernelInterface& kernel : input.kernels) result["kernels"].push_back(kernel_entry(kernel));
    result["schedules"] = input.schedules;
    result["files"] = Json::object();
    for (const auto& [name, contents] : files)
        result["files"][name] = {{"bytes", contents.size()}, {"sha256", sha256(contents)}};
    // Text that is not UTF-8 (a description, say) must not cost the library.
    return result.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace halogram
