#include "tools/bench_compile.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "generators/catalogue/catalogue.h"
#include "library/interruption.h"
#include "measurement/compile_time.h"
#include "runtime/hg_internal.h"
#include "tools/progress.h"

namespace halogram {

namespace {

// Any can be compiled; `best` is the first that this machine runs.
std::vector<Machine> machines_for(const std::vector<std::string>& variants, const std::string& target) {
    const std::vector<Machine> machines = machines_of(target);
    const auto runs = [](const Machine& m) { return hg1_isa_supported(hg1_isa_number(m.isa.c_str())) != 0; };
    const auto best = std::find_if(machines.begin(), machines.end(), runs);
    std::vector<Machine> chosen;
    for (const std::string& wanted : variants) {
        const std::size_t before = chosen.size();
        for (const Machine& machine : machines)
            if (wanted == "all" || wanted == machine.isa ||
                (wanted == "best" && best != machines.end() && machine.isa == best->isa))
                chosen.push_back(machine);
        if (chosen.size() > before) continue;
        std::string names;
        for (const Machine& machine : machines) names += machine.isa + ", ";
        throw UsageError("--variant " + wanted.substr(0, 40) + ": there is " + names + "best, all");
    }
    return chosen;
}

std::vector<KernelRequest> requests_of(const KernelArguments& kernel) {
    if (!kernel.kernel.empty() || !kernel.formula.empty()) return {request_of(kernel)};
    std::vector<KernelRequest> requests;
    for (const CatalogueEntry& entry : catalogue()) {
        KernelArguments one = kernel;
        one.kernel = entry.name;
        one.name.clear();
        requests.push_back(request_of(one));
    }
    return requests;
}

std::string cell(const char* format, double value) {
    char text[40];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

}  // namespace

void bench_compile(const KernelArguments& kernel, const std::vector<std::string>& variants, bool json, bool quiet) {
    const std::vector<KernelRequest> requests = requests_of(kernel);
    const std::vector<Machine> machines = machines_for(variants, requests.front().target);
    Progress progress(quiet);
    nlohmann::ordered_json records = nlohmann::ordered_json::array();
    const auto print = [&](const std::string& text) {
        progress.clear();
        if (!json) std::cout << text << std::flush;
    };
    std::size_t width = 8;
    for (const KernelRequest& request : requests) width = std::max(width, request.c_name.size() + 2);
    const auto padded = [width](std::string text) { return "  " + text + std::string(width - text.size(), ' '); };
    for (const Machine& machine : machines) {
        std::string heading = "\n" + padded("kernel");
        for (const std::string& operation : kernel.operations)
            heading += operation + std::string(14 - std::min<std::size_t>(operation.size(), 12), ' ');
        const int features = requests.front().features;
        print((features > 0 ? std::to_string(features) : "any number of") + " features, " + requests.front().dtype +
              ", " + machine.isa + ": seconds of processor time; in parentheses how often those of gram of\n" +
              compile_reference + ", compiled beside it" + heading + "\n");
        std::size_t done = 0;
        for (const KernelRequest& request : requests) {
            std::string line = padded(request.c_name);
            ++done;
            for (const std::string& operation : kernel.operations) {
                throw_if_interrupted();
                progress.show("[" + std::to_string(done) + "/" + std::to_string(requests.size()) + "] compiling " +
                              request.c_name + " " + operation + " for " + machine.isa);
                const ComparedCompileTime t = compare_compile_time(request, operation, machine);
                const std::string said = cell("%.2f", t.own.seconds) + " (" + cell("%.1f", t.ratio()) + ")";
                line += said + std::string(14 - std::min<std::size_t>(said.size(), 12), ' ');
                records.push_back({{"kernel", request.c_name},
                                   {"operation", operation},
                                   {"features", request.features},
                                   {"dtype", request.dtype},
                                   {"variant", machine.isa},
                                   {"seconds", t.own.seconds},
                                   {"reference_seconds", t.reference.seconds},
                                   {"ratio", t.ratio()},
                                   {"bytes", t.own.bytes}});
            }
            print(line + "\n");
        }
    }
    progress.clear();
    if (json)
        std::cout << nlohmann::ordered_json{{"reference", compile_reference}, {"results", records}}.dump(2) << "\n";
}

}  // namespace halogram
