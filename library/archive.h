// The static library's bytes: leaf objects, the generated C file and the runtime, compiled and archived.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "library/kernel_interface.h"

namespace halogram {

struct ArchiveOptions {
    std::string compiler;  // a command with optional flags, split at blanks; empty: $CC, else "cc"
    bool verbose = false;  // reports every command and what the compiler says
    std::function<void(const std::string& message)> report;  // called at each stage; may be empty
};

struct ArchiveInput {
    std::string name;  // of the library
    std::vector<KernelInterface> kernels;
    std::map<std::string, std::string> leaf_objects;  // file name -> bytes of an ELF object
    std::string c_source, c_header;                   // the generated texts
};

// The only symbols that a leaf object may need from outside its library: calls that a compiler emits for a loop, which
// every C library has, also a freestanding one. No function of libm: the mathematics is in the leaves.
const std::set<std::string>& emitted_dependencies();

// The compiler command's words with the first one an absolute path. Throws LibraryError if the program is not found: a
// caller may ask before it starts long work.
std::vector<std::string> resolve_compiler(const std::string& compiler);

// Same input and same tools, same bytes: members are sorted, carry no times or owners, and no path is recorded.
// Throws LibraryError.
std::string make_archive(const ArchiveInput& input, const ArchiveOptions& options);

}  // namespace halogram
