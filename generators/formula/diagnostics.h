// Errors in a formula's text: what is wrong, where, and what was expected.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace halogram {

// Every way in which a text can be wrong: code and what the user did. Tests walk this list and provoke each.
#define HALOGRAM_FORMULA_ERRORS(ERROR)                                                                                 \
    ERROR(Empty, "the formula is empty")                                                                               \
    ERROR(TooLong, "the text is longer than the limit")                                                                \
    ERROR(TooDeep, "the text nests deeper than the limit")                                                             \
    ERROR(TooManyNodes, "the formula has more operations than the limit")                                              \
    ERROR(InvalidCharacter, "a character that no formula contains")                                                    \
    ERROR(InvalidUtf8, "bytes that are not UTF-8")                                                                     \
    ERROR(Syntax, "the text does not follow the grammar")                                                              \
    ERROR(UnknownFunction, "a call of something that is not known")                                                    \
    ERROR(WrongArgumentCount, "a call with too few or too many arguments")                                             \
    ERROR(UnknownArgument, "a named argument that the callee does not have")                                           \
    ERROR(RepeatedArgument, "an argument given twice")                                                                 \
    ERROR(UnexpectedName, "a named argument where only positions count")                                               \
    ERROR(NotAParameter, "an index or an assignment on something that is no parameter")                                \
    ERROR(ParameterShape, "one name used both as a scalar and per feature")                                            \
    ERROR(ParameterValue, "a value that the parameter cannot take")                                                    \
    ERROR(NestedReduction, "a reduction inside a reduction that mixes x and y")                                        \
    ERROR(ConditionExpected, "a number where a condition is needed")                                                   \
    ERROR(NumberExpected, "a condition where a number is needed")                                                      \
    ERROR(ChainedComparison, "a comparison of a comparison")                                                           \
    ERROR(NumberNotFinite, "a number that is not finite in the dtype")                                                 \
    ERROR(DivisionByZero, "a division by the number zero")                                                             \
    ERROR(LetUsesItself, "a let whose definition uses its own name")                                                   \
    ERROR(LetShadows, "a let whose name is already taken")                                                             \
    ERROR(ResultPerFeature, "a result with one value per feature")                                                     \
    ERROR(NoPoints, "a formula of neither x nor y that is no plain constant")                                          \
    ERROR(UnknownSetting, "a --set of a parameter that the formula does not have")

enum class FormulaErrorCode {
#define HALOGRAM_ENUMERATOR(code, text) code,
    HALOGRAM_FORMULA_ERRORS(HALOGRAM_ENUMERATOR)
#undef HALOGRAM_ENUMERATOR
};

// what() is the whole message for a user: "line L, column C: message", the line (a window of it when long) and a
// caret below the character. Columns count characters from 1, not bytes. Always under 4 kB.
class FormulaError : public std::runtime_error {
public:
    FormulaError(FormulaErrorCode code, std::string_view text, std::size_t offset, const std::string& message);

    FormulaErrorCode code() const { return code_; }
    std::size_t line() const { return line_; }
    std::size_t column() const { return column_; }

private:
    struct Place;
    FormulaError(FormulaErrorCode code, const Place& place, const std::string& message);
    FormulaErrorCode code_;
    std::size_t line_, column_;
};

// The nearest of `known` by edit distance, or "" when none is near.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

}  // namespace halogram
