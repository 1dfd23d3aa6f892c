#include "library/object_checks.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include "library/embedded_text.h"
#include "library/error.h"
#include "library/object_symbols.h"
#include "library/signature.h"

namespace halogram {
namespace {

// What the runtime calls of the C library, and how its threads are called.
constexpr std::array system_functions = {"calloc", "free",   "getauxval", "getenv", "getpid", "malloc",
                                         "memcmp", "memcpy", "memmove",   "memset", "strcmp", "sysconf"};
constexpr std::array system_families = {"pthread_", "sched_", "sig"};

// Names that begin with an underscore belong to the compiler and its libraries (__stack_chk_fail, __asan_init, _DYNAMIC).
bool is_of_the_system(std::string_view symbol) {
    return symbol.starts_with('_') || symbol == "mcount" ||
           std::find(system_functions.begin(), system_functions.end(), symbol) != system_functions.end() ||
           std::any_of(system_families.begin(), system_families.end(),
                       [&](std::string_view family) { return symbol.starts_with(family); });
}

// The runtime's symbols under the names that the library gives them: those of hg_names.h, without their digest.
std::vector<std::string> runtime_symbols() {
    std::vector<std::string> result;
    for (const EmbeddedFile& file : embedded_runtime()) {
        if (file.name != "hg_names.h") continue;
        std::istringstream lines{std::string(file.contents)};
        std::string define, name, renamed;
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            if (words >> define >> name >> renamed && define == "#define") result.push_back(name);
        }
    }
    return result;
}

// The name of a symbol of the runtime without its digest: "_" and eight digits.
std::string without_digest(const std::string& symbol) {
    const std::size_t at = symbol.rfind('_');
    const bool digest = at != symbol.npos && symbol.size() == at + 9 && symbol.starts_with("hg1_") &&
                        symbol.find_first_not_of("0123456789abcdef", at + 1) == symbol.npos;
    return digest ? symbol.substr(0, at) : symbol;
}

}  // namespace

void ObjectChecks::fail(const std::string& source, const std::string& what) const {
    throw LibraryError("the C compiler (" + compiler_ + ") ended well but made no usable object from " + source + ": " +
                       what);
}

void ObjectChecks::add_leaf(const std::string& name, const std::string& bytes) {
    const ObjectSymbols symbols = object_symbols(bytes, name);
    if (machine_.empty()) machine_ = object_machine(bytes, name);
    defined_.insert(symbols.defined.begin(), symbols.defined.end());
}

void ObjectChecks::add_compiled(const std::string& source, const std::string& bytes) {
    try {
        const ObjectSymbols symbols = object_symbols(bytes, source);
        const std::string machine = object_machine(bytes, source);
        if (!machine_.empty() && machine != machine_) fail(source, "it is for " + machine + ", not for " + machine_);
        defined_.insert(symbols.defined.begin(), symbols.defined.end());
        needed_.emplace_back(source, symbols.undefined);
    } catch (const ObjectError& e) {
        fail(source, e.reason);
    }
}

void ObjectChecks::expect_whole(const std::vector<KernelInterface>& kernels) const {
    for (const KernelInterface& kernel : kernels)
        for (const EntryPoint& entry_point : entry_points(kernel))
            if (!defined_.contains(entry_point.name))
                fail("the entry points", "the function " + entry_point.name + " is not defined");
    std::set<std::string> names;
    for (const std::string& symbol : defined_) names.insert(without_digest(symbol));
    for (const std::string& name : runtime_symbols())
        if (!names.contains(name)) fail("the runtime", "the symbol " + name + " is not defined");
    for (const auto& [source, symbols] : needed_)
        for (const std::string& symbol : symbols)
            if (!defined_.contains(symbol) && !is_of_the_system(symbol))
                fail(source, "it needs the symbol '" + symbol + "', which the library does not define");
}

void expect_archive(const std::string& archiver, const std::string& bytes, std::size_t least) {
    if (!bytes.starts_with("!<arch>\n") || bytes.size() < least)
        throw LibraryError("the archiver (" + archiver + ") ended well but left no archive of all objects");
}

}  // namespace halogram
