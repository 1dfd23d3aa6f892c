#include "schedules/compile_kernel.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "generators/formula/derivative.h"
#include "generators/formula/print.h"
#include "generators/formula/symmetry.h"
#include "generators/pipelines/gradient_terms.h"
#include "generators/pipelines/leaf_pipelines.h"
#include "library/files.h"
#include "library/names.h"
#include "schedules/machine.h"
#include "schedules/software_fma.h"

namespace halogram {

namespace {

constexpr int assumed_features = 16;  // for estimates, where D is an argument of the call

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

std::string object_bytes(const Halide::Module& module) {
    const MemoryFile object;
    module.compile({{Halide::OutputFileType::object, object.path()}});
    return read_file(object.path());
}

PreparedCounts counts_of(const PreparedLists& lists) {
    auto size = [](const std::vector<Expr>& list) { return static_cast<int>(list.size()); };
    return {size(lists.ps), size(lists.pf), size(lists.xs), size(lists.xf), size(lists.ys), size(lists.yf)};
}

KernelInterface describe(const KernelRequest& request) {
    KernelInterface k;
    k.c_name = request.c_name;
    k.formula = request.formula.text;
    k.constants = request.formula.constants;
    k.description = request.description;
    k.dtype = request.dtype;
    k.features = request.features;
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
        const ParameterKind kind = p.node->op == Op::VectorParameter    ? ParameterKind::Vector
                                   : p.node->op == Op::IntegerParameter ? ParameterKind::Integer
                                                                        : ParameterKind::Scalar;
        auto described = request.parameter_descriptions.find(p.name);
        k.parameters.push_back({p.name, c_names[k.parameters.size()], kind,
                                described == request.parameter_descriptions.end() ? "" : described->second});
        if (kind != ParameterKind::Integer) k.derivatives[p.name] = to_text(derivative(request.formula.value, p.node));
    }
    k.derivatives["x"] = to_text(derivative(request.formula.value, request.formula.pool->x()));
    k.derivatives["y"] = to_text(derivative(request.formula.value, request.formula.pool->y()));
    for (const std::string& operation : request.operations)
        k.operations_per_pair = std::max(k.operations_per_pair, operations_per_pair(request, operation).total());
    return k;
}

nlohmann::ordered_json record_of(const ChosenSchedule& chosen) {
    nlohmann::ordered_json record = {{"strategy", chosen.strategy->name}};
    record.update(record_of(chosen.parameters));
    return record;
}

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

namespace {

using Progress = std::function<void(const std::string& what)>;  // before each operation of each machine

// One form of a kernel: the one that the formula says.
KernelInterface compile_form(const KernelRequest& request, const std::vector<Machine>& machines, CompiledKernel& result,
                             const Progress& progress) {
    KernelInterface interface = describe(request);
    const Halide::Type type = halide_type(request.dtype);
    for (const Machine& machine : machines) {
        InterfaceVariant variant{machine.isa, row_multiple(machine), column_multiple(machine, type), {}};
        for (const std::string& operation : request.operations) {
            const std::string name = name_in_form(request.formula, operation);
            auto symbol_for = [&](const Machine& any) { return request.c_name + "_" + any.isa + "_" + name; };
            progress(request.c_name + " " + name + " for " + machine.isa);
            // Names of stages are numbered from here, so that the same input gives the same bytes.
            Halide::Internal::reset_random_counters();
            LeafSet set(request.formula, type, request.features);
            Halide::Module module(symbol_for(machine), machine.target);
            module.set_any_strict_float(true);  // the functions were lowered that way
            LeafSymbols symbols;
            for (LeafPipeline& leaf : set.of(operation)) {
                // Small but long to compile, and not timed: one error bound serves all variants.
                const bool shared = leaf.kind == LeafKind::ErrorBound && &machine != &machines.back();
                const std::string symbol = symbol_for(shared ? machines.back() : machine) + "_" + leaf_name(leaf.kind);
                symbols[leaf_name(leaf.kind)] = symbol;
                if (shared) continue;
                const ChosenSchedule chosen =
                    schedule(leaf, machine, picked_parameters(request, machine.isa, operation, leaf));
                result.schedules[machine.isa][name][leaf_name(leaf.kind)] = record_of(chosen);
                Halide::Pipeline pipeline(leaf.outputs);
                add_software_fma(pipeline, machine, leaf.kind != LeafKind::ErrorBound);
                const Halide::Module compiled = pipeline.compile_to_module(leaf.arguments, symbol, machine.target,
                                                                           Halide::LinkageType::ExternalPlusArgv);
                for (const auto& function : compiled.functions()) module.append(function);
                for (const auto& buffer : compiled.buffers()) module.append(buffer);
            }
            variant.leaves[operation] = symbols;
            interface.counts[operation] = counts_of(set.prepared());
            interface.pair_planes = std::max({1, interface.pair_planes, static_cast<int>(set.terms().planes.size())});
            if (operation == "gram") {
                interface.bound_x = set.bound_of_x();
                interface.bound_y = set.bound_of_y();
            }
            result.leaf_objects[symbol_for(machine) + ".o"] = object_bytes(module);
        }
        interface.variants.push_back(std::move(variant));
    }
    return interface;
}

}  // namespace

CompiledKernel compile_kernel(const KernelRequest& request,
                              const std::function<void(int, int, const std::string&)>& progress) {
    return translate_errors([&] {
        CompiledKernel result;
        const std::vector<Machine> machines = machines_of(request.target);
        const std::vector<KernelRequest> forms = forms_of(request);
        std::size_t objects = 0;
        for (const KernelRequest& form : forms) objects += machines.size() * form.operations.size();
        const int total = static_cast<int>(objects);
        int done = 0;
        const Progress step = [&](const std::string& what) {
            if (progress) progress(done++, total, what);
        };
        result.interface = compile_form(forms[0], machines, result, step);
        if (!request.tolerance) return result;
        result.interface.expanded = {compile_form(forms[1], machines, result, step)};
        result.interface.form = "auto";
        result.interface.tolerance = *request.tolerance;
        return result;
    });
}

}  // namespace halogram
