// Writes what the fuzzer begins with, from the tables: DIRECTORY/words, its dictionary, and DIRECTORY/corpus/, the formulas
// of the catalogue, a call of everything that can be called, and random formulas of a fixed seed.
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "generators/catalogue/catalogue.h"
#include "generators/formula/parser.h"
#include "tests/fuzz/grammar.h"

int main(int count, char** arguments) {
    using namespace halogram;
    if (count != 2) {
        std::cerr << "write_seeds DIRECTORY\n";
        return 2;
    }
    const std::filesystem::path directory(arguments[1]), corpus = directory / "corpus";
    std::filesystem::create_directories(corpus);
    std::ofstream words(directory / "words");
    for (const std::string& word : formula_words()) words << '"' << word << "\"\n";
    int number = 0;
    const auto seed = [&](const std::string& text) {
        std::ofstream(corpus / ("seed" + std::to_string(number++))) << text;
    };
    for (const CatalogueEntry& entry : catalogue()) seed(entry.formula);
    for (const std::string& name : callable_names())
        for (const char* call : {"(x)", "(x, y)", "(sum(x), y, 2)", "(a = 64, 1, 2)", "(x < y, x, y)"})
            seed("sum(" + name + call + " * x)");
    for (unsigned k = 0; k < 200; ++k) seed("sum(" + RandomFormula(k).expression(4) + ")");
    return words.good() ? 0 : 1;
}
