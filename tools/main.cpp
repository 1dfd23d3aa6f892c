// The program `halogram`. Exit status: 0, 2 for a user's mistake, 1 for anything else.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "generators/formula/diagnostics.h"
#include "generators/formula/tree.h"
#include "library/library.h"
#include "schedules/halide_environment.h"
#include "tools/kernel_arguments.h"

namespace {

// A first word that is no command, with the nearest one.
std::string unknown_command(const CLI::App& program, int argc, char** argv) {
    const std::string word = argc > 1 ? argv[1] : "";
    std::vector<std::string> commands;
    for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; }))
        commands.push_back(command->get_name());
    if (word.empty() || word[0] == '-' || std::find(commands.begin(), commands.end(), word) != commands.end())
        return "";
    const std::string near = halogram::nearest_name(word, commands);
    return "there is no command '" + word.substr(0, 64) + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?");
}

}  // namespace

// A full disk or a closed pipe may not pass for success.
static int exit_status_of_output() {
    std::cout.flush();
    if (std::cout) return 0;
    std::cerr << "halogram: the standard output cannot be written\n";
    return 1;
}

int main(int argc, char** argv) {
    const halogram::HiddenHalideEnvironment hidden;
    CLI::App program{"Halogram: one line of algebra becomes a compiled, differentiable kernel library", "halogram"};
    program.set_version_flag("--version", "halogram " + halogram::halogram_version());
    program.require_subcommand(1);
    halogram::add_build_command(program);
    halogram::add_list_command(program);
    halogram::add_explain_command(program);
    halogram::add_bench_command(program);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) {  // --help, --version
            program.exit(e);
            return exit_status_of_output();
        }
        const std::string unknown = unknown_command(program, argc, argv);
        std::cerr << "halogram: " << (unknown.empty() ? e.what() : unknown) << " (halogram --help)\n";
        return 2;
    } catch (const halogram::UsageError& e) {
        std::cerr << "halogram: " << e.what() << "\n";
        return 2;
    } catch (const halogram::BudgetError& e) {
        std::cerr << "halogram: " << e.what() << "\n";
        return 2;
    } catch (const halogram::FormulaError& e) {
        std::cerr << "halogram: formula, " << e.what() << "\n";
        return 2;
    } catch (const std::exception& e) {
        std::cerr << "halogram: " << e.what() << "\n";
        return 1;
    }
    return exit_status_of_output();
}
