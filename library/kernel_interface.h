// What the C side of a generated library needs to know of one kernel: names, counts and leaf symbols.
// Filled by the compilation of a kernel (schedules/), read by the writers of the C file, the header and the manifest.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "generators/formula/symmetry.h"

namespace halogram {

enum class ParameterKind { Scalar, Integer, Vector };

struct InterfaceParameter {
    std::string name;    // in the formula
    std::string c_name;  // in C: the same unless it collides with a keyword or another argument
    ParameterKind kind;
    std::string description;  // one line, may be empty
};

// Mirrors hg1_counts (runtime/hg_kernel.h).
struct PreparedCounts {
    int ps = 0, pf = 0, xs = 0, xf = 0, ys = 0, yf = 0;
};

// Symbols of the leaf functions of one operation in one variant, by role (leaf_roles.h); a leaf with nothing to do is
// left out.
using LeafSymbols = std::map<std::string, std::string>;

struct InterfaceVariant {
    std::string isa;
    int vector_bytes = 0, row_multiple = 1, column_multiple = 1;
    std::map<std::string, LeafSymbols> leaves;  // by operation name: "gram", "gram_vjp"
};

struct KernelInterface {
    std::string c_name;
    std::string formula;                           // as the user wrote it or the catalogue has it
    std::map<std::string, std::string> constants;  // parameters that --set made constants: name -> value
    std::string description;                       // one line for the header, may be empty
    std::string dtype;                             // "f32" or "f64"
    std::int64_t features = 0;                     // 0: an argument of the call
    int point_planes = 1;                          // 2: points carry directions (hg_kernel.h)
    std::vector<InterfaceParameter> parameters;    // in signature order
    std::vector<std::string> operations;           // "gram", "gram_vjp"
    Symmetry symmetry = Symmetry::None;
    std::string form = "direct";                   // "expanded", or "auto": then `expanded` holds the second form
    std::string math = "exact";                    // or "fast": the tier of functions
    bool centred = false;                          // points are moved by a common center before anything is computed
    int bound_x = 0, bound_y = 0;                  // of the expanded form: what its error bound asks for (hg_kernel.h)
    double tolerance = 0;                          // of "auto": the largest error bound of an expanded call
    std::vector<KernelInterface> expanded;         // at most one, with the same names
    std::map<std::string, PreparedCounts> counts;  // by operation
    int pair_planes = 0;
    int operations_per_pair = 0, gram_operations = 0;  // estimates (hg_kernel.h)
    std::map<std::string, std::string> derivatives;    // "x", "y", parameter name -> text, for docs and the manifest
    std::vector<InterfaceVariant> variants;            // best first
};

}  // namespace halogram
