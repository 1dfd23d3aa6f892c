#include "tools/build_library.h"

#include "library/archive.h"
#include "library/atomic_output.h"
#include "library/error.h"
#include "library/interruption.h"
#include "tools/kernel_arguments.h"

namespace halogram {

void expect_writable(const std::filesystem::path& directory, const LibraryOptions& options) {
    try {
        resolve_compiler(options.compiler);
    } catch (const LibraryError& e) {
        throw UsageError(e.what());
    }
    const AtomicOutput writable(directory);
}

LibraryInput compiled_library(const std::string& name, const std::vector<KernelRequest>& requests,
                              const BuildProgress& progress) {
    LibraryInput input;
    input.name = name;
    input.schedules = nlohmann::ordered_json::object();
    input.halide_version = std::to_string(HALIDE_VERSION_MAJOR) + "." + std::to_string(HALIDE_VERSION_MINOR) + "." +
                           std::to_string(HALIDE_VERSION_PATCH);
    for (const KernelRequest& request : requests) {
        CompiledKernel compiled = compile_kernel(request, [&](int done, int total, const std::string& what) {
            throw_if_interrupted();
            if (progress) progress(done, total, what);
        });
        input.kernels.push_back(std::move(compiled.interface));
        input.leaf_objects.merge(compiled.leaf_objects);
        input.schedules[request.c_name] = std::move(compiled.schedules);
    }
    return input;
}

void build_library(const std::string& name, const std::vector<KernelRequest>& requests,
                   const std::filesystem::path& directory, const LibraryOptions& options,
                   const BuildProgress& progress) {
    expect_writable(directory, options);  // before the long work
    const LibraryInput input = compiled_library(name, requests, progress);
    throw_if_interrupted();
    write_library(input, directory, options);
}

}  // namespace halogram
