// The program `halogram`. Exit status: 0, 2 for a user's mistake, 1 for anything else.
#include <iostream>

#include "library/library.h"
#include "tools/kernel_arguments.h"

int main(int argc, char** argv) {
    CLI::App program{"Halogram: one line of algebra becomes a compiled, differentiable kernel library", "halogram"};
    program.set_version_flag("--version", "halogram " + halogram::halogram_version());
    program.require_subcommand(1);
    halogram::add_build_command(program);
    halogram::add_list_command(program);
    halogram::add_explain_command(program);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) return program.exit(e);  // --help, --version
        std::cerr << "halogram: " << e.what() << " (halogram --help)\n";
        return 2;
    } catch (const halogram::UsageError& e) {
        std::cerr << "halogram: " << e.what() << "\n";
        return 2;
    } catch (const halogram::FormulaError& e) {
        std::cerr << "halogram: formula, " << e.what() << "\n";
        return 2;
    } catch (const std::exception& e) {
        std::cerr << "halogram: " << e.what() << "\n";
        return 1;
    }
    return 0;
}
