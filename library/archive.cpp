#include "library/archive.h"

#include <cstdlib>
#include <string_view>

#include "library/c_source.h"
#include "library/embedded_text.h"
#include "library/error.h"
#include "library/files.h"
#include "library/interruption.h"
#include "library/joined.h"
#include "library/object_checks.h"
#include "library/object_symbols.h"
#include "library/process.h"
#include "library/sha256.h"
#include "library/temporary_directory.h"

namespace halogram {
namespace {

std::string_view runtime_file(std::string_view name) {
    for (const EmbeddedFile& file : embedded_runtime())
        if (file.name == name) return file.contents;
    throw LibraryError("the program lacks the runtime's file '" + std::string(name) + "'");
}

// After the user's own flags, so that what they change of values is undone; hg_kernel.h refuses what cannot be. No debug
// information: it would hold the temporary directory.
std::vector<std::string> compile_flags() {
    std::vector<std::string> flags = split_command(std::string(runtime_file("compile_flags.txt")));
    flags.emplace_back("-Iruntime");
    return flags;
}

// Copies of the runtime that were compiled with other flags may differ: they do not merge, as those of other versions.
std::string names_with_flags(std::string names, const std::vector<std::string>& compiler) {
    if (compiler.size() == 1) return names;
    constexpr std::size_t digits = 8;
    const std::size_t line = names.find('\n', names.find("#define hg1_"));
    if (line == std::string::npos) return names;
    const std::string before = names.substr(line - digits, digits);
    std::string configuration = before;
    for (std::size_t word = 1; word < compiler.size(); ++word) configuration += "\n" + compiler[word];
    const std::string after = sha256(configuration).substr(0, digits);
    for (std::size_t at = names.find("_" + before + "\n"); at != std::string::npos;
         at = names.find("_" + before + "\n", at))
        names.replace(at + 1, digits, after);
    return names;
}

std::string environment(const char* variable, const char* otherwise) {
    const char* value = std::getenv(variable);
    return value != nullptr && !split_command(value).empty() ? value : otherwise;
}

std::vector<std::string> resolve(const std::string& command, const std::string& what, const std::string& hint) {
    std::vector<std::string> words = split_command(command);
    const std::filesystem::path program = words.empty() ? std::filesystem::path() : find_program(words[0]);
    if (program.empty()) {
        const std::string missing = words.empty() ? command : words[0];
        throw LibraryError("the " + what + " '" + missing + "' was not found (" + hint + ")");
    }
    words[0] = program.string();
    return words;
}

class Workshop {
public:
    Workshop(const ArchiveInput& input, const ArchiveOptions& options) : input_(input), options_(options) {}

    std::string run() {
        const std::vector<std::string> compiler = resolve_compiler(options_.compiler);
        const std::vector<std::string> archiver = resolve(environment("AR", "ar"), "archiver", "set AR");
        std::filesystem::create_directory(directory_.path() / "runtime");
        write(input_.name + ".h", input_.c_header);
        write(input_.name + ".c", input_.c_source);
        checks_ = ObjectChecks(compiler[0]);
        add_leaf_objects();
        for (const EmbeddedFile& file : embedded_runtime())
            write("runtime/" + std::string(file.name), file.name == "hg_names.h"
                                                           ? names_with_flags(std::string(file.contents), compiler)
                                                           : std::string(file.contents));
        report("compiling the entry points and the runtime");
        compile(compiler, input_.name + ".c", input_.name + ".o");
        for (const EmbeddedFile& file : embedded_runtime()) {
            if (!file.name.ends_with(".c")) continue;
            const std::string stem(file.name.substr(0, file.name.size() - 2));
            compile(compiler, "runtime/" + stem + ".c", member(stem + ".o"));
        }
        checks_.expect_whole(input_.kernels);
        report("writing the archive");
        return archive(archiver);
    }

private:
    void report(const std::string& message) const {
        if (options_.report) options_.report(message);
    }

    void write(const std::string& name, std::string_view contents) const {
        throw_if_interrupted();
        write_new_file(directory_.path() / name, contents);
    }

    // Members of two archives in one program are told apart by the library's name.
    std::string member(const std::string& file_name) const {
        return file_name.starts_with(input_.name + "_") ? file_name : input_.name + "_" + file_name;
    }

