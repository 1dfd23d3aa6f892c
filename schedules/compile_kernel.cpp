#include "schedules/compile_kernel.h"

#include <algorithm>

#include "generators/formula/derivative.h"
#include "generators/formula/lower.h"
#include "generators/formula/print.h"
#include "generators/formula/symmetry.h"
#include "generators/pipelines/leaf_pipelines.h"
#include "library/files.h"
#include "library/names.h"
#include "library/temporary_directory.h"
#include "schedules/machine.h"
#include "schedules/strategy.h"

namespace halogram {

namespace {

constexpr int assumed_features = 16;  // for estimates, where D is an argument of the call

std::string object_bytes(const Halide::Module& module) {
    const TemporaryDirectory directory;
    const std::filesystem::path object = directory.path() / "leaf.o";
    module.compile({{Halide::OutputFileType::object, object.string()}});
    return read_file(object);
}

std::string& symbol_of(LeafSymbols& symbols, LeafKind kind) {
    switch (kind) {
        case LeafKind::PrepareParameters: return symbols.prepare_parameters;
        case LeafKind::PrepareX: return symbols.prepare_x;
        case LeafKind::PrepareY: return symbols.prepare_y;
        case LeafKind::Tile: return symbols.tile;
        case LeafKind::Pairs: return symbols.pairs;
        case LeafKind::Scalars: return symbols.scalars;
        case LeafKind::Rows: return symbols.rows;
        case LeafKind::Columns: return symbols.columns;
        case LeafKind::Vectors: return symbols.vectors;
    }
    return symbols.tile;
}

PreparedCounts counts_of(const PreparedLists& lists) {
    auto size = [](const std::vector<Expr>& list) { return static_cast<int>(list.size()); };
    return {size(lists.ps), size(lists.pf), size(lists.xs), size(lists.xf), size(lists.ys), size(lists.yf)};
}

KernelInterface describe(const KernelRequest& request) {
    KernelInterface k;
    k.c_name = request.c_name;
    k.formula = request.formula.text;
    k.description = request.description;
    k.dtype = request.dtype;
    k.features = request.features;
    k.operations = request.operations;
    k.symmetry = symmetry_of(lower(request.formula.value));
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
    return {{"strategy", chosen.strategy->name},
            {"rows", chosen.parameters.rows},
            {"vectors", chosen.parameters.vectors},
            {"features", chosen.parameters.features},
            {"unroll", chosen.parameters.unroll}};
}

}  // namespace

Halide::Type halide_type(const std::string& dtype) {
    if (dtype == "f32") return Halide::Float(32);
    if (dtype == "f64") return Halide::Float(64);
    throw std::invalid_argument("dtype '" + dtype + "' is not built yet; there are f32 and f64");
}

OperationCount operations_per_pair(const KernelRequest& request, const std::string& operation) {
    return operation_count(request.formula, operation, request.features > 0 ? request.features : assumed_features);
}

CompiledKernel compile_kernel(const KernelRequest& request,
                              const std::function<void(int, int, const std::string&)>& progress) {
    return translate_errors([&] {
        CompiledKernel result;
        result.interface = describe(request);
        const Halide::Type type = halide_type(request.dtype);
        const std::vector<Machine> machines = machines_of(request.target);
        const int total = static_cast<int>(machines.size() * request.operations.size());
        int done = 0;
        for (const Machine& machine : machines) {
            InterfaceVariant variant{machine.isa, row_multiple(machine), column_multiple(machine, type), {}};
            const std::string prefix = request.c_name + "_" + machine.isa + "_";
            for (const std::string& operation : request.operations) {
                if (progress) progress(done++, total, request.c_name + " " + operation + " for " + machine.isa);
                // Names of stages are numbered from here, so that the same input gives the same bytes.
                Halide::Internal::reset_random_counters();
                LeafSet set(request.formula, type, request.features);
                Halide::Module module(prefix + operation, machine.target);
                module.set_any_strict_float(true);  // the functions were lowered that way
                LeafSymbols symbols;
                for (LeafPipeline& leaf : set.of(operation)) {
                    const std::string symbol = prefix + operation + "_" + leaf_name(leaf.kind);
                    const ChosenSchedule chosen = schedule(leaf, machine);
                    result.schedules[machine.isa][operation][leaf_name(leaf.kind)] = record_of(chosen);
                    const Halide::Module compiled = Halide::Pipeline(leaf.outputs)
                                                        .compile_to_module(leaf.arguments, symbol, machine.target,
                                                                           Halide::LinkageType::ExternalPlusArgv);
                    for (const auto& function : compiled.functions()) module.append(function);
                    for (const auto& buffer : compiled.buffers()) module.append(buffer);
                    symbol_of(symbols, leaf.kind) = symbol;
                }
                variant.leaves[operation] = symbols;
                (operation == "gram" ? result.interface.gram_counts : result.interface.gram_vjp_counts) =
                    counts_of(set.prepared());
                if (operation == "gram_vjp")
                    result.interface.pair_planes = std::max(1, static_cast<int>(set.terms().planes.size()));
                result.leaf_objects[prefix + operation + ".o"] = object_bytes(module);
            }
            result.interface.variants.push_back(std::move(variant));
        }
        return result;
    });
}

}  // namespace halogram
