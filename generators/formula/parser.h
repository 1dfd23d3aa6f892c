// Text -> formula: the language of docs/formula-language.md.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "generators/formula/diagnostics.h"
#include "generators/formula/expanded_form.h"
#include "generators/formula/tree.h"

namespace halogram {

struct FormulaParameter {
    std::string name;
    Op kind;  // Op::ScalarParameter, Op::VectorParameter or Op::IntegerParameter
    Expr node;
};

// A place in the text where a name stands, or could stand.
struct NameUse {
    enum class Kind {
        Parameter,
        Let,   // what a `let` defines
        Open,  // the ')' of a call of the catalogue that leaves the parameter open: before it ", name=..." may stand
        OpenVector,  // the same, ", name=...[d]"
    };
    std::size_t offset, length;  // an open one has the length 0
    std::string name;
    Kind kind;
};

// A parsed formula. Owns its tree.
struct Formula {
    std::shared_ptr<Pool> pool;
    std::string text;
    Expr value = nullptr;                          // scalar
    std::vector<FormulaParameter> parameters;      // in the order of first appearance in the text
    std::vector<NameUse> uses;                     // by their offsets
    std::map<std::string, std::string> constants;  // parameters that a setting replaced: name -> value as given
    std::optional<ExpandedForm> expanded;          // how it is computed; nothing: as it is written
    bool fast = false;                             // with the fast tier of functions
    bool catalogued = false;                       // an entry of the catalogue, which states its gradient at kinks
    int point_planes = 1;                          // 2: points carry directions (tangent.h)
};

struct ParseOptions {
    double largest_number = 3.4028234663852886e38;  // of the dtype; a number beyond it is an error
    std::map<std::string, std::string> settings;    // PARAM -> VALUE: constants instead of parameters
    std::map<std::string, Op> declared;             // parameters that are not real scalars, e.g. a catalogue's integers
    std::int64_t budget = default_budget;           // of the pool (tree.h)
    // Of a kernel: a formula of neither x nor y is an error, unless it is + - * / ^ of numbers and one parameter.
    bool of_points = false;
    bool nested_reductions = false;  // of an entry: what mixes x and y may stand inside a reduction
};

// Limits that turn hostile text into a clear error.
inline constexpr std::size_t formula_length_limit = 10000;
inline constexpr int formula_depth_limit = 200;
inline constexpr std::size_t formula_node_limit = 4000;

// Whatever a formula can call: `where`, reductions, functions, kernels and distances. For messages, tests and fuzzers.
std::vector<std::string> callable_names();

// Throws FormulaError.
Formula parse_formula(std::string_view text, const ParseOptions& options = {});
// The formula of a catalogue entry, its integer parameters declared. Throws FormulaError where a setting is wrong.
Formula catalogue_formula(std::string_view name, ParseOptions options = {});

}  // namespace halogram