    void add_member(const std::string& name) {
        if (!members_.insert(name).second) throw LibraryError("two members of the archive are named '" + name + "'");
    }

    void add_leaf_objects() {
        std::set<std::string> defined;
        for (const auto& [file_name, bytes] : input_.leaf_objects) {
            if (file_name.empty() || file_name.find_first_of(std::string_view("/\0", 2)) != std::string::npos)
                throw LibraryError("'" + file_name + "' cannot name a leaf object");
            const ObjectSymbols symbols = object_symbols(bytes, file_name);
            for (const std::string& symbol : symbols.undefined)
                if (!emitted_dependencies().contains(symbol) && !is_leaf_symbol(symbol))
                    throw LibraryError("the leaf object '" + file_name + "' needs the symbol '" + symbol +
                                       "': leaf functions may depend on nothing");
            defined.insert(symbols.defined.begin(), symbols.defined.end());
            const std::string name = member(file_name.ends_with(".o") ? file_name : file_name + ".o");
            add_member(name);
            write(name, with_hidden_symbols(bytes, file_name));
            checks_.add_leaf(file_name, bytes);
            bytes_of_members_ += bytes.size();
        }
        for (const std::string& symbol : leaf_wrapper_symbols(input_.kernels))
            if (!defined.contains(symbol)) throw LibraryError("no leaf object defines the function '" + symbol + "'");
    }

    // Leaves may share helpers that another leaf object of the library defines.
    bool is_leaf_symbol(const std::string& symbol) {
        if (leaf_symbols_.empty())
            for (const auto& [file_name, bytes] : input_.leaf_objects) {
                const ObjectSymbols symbols = object_symbols(bytes, file_name);
                leaf_symbols_.insert(symbols.defined.begin(), symbols.defined.end());
            }
        return leaf_symbols_.contains(symbol);
    }

    void execute(const std::vector<std::string>& command, const std::string& what) const {
        if (options_.verbose) report(joined(command, " "));
        const ProcessResult result = run_process(command, directory_.path());
        if (result.exit_status != 0)
            throw LibraryError(what + " (" + command[0] + ", exit status " + std::to_string(result.exit_status) + ")" +
                               (result.output.empty() ? "" : ":\n" + first_lines(result.output, 10)));
        if (options_.verbose && !result.output.empty()) report(result.output);
    }

    void compile(std::vector<std::string> command, const std::string& source, const std::string& object) {
        add_member(object);
        const std::vector<std::string> flags = compile_flags();
        command.insert(command.end(), flags.begin(), flags.end());
        command.insert(command.end(), {"-c", source, "-o", object});
        execute(command, "the C compiler failed on " + source);
        const std::filesystem::path path = directory_.path() / object;
        const std::string bytes = std::filesystem::is_regular_file(path) ? read_file(path) : "";
        checks_.add_compiled(source, bytes);
        bytes_of_members_ += bytes.size();
    }

    std::string archive(std::vector<std::string> command) const {
        const std::string archiver = command[0];
        const std::string file_name = "lib" + input_.name + ".a";
        // D: no times, owners or modes.
        command.insert(command.end(), {"rcsD", file_name});
        command.insert(command.end(), members_.begin(), members_.end());
        execute(command, "the archiver failed");
        const std::filesystem::path path = directory_.path() / file_name;
        std::string bytes = std::filesystem::is_regular_file(path) ? read_file(path) : "";
        expect_archive(archiver, bytes, bytes_of_members_);
        return bytes;
    }

    const ArchiveInput& input_;
    const ArchiveOptions& options_;
    TemporaryDirectory directory_;
    std::set<std::string> members_, leaf_symbols_;
    ObjectChecks checks_{""};
    std::size_t bytes_of_members_ = 0;
};

}  // namespace

const std::set<std::string>& emitted_dependencies() {
    static const std::set<std::string> symbols = {"memcpy", "memmove", "memset", "memcmp"};
    return symbols;
}

std::vector<std::string> resolve_compiler(const std::string& compiler) {
    const bool given = !split_command(compiler).empty();
    return resolve(given ? compiler : environment("CC", "cc"), "C compiler", "set --cc or CC");
}

std::string make_archive(const ArchiveInput& input, const ArchiveOptions& options) {
    return Workshop(input, options).run();
}

}  // namespace halogram
