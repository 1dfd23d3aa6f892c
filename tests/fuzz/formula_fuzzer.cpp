// libFuzzer's target: the front end, from text to lowered trees, derivatives, structure and what is printed of them. Halide
// is not asked. Whatever the text, there is an error under 4 kB or a formula, never a crash.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "generators/formula/derivative.h"
#include "generators/formula/parser.h"
#include "generators/formula/print.h"
#include "generators/formula/structure.h"
#include "generators/formula/tangent.h"
#include "generators/pipelines/gradient_terms.h"
#include "generators/pipelines/operation_count.h"
#include "tests/fuzz/grammar.h"

namespace {

using namespace halogram;

void expect_short(const std::exception& e, std::size_t limit) {
    if (std::strlen(e.what()) < limit) return;
    std::cerr << "an error of " << std::strlen(e.what()) << " bytes\n";
    std::abort();
}

void derive_all(const std::string& text, bool of_points) {
    ParseOptions options;
    options.of_points = of_points;
    options.budget = 1000;  // so that a second holds many formulas
    const Formula f = parse_formula(text, options);
    structure_of(f.value);
    // What is printed can be read again, up to limits of the text and names that only derived trees have.
    const std::string printed = to_text(f.value);
    to_text(derivative(f.value, f.pool->x()));
    for (const FormulaParameter& p : f.parameters)
        if (p.kind != Op::IntegerParameter && !p.node->is_constant()) to_text(derivative(f.value, p.node));
    gradient_terms(f);
    for (const char* operation : {"gram", "gram_vjp"}) {
        operation_count(f, operation, 3);
        expect_within_budget(f, operation);
    }
    gradient_terms(tangent_of(f));
    parse_formula(printed, ParseOptions());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    try {
        derive_all(text, size % 2 == 0);
    } catch (const FormulaError& e) {
        expect_short(e, 4000);
    } catch (const BudgetError& e) {
        expect_short(e, 4000);
    }
    return 0;
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

// Half of the changes follow the grammar, half are libFuzzer's own.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
    if (seed % 2 == 0) return LLVMFuzzerMutate(data, size, most);
    const std::string text(reinterpret_cast<const char*>(data), size);
    const std::string changed = RandomFormula(seed).changed(text);
    const std::size_t length = std::min(changed.size(), most);
    std::memcpy(data, changed.data(), length);
    return length;
}
