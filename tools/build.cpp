// halogram build: formula or catalogue name -> libNAME.a, NAME.h, NAME.json.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "library/archive.h"
#include "library/library.h"
#include "library/names.h"
#include "tools/kernel_arguments.h"

namespace halogram {

namespace {

struct BuildArguments {
    KernelArguments kernel;
    std::string specification, compiler, directory;
    bool quiet = false, verbose = false;
};

// One line that rewrites itself on a terminal, nothing in a pipe.
class Progress {
public:
    explicit Progress(bool quiet) : shown_(!quiet && isatty(STDERR_FILENO) != 0) {}
    ~Progress() { clear(); }
    void show(const std::string& text) {
        if (shown_) std::cerr << "\r\033[K" << text << std::flush;
    }
    void clear() {
        if (shown_) std::cerr << "\r\033[K" << std::flush;
    }

private:
    bool shown_;
};

std::vector<std::string> strings_of(const nlohmann::json& value, const std::string& option) {
    std::vector<std::string> all;
    for (const nlohmann::json& v : value.is_array() ? value : nlohmann::json::array({value})) {
        if (v.is_string())
            all.push_back(v.get<std::string>());
        else if (v.is_number_integer())
            all.push_back(std::to_string(v.get<long>()));
        else
            throw UsageError("specification: '" + option + "' takes text");
    }
    return all;
}

// A specification holds the long options of each kernel; what is missing keeps the command line's value.
KernelArguments arguments_of(const nlohmann::json& entry, const KernelArguments& defaults) {
    if (!entry.is_object()) throw UsageError("specification: each of \"kernels\" is an object of long options");
    KernelArguments a = defaults;
    for (const auto& [option, value] : entry.items()) {
        const std::vector<std::string> texts = strings_of(value, option);
        std::string* single = option == "kernel"     ? &a.kernel
                              : option == "formula"  ? &a.formula
                              : option == "features" ? &a.features
                              : option == "name"     ? &a.name
                              : option == "dtype"    ? &a.dtype
                              : option == "form"     ? &a.form
                              : option == "math"     ? &a.math
                                                     : nullptr;
        if (single != nullptr) {
            if (texts.size() != 1) throw UsageError("specification: '" + option + "' takes one value");
            *single = texts[0];
        } else if (option == "ops") {
            a.operations = texts;
        } else if (option == "target") {
            a.targets = texts;
        } else if (option == "set") {
            a.settings = texts;
        } else {
            throw UsageError("specification: a kernel has no option '" + option + "'");
        }
    }
    return a;
}

// The library's name and its kernels.
std::pair<std::string, std::vector<KernelRequest>> requests_of(const BuildArguments& a) {
    if (a.specification.empty()) {
        std::vector<KernelRequest> one = {request_of(a.kernel)};
        return {one[0].c_name, std::move(one)};
    }
    if (!a.kernel.kernel.empty() || !a.kernel.formula.empty())
        throw UsageError("--spec replaces --kernel and --formula");
    std::ifstream file(a.specification);
    if (!file) throw UsageError("--spec " + a.specification + ": the file cannot be read");
    nlohmann::json specification;
    try {
        specification = nlohmann::json::parse(file);
    } catch (const nlohmann::json::parse_error& e) {
        throw UsageError("--spec " + a.specification + ": not JSON, at byte " + std::to_string(e.byte));
    }
    if (!specification.is_object() || !specification.contains("name") || !specification["name"].is_string() ||
        !specification.contains("kernels") || !specification["kernels"].is_array() || specification["kernels"].empty())
        throw UsageError("--spec " + a.specification + R"(: expected {"name": ..., "kernels": [{long option names}]})");
    for (const auto& [key, value] : specification.items())
        if (key != "name" && key != "kernels")
            throw UsageError("--spec " + a.specification + ": unknown key '" + key + "'");
    const std::string name = specification["name"];
    const std::string problem = c_name_problem(name);
    if (!problem.empty()) throw UsageError("--spec " + a.specification + ": name '" + name + "': " + problem);
    std::vector<KernelRequest> requests;
    std::set<std::string> names;
    for (const nlohmann::json& entry : specification["kernels"]) {
        requests.push_back(request_of(arguments_of(entry, a.kernel)));
        if (!names.insert(requests.back().c_name).second)
            throw UsageError("--spec " + a.specification + ": two kernels are called '" + requests.back().c_name + "'");
    }
    return {name, std::move(requests)};
}

void run(const BuildArguments& a) {
    auto [name, requests] = requests_of(a);
    resolve_compiler(a.compiler);  // before the long work
    Progress progress(a.quiet);
    LibraryInput input;
    input.name = name;
    input.schedules = nlohmann::ordered_json::object();
    input.halide_version = "21.0.0";
    for (const KernelRequest& request : requests) {
        CompiledKernel compiled = compile_kernel(request, [&](int done, int total, const std::string& what) {
            progress.show("[" + std::to_string(done + 1) + "/" + std::to_string(total) + "] compiling " + what);
        });
        input.kernels.push_back(std::move(compiled.interface));
        input.leaf_objects.merge(compiled.leaf_objects);
        input.schedules[request.c_name] = std::move(compiled.schedules);
    }
    LibraryOptions options;
    options.compiler = a.compiler;
    options.verbose = a.verbose;
    options.progress = [&](const std::string& stage) {
        if (a.verbose)
            std::cerr << stage << "\n";
        else
            progress.show(stage);
    };
    write_library(input, a.directory, options);
    progress.clear();
    if (!a.quiet)
        std::cout << a.directory << "/lib" << name << ".a\n"
                  << a.directory << "/" << name << ".h\n"
                  << a.directory << "/" << name << ".json\n";
}

}  // namespace

void add_build_command(CLI::App& program) {
    auto a = std::make_shared<BuildArguments>();
    CLI::App* command = program.add_subcommand("build", "Compile a kernel into a static library with a C header");
    add_kernel_options(*command, a->kernel);
    command->add_option("--spec", a->specification, "Several kernels in one library: a JSON file")
        ->type_name("FILE.json");
    command->add_option("--cc", a->compiler, "C compiler; default: $CC, else cc")->type_name("COMPILER");
    command->add_option("-o,--output", a->directory, "Directory for libNAME.a, NAME.h and NAME.json")
        ->type_name("DIR")
        ->required();
    command->add_flag("--quiet", a->quiet, "Print nothing but errors");
    command->add_flag("--verbose", a->verbose, "Print every command");
    command->footer(
        "Examples:\n"
        "  halogram build --kernel rbf --features 5 -o out\n"
        "  halogram build --formula \"exp(-gamma * sum(abs(x - y)))\" --name l1_exp --features any --dtype f64 -o out\n"
        "Then: cc program.c -Iout out/librbf.a -lm -pthread");
    command->callback([a] { run(*a); });
}

}  // namespace halogram
