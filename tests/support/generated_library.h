// A library made by Halogram, loaded into the test: its functions are called through libffi, because their signatures
// follow from the kernel. What goes wrong is an exception, so that tools can use it too.
#pragma once

#include <dlfcn.h>
#include <ffi.h>
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "library/library.h"
#include "library/object_symbols.h"
#include "runtime/hg.h"
#include "schedules/compile_kernel.h"

namespace halogram {

class GeneratedLibrary {
public:
    // Compiles the kernels, writes the library, links it into a shared object and loads that.
    GeneratedLibrary(const std::string& name, const std::vector<KernelRequest>& requests) {
        LibraryInput input;
        input.name = name;
        input.schedules = nlohmann::ordered_json::object();
        input.halide_version = "test";
        for (const KernelRequest& request : requests) {
            CompiledKernel compiled = compile_kernel(request);
            input.kernels.push_back(compiled.interface);
            for (const auto& [file_name, bytes] : compiled.leaf_objects)
                for (const std::string& symbol : object_symbols(bytes, file_name).undefined)
                    undefined_symbols.insert(symbol);
            input.leaf_objects.merge(compiled.leaf_objects);
        }
        kernels = input.kernels;
        write_library(input, directory_.path);
        const std::string shared = directory_.path + "/shared.so";
        const std::string command = "cc -shared -o " + shared + " -Wl,--whole-archive " + directory_.path + "/lib" +
                                    name + ".a -Wl,--no-whole-archive -pthread";
        if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
        handle_ = dlopen(shared.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (handle_ == nullptr) throw std::runtime_error(dlerror());
    }
    ~GeneratedLibrary() {
        if (handle_ != nullptr) dlclose(handle_);
    }
    GeneratedLibrary(const GeneratedLibrary&) = delete;
    GeneratedLibrary& operator=(const GeneratedLibrary&) = delete;

    // Forces a variant for the calls that follow; false where this machine cannot run it.
    bool use_variant(const std::string& isa) {
        setenv("HALOGRAM_ISA", isa.c_str(), 1);
        *static_cast<int*>(symbol("hg1_isa_choice")) = 0;  // read the environment anew
        const auto info = reinterpret_cast<const hg_info* (*)()>(symbol(kernels.front().c_name + "_info"));
        return info()->status == HG_OK;
    }

    void* symbol(const std::string& name) const {
        void* found = dlsym(handle_, name.c_str());
        if (found == nullptr) throw std::runtime_error(name + ": there is no such symbol");
        return found;
    }

    std::vector<KernelInterface> kernels;
    std::set<std::string> undefined_symbols;  // of all leaf objects

private:
    struct TemporaryDirectory {
        char path_pattern[26] = "/tmp/halogram-test-XXXXXX";
        std::string path;
        TemporaryDirectory() {
            if (mkdtemp(path_pattern) == nullptr) throw std::runtime_error("no folder can be made in /tmp");
            path = path_pattern;
        }
        ~TemporaryDirectory() { std::filesystem::remove_all(path); }
    };
    TemporaryDirectory directory_;
    void* handle_ = nullptr;
};

// Collects the arguments of one call.
class Call {
public:
    Call& integer(std::int64_t v) { return add(&ffi_type_sint64, v); }
    Call& integer32(std::int32_t v) { return add(&ffi_type_sint32, v); }
    Call& real(float v) { return add(&ffi_type_float, v); }
    Call& real(double v) { return add(&ffi_type_double, v); }
    Call& pointer(const void* v) { return add(&ffi_type_pointer, v); }
    // A pointer that is read anew by each run.
    template <typename T>
    Call& reference(const T*& v) {
        pointer(v);
        references_.emplace_back(values_.size() - 1, &v);
        return *this;
    }

    hg_status run(void* function) {
        std::vector<void*> addresses;
        for (Value& v : values_) addresses.push_back(&v);
        for (const auto& [at, variable] : references_) addresses[at] = variable;
        ffi_cif interface;
        ffi_prep_cif(&interface, FFI_DEFAULT_ABI, static_cast<unsigned>(types_.size()), &ffi_type_sint, types_.data());
        ffi_arg result = 0;
        ffi_call(&interface, FFI_FN(function), &result, addresses.data());
        return static_cast<hg_status>(static_cast<int>(result));
    }

private:
    union Value {
        std::int64_t i64;
        std::int32_t i32;
        float f32;
        double f64;
        const void* pointer;
    };
    std::vector<ffi_type*> types_;
    std::vector<Value> values_;
    std::vector<std::pair<std::size_t, void*>> references_;

    template <typename T>
    Call& add(ffi_type* type, T v) {
        Value value{};
        static_assert(sizeof(T) <= sizeof(Value));
        __builtin_memcpy(&value, &v, sizeof(T));
        types_.push_back(type);
        values_.push_back(value);
        return *this;
    }
};

}  // namespace halogram
