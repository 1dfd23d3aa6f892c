// Random formulas of the whole grammar: names and arities come from the tables of functions and of the catalogue.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace halogram {

class RandomFormula {
public:
    explicit RandomFormula(unsigned seed) : random_(seed) {}

    // An expression of so many levels; with wrong shapes, wrong names and wrong numbers of arguments now and then.
    std::string expression(int levels);
    std::string condition(int levels);

    // One of its tokens, or a short run of them, replaced by an expression, doubled, or dropped.
    std::string changed(const std::string& text);

private:
    std::mt19937 random_;
    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
    template <typename T>
    const T& one_of(const std::vector<T>& choices) {
        return choices[below(choices.size())];
    }
    std::string leaf();
    std::string call(int levels);
};

// Words and signs of the language, for a dictionary.
std::vector<std::string> formula_words();

}  // namespace halogram
