#include "tools/explanation.h"

#include <iomanip>
#include <map>

#include "generators/formula/derivative.h"
#include "generators/formula/print.h"
#include "generators/formula/structure.h"
#include "schedules/loop_nest.h"

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

void line(std::ostream& out, const std::string& what, const std::string& text) {
    out << "  " << std::left << std::setw(column - 2) << what << wrapped(text) << "\n";
}

// One line per reduction, named; users of a name print it instead of what it stands for.
void print_reductions(std::ostream& out, const std::vector<Expr>& reductions, const std::string& prefix,
                      ExpressionNames& names) {
    for (std::size_t k = 0; k < reductions.size(); ++k) {
        const std::string name = prefix + std::to_string(k + 1);
        line(out, name, to_text(reductions[k], names));
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

void print_structure(std::ostream& out, const Formula& f) {
    const Structure s = structure_of(f.value);
    out << "\nStructure\n";
    ExpressionNames names;
    print_reductions(out, s.statistics, "p", names);
    print_reductions(out, s.pair_reductions, "s", names);
    line(out, "k", to_text(s.value, names));
    if (!s.statistics.empty()) line(out, "", "p: once per point or per call; s: for every pair");
    line(out, "symmetric", text_of(s.symmetry));
    line(out, "of the distance only", s.distance == nullptr ? "no" : "yes: of " + names.at(s.distance));
    line(out, "translation invariant", s.translation_invariant ? "yes: x and y enter as x - y" : "no");
    line(out, "expandable",
         s.expandable() ? "yes, " + std::to_string(s.matrix_products()) + " matrix product(s)" : "no");
    for (std::size_t r = 0; r < s.expansion.size(); ++r)
        line(out, "", names.at(s.pair_reductions[r]) + " = " + text_of(s.expansion[r], *f.pool));
}

// What second derivatives are where parts of the formula have a kink.
void print_kinks(std::ostream& out, const Formula& f) {
    Expr value = f.catalogued ? f.value : with_kinks_written_out(f.value);
    std::map<unsigned, Kink> by_place;
    for (const auto& [node, kink] : kinks_of(value)) by_place.emplace(node->id, kink);
    for (const auto& [place, kink] : by_place) {
        const std::string where = "of " + to_text(kink.node) + " where " + to_text(kink.condition) + ": ";
        line(out, "second, at a kink",
             where + (kink.smooth != nullptr ? "the limit, k is smooth there"
                      : f.catalogued         ? "by the subgradient, as the catalogue states"
                                             : "NaN, no proof that k is smooth there"));
    }
}

void print_derivatives(std::ostream& out, const Formula& f) {
    out << "\nDerivatives\n";
    line(out, "dk/dx[d]", to_text(derivative(f.value, f.pool->x())));
    line(out, "dk/dy[d]", to_text(derivative(f.value, f.pool->y())));
    for (const FormulaParameter& p : f.parameters) {
        if (p.node->is_constant() || p.node->op == Op::IntegerParameter) continue;
        line(out, "dk/d" + p.name + (p.node->op == Op::VectorParameter ? "[d]" : ""),
             to_text(derivative(f.value, p.node)));
    }
    print_kinks(out, f);
}

}  // namespace

void explain(const KernelArguments& arguments, std::ostream& out) {
    KernelArguments named = arguments;
    if (named.name.empty() && named.kernel.empty()) named.name = "kernel";  // what is only read needs none of its own
    const KernelRequest request = request_of(named);
    const Formula& f = request.formula;
    out << "Kernel\n";
    line(out, "name",
         request.c_name + ", " + request.dtype + ", " +
             (request.features > 0 ? "D = " + std::to_string(request.features) : "any D"));
    out << "  " << std::left << std::setw(column - 2) << "formula" << f.text << "\n";
    line(out, "simplified", to_text(f.value));
    line(out, "form", arguments.form);
    print_structure(out, f);
    print_derivatives(out, f);
    out << "\nOperations per pair of points" << (request.features > 0 ? "" : ", with 16 features") << "\n";
    for (const KernelRequest& form : forms_of(request))
        for (const std::string& operation : form.operations) {
            const OperationCount count = operations_per_pair(form, operation);
            line(out, name_in_form(form.formula, operation),
                 std::to_string(count.total()) + " = " + std::to_string(count.per_feature) + " D + " +
                     std::to_string(count.per_pair));
        }
    out << "\nLoops\n";
    for (const LoopNest& nest : loop_nests(request)) {
        out << "  " << nest.operation << ", " << nest.leaf << ": " << nest.strategy << ", " << nest.parameters << "\n";
        out << nest.text;
    }
}

}  // namespace halogram
