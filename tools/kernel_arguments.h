// The arguments that name a kernel, shared by build, explain and the entries of a specification file.
#pragma once

#include <CLI/CLI.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "schedules/compile_kernel.h"

namespace halogram {

// A user's mistake: one clear message, exit status 2.
class UsageError : public std::runtime_error {
public:
    // A NUL in a user's text, which would end the message, is shown as \0.
    explicit UsageError(std::string message) : std::runtime_error(without_nul(std::move(message))) {}

private:
    static std::string without_nul(std::string text) {
        for (std::size_t at = 0; (at = text.find('\0', at)) != text.npos; at += 2) text.replace(at, 1, "\\0");
        return text;
    }
};

struct KernelArguments {
    std::string kernel, formula, features, name;
    std::vector<std::string> operations = {"gram", "gram_vjp"};
    std::string dtype = "f32", form = "direct", tolerance, math = "exact", budget, schedules;
    std::vector<std::string> targets = {"host"};
    std::vector<std::string> settings;  // PARAM=VALUE

    // The field of a long option that takes one text (a list of texts); nullptr when there is none.
    std::string* text(const std::string& option);
    std::vector<std::string>* list(const std::string& option);
};

void add_kernel_options(CLI::App& command, KernelArguments& arguments);

// Checks everything and parses the formula. Throws UsageError, FormulaError.
KernelRequest request_of(const KernelArguments& arguments);

// Throws UsageError where `value` is not among those that are built; `planned` ones get another text.
void require_one_of(const std::string& option, const std::string& value, const std::vector<std::string>& built,
                    const std::vector<std::string>& planned);

// Each subcommand adds itself; the callback runs the work.
void add_bench_command(CLI::App& program);
void add_build_command(CLI::App& program);
void add_list_command(CLI::App& program);
void add_explain_command(CLI::App& program);

}  // namespace halogram
