// From requests to libNAME.a, NAME.h and NAME.json.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "library/library.h"
#include "schedules/compile_kernel.h"

namespace halogram {

// `progress(done, total, what)` is called before each leaf of a kernel is compiled, `options.progress` at the stages after.
// Throws UsageError where the C compiler is not found, LibraryError, CompileError; then the directory holds what it held
// before.
void build_library(const std::string& name, const std::vector<KernelRequest>& requests,
                   const std::filesystem::path& directory, const LibraryOptions& options,
                   const std::function<void(int done, int total, const std::string& what)>& progress);

}  // namespace halogram
