// The table of scalar functions: everything that is known of each stands in its one entry - value, derivative, what it
// gives at the edge, error. The parser, the derivatives, the oracle and the pipelines all read from here.
#pragma once

#include <mpfr.h>

#include <limits>
#include <string_view>
#include <vector>

#include "generators/formula/tree.h"

namespace Halide {
struct Expr;
}

namespace halogram {

enum class Parity { None, Even, Odd };
enum class Monotone { No, Rising, Falling };
enum class Range { Any, NonNegative, Positive };

struct Function {
    std::string_view name;
    int arity = 1;
    int integers = 0;         // so many arguments, the last ones, are integers; there is no derivative by these
    int least = 0, most = 0;  // of the very last of these; it is NaN beyond, and an error where it is a constant
    std::string_view summary;

    // Derivatives by each argument, given the arguments and the value f itself.
    std::vector<Expr> (*derivatives)(const std::vector<Expr>& a, Expr f) = nullptr;

    // Where a derivative above is a convention instead of a limit, beside sqrt and abs at 0; there is no second one there.
    Expr (*kink)(const std::vector<Expr>& a) = nullptr;
    bool kink_in_definition = false;  // it is that of the root in the definition
    bool held = false;                // derivatives take it for a constant, whatever its slope

    // Either the function is defined by other operations of the tree ...
    Expr (*definition)(const std::vector<Expr>& a) = nullptr;
    // ... or it is primitive: its exact value, its code, and the error of that code in units in the last place.
    int (*exact)(mpfr_ptr result, mpfr_srcptr a, mpfr_rnd_t rounding) = nullptr;
    Halide::Expr (*code)(const Halide::Expr& a) = nullptr;
    Halide::Expr (*code_non_positive)(const Halide::Expr& a) = nullptr;  // the same bits, where a <= 0 is proved
    // The tier that is asked for by name (--math fast), where there is one, and its error in f32; in f64 it is the other.
    Halide::Expr (*code_fast)(const Halide::Expr& a) = nullptr;
    Halide::Expr (*code_fast_non_positive)(const Halide::Expr& a) = nullptr;
    double ulp_fast_f32 = 0;
    double ulp_f32 = 0, ulp_f64 = 0;
    int operations = 1;  // vector instructions of the code in f32 on AVX-512, counted by tests/math/assembly_test.cpp

    Monotone monotone = Monotone::No;
    double half_hoelder = 0;  // c of |f(a) - f(b)| <= c sqrt(|a - b|), where the slope has no bound; 0: there is none

    // The domain. What only rounding puts beyond it counts as its edge, where the exact value is.
    double lowest = -std::numeric_limits<double>::infinity(), highest = std::numeric_limits<double>::infinity();
    // Value and slope lie within [-1, 1]. The stated error holds to |a| <= 2^17 (f32), 2^30 (f64); beyond it is u |a|.
    bool oscillates = false;

    Parity parity = Parity::None;  // holds bit for bit
    Range range = Range::Any;
    bool integer_valued = false;
    bool keeps_positive = false;                         // positive for a positive argument
    bool may_be_infinite = false;                        // at an edge of its domain, for finite arguments
    bool bounded = false;                                // finite for all arguments
    Expr (*fold)(const std::vector<Expr>& a) = nullptr;  // simplification, nullptr when nothing applies
};

const std::vector<Function>& functions();
const Function* find_function(std::string_view name);  // nullptr when there is none

// To where the functions that oscillate have their stated error.
inline constexpr double oscillation_limit_f32 = 0x1p17, oscillation_limit_f64 = 0x1p30;

// pow is an operator of the tree (a ^ b); its error and its operations stand here.
inline constexpr double power_ulp = 1.0;
inline constexpr int power_operations = 132;  // vector instructions, for estimates

}  // namespace halogram
