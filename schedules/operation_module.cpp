#include "schedules/operation_module.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "generators/formula/symmetry.h"
#include "generators/pipelines/gradient_terms.h"
#include "generators/pipelines/leaf_pipelines.h"
#include "library/files.h"
#include "library/names.h"
#include "schedules/code_size.h"
#include "schedules/opaque_values.h"
#include "schedules/prefetch_stores.h"

namespace halogram {

namespace {

// An object file in memory: Halide writes to a path, and a file on disk would outlive an interruption.
class MemoryFile {
public:
    MemoryFile() : descriptor_(memfd_create("leaf.o", MFD_CLOEXEC)) {
        if (descriptor_ < 0) throw CompileError("no file in memory can be made");
    }
    ~MemoryFile() { close(descriptor_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

private:
    int descriptor_;
};

PreparedCounts counts_of(const PreparedLists& lists) {
    auto size = [](const std::vector<Expr>& list) { return static_cast<int>(list.size()); };
    return {size(lists.ps), size(lists.pf), size(lists.xs), size(lists.xf), size(lists.ys), size(lists.yf)};
}

nlohmann::ordered_json record_of(const ChosenSchedule& chosen) {
    nlohmann::ordered_json record = {{"strategy", chosen.strategy->name}};
    record.update(record_of(chosen.parameters));
    return record;
}

// No name of a kernel begins with hg1_ or holds __ (names.cpp): no other kernel has this name, and nothing of the user's.
std::string symbol_of(const KernelRequest& request, const Machine& machine, const std::string& operation) {
    return "hg1_leaf_" + request.c_name + "__" + machine.isa + "_" + name_in_form(request.formula, operation);
}

}  // namespace

ParameterKind kind_of(const FormulaParameter& parameter) {
    switch (parameter.node->op) {
        case Op::VectorParameter: return ParameterKind::Vector;
        case Op::IntegerParameter: return ParameterKind::Integer;
        default: return ParameterKind::Scalar;
    }
}

KernelInterface interface_of(const KernelRequest& request) {
    KernelInterface k;
    k.c_name = request.c_name;
    k.formula = request.formula.text;
    k.constants = request.formula.constants;
    k.description = request.description;
    k.dtype = request.dtype;
    k.features = request.features;
    k.point_planes = request.formula.point_planes;
    k.operations = request.operations;
    k.symmetry = symmetry_of(evaluated_value(request.formula));
    k.form = request.formula.expanded ? "expanded" : "direct";
    k.math = request.formula.fast ? "fast" : "exact";
    k.centred = request.formula.expanded && request.formula.expanded->translation_invariant;
    std::vector<std::string> names;
    for (const FormulaParameter& p : request.formula.parameters)
        if (!p.node->is_constant()) names.push_back(p.name);
    const std::vector<std::string> c_names = c_parameter_names(names);
    for (const FormulaParameter& p : request.formula.parameters) {
        if (p.node->is_constant()) continue;
        auto described = request.parameter_descriptions.find(p.name);
        k.parameters.push_back({p.name, c_names[k.parameters.size()], kind_of(p),
                                described == request.parameter_descriptions.end() ? "" : described->second});
    }
    for (const std::string& operation : request.operations) {
        // An estimate that does not fit is as large as one that does.
        const int operations = static_cast<int>(std::min<std::int64_t>(operations_per_pair(request, operation).total(),
                                                                       std::numeric_limits<std::int32_t>::max()));
        k.operations_per_pair = std::max(k.operations_per_pair, operations);
        if (operation == "gram") k.gram_operations = operations;
    }
    return k;
}

InterfaceVariant& add_variant(const KernelRequest& request, const Machine& machine, KernelInterface& interface) {
    interface.variants.push_back(
        {machine.isa,
         machine.vector_bits / 8,
         row_multiple(machine),
         column_multiple(machine, halide_type(request.dtype), sums_products(evaluated_value(request.formula))),
         {}});
    return interface.variants.back();
}

void OperationModule::describe_in(KernelInterface& interface, InterfaceVariant& variant) const {
    variant.leaves[operation] = symbols;
    interface.counts[operation] = counts;
    interface.pair_planes = std::max(interface.pair_planes, pair_planes);
    if (operation == "gram") {
        interface.bound_x = bound_x;
        interface.bound_y = bound_y;
    }
}

std::string OperationModule::object() const {
    const MemoryFile file;
    module.compile({{Halide::OutputFileType::object, file.path()}});
    return read_file(file.path());
}

OperationModule operation_module(const KernelRequest& request, const std::string& operation, const Machine& machine,
                                 const Machine& last) {
    // Names of stages are numbered from here, so that the same input gives the same bytes.
    Halide::Internal::reset_random_counters();
    expect_within_budget(request.formula, operation);
    LeafSet set(request.formula, halide_type(request.dtype), request.features);
    OperationModule result{operation, Halide::Module(symbol_of(request, machine, operation), machine.target), {}, {}};
    result.module.set_any_strict_float(true);  // the functions were lowered that way
    const std::string fma_function = symbol_of(request, machine, operation) + "_fused_multiply_add";
    bool fma_is_there = false;
    for (LeafPipeline& leaf : set.of(operation)) {
        // Small but long to compile, and not timed: one error bound serves all variants.
        const bool shared = leaf.kind == LeafKind::ErrorBound && machine.isa != last.isa;
        const std::string symbol = symbol_of(request, shared ? last : machine, operation) + "_" + leaf_name(leaf.kind);
        result.symbols[leaf_name(leaf.kind)] = symbol;
        if (shared) continue;
        const SoftwareFma fma = software_fma_of(leaf, machine);  // counts what is not scheduled yet
        if (fma == SoftwareFma::Called && !fma_is_there) result.module.append(software_fma_function(fma_function));
        fma_is_there |= fma == SoftwareFma::Called;
        const ChosenSchedule chosen = schedule(leaf, machine, picked_parameters(request, machine.isa, operation, leaf));
        result.schedules[leaf_name(leaf.kind)] = record_of(chosen);
        Halide::Pipeline pipeline(leaf.outputs);
        const TileParameters& tile = chosen.parameters;
        add_prefetch_of_stores(pipeline, leaf.outputs[0], tile_loop_along_columns,
                               tile.ahead * tile.vectors * machine.lanes(leaf.type));
        make_values_opaque(pipeline);
        add_software_fma(pipeline, machine, fma, fma_function);
        const Halide::Module compiled =
            pipeline.compile_to_module(leaf.arguments, symbol, machine.target, Halide::LinkageType::ExternalPlusArgv);
        for (const auto& function : compiled.functions()) result.module.append(function);
        for (const auto& buffer : compiled.buffers()) result.module.append(buffer);
    }
    result.counts = counts_of(set.prepared());
    result.pair_planes = std::max(1, static_cast<int>(set.terms().planes.size()));
    result.bound_x = set.bound_of_x();
    result.bound_y = set.bound_of_y();
    return result;
}

}  // namespace halogram
