#include "generators/formula/parser.h"

#include <tao/pegtl/contrib/parse_tree.hpp>
#include <utility>

#include "generators/catalogue/catalogue.h"
#include "generators/formula/builder.h"
#include "generators/formula/grammar.h"

namespace halogram {

namespace grammar {

template <typename>
inline constexpr const char* message = nullptr;
template <>
inline constexpr auto message<operand> = "expected a value: a number, a name, a call or a parenthesis";
template <>
inline constexpr auto message<arguments> = "expected an argument";
template <>
inline constexpr auto message<argument> = "expected an argument after the comma";
template <>
inline constexpr auto message<exponent> = "expected an exponent after ^";
template <>
inline constexpr auto message<unary> = "expected a value after the operator";
template <>
inline constexpr auto message<product> = "expected a value after the operator";
template <>
inline constexpr auto message<addition> = "expected a value after the comparison";
template <>
inline constexpr auto message<negation> = "expected a condition after 'and'";
template <>
inline constexpr auto message<conjunction> = "expected a condition after 'or'";
template <>
inline constexpr auto message<close> = "expected ')'";
template <>
inline constexpr auto message<close_bracket> = "expected ']'";
template <>
inline constexpr auto message<index_d> = "expected 'd': the only index is [d]";
template <>
inline constexpr auto message<let_name> = "expected a name after 'let'";
template <>
inline constexpr auto message<space> = "expected a blank";
template <>
inline constexpr auto message<assign_required> = "expected '=' after the name of the let";
template <>
inline constexpr auto message<in_required> = "expected 'in' after the definition of the let";
template <>
inline constexpr auto message<p::eof> = "expected an operator or the end of the formula";

struct messages {
    template <typename Rule>
    static constexpr auto message = grammar::message<Rule>;
    template <typename Rule>
    static constexpr bool raise_on_failure = false;  // only `must` raises
};
template <typename Rule>
using control = p::must_if<messages>::control<Rule>;

template <typename Rule>
using selector = p::parse_tree::selector<
    Rule,
    p::parse_tree::store_content::on<number, call, callee, argument_name, indexed_name, variable, let_name, minus_sign,
                                     plus_sign, times_sign, add_sign, comparison_sign, not_word>,
    p::parse_tree::remove_content::on<named, indexed, let, power, exponent, unary, product, addition, comparison,
                                      negation, conjunction, disjunction>>;

}  // namespace grammar

namespace {

using ParseNode = tao::pegtl::parse_tree::node;

std::size_t sequence_length(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead < 0xE0) return 2;
    if (lead >= 0xE0 && lead < 0xF0) return 3;
    if (lead >= 0xF0 && lead < 0xF5) return 4;
    return 0;
}

// Checks before the recursive parser sees the text: length, characters, depth.
void check_text(std::string_view text) {
    if (text.size() > formula_length_limit)
        throw FormulaError(FormulaErrorCode::TooLong, text, formula_length_limit,
                           "the formula has " + std::to_string(text.size()) + " bytes, the limit is " +
                               std::to_string(formula_length_limit));
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
        throw FormulaError(FormulaErrorCode::Empty, text, 0, "the formula is empty; try exp(-gamma * sum((x - y)^2))");
    // How deep the parser recurses: open brackets, and inside each the lets and the powers of powers that are not yet
    // finished.
    struct Open {
        int lets = 0, powers = 0;
    };
    std::vector<Open> open(1);
    int depth = 0;
    char last = ' ';  // that is not a blank
    for (std::size_t k = 0; k < text.size(); ++k) {
        const auto c = static_cast<unsigned char>(text[k]);
        const std::size_t length = sequence_length(c);
        bool valid = length > 0 && k + length <= text.size();
        for (std::size_t i = 1; valid && i < length; ++i)
            valid = (static_cast<unsigned char>(text[k + i]) & 0xC0u) == 0x80u;
        if (!valid) throw FormulaError(FormulaErrorCode::InvalidUtf8, text, k, "this byte is not UTF-8 text");
        if (length > 1)
            throw FormulaError(FormulaErrorCode::InvalidCharacter, text, k,
                               "formulas are ASCII: write names in letters (gamma) and operators as + - * / ^");
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            throw FormulaError(FormulaErrorCode::InvalidCharacter, text, k, "a control character in the formula");
        Open& inside = open.back();
        const bool ends_powers = c == '+' || c == '*' || c == '/' || c == ',' || c == '<' || c == '>' || c == '=' ||
                                 c == '!' || (c == '-' && last != '^' && last != '-');
        if (ends_powers) depth -= std::exchange(inside.powers, 0);
        if (c == '^') ++inside.powers, ++depth;
        if (text.compare(k, 4, "let ") == 0) ++inside.lets, ++depth;
        if (c == '(' || c == '[') open.emplace_back(), ++depth;
        if ((c == ')' || c == ']') && open.size() > 1) {
            depth -= 1 + inside.lets + inside.powers;
            open.pop_back();
        }
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') last = text[k];
        if (depth > formula_depth_limit)
            throw FormulaError(FormulaErrorCode::TooDeep, text, k,
                               "more than " + std::to_string(formula_depth_limit) + " levels of nesting");
    }
}

}  // namespace

Formula parse_formula(std::string_view text, const ParseOptions& options) {
    check_text(text);
    const std::string copy(text);
    tao::pegtl::memory_input<> input(copy.data(), copy.size(), "formula");
    std::unique_ptr<ParseNode> root;
    try {
        root =
            tao::pegtl::parse_tree::parse<grammar::formula, grammar::selector, tao::pegtl::nothing, grammar::control>(
                input);
    } catch (const tao::pegtl::parse_error& e) {
        throw FormulaError(FormulaErrorCode::Syntax, text, e.positions().front().byte, std::string(e.message()));
    }
    if (root == nullptr) throw FormulaError(FormulaErrorCode::Syntax, text, 0, "this is not a formula");
    Formula formula;
    formula.pool = std::make_shared<Pool>();
    formula.pool->set_budget(options.budget);
    formula.text = copy;
    FormulaBuilder(formula, options).build(*root);
    return formula;
}

Formula catalogue_formula(std::string_view name, ParseOptions options) {
    const CatalogueEntry* entry = find_in_catalogue(name);
    if (entry == nullptr)
        throw std::invalid_argument("no kernel or distance in the catalogue is called " + std::string(name));
    for (const CatalogueParameter& p : entry->parameters)
        if (p.integer) options.declared[p.name] = Op::IntegerParameter;
    options.nested_reductions = true;
    Formula formula = parse_formula(entry->formula, options);
    formula.catalogued = true;
    return formula;
}

}  // namespace halogram
