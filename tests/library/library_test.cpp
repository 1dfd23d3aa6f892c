// Whole libraries: made, linked into programs and shared objects, and what remains when making one fails.
#include "library/library.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "library/error.h"
#include "library/files.h"
#include "library/interruption.h"
#include "library/process.h"
#include "library/sha256.h"
#include "library/temporary_directory.h"
#include "tests/library/demo_kernel.h"

namespace halogram::test {
namespace {

namespace fs = std::filesystem;

// (It needs libm itself; the library does not.) Calls NAME_gram with y and with y = NULL and compares with the formula.
std::string user_program(const std::vector<std::string>& names) {
    std::string text = "#include <math.h>\n#include <stdio.h>\n";
    for (const std::string& name : names) text += "#include \"" + name + ".h\"\n";
    text +=
        "int main(void) {\n    static float x[37 * 3], k[37 * 37];\n    const float ell[3] = {0.5f, 1, 2};\n"
        "    for (int i = 0; i < 37 * 3; ++i) x[i] = (float)(i * 37 % 101) / 50;\n";
    for (const std::string& name : names)
        text +=
            "    for (int same = 0; same < 2; ++same) {\n"
            "        hg_status status = " +
            name +
            "_gram(37, 37, x, 3, same ? NULL : x, 3, 2.0f, ell, 2, k, 37);\n"
            "        if (status != HG_OK) { printf(\"%s\\n\", hg_status_string(status)); return 1; }\n"
            "        for (int i = 0; i < 37; ++i) for (int j = 0; j < 37; ++j) {\n"
            "            double s = 1;\n"
            "            for (int d = 0; d < 3; ++d) s += ell[d] * pow((double)x[i * 3 + d] - x[j * 3 + d], 2);\n"
            "            if (!(fabs(k[i * 37 + j] - 2 / (s * s)) < 1e-5)) return printf(\"%d %d\\n\", i, j);\n"
            "        }\n    }\n    puts(" +
            name + "_info()->variant);\n";
    return text + "    return 0;\n}\n";
}

class WriteLibrary : public testing::Test {
protected:
    fs::path path(const std::string& name) const { return directory_.path() / name; }
    TemporaryDirectory directory_;
};

TEST_F(WriteLibrary, LinksAndComputes) {
    std::vector<std::string> stages;
    LibraryOptions options;
    options.progress = [&](const std::string& stage) { stages.push_back(stage); };
    write_library(demo_library("demo", directory_.path()), path("out"), options);
    EXPECT_FALSE(stages.empty());
    write_new_file(path("user.c"), user_program({"demo"}));
    run(directory_.path(), "gcc -std=c99 -Iout user.c out/libdemo.a -lm -pthread -o user");
    EXPECT_EQ(run(directory_.path(), "user"), "sse41\n");
    // From C++, and through a shared object that exports the entry points and the runtime's, and no leaf.
    run(directory_.path(), "g++ -std=c++11 -x c++ -Iout user.c -x none out/libdemo.a -lm -pthread -o user");
    EXPECT_EQ(run(directory_.path(), "user"), "sse41\n");
    run(directory_.path(),
        "gcc -shared -Wl,--whole-archive out/libdemo.a -Wl,--no-whole-archive -pthread -o libdemo.so");
    const std::string exported = run(directory_.path(), "nm -D --defined-only libdemo.so");
    EXPECT_NE(exported.find(" demo_gram\n"), std::string::npos) << exported;
    EXPECT_NE(exported.find(" hg1_status_string\n"), std::string::npos) << exported;
    EXPECT_EQ(exported.find("tile"), std::string::npos) << exported;
}

TEST_F(WriteLibrary, Gradients) {
    write_library(demo_library("demo", directory_.path()), path("out"));
    write_new_file(path("user.c"), R"(
#include <math.h>
#include <stdio.h>
#include "demo.h"
enum { N = 21, M = 34, D = 3 };
static float x[N * D], y[M * D], g[N * M], gx[N * D], gy[M * D], ga, gell[D];
static double ex[N * D], ey[M * D], ea, eell[D];
static int differ(const char *what, const float *value, const double *expected, int count) {
    for (int i = 0; i < count; ++i)
        if (!(fabs(value[i] - expected[i]) < 1e-4 * (1 + fabs(expected[i])))) {
            printf("%s %d: %g instead of %g\n", what, i, value[i], expected[i]);
            return 1;
        }
    return 0;
}
int main(void) {
    const float a = 1.5f, ell[D] = {0.5f, 1, 2};
    for (int i = 0; i < N * D; ++i) x[i] = (float)(i * 37 % 101) / 50;
    for (int i = 0; i < M * D; ++i) y[i] = (float)(i * 53 % 97) / 50;
    for (int i = 0; i < N * M; ++i) g[i] = (float)(i * 29 % 31) / 16 - 1;
    for (int i = 0; i < N; ++i) for (int j = 0; j < M; ++j) {
        double s = 1;
        for (int d = 0; d < D; ++d) s += ell[d] * pow((double)x[i * D + d] - y[j * D + d], 2);
        const double w = g[i * M + j] * -2 * a / (s * s * s);
        ea += g[i * M + j] / (s * s);
        for (int d = 0; d < D; ++d) {
            const double u = (double)x[i * D + d] - y[j * D + d];
            ex[i * D + d] += w * 2 * ell[d] * u;
            ey[j * D + d] -= w * 2 * ell[d] * u;
            eell[d] += w * u * u;
        }
    }
    hg_options options = {0};
    options.size = sizeof options;
    options.threads = 1;
    hg_status status = demo_gram_vjp_with(&options, N, M, x, D, y, D, a, ell, 2, g, M, gx, D, gy, D, &ga, gell);
    if (status != HG_OK) { puts(hg_status_string(status)); return 1; }
    if (differ("gx", gx, ex, N * D) || differ("gy", gy, ey, M * D) || differ("ga", &ga, &ea, 1)) return 1;
    if (differ("gell", gell, eell, D)) return 1;
    size_t bytes = 0;
    return demo_gram_vjp_workspace(&options, N, M, &bytes) != HG_OK || bytes == 0;
}
)");
    run(directory_.path(), "gcc -std=c99 -Iout user.c out/libdemo.a -lm -pthread -o user");
    EXPECT_EQ(run(directory_.path(), "user"), "");
}

TEST_F(WriteLibrary, ManifestTellsTheTruth) {
    const LibraryInput input = demo_library("demo", directory_.path());
    write_library(input, path("out"));
    const auto manifest = nlohmann::json::parse(read_file(path("out/demo.json")));
    EXPECT_EQ(manifest["name"], "demo");
    EXPECT_EQ(manifest["halogram_version"], halogram_version());
    EXPECT_EQ(manifest["halide_version"], "21.0.0");
    EXPECT_EQ(manifest["schedules"], nlohmann::json(input.schedules));
    EXPECT_EQ(manifest["kernels"][0]["formula"], input.kernels[0].formula);
    EXPECT_EQ(manifest["kernels"][0]["parameters"][1]["kind"], "vector");
    EXPECT_EQ(manifest["kernels"][0]["variants"][0]["leaves"]["gram"]["tile"], "demo_gram_tile_sse41");
    for (const char* file : {"libdemo.a", "demo.h"})
        EXPECT_EQ(manifest["files"][file]["sha256"], sha256(read_file(path("out") / file)));
    EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(WriteLibrary, SameInputSameBytes) {
    const LibraryInput input = demo_library("demo", directory_.path());
    for (const std::string& compiler : compilers()) {
        write_library(input, path("first"), {compiler, false, {}});
        std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // another second for any time stamp
        write_library(input, path("second"), {compiler, false, {}});
        for (const char* file : {"libdemo.a", "demo.h", "demo.json"})
            EXPECT_TRUE(read_file(path("first") / file) == read_file(path("second") / file)) << file << " " << compiler;
    }
}

TEST_F(WriteLibrary, TwoLibrariesInOneProgram) {
    for (const char* name : {"one", "two"}) write_library(demo_library(name, directory_.path()), path("out"));
    write_new_file(path("user.c"), user_program({"one", "two"}));
    for (const char* archives : {"out/libone.a out/libtwo.a",
                                 "-Wl,--whole-archive out/libone.a out/libtwo.a "
                                 "-Wl,--no-whole-archive"}) {
        run(directory_.path(), std::string("gcc -std=c99 -Iout user.c ") + archives + " -lm -pthread -o user");
        EXPECT_EQ(run(directory_.path(), "user"), "sse41\nsse41\n");
    }
}

// Symbols of another version of the runtime do not meet ours, whatever its structures look like.
TEST_F(WriteLibrary, LibrariesOfTwoVersionsInOneProgram) {
    for (const char* name : {"one", "two"}) write_library(demo_library(name, directory_.path()), path("out"));
    const std::string symbols = run(directory_.path(), "nm -j --defined-only out/libtwo.a");
    std::set<std::string> inner;
    std::istringstream lines(symbols);
    for (std::string symbol; std::getline(lines, symbol);) {
        const std::size_t digest = symbol.rfind('_');
        if (symbol.rfind("hg1_", 0) == 0 && symbol.size() == digest + 9) inner.insert(symbol);
    }
    EXPECT_GT(inner.size(), 30u) << symbols;
    std::string renamed;
    for (const std::string& symbol : inner)
        renamed += symbol + " " + symbol.substr(0, symbol.rfind('_')) + "_00000000\n";
    write_new_file(path("renamed"), renamed);
    run(directory_.path(), "objcopy --redefine-syms=renamed out/libtwo.a");
    write_new_file(path("user.c"), user_program({"one", "two"}));
    run(directory_.path(),
        "gcc -std=c99 -Iout user.c -Wl,--whole-archive out/libone.a out/libtwo.a "
        "-Wl,--no-whole-archive -lm -pthread -o user");
    EXPECT_EQ(run(directory_.path(), "user"), "sse41\nsse41\n");
}

TEST_F(WriteLibrary, TwoSharedObjectsByDlopen) {
    for (const std::string name : {"one", "two"}) {
        write_library(demo_library(name, directory_.path()), path("out"));
        run(directory_.path(), "gcc -shared -Wl,--whole-archive out/lib" + name +
                                   ".a -Wl,--no-whole-archive -pthread -Wl,-z,defs -o lib" + name + ".so");
    }
    write_new_file(path("user.c"), R"(
#include <dlfcn.h>
#include <stdio.h>
#include "one.h"
typedef hg_status (*function)(int64_t, int64_t, const float *, int64_t, const float *, int64_t, float, const float *,
                              int32_t, float *, int64_t);
int main(void) {
    const char *libraries[] = {"./libone.so", "./libtwo.so"}, *functions[] = {"one_gram", "two_gram"};
    for (int flags = 0; flags < 2; ++flags) {
        void *handles[2];
        for (int i = 0; i < 2; ++i) {
            const float x[6] = {0, 0, 0, 1, 0, 0}, ell[3] = {1, 1, 1};
            float k[4] = {0};
            function gram;
            handles[i] = dlopen(libraries[i], RTLD_NOW | (flags ? RTLD_GLOBAL : RTLD_LOCAL));
            if (!handles[i]) { puts(dlerror()); return 1; }
            *(void **)&gram = dlsym(handles[i], functions[i]);
            if (gram(2, 2, x, 3, NULL, 0, 1, ell, 1, k, 2) != HG_OK) return 2;
            if (k[0] != 1 || k[1] != 0.5f || k[2] != 0.5f || k[3] != 1) return 3;
        }
        /* The first one goes: what it shared with the second one must not go with it. */
        dlclose(handles[0]);
        dlclose(handles[1]);
    }
    puts("fine");
    return 0;
}
)");
    run(directory_.path(), "gcc -Iout user.c -ldl -o user");
    EXPECT_EQ(run(directory_.path(), "user"), "fine\n");
}

// The machine code of a library's own objects.
std::string code_of(const fs::path& directory, const std::string& library) {
    std::string code;
    for (const std::string object : {"reals", "vjp_sums", "error_bound", "gram"}) {
        const std::string name = "demo_" + object;
        run(directory, "ar x " + library + " " + name + ".o");
        run(directory, "objcopy -O binary -j .text " + name + ".o " + name + ".bin");
        code += read_file(directory / (name + ".bin"));
    }
    return code;
}

// Compensated sums, NaN and signed zeros do not survive what these allow.
TEST_F(WriteLibrary, FlagsThatChangeValuesAreUndone) {
    const LibraryInput input = demo_library("demo", directory_.path());
    write_new_file(path("flags"), "-ffast-math");
    for (const std::string& compiler : compilers()) {
        write_library(input, path("plain"), {compiler, false, {}});
        const std::string plain = code_of(directory_.path(), "plain/libdemo.a");
        for (const std::string flags :
             {"-ffast-math",
              "-Ofast -funsafe-math-optimizations -fno-signed-zeros -fno-trapping-math -fassociative-math "
              "-ffinite-math-only -freciprocal-math"}) {
            write_library(input, path("out"), {compiler + " " + flags, false, {}});
            EXPECT_TRUE(code_of(directory_.path(), "out/libdemo.a") == plain) << compiler << " " << flags;
        }
        write_library(input, path("out"), {compiler + " @" + path("flags").string(), false, {}});
        EXPECT_TRUE(code_of(directory_.path(), "out/libdemo.a") == plain) << compiler;
    }
}

// Weak symbols of two libraries merge where their names are the same.
TEST_F(WriteLibrary, RuntimesOfOtherFlagsDoNotMerge) {
    const LibraryInput input = demo_library("demo", directory_.path());
    const auto symbols = [&](const std::string& compiler) {
        write_library(input, path("out"), {compiler, false, {}});
        std::istringstream lines(run(directory_.path(), "nm -jg --defined-only out/libdemo.a"));
        std::set<std::string> names;
        for (std::string line; std::getline(lines, line);)
            if (line.rfind("hg1_", 0) == 0 && line.size() > 9 && line[line.size() - 9] == '_') names.insert(line);
        return names;
    };
    const std::set<std::string> plain = symbols("gcc"), other = symbols("gcc -DHG_HIDDEN"), again = symbols("gcc");
    EXPECT_GT(plain.size(), 30u);
    EXPECT_EQ(plain, again);
    EXPECT_EQ(plain.size(), other.size());
    for (const std::string& name : other) EXPECT_FALSE(plain.contains(name)) << name;
}

// Whether a process of another parent is gone, or a zombie that nobody has buried yet.
bool ends(pid_t process) {
    for (int wait = 0; wait < 1000; ++wait) {
        std::ifstream state("/proc/" + std::to_string(process) + "/stat");
        std::string number, name, letter;
        if (!(state >> number >> name >> letter) || letter == "Z" || letter == "X") return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

class WriteLibraryFails : public WriteLibrary {
protected:
    void SetUp() override {
        fs::create_directory(path("temporary"));
        setenv("TMPDIR", path("temporary").c_str(), 1);
    }
    void TearDown() override { unsetenv("TMPDIR"); }

    std::string message(const LibraryInput& input, const LibraryOptions& options) {
        try {
            write_library(input, path("out/deep"), options);
        } catch (const LibraryError& error) {
            expect_nothing_left();
            return error.what();
        }
        ADD_FAILURE() << "no error";
        return "";
    }

    void expect_nothing_left() {
        EXPECT_FALSE(fs::exists(path("out")));
        EXPECT_TRUE(fs::is_empty(path("temporary")));
    }
};

TEST_F(WriteLibraryFails, AndSaysWhy) {
    const LibraryInput input = demo_library("demo", directory_.path());
    const auto expect_in = [](const std::string& part, const std::string& text) {
        EXPECT_NE(text.find(part), std::string::npos) << text;
    };
    expect_in("'no-such-cc' was not found", message(input, {"no-such-cc -m64", false, {}}));
    expect_in("unrecognized", message(input, {"gcc --no-such-flag", false, {}}));
    expect_in("exit status 1", message(input, {"false", false, {}}));
    LibraryInput changed = input;
    changed.name = "class";
    expect_in("keyword", message(changed, {}));
    changed = input;
    changed.leaf_objects = {{"gram_sse41.o", "rubbish"}};
    expect_in("not an ELF object file", message(changed, {}));
    changed = input;
    changed.leaf_objects.clear();
    expect_in("no leaf object defines the function 'demo_gram_tile_sse41_argv'", message(changed, {}));
    // What cannot be undone is refused where the compiler says it.
    if (!find_program("gcc").empty())
        for (const std::string flag :
             {"-mfpmath=387", "-fsingle-precision-constant", "-fpack-struct=1", "-fshort-enums"})
            expect_in("change", message(input, {"gcc " + flag, false, {}}));
    // What a wrapper does behind our flags, or instead of compiling.
    int number = 0;
    const auto wrapper = [&](const std::string& line) {
        const fs::path script = path("wrapper" + std::to_string(number++));
        write_new_file(script, "#!/bin/sh\n" + line + "\n");
        fs::permissions(script, fs::perms::owner_all);
        return message(input, {script.string(), false, {}});
    };
    for (const std::string flag : {"-ffast-math", "-ffinite-math-only", "-funsafe-math-optimizations"})
        expect_in("take ", wrapper("exec gcc \"$@\" " + flag));
    const std::string last = "for last; do :; done; ";
    expect_in("not an ELF object", wrapper(last + "echo rubbish >\"$last\""));
    expect_in("no usable object", wrapper("exit 0"));
    expect_in("no usable object", wrapper(last + ": >\"$last\""));
    expect_in("cut off or damaged",
              wrapper("gcc \"$@\" || exit 1; " + last + "head -c 100 \"$last\" >cut; mv cut \"$last\""));
    expect_in("demo_gram is not defined", wrapper(last + "echo 'int x;' >x.c; gcc -c x.c -o \"$last\""));
    expect_in("needs the symbol 'stranger'",
              wrapper("gcc \"$@\" || exit 1; " + last +
                      "echo 'int stranger(void); int y(void) { return stranger(); }' >y.c; "
                      "gcc -c y.c -o y.o; ld -r \"$last\" y.o -o z.o; mv z.o \"$last\""));
    expect_in("for ELF machine 8",
              wrapper("gcc \"$@\" || exit 1; " + last +
                      "printf '\\010\\000' | dd of=\"$last\" bs=1 seek=18 conv=notrunc 2>/dev/null"));
    write_new_file(path("archiver"), "#!/bin/sh\necho rubbish >\"$2\"\n");
    fs::permissions(path("archiver"), fs::perms::owner_all);
    setenv("AR", path("archiver").c_str(), 1);
    expect_in("left no archive", message(input, {}));
    unsetenv("AR");
    changed = input;
    write_new_file(path("impure.c"), "int malloc(int); int impure(void) { return malloc(1); }\n");
    run(directory_.path(), "gcc -fno-builtin -c impure.c");
    changed.leaf_objects["impure.o"] = read_file(path("impure.o"));
    expect_in("needs the symbol 'malloc'", message(changed, {}));
}

// The compiler and what it starts ignore the signal, and keep the pipe to us open.
TEST_F(WriteLibraryFails, OnAnInterruption) {
    const LibraryInput input = demo_library("demo", directory_.path());
    write_new_file(path("slow"), "#!/bin/sh\ntrap '' TERM\nsleep 86400 &\necho $! >\"" + path("sleeper").string() +
                                     "\"\nsleep 86400\n");
    fs::permissions(path("slow"), fs::perms::owner_all);
    for (const int signal : {SIGINT, SIGTERM, SIGQUIT, SIGXFSZ}) {
        fs::remove(path("sleeper"));
        pid_t sleeper = 0;
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            std::signal(signal, SIG_DFL);  // ignored where the tests run in a shell's background
            try {
                const InterruptionGuard outer;
                write_library(input, path("out/deep"), {path("slow").string(), false, {}});
            } catch (const LibraryError&) {
            }
            _exit(99);
        }
        for (int wait = 0; wait < 1000 && !fs::exists(path("sleeper")); ++wait)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        kill(child, signal);
        int status = 0;
        waitpid(child, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal) << status;
        std::ifstream(path("sleeper")) >> sleeper;
        EXPECT_TRUE(ends(sleeper));
        expect_nothing_left();
    }
}

}  // namespace
}  // namespace halogram::test
