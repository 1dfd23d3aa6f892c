// A library made by Halogram, loaded into this process: what build would emit, through the same C functions.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "library/library.h"
#include "library/temporary_directory.h"
#include "runtime/hg.h"
#include "schedules/compile_kernel.h"

namespace halogram {

struct ExistingArchive {
    std::filesystem::path path;
};

class GeneratedLibrary {
public:
    // Compiles the kernels, writes the library, links it into a shared object and loads that. Throws CompileError,
    // LibraryError, std::runtime_error. `progress(what)` is called before each step; it may be empty.
    GeneratedLibrary(const std::string& name, const std::vector<KernelRequest>& requests,
                     const std::function<void(const std::string& what)>& progress = {});
    // Loads a library that exists: its archive and what was built into it, in that order.
    GeneratedLibrary(const ExistingArchive& archive, const std::vector<KernelRequest>& requests);
    ~GeneratedLibrary();
    GeneratedLibrary(const GeneratedLibrary&) = delete;
    GeneratedLibrary& operator=(const GeneratedLibrary&) = delete;

    // Forces a variant for the calls that follow; false where this machine cannot run it.
    bool use_variant(const std::string& isa);

    // Throws std::runtime_error where there is none.
    void* symbol(const std::string& name) const;

    std::vector<KernelInterface> kernels;
    std::set<std::string> undefined_symbols;  // of all leaf objects that were compiled here

private:
    TemporaryDirectory directory_;
    void* handle_ = nullptr;

    void load(const std::filesystem::path& archive);
};

}  // namespace halogram
