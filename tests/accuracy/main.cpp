// halogram_accuracy: how accurate are the kernels that Halogram compiles? docs/accuracy.md shows what it prints.
// Exit status 1 where an error is beyond its bound, variants differ or a known case is wrong; 2 for a user's mistake.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "generators/formula/diagnostics.h"
#include "tests/accuracy/report.h"
#include "tools/progress.h"

namespace halogram {
namespace {

struct Arguments {
    std::vector<std::string> kernels, dtypes = {"f32", "f64"};
    std::string part = "all", json;
    AccuracyOptions options;
    bool quiet = false;
};

std::vector<const CatalogueEntry*> entries_of(const Arguments& a) {
    std::vector<const CatalogueEntry*> entries;
    std::vector<std::string> names;
    for (const CatalogueEntry& entry : catalogue()) {
        names.push_back(entry.name);
        if (a.kernels.empty()) entries.push_back(&entry);
    }
    for (const std::string& name : a.kernels) {
        if (const CatalogueEntry* entry = find_in_catalogue(name); entry != nullptr) {
            entries.push_back(entry);
            continue;
        }
        const std::string near = nearest_name(name, names);
        throw CLI::ValidationError("--kernel", "there is no kernel '" + name.substr(0, 64) + "' in the catalogue" +
                                                   (near.empty() ? "" : "; did you mean '" + near + "'?"));
    }
    return entries;
}

int run(const Arguments& a) {
    const std::vector<const CatalogueEntry*> entries = entries_of(a);
    nlohmann::ordered_json kernels = nlohmann::ordered_json::array(), cases = nlohmann::ordered_json::array();
    bool kept = true;
    Progress progress(a.quiet);
    if (a.part != "kernels") {
        const std::vector<KnownCase> known = compute_known_cases();
        print_cases(std::cout, known);
        for (const KnownCase& c : known) {
            kept = kept && c.kept;
            cases.push_back(as_json(c));
        }
    }
    for (const std::string& dtype : a.dtypes) {
        if (a.part == "cases") break;
        std::cout << "\n";
        print_kernel_heading(std::cout, dtype);
        for (const CatalogueEntry* entry : entries) {
            const std::string what = entry->name + " " + dtype;
            progress.show("compiling " + what);
            const KernelAccuracy accuracy = measure_accuracy(*entry, dtype, a.options, [&](double share) {
                progress.show(what + ": " + std::to_string(static_cast<int>(100 * share)) + " %");
            });
            progress.clear();
            print_kernel_row(std::cout, accuracy);
            for (std::size_t k = 0; k < accuracy.violations.size() && k < 3; ++k)
                print_pair(std::cerr, accuracy, accuracy.violations[k]);
            kept = kept && accuracy.kept();
            kernels.push_back(as_json(accuracy));
        }
    }
    if (!a.json.empty()) {
        std::ofstream file(a.json);
        file << nlohmann::ordered_json{{"features", a.options.features},
                                       {"seed", a.options.seed},
                                       {"extremes", a.options.extremes},
                                       {"kernels", kernels},
                                       {"cases", cases}}
                    .dump(2)
             << "\n";
        if (!file.flush()) throw std::runtime_error("cannot write " + a.json);
    }
    return kept ? 0 : 1;
}

}  // namespace
}  // namespace halogram

int main(int argc, char** argv) {
    halogram::Arguments a;
    CLI::App app(
        "Measures the error of every kernel of the catalogue against the running bound that Halogram promises:\n"
        "compiles the kernel, computes Gram matrices of sampled points on every variant, filters them by wider\n"
        "arithmetic and judges the worst by the 256-bit oracle. Prints Markdown tables.",
        "halogram_accuracy");
    app.add_option("--kernel", a.kernels,
                   "Of the catalogue (halogram list); several, separated by commas; default: all")
        ->delimiter(',')
        ->type_name("NAME");
    app.add_option("--dtype", a.dtypes, "f32, f64 or both, separated by a comma")
        ->delimiter(',')
        ->check(CLI::IsMember({"f32", "f64"}))
        ->capture_default_str();
    app.add_option("--pairs", a.options.pairs, "Pairs of points for each kernel and dtype, rounded up to blocks of 256")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--features", a.options.features, "Number of features D")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    app.add_option("--seed", a.options.seed, "Of the random numbers: the same seed, the same pairs")
        ->capture_default_str();
    app.add_flag("--extremes", a.options.extremes, "Also points of all magnitudes, where over- and underflow begin");
    app.add_option("--part", a.part, "kernels, cases (those that other tools stumble on) or all")
        ->check(CLI::IsMember({"kernels", "cases", "all"}))
        ->capture_default_str();
    app.add_option("--json", a.json, "Everything that was found, with the worst pairs themselves")->type_name("FILE");
    app.add_flag("--quiet", a.quiet, "No progress, even on a terminal");
    app.footer(
        "Columns: error / bound is the worst error as a part of the running bound (docs/design.md), at most 1;\n"
        "ulp is the worst error in units in the last place of the result, large where a result is small against\n"
        "what it is computed from; overflow counts pairs with an intermediate beyond the largest number, which\n"
        "are outside the promise; no bound counts pairs whose bound is infinite.\n\n"
        "Examples:\n"
        "  halogram_accuracy --kernel rbf --pairs 1000000\n"
        "  halogram_accuracy --part cases\n"
        "  halogram_accuracy --json accuracy.json > accuracy.md\n\n"
        "Exit status: 0; 1 where something is beyond its bound, variants differ or a case is wrong; 2 for a\n"
        "mistake on the command line.");
    try {
        app.parse(argc, argv);
        return halogram::run(a);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) return app.exit(e);  // --help
        std::cerr << "halogram_accuracy: " << e.what() << " (halogram_accuracy --help)\n";
        return 2;
    } catch (const std::exception& e) {
        std::cerr << "halogram_accuracy: " << e.what() << "\n";
    }
    return 1;
}
