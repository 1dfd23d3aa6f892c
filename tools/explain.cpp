// halogram explain: what build would make of a kernel, to read.
#include <iostream>
#include <memory>

#include "generators/formula/derivative.h"
#include "generators/formula/lower.h"
#include "generators/formula/print.h"
#include "generators/formula/structure.h"
#include "tools/kernel_arguments.h"

namespace halogram {

namespace {

const char* text_of(Symmetry symmetry) {
    switch (symmetry) {
        case Symmetry::None: return "not found symmetric: with y = x all entries are computed";
        case Symmetry::Mathematical:
            return "symmetric up to the order of sums: with y = x, i <= j is computed and mirrored";
        case Symmetry::Bits: return "bit-symmetric: with y = x half the work, same bits";
    }
    return "";
}

void run(const KernelArguments& arguments) {
    const KernelRequest request = request_of(arguments);
    const Formula& f = request.formula;
    Expr lowered = lower(f.value);
    std::cout << "kernel      " << request.c_name << ", " << request.dtype << ", "
              << (request.features > 0 ? "D = " + std::to_string(request.features) : "any D") << "\n"
              << "formula     " << f.text << "\n"
              << "simplified  " << to_text(f.value) << "\n"
              << "symmetry    " << text_of(symmetry_of(lowered)) << "\n";
    std::cout << "\nFeature reductions of a pair\n";
    for (Expr e : topological_order({lowered}))
        if (e->is_reduction() && e->mixes_points()) std::cout << "  level " << e->level << "  " << to_text(e) << "\n";
    std::cout << "\nOnce per point or per call\n";
    bool any = false;
    for (Expr e : topological_order({lowered}))
        if (e->is_reduction() && !e->mixes_points() && e->depends != 0)
            std::cout << "  " << to_text(e) << "\n", any = true;
    if (!any) std::cout << "  no reductions\n";
    std::cout << "\nDerivatives\n  dk/dx[d] = " << to_text(derivative(f.value, f.pool->x()))
              << "\n  dk/dy[d] = " << to_text(derivative(f.value, f.pool->y())) << "\n";
    for (const FormulaParameter& p : f.parameters) {
        if (p.node->is_constant() || p.node->op == Op::IntegerParameter) continue;
        std::cout << "  dk/d" << p.name << (p.node->op == Op::VectorParameter ? "[d]" : "") << " = "
                  << to_text(derivative(f.value, p.node)) << "\n";
    }
    std::cout << "\nOperations per pair" << (request.features > 0 ? "" : " at D = 16") << "\n";
    for (const std::string& operation : request.operations)
        std::cout << "  " << operation << "  " << operations_per_pair(request, operation) << "\n";
    std::cout << "\nLoop nests\n" << loop_nests(request);
}

}  // namespace

void add_explain_command(CLI::App& program) {
    auto a = std::make_shared<KernelArguments>();
    CLI::App* command =
        program.add_subcommand("explain", "Show structure, derivatives, operations and loops of a kernel");
    add_kernel_options(*command, *a);
    command->callback([a] { run(*a); });
}

}  // namespace halogram
