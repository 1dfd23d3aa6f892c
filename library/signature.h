// The public functions of a kernel and their arguments: read by the writers of the C file and of the header, so that
// a signature stands once.
#pragma once

#include <string>
#include <vector>

#include "library/kernel_interface.h"

namespace halogram {

struct CArgument {
    std::string type;  // with the blank or star that the name follows: "int64_t ", "const float *"
    std::string name;
};

enum class EntryPointForm { Plain, With, Workspace, ErrorBound, Info };

struct EntryPoint {
    std::string operation;  // "gram", "gram_vjp"; empty for NAME_info
    EntryPointForm form;
    std::string name;         // NAME_gram_with
    std::string return_type;  // "hg_status "
    std::vector<CArgument> arguments;
};

// Throws LibraryError where the interface cannot be written in C: an unknown dtype or operation, no variant, a name
// that is not an identifier, an operation without leaves.
void check_kernel_interface(const KernelInterface& kernel);

// The same for all kernels of a library, and that no two of them share a function's name.
void check_kernel_interfaces(const std::vector<KernelInterface>& kernels);

// "float" for f32, "double" for f64.
std::string c_element_type(const KernelInterface& kernel);
int c_element_size(const KernelInterface& kernel);

// The formula with what --set made constant: "exp(a * l1(x, y)) with a = -0.5".
std::string formula_with_constants(const KernelInterface& kernel);

std::vector<EntryPoint> entry_points(const KernelInterface& kernel);

// "hg_status rbf_gram(int64_t n, ..., int64_t ldk)" without a final semicolon, broken at 120 columns.
std::string declaration(const EntryPoint& entry_point, const std::string& prefix = "");

}  // namespace halogram
