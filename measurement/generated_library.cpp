#include "measurement/generated_library.h"

#include <dlfcn.h>
#include <stdlib.h>

#include <stdexcept>

#include "library/archive.h"
#include "library/object_symbols.h"
#include "library/process.h"
#include "schedules/operation_module.h"

extern "C" {
#include "runtime/hg_internal.h"
}

namespace halogram {

GeneratedLibrary::GeneratedLibrary(const std::string& name, const std::vector<KernelRequest>& requests,
                                   const std::function<void(const std::string& what)>& progress) {
    LibraryInput input;
    input.name = name;
    input.schedules = nlohmann::ordered_json::object();
    input.halide_version = "in this process";
    for (const KernelRequest& request : requests) {
        CompiledKernel compiled = compile_kernel(request, [&](int, int, const std::string& what) {
            if (progress) progress("compiling " + what);
        });
        input.kernels.push_back(compiled.interface);
        for (const auto& [file_name, bytes] : compiled.leaf_objects)
            for (const std::string& symbol : object_symbols(bytes, file_name).undefined)
                undefined_symbols.insert(symbol);
        input.leaf_objects.merge(compiled.leaf_objects);
    }
    kernels = input.kernels;
    if (progress) progress("linking");
    write_library(input, directory_.path());
    load(directory_.path() / ("lib" + name + ".a"));
}

GeneratedLibrary::GeneratedLibrary(const ExistingArchive& archive, const std::vector<KernelRequest>& requests) {
    for (const KernelRequest& request : requests) {
        kernels.push_back(interface_of(request));
        for (const Machine& machine : machines_of(request.target)) add_variant(request, machine, kernels.back());
    }
    load(archive.path);
}

void GeneratedLibrary::load(const std::filesystem::path& archive) {
    const std::string shared = directory_.path() / "shared.so";
    std::vector<std::string> link = resolve_compiler("");
    for (const std::string& word :
         {std::string("-shared"), std::string("-o"), shared, std::string("-Wl,--whole-archive"), archive.string(),
          std::string("-Wl,--no-whole-archive"), std::string("-pthread")})
        link.push_back(word);
    const ProcessResult linked = run_process(link, directory_.path());
    if (linked.exit_status != 0) throw std::runtime_error("linking failed: " + first_lines(linked.output, 5));
    handle_ = dlopen(shared.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ == nullptr) throw std::runtime_error(dlerror());
}

GeneratedLibrary::~GeneratedLibrary() {
    if (handle_ != nullptr) dlclose(handle_);
}

bool GeneratedLibrary::use_variant(const std::string& isa) {
    // The library itself tells of the first choice alone: NAME_info() is filled once.
    const int number = hg1_isa_number(isa.c_str());
    if (number < 0 || hg1_isa_supported(number) == 0) return false;
    setenv("HALOGRAM_ISA", isa.c_str(), 1);
    *static_cast<int*>(symbol("hg1_isa_choice")) = 0;  // read the environment anew
    return true;
}

void* GeneratedLibrary::symbol(const std::string& name) const {
    void* found = dlsym(handle_, name.c_str());
    if (found == nullptr) throw std::runtime_error(name + ": there is no such symbol");
    return found;
}

}  // namespace halogram
