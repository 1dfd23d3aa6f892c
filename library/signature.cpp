#include "library/signature.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "library/c_text.h"
#include "library/error.h"
#include "library/leaf_roles.h"
#include "library/names.h"

namespace halogram {
namespace {

void append(std::vector<CArgument>& arguments, const std::vector<CArgument>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
}

std::vector<CArgument> size_arguments(const KernelInterface& kernel) {
    std::vector<CArgument> arguments = {{"int64_t ", "n"}, {"int64_t ", "m"}};
    if (kernel.features == 0) arguments.push_back({"int64_t ", "d"});
    return arguments;
}

std::vector<CArgument> point_and_parameter_arguments(const KernelInterface& kernel) {
    const std::string element = c_element_type(kernel);
    std::vector<CArgument> arguments = {
        {"const " + element + " *", "x"}, {"int64_t ", "ldx"}, {"const " + element + " *", "y"}, {"int64_t ", "ldy"}};
    for (const InterfaceParameter& parameter : kernel.parameters) {
        switch (parameter.kind) {
            case ParameterKind::Scalar: arguments.push_back({element + " ", parameter.c_name}); break;
            case ParameterKind::Integer: arguments.push_back({"int32_t ", parameter.c_name}); break;
            case ParameterKind::Vector: arguments.push_back({"const " + element + " *", parameter.c_name}); break;
        }
    }
    return arguments;
}

std::vector<CArgument> matrix_arguments(const KernelInterface& kernel, const std::string& operation) {
    const std::string element = c_element_type(kernel);
    if (operation == "gram") return {{element + " *", "k"}, {"int64_t ", "ldk"}};
    std::vector<CArgument> arguments = {{"const " + element + " *", "g"}, {"int64_t ", "ldg"},
                                        {element + " *", "gx"},           {"int64_t ", "ldgx"},
                                        {element + " *", "gy"},           {"int64_t ", "ldgy"}};
    for (const InterfaceParameter& parameter : kernel.parameters)
        if (parameter.kind != ParameterKind::Integer) arguments.push_back({element + " *", "g" + parameter.c_name});
    return arguments;
}

void check_leaves(const KernelInterface& kernel, const std::string& operation, const LeafSymbols& symbols) {
    const std::string where = "kernel '" + kernel.c_name + "', " + operation + ": the leaf function '";
    std::set<std::string> roles;
    for (const LeafRole& role : leaf_roles(operation)) {
        roles.insert(role.name);
        if (role.required && symbols.count(role.name) == 0) throw LibraryError(where + role.name + "' is missing");
    }
    for (const auto& [role, symbol] : symbols) {
        if (roles.count(role) == 0) throw LibraryError(where + role + "' has no role");
        const bool identifier = std::all_of(symbol.begin(), symbol.end(),
                                            [](unsigned char c) { return c < 128 && (std::isalnum(c) || c == '_'); });
        if (symbol.empty() || !identifier || std::isdigit(static_cast<unsigned char>(symbol[0])))
            throw LibraryError(where + role + "' has the symbol '" + symbol + "', which is not an identifier");
    }
}

void check_variant(const KernelInterface& kernel, const InterfaceVariant& variant) {
    const bool plain = std::all_of(variant.isa.begin(), variant.isa.end(),
                                   [](unsigned char c) { return c < 128 && (std::isalnum(c) || c == '_'); });
    if (variant.isa.empty() || !plain)
        throw LibraryError("kernel '" + kernel.c_name + "': the variant name '" + variant.isa + "' is not plain");
    for (const std::string& operation : kernel.operations) {
        const auto leaves = variant.leaves.find(operation);
        if (leaves == variant.leaves.end())
            throw LibraryError("kernel '" + kernel.c_name + "': the variant '" + variant.isa +
                               "' lacks the operation '" + operation + "'");
        check_leaves(kernel, operation, leaves->second);
    }
}

}  // namespace

void check_kernel_interface(const KernelInterface& kernel) {
    const std::string problem = c_name_problem(kernel.c_name);
    if (!problem.empty()) throw LibraryError("'" + kernel.c_name + "' cannot name a kernel in C: " + problem);
    const std::string who = "kernel '" + kernel.c_name + "': ";
    c_element_size(kernel);
    if (kernel.features < 0) throw LibraryError(who + "the number of features is negative");
    if (kernel.operations.empty()) throw LibraryError(who + "no operation is asked for");
    for (const std::string& operation : kernel.operations) {
        if (operation != "gram" && operation != "gram_vjp")
            throw LibraryError(who + "the operation '" + operation + "' has no C interface yet");
        if (std::count(kernel.operations.begin(), kernel.operations.end(), operation) > 1)
            throw LibraryError(who + "the operation '" + operation + "' is listed twice");
    }
    if (kernel.variants.empty()) throw LibraryError(who + "it has no variant for any instruction set");
    for (const KernelInterface& form : kernel.expanded) check_kernel_interface(form);
    std::set<std::string> names;
    for (const InterfaceVariant& variant : kernel.variants) {
        check_variant(kernel, variant);
        if (!names.insert(variant.isa).second) throw LibraryError(who + "two variants are named '" + variant.isa + "'");
    }
    for (const EntryPoint& entry_point : entry_points(kernel)) {
        names.clear();
        for (const CArgument& argument : entry_point.arguments)
            if (!names.insert(argument.name).second)
                throw LibraryError(who + "two arguments of " + entry_point.name + " are named '" + argument.name + "'");
    }
}

void check_kernel_interfaces(const std::vector<KernelInterface>& kernels) {
    if (kernels.empty()) throw LibraryError("a library needs at least one kernel");
    std::set<std::string> functions;
    for (const KernelInterface& kernel : kernels) {
        check_kernel_interface(kernel);
        for (const EntryPoint& entry_point : entry_points(kernel))
            if (!functions.insert(entry_point.name).second)
                throw LibraryError("two kernels of the library define the function " + entry_point.name);
    }
}

std::string c_element_type(const KernelInterface& kernel) {
    if (kernel.dtype == "f32") return "float";
    if (kernel.dtype == "f64") return "double";
    throw LibraryError("kernel '" + kernel.c_name + "': the dtype '" + kernel.dtype + "' has no C interface yet");
}

int c_element_size(const KernelInterface& kernel) { return c_element_type(kernel) == "float" ? 4 : 8; }

std::string formula_with_constants(const KernelInterface& kernel) {
    std::string text = kernel.formula, separator = " with ";
    for (const auto& [name, value] : kernel.constants) {
        text.append(separator).append(name).append(" = ").append(value);
        separator = ", ";
    }
    return text;
}

std::vector<EntryPoint> entry_points(const KernelInterface& kernel) {
    std::vector<EntryPoint> result;
    const CArgument options = {"const hg_options *", "options"};
    for (const std::string& operation : kernel.operations) {
        EntryPoint plain{operation, EntryPointForm::Plain, kernel.c_name + "_" + operation, "hg_status ", {}};
        plain.arguments = size_arguments(kernel);
        append(plain.arguments, point_and_parameter_arguments(kernel));
        append(plain.arguments, matrix_arguments(kernel, operation));

        EntryPoint with{operation, EntryPointForm::With, plain.name + "_with", plain.return_type, {options}};
        append(with.arguments, plain.arguments);

        EntryPoint workspace{operation, EntryPointForm::Workspace, plain.name + "_workspace", "hg_status ", {options}};
        append(workspace.arguments, size_arguments(kernel));
        workspace.arguments.push_back({"size_t *", "bytes"});

        result.push_back(std::move(plain));
        result.push_back(std::move(with));
        result.push_back(std::move(workspace));
        if (operation != "gram" || kernel.form == "direct") continue;
        EntryPoint error_bound{
            operation, EntryPointForm::ErrorBound, kernel.c_name + "_gram_error_bound", "hg_status ", {}};
        error_bound.arguments = size_arguments(kernel);
        append(error_bound.arguments, point_and_parameter_arguments(kernel));
        error_bound.arguments.push_back({c_element_type(kernel) + " *", "bound"});
        result.push_back(std::move(error_bound));
    }
    result.push_back({"", EntryPointForm::Info, kernel.c_name + "_info", "const hg_info *", {}});
    return result;
}

std::string declaration(const EntryPoint& entry_point, const std::string& prefix) {
    std::vector<std::string> items;
    for (const CArgument& argument : entry_point.arguments) items.push_back(argument.type + argument.name);
    if (items.empty()) items.push_back("void");
    return c_call_text(prefix + entry_point.return_type + entry_point.name + "(", items, ")");
}

}  // namespace halogram
