// The grammar of the formula language as PEGTL rules, loosest binding first. Right operands are demanded (`must`), so
// that an error names what was expected at the place where the text goes wrong.
#pragma once

#include <tao/pegtl.hpp>

namespace halogram::grammar {

namespace p = tao::pegtl;

struct space : p::star<p::one<' ', '\t', '\r', '\n'>> {};
template <typename... Rules>
struct token : p::seq<Rules..., space> {};

struct word_end : p::not_at<p::identifier_other> {};
struct let_word : token<TAO_PEGTL_STRING("let"), word_end> {};
struct in_word : token<TAO_PEGTL_STRING("in"), word_end> {};
struct and_word : token<TAO_PEGTL_STRING("and"), word_end> {};
struct or_word : token<TAO_PEGTL_STRING("or"), word_end> {};
struct not_word : token<TAO_PEGTL_STRING("not"), word_end> {};
struct keyword : p::sor<let_word, in_word, and_word, or_word, not_word> {};

struct name : p::seq<p::not_at<keyword>, p::identifier> {};
struct digits : p::plus<p::digit> {};
struct exponent_digits : p::plus<p::digit> {};
struct number
    : p::seq<p::sor<p::seq<digits, p::opt<p::one<'.'>, p::star<p::digit>>>, p::seq<p::one<'.'>, digits>>,
             p::opt<p::one<'e', 'E'>, p::opt<p::one<'+', '-'>>, exponent_digits>, p::not_at<p::identifier_first>> {};

struct expression;
struct operand;  // an expression after an operator, comma or parenthesis: same rule, its own message
struct close : token<p::one<')'>> {};
struct close_bracket : token<p::one<']'>> {};
struct index_d : token<p::one<'d'>, word_end> {};
struct assign_sign : token<p::one<'='>, p::not_at<p::one<'='>>> {};
struct let_name : name {};
struct in_required : in_word {};
struct assign_required : assign_sign {};

struct argument_name : name {};
struct named : p::seq<argument_name, space, assign_sign, p::must<operand>> {};
struct argument : p::sor<named, expression> {};
struct first_argument : argument {};
struct arguments : p::list_must<argument, token<p::one<','>>> {};
struct callee : name {};
struct call : p::if_must<p::seq<callee, space, token<p::one<'('>>>, arguments, close> {};
struct indexed_name : name {};
struct indexed : p::if_must<p::seq<indexed_name, space, token<p::one<'['>>>, index_d, close_bracket> {};
struct variable : name {};
struct parenthesized : p::if_must<token<p::one<'('>>, operand, close> {};
struct primary : p::sor<token<number>, call, token<indexed>, token<variable>, parenthesized> {};

struct minus_sign : token<p::one<'-'>> {};
struct plus_sign : token<p::one<'+'>> {};
struct power;
struct exponent : p::seq<p::star<p::sor<minus_sign, plus_sign>>, power> {};
struct power : p::seq<primary, p::opt<p::if_must<token<p::one<'^'>>, exponent>>> {};
struct unary : p::seq<p::star<p::sor<minus_sign, plus_sign>>, power> {};
struct times_sign : token<p::one<'*', '/'>> {};
struct product : p::list_must<unary, times_sign> {};
struct add_sign : token<p::one<'+', '-'>> {};
struct addition : p::list_must<product, add_sign> {};
struct comparison_sign : token<p::sor<TAO_PEGTL_STRING("<="), TAO_PEGTL_STRING(">="), TAO_PEGTL_STRING("=="),
                                      TAO_PEGTL_STRING("!="), p::one<'<', '>'>>> {};
struct comparison : p::list_must<addition, comparison_sign> {};
struct negation : p::seq<p::star<not_word>, comparison> {};
struct conjunction : p::list_must<negation, and_word> {};
struct disjunction : p::list_must<conjunction, or_word> {};
struct let : p::if_must<let_word, let_name, space, assign_required, operand, in_required, operand> {};
struct expression : p::sor<let, disjunction> {};
struct operand : expression {};
struct formula : p::seq<space, p::must<operand>, p::must<p::eof>> {};

}  // namespace halogram::grammar
