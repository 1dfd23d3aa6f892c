#include "library/names.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "library/error.h"

namespace halogram {
namespace {

using NameSet = std::set<std::string, std::less<>>;

// Keywords of C99 to C23 and C++11 to C++20, with the alternative operator spellings of C++.
const NameSet& keywords() {
    static const NameSet set = {
        // C, up to C23
        "alignas", "alignof", "auto", "bool", "break", "case", "char", "const", "constexpr", "continue", "default",
        "do", "double", "else", "enum", "extern", "false", "float", "for", "goto", "if", "inline", "int", "long",
        "nullptr", "register", "restrict", "return", "short", "signed", "sizeof", "static", "static_assert", "struct",
        "switch", "thread_local", "true", "typedef", "typeof", "typeof_unqual", "union", "unsigned", "void", "volatile",
        "while", "_Alignas", "_Alignof", "_Atomic", "_BitInt", "_Bool", "_Complex", "_Decimal128", "_Decimal32",
        "_Decimal64", "_Generic", "_Imaginary", "_Noreturn", "_Static_assert", "_Thread_local",
        // C++, up to C++20
        "and", "and_eq", "asm", "bitand", "bitor", "catch", "char16_t", "char32_t", "char8_t", "class", "co_await",
        "co_return", "co_yield", "compl", "concept", "const_cast", "consteval", "constinit", "decltype", "delete",
        "dynamic_cast", "explicit", "export", "friend", "mutable", "namespace", "new", "noexcept", "not", "not_eq",
        "operator", "or", "or_eq", "private", "protected", "public", "reinterpret_cast", "requires", "static_cast",
        "template", "this", "throw", "try", "typeid", "typename", "using", "virtual", "wchar_t", "xor", "xor_eq"};
    return set;
}

// Macros that compilers define on their own outside of strict modes, or that common C headers define. Only those that
// expand without an argument list matter: an argument's name is never followed by an opening parenthesis.
const NameSet& common_macros() {
    static const NameSet set = {"I",
                                "NULL",
                                "EOF",
                                "WCHAR_MAX",
                                "WCHAR_MIN",
                                "WINT_MAX",
                                "WINT_MIN",
                                "SIZE_MAX",
                                "PTRDIFF_MAX",
                                "PTRDIFF_MIN",
                                "SIG_ATOMIC_MAX",
                                "SIG_ATOMIC_MIN",
                                "complex",
                                "imaginary",
                                "noreturn",
                                "errno",
                                "stdin",
                                "stdout",
                                "stderr",
                                "environ",
                                "linux",
                                "unix",
                                "i386",
                                "arm",
                                "mips",
                                "sun",
                                "vax",
                                "near",
                                "far",
                                "huge",
                                "CHAR_BIT",
                                "HUGE_VAL",
                                "INFINITY",
                                "NAN",
                                "M_PI",
                                "M_E",
                                "signals",
                                "slots",
                                "emit"};
    return set;
}

// A kernel of one of these names would have the header of that name, which hides the system's under -I: of C, POSIX,
// glibc, the compilers.
const NameSet& standard_headers() {
    static const NameSet set = {
        "aio",      "alloca",      "arm_neon",  "arm_sve",  "assert",   "byteswap",  "complex",  "cpio",    "cpuid",
        "ctype",    "dirent",      "dlfcn",     "elf",      "endian",   "err",       "errno",    "error",   "fcntl",
        "features", "fenv",        "float",     "fmtmsg",   "fnmatch",  "ftw",       "getopt",   "glob",    "grp",
        "iconv",    "inttypes",    "iso646",    "langinfo", "libgen",   "limits",    "link",     "locale",  "malloc",
        "math",     "memory",      "monetary",  "mqueue",   "ndbm",     "netdb",     "nl_types", "omp",     "poll",
        "pthread",  "pwd",         "regex",     "sched",    "search",   "semaphore", "setjmp",   "signal",  "spawn",
        "stdalign", "stdarg",      "stdatomic", "stdbit",   "stdbool",  "stdckdint", "stddef",   "stdint",  "stdio",
        "stdlib",   "stdnoreturn", "string",    "strings",  "stropts",  "syslog",    "tar",      "termios", "tgmath",
        "threads",  "time",        "trace",     "uchar",    "ucontext", "ulimit",    "unistd",   "utime",   "utmpx",
        "values",   "wchar",       "wctype",    "wordexp"};
    return set;
}

// A kernel of one of these names would have the archive lib<name>.a, which under -L hides the system's.
const NameSet& system_libraries() {
    static const NameSet set = {"c", "m", "dl", "rt", "util", "resolv", "crypt", "gcc", "gomp", "atomic", "mvec"};
    return set;
}

// Typedefs and limits of stddef.h and stdint.h.
const NameSet& standard_integer_names() {
    static const NameSet set = [] {
        NameSet names = {"size_t", "ptrdiff_t", "max_align_t", "nullptr_t"};
        for (const std::string sign : {"int", "uint"}) {
            for (const std::string width : {"8", "16", "32", "64", "_least8", "_least16", "_least32", "_least64",
                                            "_fast8", "_fast16", "_fast32", "_fast64", "ptr", "max"}) {
                std::string name = sign + width;
                names.insert(name + "_t");
                std::transform(name.begin(), name.end(), name.begin(),
                               [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
                names.insert(name + "_MAX");
                names.insert(name + "_MIN");
            }
        }
        return names;
    }();
    return set;
}

// Every argument name of the functions that c_source writes; d and options are kept free even where a kernel's own
// functions lack them, so that a parameter has the same name for `--features 5` and `--features any`.
const NameSet& argument_names() {
    static const NameSet set = {"n", "m",   "d",  "x",    "ldx", "y",    "ldy",     "k",     "ldk",
                                "g", "ldg", "gx", "ldgx", "gy",  "ldgy", "options", "bytes", "bound"};
    return set;
}

bool starts_with_any(std::string_view name, std::initializer_list<std::string_view> prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view p) { return name.starts_with(p); });
}

// Identifiers that the C and C++ standards keep for the compiler (and so for its macros).
bool has_reserved_form(std::string_view name) {
    return name.size() >= 2 && name[0] == '_' && (name[1] == '_' || (name[1] >= 'A' && name[1] <= 'Z'));
}

bool is_taken(std::string_view name) {
    if (keywords().contains(name) || common_macros().contains(name) || standard_integer_names().contains(name) ||
        argument_names().contains(name))
        return true;
    // Names of the runtime, and of the tables and locals of the generated C file, never end in an underscore.
    if (starts_with_any(name, {"hg_", "hg1_", "HG_", "HG1_"})) return !name.ends_with('_');
    // Predefined macros end in two underscores (__LINE__) or in a letter (_OPENMP), so one more makes them free.
    if (has_reserved_form(name)) return !name.ends_with('_') || (name.ends_with("__") && !name.ends_with("___"));
    return false;
}

bool is_identifier(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return !name.empty() && letter(name[0]) &&
           std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

}  // namespace

std::string c_name_problem(std::string_view name) {
    constexpr std::size_t longest = 100;
    if (name.empty()) return "it is empty";
    if (name.size() > longest) return "it is longer than " + std::to_string(longest) + " characters";
    if (!is_identifier(name)) return "it is not an identifier: only ASCII letters, digits and _, not a digit first";
    if (keywords().contains(name)) return "it is a keyword of C or C++";
    if (standard_headers().contains(name) || name.ends_with("intrin"))  // immintrin.h and its kind
        return "its header would be " + std::string(name) + ".h, which the C library or the compiler has already";
    if (system_libraries().contains(name))
        return "its archive would be lib" + std::string(name) + ".a, which the system has already";
    if (name.starts_with('_') || name.ends_with('_') || name.find("__") != std::string_view::npos)
        return "C and C++ reserve names that begin with _ or contain __, and a suffix such as _gram is appended to it";
    if (name == "hg" || name == "hg1" || starts_with_any(name, {"hg_", "hg1_", "HG_", "HG1_"}))
        return "names that begin with hg_ or hg1_ belong to Halogram's runtime";
    return "";
}

bool is_valid_c_name(std::string_view name) { return c_name_problem(name).empty(); }

std::vector<std::string> c_parameter_names(const std::vector<std::string>& formula_names) {
    for (std::size_t i = 0; i < formula_names.size(); ++i) {
        if (!is_identifier(formula_names[i]))
            throw LibraryError("the parameter name '" + formula_names[i] + "' is not an identifier");
        if (std::count(formula_names.begin(), formula_names.end(), formula_names[i]) > 1)
            throw LibraryError("the parameter '" + formula_names[i] + "' is listed twice");
    }
    std::vector<std::string> names = formula_names;
    const auto collides = [&](std::size_t i) {
        // The gradient of a parameter is an argument too: `oto` would give a `goto`.
        if (is_taken(names[i]) || is_taken("g" + names[i])) return true;
        for (std::size_t j = 0; j < names.size(); ++j) {
            if (j == i) continue;
            if (names[i] == "g" + names[j]) return true;
            // Of two equal names the one that is already changed gives way, so that the other keeps the formula's.
            if (names[i] == names[j] && names[i] != formula_names[i] && (j < i || names[j] == formula_names[j]))
                return true;
        }
        return false;
    };
    // Renaming one parameter renames its gradient, which may hit another parameter: repeat until nothing moves. It
    // ends, since a name gives way only to fixed names, to gradients of shorter names or to equal names before it.
    for (bool changed = true; changed;) {
        changed = false;
        for (std::size_t i = 0; i < names.size(); ++i) {
            while (collides(i)) {
                names[i] += names[i].ends_with('_') ? '2' : '_';  // C++ reserves names with __
                changed = true;
            }
        }
    }
    return names;
}

}  // namespace halogram
