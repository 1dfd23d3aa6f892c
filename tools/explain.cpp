// halogram explain: what build would make of a kernel, to read.
#include <iomanip>
#include <iostream>
#include <memory>

#include "generators/formula/derivative.h"
#include "generators/formula/print.h"
#include "generators/formula/structure.h"
#include "schedules/loop_nest.h"
#include "tools/kernel_arguments.h"

namespace halogram {

namespace {

const char* text_of(Symmetry symmetry) {
    switch (symmetry) {
        case Symmetry::None: return "none found; with y = NULL every entry is computed";
        case Symmetry::Mathematical: return "up to the order of sums; with y = NULL i <= j is computed and mirrored";
        case Symmetry::Bits: return "bit for bit; with y = NULL i <= j is computed and mirrored";
    }
    return "";
}

constexpr int column = 24;

// `let t = ... in ...` gets a line for each part.
std::string wrapped(std::string text) {
    for (std::size_t at = 0; (at = text.find(" in ", at)) != std::string::npos; at += 4 + column)
        text.replace(at, 4, " in\n" + std::string(column, ' '));
    return text;
}

void line(const std::string& what, const std::string& text) {
    std::cout << "  " << std::left << std::setw(column - 2) << what << wrapped(text) << "\n";
}

// One line per reduction, named; users of a name print it instead of what it stands for.
void print_reductions(const std::vector<Expr>& reductions, const std::string& prefix, ExpressionNames& names) {
    for (std::size_t k = 0; k < reductions.size(); ++k) {
        const std::string name = prefix + std::to_string(k + 1);
        line(name, to_text(reductions[k], names));
        names[reductions[k]] = name;
    }
}

std::string text_of(const std::vector<SeparableTerm>& terms, Pool& pool) {
    Expr total = nullptr;
    for (const SeparableTerm& term : terms) {
        Expr next = sum(term.expression(pool));
        total = total == nullptr ? next : add(total, next);
    }
    return total == nullptr ? "0" : to_text(total);
}

void print_structure(const Formula& f) {
    const Structure s = structure_of(f.value);
    std::cout << "\nStructure\n";
    ExpressionNames names;
    print_reductions(s.statistics, "p", names);
    print_reductions(s.pair_reductions, "s", names);
    line("k", to_text(s.value, names));
    if (!s.statistics.empty()) line("", "p: once per point or per call; s: for every pair");
    line("symmetric", text_of(s.symmetry));
    line("of the distance only", s.distance == nullptr ? "no" : "yes: of " + names.at(s.distance));
    line("translation invariant", s.translation_invariant ? "yes: x and y enter as x - y" : "no");
    line("expandable", s.expandable() ? "yes, " + std::to_string(s.matrix_products()) + " matrix product(s)" : "no");
    for (std::size_t r = 0; r < s.expansion.size(); ++r)
        line("", names.at(s.pair_reductions[r]) + " = " + text_of(s.expansion[r], *f.pool));
}

void print_derivatives(const Formula& f) {
    std::cout << "\nDerivatives\n";
    line("dk/dx[d]", to_text(derivative(f.value, f.pool->x())));
    line("dk/dy[d]", to_text(derivative(f.value, f.pool->y())));
    for (const FormulaParameter& p : f.parameters) {
        if (p.node->is_constant() || p.node->op == Op::IntegerParameter) continue;
        line("dk/d" + p.name + (p.node->op == Op::VectorParameter ? "[d]" : ""), to_text(derivative(f.value, p.node)));
    }
}

void run(const KernelArguments& arguments) {
    const KernelRequest request = request_of(arguments);
    const Formula& f = request.formula;
    std::cout << "Kernel\n";
    line("name", request.c_name + ", " + request.dtype + ", " +
                     (request.features > 0 ? "D = " + std::to_string(request.features) : "any D"));
    std::cout << "  " << std::left << std::setw(column - 2) << "formula" << f.text << "\n";
    line("simplified", to_text(f.value));
    line("form", arguments.form);
    print_structure(f);
    print_derivatives(f);
    std::cout << "\nOperations per pair of points" << (request.features > 0 ? "" : ", with 16 features") << "\n";
    for (const KernelRequest& form : forms_of(request))
        for (const std::string& operation : form.operations) {
            const OperationCount count = operations_per_pair(form, operation);
            line(name_in_form(form.formula, operation), std::to_string(count.total()) + " = " +
                                                            std::to_string(count.per_feature) + " D + " +
                                                            std::to_string(count.per_pair));
        }
    std::cout << "\nLoops\n";
    for (const LoopNest& nest : loop_nests(request)) {
        std::cout << "  " << nest.operation << ", " << nest.leaf << ": " << nest.strategy << ", " << nest.parameters
                  << "\n";
        std::cout << nest.text;
    }
}

}  // namespace

void add_explain_command(CLI::App& program) {
    auto a = std::make_shared<KernelArguments>();
    CLI::App* command = program.add_subcommand(
        "explain", "Show structure, derivatives, operations per pair, strategy and loops of a kernel");
    add_kernel_options(*command, *a);
    command->footer(
        "Structure: the sums over features, the function around them, and the facts that choose algorithms.\n"
        "Derivatives: what gram_vjp multiplies with the cotangent, as text of the formula language. A product with a\n"
        "factor that can be infinite at a pole is 0 where the other factor is exactly 0.\n"
        "Operations: arithmetic vector instructions; a fused multiply-add counts as one, exp as its polynomial.\n"
        "Loops: of each leaf function, for the best variant; `vectorized` and `unrolled` loops become straight "
        "code.\n\n"
        "Example:\n  halogram explain --formula \"exp(-gamma * sum(abs(x - y)))\" --features 5");
    command->callback([a] {
        if (a->name.empty() && a->kernel.empty()) a->name = "kernel";
        run(*a);
    });
}

}  // namespace halogram
