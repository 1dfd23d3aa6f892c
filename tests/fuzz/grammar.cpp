#include "tests/fuzz/grammar.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "generators/catalogue/catalogue.h"
#include "generators/formula/parser.h"

namespace halogram {

namespace {

const std::vector<std::string>& names() {
    static const std::vector<std::string> all = callable_names();
    return all;
}

const std::vector<std::string> signs = {"+", "-", "*", "/", "^"};
const std::vector<std::string> comparisons = {"<", "<=", ">", ">=", "==", "!="};
const std::vector<std::string> leaves = {"x",   "y", "x[d]", "y[d]", "a",    "w[d]", "pi",    "D",     "0",
                                         "0.5", "1", "2",    "3",    "1e30", "b",    "1e-40", "(1/3)", "16"};

std::vector<std::string> tokens_of(const std::string& text) {
    std::vector<std::string> tokens;
    auto in_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.'; };
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at + 1;
        while (in_word(text[at]) && end < text.size() && in_word(text[end])) ++end;
        tokens.push_back(text.substr(at, end - at));
        at = end;
    }
    return tokens;
}

}  // namespace

std::string RandomFormula::leaf() { return one_of(leaves); }

std::string RandomFormula::call(int levels) {
    const std::string& name = one_of(names());
    if (name == "where")
        return "where(" + condition(levels) + "," + expression(levels) + "," + expression(levels) + ")";
    std::string text = name + "(";
    const CatalogueEntry* entry = find_in_catalogue(name);
    const std::size_t arguments = entry != nullptr ? 2 : 1 + below(3);
    for (std::size_t k = 0; k < arguments; ++k) text += (k ? "," : "") + expression(levels);
    if (entry != nullptr)
        for (const CatalogueParameter& p : entry->parameters)
            if (below(2) == 0) text += "," + p.name + "=" + (p.integer ? "2" : expression(levels - 1));
    if (below(20) == 0) text += ",a=" + leaf();
    return text + ")";
}

std::string RandomFormula::condition(int levels) {
    switch (below(levels > 0 ? 6 : 3)) {
        case 3: return "(" + condition(levels - 1) + " and " + condition(levels - 1) + ")";
        case 4: return "not " + condition(levels - 1);
        case 5: return condition(levels - 1) + " or " + condition(levels - 1);
        default: return expression(levels - 1) + one_of(comparisons) + expression(levels - 1);
    }
}

std::string RandomFormula::expression(int levels) {
    if (levels <= 0) return leaf();
    const std::string name = "t" + std::to_string(levels);
    switch (below(8)) {
        case 0: return leaf();
        case 1:
            return "(let " + name + "=" + expression(levels - 1) + " in " + name + "*" + expression(levels - 1) + "+" +
                   name + ")";
        case 2: return "-" + expression(levels - 1);
        case 3: return "sum(" + expression(levels - 1) + ")";
        case 4:
        case 5: return "(" + expression(levels - 1) + one_of(signs) + expression(levels - 1) + ")";
        default: return call(levels - 1);
    }
}

std::string RandomFormula::changed(const std::string& text) {
    std::vector<std::string> tokens = tokens_of(text);
    if (tokens.empty()) return expression(3);
    const auto at = tokens.begin() + static_cast<long>(below(tokens.size()));
    const auto end =
        at + static_cast<long>(1 + below(std::min<std::size_t>(6, static_cast<std::size_t>(tokens.end() - at))));
    std::string result, run;
    for (auto t = at; t != end; ++t) run += *t;
    for (auto t = tokens.begin(); t != at; ++t) result += *t;
    switch (below(5)) {
        case 0: result += run + run; break;
        case 1: break;
        case 2: result += one_of(names()) + "(" + run + ")"; break;
        default: result += expression(static_cast<int>(below(4)));
    }
    for (auto t = end; t != tokens.end(); ++t) result += *t;
    return result;
}

std::vector<std::string> formula_words() {
    std::vector<std::string> words = {"let ", " in ", " and ", " or ", "not ", "=", ",", "(", ")", "[d]"};
    for (const std::vector<std::string>* more : {&names(), &signs, &comparisons, &leaves})
        words.insert(words.end(), more->begin(), more->end());
    for (const CatalogueEntry& entry : catalogue())
        for (const CatalogueParameter& p : entry.parameters) words.push_back(p.name + "=");
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    return words;
}

}  // namespace halogram
