#include "library/c_source.h"

#include <set>
#include <sstream>
#include <utility>

#include "library/c_text.h"
#include "library/joined.h"
#include "library/leaf_roles.h"
#include "library/signature.h"

namespace halogram {
namespace {

using Field = std::pair<std::string, std::string>;

// Tables and locals carry the runtime's prefix, which no parameter has (c_parameter_names): nothing can shadow them.
std::string table_name(const KernelInterface& kernel, const std::string& what) {
    return "hg1_" + kernel.form + "_table_" + kernel.c_name + "__" + what;
}

std::string wrapper(const std::string& leaf_symbol) { return leaf_symbol + "_argv"; }

std::string number(double value) {
    std::ostringstream text;
    text.precision(17);
    text << value;
    return text.str();
}

std::string table(const std::string& type, const std::string& name, const std::vector<Field>& fields) {
    std::string result = "static const " + type + " " + name + " = {\n";
    for (const auto& [field, value] : fields) result += "    ." + field + " = " + value + ",\n";
    return result + "};\n";
}

std::string string_table(const std::string& name, const std::string& text) {
    return "static const char " + name + "[] = " + c_string_initializer(text) + ";\n";
}

std::string leaf_table(const KernelInterface& kernel, const InterfaceVariant& variant, const std::string& operation) {
    const LeafSymbols& symbols = variant.leaves.at(operation);
    std::vector<Field> fields;
    for (const LeafRole& role : leaf_roles(operation)) {
        const auto symbol = symbols.find(role.name);
        fields.emplace_back(role.field, symbol == symbols.end() ? "NULL" : wrapper(symbol->second));
    }
    return table("hg1_" + operation + "_leaves", table_name(kernel, operation + "_" + variant.isa), fields);
}

std::string variant_table(const KernelInterface& kernel) {
    std::string result = "static const hg1_variant " + table_name(kernel, "variants") + "[] = {\n";
    for (const InterfaceVariant& variant : kernel.variants) {
        result += "    {\n        .isa = " + c_string_initializer(variant.isa) + ",\n";
        result += "        .vector_bytes = " + std::to_string(variant.vector_bytes) + ",\n";
        result += "        .row_multiple = " + std::to_string(variant.row_multiple) + ",\n";
        result += "        .column_multiple = " + std::to_string(variant.column_multiple) + ",\n";
        for (const std::string& operation : kernel.operations)
            result += "        ." + operation + " = &" + table_name(kernel, operation + "_" + variant.isa) + ",\n";
        result += "    },\n";
    }
    return result + "};\n";
}

std::string parameter_kind_table(const KernelInterface& kernel) {
    std::vector<std::string> kinds;
    for (const InterfaceParameter& parameter : kernel.parameters) {
        switch (parameter.kind) {
            case ParameterKind::Scalar: kinds.push_back("HG1_SCALAR"); break;
            case ParameterKind::Integer: kinds.push_back("HG1_INTEGER"); break;
            case ParameterKind::Vector: kinds.push_back("HG1_VECTOR"); break;
        }
    }
    const std::string name = table_name(kernel, "parameter_kinds");
    return c_call_text("static const hg1_parameter_kind " + name + "[] = {", kinds, "}") + ";\n";
}

std::string counts(const PreparedCounts& c) {
    return "{.ps = " + std::to_string(c.ps) + ", .pf = " + std::to_string(c.pf) + ", .xs = " + std::to_string(c.xs) +
           ", .xf = " + std::to_string(c.xf) + ", .ys = " + std::to_string(c.ys) + ", .yf = " + std::to_string(c.yf) +
           "}";
}

std::string kernel_table(const KernelInterface& kernel, const std::string& halogram_version) {
    const char* symmetry = "HG1_NOT_SYMMETRIC";
    if (kernel.symmetry == Symmetry::Mathematical) symmetry = "HG1_SYMMETRIC";
    if (kernel.symmetry == Symmetry::Bits) symmetry = "HG1_BIT_SYMMETRIC";
    std::vector<std::string> variants;
    for (const InterfaceVariant& variant : kernel.variants) variants.push_back(variant.isa);
    std::vector<Field> fields = {
        {"name", c_string_initializer(kernel.c_name)},
        {"version", c_string_initializer(halogram_version)},
        {"formula", table_name(kernel, "formula")},
        {"dtype", c_string_initializer(kernel.dtype)},
        {"operations", c_string_initializer(joined(kernel.operations, ","))},
        {"variants_text", table_name(kernel, "variants_text")},
        {"features", std::to_string(kernel.features)},
        {"point_planes", std::to_string(kernel.point_planes)},
        {"element_size", std::to_string(c_element_size(kernel))},
        {"parameter_count", std::to_string(kernel.parameters.size())},
        {"parameter_kinds", kernel.parameters.empty() ? "NULL" : table_name(kernel, "parameter_kinds")},
        {"symmetry", symmetry},
        {"form", c_string_initializer(kernel.form)},
        {"centred", kernel.centred ? "1" : "0"},
        {"bound_x", std::to_string(kernel.bound_x)},
        {"bound_y", std::to_string(kernel.bound_y)},
        {"pair_planes", std::to_string(kernel.pair_planes)},
        {"operations_per_pair", std::to_string(kernel.operations_per_pair)},
        {"gram_operations", std::to_string(kernel.gram_operations)},
        {"variant_count", std::to_string(kernel.variants.size())},
        {"variants", table_name(kernel, "variants")}};
    if (!kernel.expanded.empty()) {
        fields.emplace_back("expanded", "&" + table_name(kernel.expanded[0], "kernel"));
        fields.emplace_back("tolerance", number(kernel.tolerance));
    }
    for (const auto& [operation, prepared] : kernel.counts)
        fields.emplace_back(operation + "_counts", counts(prepared));
    return table("hg1_kernel", table_name(kernel, "kernel"), fields);
}

// NAME_op: the same call with default options.
std::string plain_body(const EntryPoint& entry_point) {
    std::vector<std::string> items = {"NULL"};
    for (const CArgument& argument : entry_point.arguments) items.push_back(argument.name);
    return "    " + c_call_text("return " + entry_point.name + "_with(", items, ");") + "\n";
}

// Packs the arguments for the runtime.
std::string packed_arguments(const KernelInterface& kernel, const EntryPoint& entry_point) {
    const bool vjp = entry_point.operation == "gram_vjp", with = entry_point.form == EntryPointForm::With;
    const std::string count = std::to_string(kernel.parameters.size());
    const std::string member = kernel.dtype == "f64" ? "f64" : "f32";
    std::string result;
    if (!kernel.parameters.empty()) {
        result += "    hg1_value hg1_values[" + count + "];\n";
        if (vjp) result += "    void *hg1_gradients[" + count + "];\n";
    }
    result += "    hg1_call hg1_arguments = {0};\n";
    for (std::size_t i = 0; i < kernel.parameters.size(); ++i) {
        const InterfaceParameter& parameter = kernel.parameters[i];
        const std::string index = "[" + std::to_string(i) + "]";
        const std::string field = parameter.kind == ParameterKind::Scalar    ? member
                                  : parameter.kind == ParameterKind::Integer ? "integer"
                                                                             : "vector";
        result += "    hg1_values" + index + "." + field + " = " + parameter.c_name + ";\n";
        if (vjp) {
            const bool integer = parameter.kind == ParameterKind::Integer;
            result += "    hg1_gradients" + index + " = " + (integer ? "NULL" : "g" + parameter.c_name) + ";\n";
        }
    }
    std::vector<std::string> fields = {"n", "m"};
    if (kernel.features == 0) fields.push_back("d");
    fields.insert(fields.end(), {"x", "ldx", "y", "ldy"});
    if (vjp)
        fields.insert(fields.end(), {"g", "ldg", "gx", "ldgx", "gy", "ldgy"});
    else if (with)
        fields.insert(fields.end(), {"k", "ldk"});
    for (const std::string& field : fields) result += "    hg1_arguments." + field + " = " + field + ";\n";
    if (!kernel.parameters.empty()) {
        result += "    hg1_arguments.parameters = hg1_values;\n";
        if (vjp) result += "    hg1_arguments.gparameters = hg1_gradients;\n";
    }
    return result;
}

std::string body(const KernelInterface& kernel, const EntryPoint& entry_point) {
    const std::string address = "&" + table_name(kernel, "kernel");
    switch (entry_point.form) {
        case EntryPointForm::Plain: return plain_body(entry_point);
        case EntryPointForm::With:
            return packed_arguments(kernel, entry_point) + "    return hg1_" + entry_point.operation + "(" + address +
                   ", options, &hg1_arguments);\n";
        case EntryPointForm::ErrorBound:
            return packed_arguments(kernel, entry_point) + "    return hg1_gram_error_bound(" + address +
                   ", &hg1_arguments, bound);\n";
        case EntryPointForm::Workspace:
            return "    return hg1_" + entry_point.operation + "_workspace(" + address + ", options, n, m, " +
                   (kernel.features == 0 ? "d" : "0") + ", bytes);\n";
        case EntryPointForm::Info: break;
    }
    return "    static hg1_description hg1_information;\n    return hg1_info(" + address + ", &hg1_information);\n";
}

// Everything the runtime reads of one form of a kernel.
std::string kernel_tables(const KernelInterface& kernel, const std::string& halogram_version) {
    std::string result;
    for (const KernelInterface& form : kernel.expanded) result += kernel_tables(form, halogram_version) + "\n";
    for (const InterfaceVariant& variant : kernel.variants)
        for (const std::string& operation : kernel.operations) result += leaf_table(kernel, variant, operation) + "\n";
    std::vector<std::string> variants;
    for (const InterfaceVariant& variant : kernel.variants) variants.push_back(variant.isa);
    result += variant_table(kernel) + "\n";
    result += string_table(table_name(kernel, "formula"), formula_with_constants(kernel));
    result += string_table(table_name(kernel, "variants_text"), joined(variants, ","));
    if (!kernel.parameters.empty()) result += parameter_kind_table(kernel);
    return result + "\n" + kernel_table(kernel, halogram_version);
}

std::string kernel_source(const KernelInterface& kernel, const std::string& halogram_version) {
    std::string result = "/* ---- " + kernel.c_name + " ---- */\n\n" + kernel_tables(kernel, halogram_version);
    for (const EntryPoint& entry_point : entry_points(kernel))
        result += "\n" + declaration(entry_point) + " {\n" + body(kernel, entry_point) + "}\n";
    return result;
}

}  // namespace

std::vector<std::string> leaf_wrapper_symbols(const std::vector<KernelInterface>& kernels) {
    std::set<std::string> result;
    for (const KernelInterface& kernel : kernels) {
        for (const std::string& symbol : leaf_wrapper_symbols(kernel.expanded)) result.insert(symbol);
        for (const InterfaceVariant& variant : kernel.variants)
            for (const std::string& operation : kernel.operations)
                for (const auto& [role, symbol] : variant.leaves.at(operation)) result.insert(wrapper(symbol));
    }
    return {result.begin(), result.end()};
}

std::string c_registry(const std::vector<KernelInterface>& kernels, const std::string& library_name) {
    const std::string type = "const hg1_kernel *const ", name = library_name + "_kernels[]";
    std::string result = "HG_API extern " + type + name + ";\n" + type + name + " = {\n";
    for (const KernelInterface& kernel : kernels) result += "    &" + table_name(kernel, "kernel") + ",\n";
    return result + "    NULL,\n};\n";
}

std::string c_source(const std::vector<KernelInterface>& kernels, const std::string& library_name,
                     const std::string& halogram_version) {
    check_kernel_interfaces(kernels);
    std::string result = "/* Made by Halogram " + c_comment_text(halogram_version) + ": the entry points of lib" +
                         library_name + ". */\n#include \"" + library_name + ".h\"\n\n#include \"hg_kernel.h\"\n\n";
    result += "/* Leaf functions, compiled by Halide. */\n";
    for (const std::string& symbol : leaf_wrapper_symbols(kernels))
        result += "extern int " + symbol + "(void **arguments);\n";
    for (const KernelInterface& kernel : kernels) result += "\n" + kernel_source(kernel, halogram_version);
    return result;
}

}  // namespace halogram
