// Runs a program without a shell and captures what it writes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace halogram {

struct ProcessResult {
    int exit_status = 0;  // 128 + number where a signal ended it
    std::string output;   // stdout and stderr together
};

// "ccache gcc -m64" -> {"ccache", "gcc", "-m64"}: split at blanks; no quoting.
std::vector<std::string> split_command(const std::string& command);

// The absolute path of a program: `name` itself where it holds a slash, else the first match in PATH; empty if there is
// none.
std::filesystem::path find_program(const std::string& name);

// Runs arguments[0] (a path) with stdin empty in `directory` and waits. Throws LibraryError if it cannot be started,
// or, after ending it, when a signal arrived (interruption.h).
ProcessResult run_process(const std::vector<std::string>& arguments, const std::filesystem::path& directory);

// At most `lines` lines and 2000 characters from the start of a program's output, for an error message.
std::string first_lines(const std::string& text, int lines);

}  // namespace halogram
