// A kernel with a parameter of each kind, its leaf functions written in C by hand, and what tests need to compile and
// run C programs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "library/kernel_interface.h"
#include "library/library.h"

namespace halogram::test {

// k(x, y) = a / (1 + sum(ell * (x - y)^2))^p; the leaf functions' symbols begin with the name.
KernelInterface demo_kernel(const std::string& name, std::int64_t features, const std::vector<std::string>& operations);

// C source of the leaf functions of demo_kernel(name, ...); includes hg_kernel.h.
std::string demo_leaf_source(const std::string& name);

// A library with that kernel for 3 features, its leaf object compiled by gcc in `directory`.
LibraryInput demo_library(const std::string& name, const std::filesystem::path& directory);

// "gcc" and "clang", those that are there. `plus` gives the C++ compilers.
std::vector<std::string> compilers(bool plus = false);

// Runs the words of a command in a directory; a test failure with its output where the exit status is not 0.
std::string run(const std::filesystem::path& directory, const std::string& command);

// The flags with which generated code must compile without a warning.
extern const char* const strict;

}  // namespace halogram::test
