// halogram build: formula or catalogue name -> libNAME.a, NAME.h, NAME.json.
#include <iostream>
#include <memory>
#include <set>

#include "library/interruption.h"
#include "library/names.h"
#include "tools/build_library.h"
#include "tools/kernel_arguments.h"
#include "tools/progress.h"
#include "tools/specification.h"

namespace halogram {

namespace {

struct BuildArguments {
    KernelArguments kernel;
    std::string specification, compiler, directory;
    bool quiet = false, verbose = false;
};

// The library's name and its kernels.
std::pair<std::string, std::vector<KernelRequest>> requests_of(const BuildArguments& a) {
    if (a.specification.empty()) {
        std::vector<KernelRequest> one = {request_of(a.kernel)};
        return {one[0].c_name, std::move(one)};
    }
    if (!a.kernel.kernel.empty() || !a.kernel.formula.empty() || !a.kernel.name.empty())
        throw UsageError("--spec replaces --kernel, --formula and --name");
    const Specification specification = read_specification(a.specification, a.kernel);
    const std::string in_file = "--spec " + a.specification;
    const std::string problem = c_name_problem(specification.name);
    if (!problem.empty()) throw UsageError(in_file + ": name '" + specification.name + "': " + problem);
    std::vector<KernelRequest> requests;
    std::set<std::string> names;
    for (const KernelArguments& kernel : specification.kernels) {
        const std::string place = in_file + ", kernels[" + std::to_string(requests.size()) + "]: ";
        try {
            requests.push_back(request_of(kernel));
        } catch (const std::runtime_error& e) {  // of the kernel's options or of its formula
            throw UsageError(place + e.what());
        }
        if (!names.insert(requests.back().c_name).second)
            throw UsageError(place + "another kernel is called '" + requests.back().c_name + "' too");
    }
    return {specification.name, std::move(requests)};
}

void run(const BuildArguments& a) {
    const InterruptionGuard guard;  // first, so that everything half made is gone before the signal takes its course
    if (a.directory.empty()) throw UsageError("--output is empty: the directory for the three files");
    const auto [name, requests] = requests_of(a);
    Progress progress(a.quiet);
    LibraryOptions options;
    options.compiler = a.compiler;
    options.verbose = a.verbose;
    options.progress = [&](const std::string& stage) {
        if (a.verbose)
            std::cerr << stage << "\n";
        else
            progress.show(stage);
    };
    build_library(name, requests, a.directory, options, [&](int done, int total, const std::string& what) {
        progress.show("[" + std::to_string(done + 1) + "/" + std::to_string(total) + "] compiling " + what);
    });
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
    CLI::Option* quiet = command->add_flag("--quiet", a->quiet, "Print nothing but errors");
    command->add_flag("--verbose", a->verbose, "Print every command")->excludes(quiet);
    command->footer(
        "Examples:\n"
        "  halogram build --kernel rbf --features 5 -o out\n"
        "  halogram build --formula \"exp(-gamma * sum(abs(x - y)))\" --name l1_exp --features any --dtype f64 -o out\n"
        "Then: cc program.c -Iout out/librbf.a -pthread");
    command->callback([a] { run(*a); });
}

}  // namespace halogram
