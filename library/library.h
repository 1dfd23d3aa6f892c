// The last step of a build: from compiled leaf functions to libNAME.a, NAME.h and NAME.json.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "library/kernel_interface.h"

namespace halogram {

struct LibraryInput {
    std::string name;
    std::vector<KernelInterface> kernels;
    std::map<std::string, std::string> leaf_objects;  // object file name -> bytes
    nlohmann::ordered_json schedules;                 // free form, goes into the manifest
    std::string halide_version;
};

struct LibraryOptions {
    std::string compiler;                                    // a command with optional flags; empty: $CC, else "cc"
    bool verbose = false;                                    // progress also tells every command
    std::function<void(const std::string& stage)> progress;  // may be empty
    bool registry = false;  // the library also holds a list of its kernels' tables: NAME_kernels, ends with NULL
};

// Throws LibraryError; then the directory holds what it held before.
void write_library(const LibraryInput& input, const std::filesystem::path& directory,
                   const LibraryOptions& options = {});

// The version of Halogram itself, "0.1.0".
std::string halogram_version();

}  // namespace halogram
