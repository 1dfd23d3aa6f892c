// The C file of a generated library: the public entry points and the tables of leaf functions that the runtime walks.
#pragma once

#include <string>
#include <vector>

#include "library/kernel_interface.h"

namespace halogram {

// C99. Includes "<library_name>.h" (c_header) and the runtime's "hg_kernel.h"; refers to the leaf functions by their
// symbol + "_argv", the name of Halide's wrapper that takes an array of argument pointers.
std::string c_source(const std::vector<KernelInterface>& kernels, const std::string& library_name,
                     const std::string& halogram_version);

// A definition that may follow the file: the tables of all kernels, `library_name`_kernels, ended by NULL.
std::string c_registry(const std::vector<KernelInterface>& kernels, const std::string& library_name);

// The leaf symbols (with "_argv") that the C file of these kernels refers to, sorted.
std::vector<std::string> leaf_wrapper_symbols(const std::vector<KernelInterface>& kernels);

}  // namespace halogram
