#include "schedules/compile_kernel.h"

#include <Halide.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "generators/formula/derivative.h"
#include "generators/formula/lower.h"
#include "generators/formula/print.h"
#include "generators/formula/structure.h"
#include "generators/math/functions.h"
#include "generators/pipelines/leaf_pipelines.h"
#include "library/names.h"
#include "schedules/machine.h"
#include "schedules/strategy.h"

namespace halogram {

namespace {

constexpr int assumed_features = 16;  // for estimates, where D is an argument of the call

Halide::Type type_of_dtype(const std::string& dtype) {
    if (dtype == "f32") return Halide::Float(32);
    if (dtype == "f64") return Halide::Float(64);
    throw std::invalid_argument("dtype '" + dtype + "' is not built yet; there are f32 and f64");
}

std::string object_bytes(const Halide::Module& module) {
    char pattern[] = "/tmp/halogram-XXXXXX";
    if (mkdtemp(pattern) == nullptr) throw CompileError("no temporary directory can be made in /tmp");
    const std::filesystem::path directory = pattern, object = directory / "leaf.o";
    std::string bytes;
    try {
        module.compile({{Halide::OutputFileType::object, object.string()}});
        std::ifstream file(object, std::ios::binary);
        std::stringstream content;
        content << file.rdbuf();
        bytes = content.str();
    } catch (...) {
        std::filesystem::remove_all(directory);
        throw;
    }
    std::filesystem::remove_all(directory);
    return bytes;
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

// Work per pair: per-feature operations count D times, what depends on one point only counts nothing.
double pair_operations(const std::vector<Expr>& roots, int features) {
    double total = 0;
    for (Expr e : topological_order(roots)) {
        if (!e->mixes_points() || e->arguments.empty()) continue;
        double cost = e->op == Op::Call ? e->function->operations : e->op == Op::Power ? 40 : 1;
        if (e->is_reduction()) {
            // A product inside is fused into the sum.
            total += e->arguments[0]->op == Op::Multiply ? 0 : features;
            continue;
        }
        total += e->per_feature ? cost * features : cost;
    }
    return total;
}

std::vector<LeafPipeline> leaves_of(LeafSet& set, const std::string& operation) {
    if (operation == "gram") return set.gram();
    if (operation == "gram_vjp") return set.gram_vjp();
    throw std::invalid_argument("operation '" + operation + "' is not built yet; there are gram and gram_vjp");
}

// Halide's own errors never reach a user raw.
template <typename Work>
auto translate_errors(Work&& work) {
    try {
        return work();
    } catch (const Halide::Error& e) {
        std::string first = e.what();
        first = first.substr(0, first.find('\n'));
        throw CompileError("internal error while compiling the kernel (please report it): " + first);
    }
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
        k.parameters.push_back({p.name, c_names[k.parameters.size()], kind, ""});
        if (kind != ParameterKind::Integer) k.derivatives[p.name] = to_text(derivative(request.formula.value, p.node));
    }
    k.derivatives["x"] = to_text(derivative(request.formula.value, request.formula.pool->x()));
    k.derivatives["y"] = to_text(derivative(request.formula.value, request.formula.pool->y()));
    for (const std::string& operation : request.operations)
        k.operations_per_pair = std::max(k.operations_per_pair, operations_per_pair(request, operation));
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

int operations_per_pair(const KernelRequest& request, const std::string& operation) {
    const int features = request.features > 0 ? request.features : assumed_features;
    Expr value = lower(request.formula.value);
    if (operation == "gram") return static_cast<int>(pair_operations({value}, features));
    const GradientTerms terms = gradient_terms(request.formula);
    std::vector<Expr> roots;
    for (const PairPlane& plane : terms.planes)
        if (plane.value != nullptr) roots.push_back(plane.value);
    double total = pair_operations(roots, features) + static_cast<double>(terms.planes.size());
    auto add = [&](const std::vector<GradientTerm>& list) {
        for (const GradientTerm& term : list)
            total += features * (1 + (term.feature == nullptr ? 0 : pair_operations({term.feature}, 1)));
    };
    add(terms.x);
    add(terms.y);
    for (const auto& list : terms.vectors) add(list);
    return static_cast<int>(total);
}

CompiledKernel compile_kernel(const KernelRequest& request,
                              const std::function<void(int, int, const std::string&)>& progress) {
    return translate_errors([&] {
        CompiledKernel result;
        result.interface = describe(request);
        const Halide::Type type = type_of_dtype(request.dtype);
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
                for (LeafPipeline& leaf : leaves_of(set, operation)) {
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

std::string loop_nests(const KernelRequest& request) {
    return translate_errors([&] {
        std::ostringstream text;
        const Machine machine = machines_of(request.target).front();
        for (const std::string& operation : request.operations) {
            Halide::Internal::reset_random_counters();
            LeafSet set(request.formula, type_of_dtype(request.dtype), request.features);
            for (LeafPipeline& leaf : leaves_of(set, operation)) {
                const ChosenSchedule chosen = schedule(leaf, machine);
                text << operation << ", " << leaf_name(leaf.kind) << " (" << chosen.strategy->name << "):\n";
                char pattern[] = "/tmp/halogram-XXXXXX";
                const int descriptor = mkstemp(pattern);
                if (descriptor < 0) throw CompileError("no temporary file can be made in /tmp");
                // print_loop_nest writes to standard error: caught through a file.
                std::fflush(stderr);
                const int kept = dup(STDERR_FILENO);
                dup2(descriptor, STDERR_FILENO);
                for (Halide::Func f : leaf.outputs)
                    if (leaf.outputs.size() == 1) f.print_loop_nest();
                std::fflush(stderr);
                dup2(kept, STDERR_FILENO);
                close(kept);
                close(descriptor);
                std::ifstream file(pattern);
                std::string line;
                while (std::getline(file, line)) text << "  " << line << "\n";
                std::filesystem::remove(pattern);
            }
        }
        return text.str();
    });
}

}  // namespace halogram
