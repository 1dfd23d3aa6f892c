// From requests to libNAME.a, NAME.h and NAME.json.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "library/library.h"
#include "schedules/compile_kernel.h"

namespace halogram {

// Called before each operation of a kernel is compiled.
using BuildProgress = std::function<void(int done, int total, const std::string& what)>;

// `options.progress` is called at the stages after compiling. Throws UsageError where the C compiler is not found,
// LibraryError, CompileError; then the directory holds what it held before.
void build_library(const std::string& name, const std::vector<KernelRequest>& requests,
                   const std::filesystem::path& directory, const LibraryOptions& options,
                   const BuildProgress& progress);

// Its halves, between which write_library stands: what is asked before the long work, and that work.
void expect_writable(const std::filesystem::path& directory, const LibraryOptions& options);
LibraryInput compiled_library(const std::string& name, const std::vector<KernelRequest>& requests,
                              const BuildProgress& progress);

}  // namespace halogram
