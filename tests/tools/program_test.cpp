// The program `halogram`: exit statuses, messages, what stands on which stream, files, reproducible bytes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "generators/catalogue/catalogue.h"
#include "library/files.h"
#include "library/library.h"
#include "library/sha256.h"
#include "library/temporary_directory.h"

namespace halogram {
namespace {

namespace fs = std::filesystem;

struct Result {
    int status;
    std::string output, errors;
};

class Program : public testing::Test {
protected:
    TemporaryDirectory directory_;
    fs::path path(const std::string& name) const { return directory_.path() / name; }

    // Arguments as a shell reads them; the working directory is the test's own.
    Result run(const std::string& arguments) const {
        const std::string command = "cd '" + directory_.path().string() + "' && '" HALOGRAM_PROGRAM "' " + arguments +
                                    " >output.txt 2>errors.txt </dev/null";
        const int status = std::system(command.c_str());
        Result result{WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(path("output.txt")),
                      without_sanitizer_notes(read_file(path("errors.txt")))};
        fs::remove(path("output.txt"));
        fs::remove(path("errors.txt"));
        return result;
    }

    // The address sanitizer tells once that Halide's use of makecontext is beyond it.
    static std::string without_sanitizer_notes(const std::string& text) {
        std::istringstream lines(text);
        std::string rest;
        for (std::string line; std::getline(lines, line);)
            if (line.find("WARNING: ASan doesn't fully support makecontext") == std::string::npos) rest += line + "\n";
        return rest;
    }

    // Status 2, one message of at most a few lines that holds `part`, nothing on stdout, no file left.
    void expect_mistake(const std::string& arguments, const std::string& part) const {
        const Result r = run(arguments);
        EXPECT_EQ(r.status, 2) << arguments << "\n" << r.errors;
        EXPECT_EQ(r.output, "") << arguments;
        EXPECT_NE(r.errors.find(part), std::string::npos) << arguments << "\n" << r.errors;
        EXPECT_EQ(r.errors.rfind("halogram: ", 0), 0u) << r.errors;
        EXPECT_LT(r.errors.size(), 4100u);
        EXPECT_FALSE(fs::exists(path("out"))) << arguments;
    }

    void write(const std::string& name, const std::string& text) const {
        fs::remove(path(name));
        write_new_file(path(name), text);
    }

    static std::string first_kernel() { return catalogue().front().name; }
};

TEST_F(Program, BuildLeavesThreeFilesAndNothingElse) {
    const std::string name = first_kernel();
    const Result r = run("build --kernel " + name + " --features 3 --ops gram -o out");
    ASSERT_EQ(r.status, 0) << r.errors;
    EXPECT_EQ(r.errors, "") << "a pipe sees no progress";
    std::set<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path()))
        if (entry.is_regular_file()) files.insert(entry.path().filename());
    EXPECT_EQ(files, (std::set<std::string>{"lib" + name + ".a", name + ".h", name + ".json"}));
    const auto manifest = nlohmann::json::parse(read_file(path("out/" + name + ".json")));
    EXPECT_EQ(manifest["halogram_version"], halogram_version());
    EXPECT_EQ(manifest["kernels"][0]["formula"], catalogue().front().formula);
    EXPECT_EQ(manifest["kernels"][0]["operations"], nlohmann::json({"gram"}));
    const Result quiet = run("build --kernel " + name + " --features 3 --ops gram --quiet -o out");
    EXPECT_EQ(quiet.output + quiet.errors, "");
}

TEST_F(Program, SameInputSameBytes) {
    const std::string arguments =
        "build --formula 'exp(-gamma * l1(x, y)) + b' --name k --features any --dtype f64 -o ";
    ASSERT_EQ(run(arguments + "first").status, 0);
    ASSERT_EQ(run(arguments + "deep/second").status, 0);
    for (const char* file : {"libk.a", "k.h", "k.json"})
        EXPECT_EQ(sha256(read_file(path("first") / file)), sha256(read_file(path("deep/second") / file))) << file;
}

TEST_F(Program, MistakesAreOneClearMessage) {
    const std::string kernel = "build --kernel " + first_kernel();
    expect_mistake("", "subcommand");
    expect_mistake("biuld", "did you mean 'build'");
    expect_mistake("frobnicate", "halogram --help");
    expect_mistake("build -o out", "--kernel NAME or --formula TEXT");
    expect_mistake(kernel + " --features 5", "--output");
    expect_mistake(kernel + " -o out", "--features is missing");
    expect_mistake(kernel + " --features 0 -o out", "--features");
    expect_mistake(kernel + " --features -3 -o out", "--features");
    expect_mistake(kernel + " --features 99999999999999999999 -o out", "--features");
    expect_mistake(kernel + " --features 5 --dtype f16 -o out", "not built yet");
    expect_mistake(kernel + " --features 5 --dtype f31 -o out", "not known");
    const std::string squares = "build --formula 'sum((x - y)^2)' --name k --features 5 ";
    expect_mistake("build --formula 'sum(abs(x - y))' --name k --features 5 --form expanded -o out",
                   "squared distance");
    expect_mistake(squares + "--form auto -o out", "--tolerance T");
    expect_mistake(squares + "--form auto --tolerance -1 -o out", "positive number");
    expect_mistake(squares + "--form auto --tolerance 1e-3x -o out", "positive number");
    expect_mistake(squares + "--form expanded --ops gram_vjp -o out", "needs gram");
    expect_mistake(squares + "--form matrix -o out", "--form matrix is not known");
    expect_mistake(kernel + " --features 5 --tolerance 1e-3 -o out", "--form auto");
    expect_mistake(kernel + " --features 5 --schedules . -o out", "not built yet");
    expect_mistake(kernel + " --features 5 --math faster -o out", "--math faster is not known");
    for (const char* budget : {"0", "-1", "1e9", "9999999999"})
        expect_mistake(kernel + " --features 5 --budget " + budget + " -o out", "--budget");
    expect_mistake(squares + "--budget 1 -o out", "--budget is 1,");
    expect_mistake("explain --formula 'sum(x^x^x^x^x)' --features 5 --budget 100", "--budget is 100,");
    expect_mistake("build --formula 'where(a = 64, 1, 2)' --name k --features 5 -o out", "by position");
    expect_mistake("build --formula 'exp(-g * l1(p, q))' --name k --features 5 -o out", "called x and y");
    expect_mistake(kernel + " --features 5 --ops gram,aply -o out", "aply");
    expect_mistake(kernel + " --features 5 --ops apply -o out", "not built yet");
    expect_mistake(kernel + " --features 5 --target arm-64-linux -o out", "not built yet");
    expect_mistake(kernel + " --features 5 --target vax -o out", "vax");
    expect_mistake(kernel + " --features 5 --name 'a b' -o out", "--name");
    expect_mistake(kernel + " --features 5 --name while -o out", "keyword");
    expect_mistake(kernel + " --features 5 --set nothing=1 -o out", "nothing");
    expect_mistake(kernel + " --features 5 --set =1 -o out", "PARAM=VALUE");
    expect_mistake("build --formula 'a*sum(x)' --name k --features 5 --set a=1 --set a=2 -o out", "twice");
    expect_mistake("build --formula 'a*sum(x)' --name math --features 5 -o out", "math.h");
    expect_mistake(kernel + " --features 5 --ops '' -o out", "no operation");
    expect_mistake(kernel + " --features 5 --ops gram,,gram_vjp -o out", "empty place");
    expect_mistake(kernel + " --features 5 --quiet --verbose -o out", "--quiet");
    expect_mistake(kernel + " --features 5 --cc no-such-compiler -o out", "no-such-compiler");
    expect_mistake(kernel + "x --features 5 -o out", "did you mean '" + first_kernel() + "'");
    expect_mistake(kernel + " --formula 'sum(x)' --features 5 -o out", "either");
    expect_mistake("build --formula 'sum(x' --name k --features 5 -o out", "^");
    expect_mistake("build --formula 'sum(x)' --features 5 -o out", "--name");
    expect_mistake("explain --formula 'sqr(sum(x))' --features 5", "did you mean 'sqrt'");
    expect_mistake("list --jason", "--jason");
    expect_mistake(kernel + " --features 5 -o ''", "--output is empty");
}

TEST_F(Program, AnOutputThatCannotBeWrittenIsNotAUsersMistake) {
    write("file", "");
    const Result r = run("build --kernel " + first_kernel() + " --features 2 --ops gram -o file/below");
    EXPECT_EQ(r.status, 1) << r.errors;
    EXPECT_NE(r.errors.find("file/below"), std::string::npos) << r.errors;
}

TEST_F(Program, AnOutputThatIsFullIsAnError) {
    for (const std::string words : {"list", "list --json", "--help", "build --help", "--version"}) {
        const std::string command =
            "'" HALOGRAM_PROGRAM "' " + words + " >/dev/full 2>'" + path("errors").string() + "'";
        const int status = std::system(command.c_str());
        EXPECT_EQ(WEXITSTATUS(status), 1) << words;
        EXPECT_NE(read_file(path("errors")).find("cannot be written"), std::string::npos) << words;
    }
}

TEST_F(Program, ListShowsEveryEntry) {
    const Result text = run("list"), json = run("list --json");
    ASSERT_EQ(text.status + json.status, 0);
    const auto entries = nlohmann::json::parse(json.output);
    ASSERT_EQ(entries.size(), catalogue().size());
    for (std::size_t k = 0; k < entries.size(); ++k) {
        EXPECT_EQ(entries[k]["name"], catalogue()[k].name);
        EXPECT_EQ(entries[k]["parameters"].size(), catalogue()[k].parameters.size());
        EXPECT_NE(text.output.find(catalogue()[k].formula), std::string::npos) << catalogue()[k].name;
    }
}

TEST_F(Program, ExplainShowsEverySection) {
    const Result r = run("explain --formula 'exp(-gamma * sqdist(x, y)) + mean(x) * mean(y)' --features 5");
    ASSERT_EQ(r.status, 0) << r.errors;
    EXPECT_EQ(r.errors, "");
    for (const char* part : {"Kernel", "Structure", "s1", "symmetric", "translation invariant", "expandable",
                             "Derivatives", "dk/dx[d]", "dk/dgamma", "Operations per pair", "Loops", "register tile"})
        EXPECT_NE(r.output.find(part), std::string::npos) << part << "\n" << r.output;
}

TEST_F(Program, ExplainAndHelpForEveryEntry) {
    for (const CatalogueEntry& entry : catalogue()) {
        const Result r = run("explain --kernel " + entry.name + " --features any");
        EXPECT_EQ(r.status, 0) << entry.name << "\n" << r.errors;
        EXPECT_NE(r.output.find(entry.formula), std::string::npos) << entry.name;
    }
    for (const char* command : {"", "build", "list", "explain"}) {
        const Result r = run(std::string(command) + " --help");
        EXPECT_EQ(r.status, 0);
        EXPECT_NE(r.output.find("Usage"), std::string::npos) << r.output;
    }
}

TEST_F(Program, SpecificationOfSeveralKernels) {
    write("spec.json", R"json({"name": "both", "kernels": [
        {"formula": "exp(-gamma * l1(x, y))", "name": "one", "features": 3, "ops": "gram,gram_vjp"},
        {"formula": "(gamma * dot(x, y))^p", "name": "two", "features": "any", "dtype": "f64", "ops": "gram",
         "set": {"p": 3}}]})json");
    const Result r = run("build --spec spec.json -o out");
    ASSERT_EQ(r.status, 0) << r.errors;
    const auto manifest = nlohmann::json::parse(read_file(path("out/both.json")));
    ASSERT_EQ(manifest["kernels"].size(), 2u);
    EXPECT_EQ(manifest["kernels"][1]["parameters"].size(), 1u);
    EXPECT_EQ(manifest["kernels"][1]["constants"], nlohmann::json({{"p", "3"}}));
    EXPECT_NE(read_file(path("out/both.h")).find("(gamma * dot(x, y))^p with p = 3"), std::string::npos);
    EXPECT_EQ(manifest["kernels"][1]["dtype"], "f64");
}

// Leaves have names that no kernel can have, whatever the form; arguments that no parameter can have.
TEST_F(Program, KernelsMayBeCalledLikeLeavesAndArguments) {
    std::string entries;
    for (const std::string name : {"k", "k_sse41_expanded", "k_expanded", "k_gram", "k_sse41"})
        entries +=
            std::string(entries.empty() ? "" : ", ") +
            R"json({"formula": "bound * exp(-sqdist(x, y))", "features": 2, "ops": "gram", "form": "expanded", "name": ")json" +
            name + R"json("})json";
    write("spec.json", R"json({"name": "many", "kernels": [)json" + entries + "]}");
    const Result built = run("build --spec spec.json -o out");
    ASSERT_EQ(built.status, 0) << built.errors;
    const auto manifest = nlohmann::json::parse(read_file(path("out/many.json")));
    for (const auto& kernel : manifest["kernels"]) {
        EXPECT_EQ(kernel["parameters"][0]["name"], "bound");
        EXPECT_EQ(kernel["parameters"][0]["c_name"], "bound_");
    }
    write("user.c",
          "#include <stdio.h>\n#include \"many.h\"\nint main(void) { float x[4] = {1, 2, 3, 4}, k[4], b;\n"
          "if (k_gram(2, 2, x, 2, 0, 0, 2, k, 2) || k_sse41_expanded_gram(2, 2, x, 2, 0, 0, 2, k, 2)) return 1;\n"
          "if (k_gram_error_bound(2, 2, x, 2, x, 2, 2, &b)) return 2;\n"
          "printf(\"%g\", k[0]); return 0; }\n");
    ASSERT_EQ(std::system(("cd '" + directory_.path().string() +
                           "' && cc -std=c99 -Iout user.c out/libmany.a -pthread -o user && ./user >said")
                              .c_str()),
              0);
    EXPECT_EQ(read_file(path("said")), "2");
}

// Halide reads its variables where nobody catches what it throws.
TEST_F(Program, HalidesEnvironmentDoesNotReachIt) {
    const std::string kernel = " --kernel " + first_kernel() + " --features 3 --ops gram";
    const Result plain = run("explain" + kernel);
    ASSERT_EQ(plain.status, 0) << plain.errors;
    for (const auto& [name, value] : std::vector<std::pair<const char*, const char*>>{{"HL_DEBUG_CODEGEN", "zz"},
                                                                                      {"HL_LLVM_ARGS", "zz"},
                                                                                      {"HL_COMPILER_STACK_SIZE", "1"},
                                                                                      {"HL_TARGET", "zz"}}) {
        setenv(name, value, 1);
        const Result explained = run("explain" + kernel), built = run("build" + kernel + " -o out");
        unsetenv(name);
        EXPECT_EQ(explained.output, plain.output) << name << "\n" << explained.errors;
        EXPECT_EQ(built.status, 0) << name << "\n" << built.errors;
    }
}

TEST_F(Program, MistakesInASpecificationNameTheirPlace) {
    struct Wrong {
        const char *text, *part;
    };
    for (const Wrong& wrong : {
             Wrong{"{", "line 1"},
             Wrong{"[]", "layout: {"},
             Wrong{R"json({"name": "k"})json", "kernels"},
             Wrong{R"json({"name": "k", "kernels": []})json", "kernels"},
             Wrong{R"json({"name": 3, "kernels": [{}]})json", "name"},
             Wrong{R"json({"name": "k", "kernels": [{}], "more": 1})json", "more"},
             Wrong{R"json({"name": "k", "kernels": [{}]})json", "kernels[0]: give either"},
             Wrong{R"json({"name": "k", "kernels": [{"formula": "sum(x)", "name": "a", "fetures": 3}]})json",
                   "fetures"},
             Wrong{R"json({"name": "k", "kernels": [{"formula": 3}]})json", "kernels[0].formula: expected: A formula"},
             Wrong{R"json({"name": "k", "kernels": [{"formula": "sum(x)", "features": 3.5}]})json",
                   "Number of features"},
             Wrong{R"json({"name": "a b", "kernels": [{"formula": "sum(x)", "name": "a", "features": 3}]})json",
                   "'a b'"},
             Wrong{R"json({"name": "k", "kernels": [{"formula": "sum(x", "name": "a", "features": 3}]})json",
                   "kernels[0]: "},
             Wrong{R"json({"name": "k", "kernels": [{"formula": "sum(x)", "name": "a", "features": 3},
                                                {"formula": "sum(y)", "name": "a", "features": 3}]})json",
                   "kernels[1]: another kernel"},
             Wrong{R"json({"name": "k", "kernels": [{"formula": "sum(x)", "name": "a", "features": 1e999}]})json",
                   "--spec spec.json: number overflow"},
             Wrong{R"json({"name": "k", "name": "l", "kernels": [{}]})json", "'name' stands twice"},
             Wrong{R"json({"name": "k\u0000j", "kernels": [{"formula": "sum(x)", "name": "a", "features": 3}]})json",
                   "name 'k\\0j'"},
         }) {
        write("spec.json", wrong.text);
        expect_mistake("build --spec spec.json -o out", wrong.part);
    }
    // Texts that would take gigabytes: refused before they do.
    std::string numbers = "1";
    for (int k = 0; k < 200'000; ++k) numbers += ",1";
    const std::string before = R"json({"name": "k", "kernels": [)json";
    write("spec.json", before + numbers + "]}");
    expect_mistake("build --spec spec.json -o out", "more than 100000 values");
    write("spec.json", before + std::string(std::size_t(5) << 20, ' ') + "]}");
    expect_mistake("build --spec spec.json -o out", "more than 4 MiB");
    write("spec.json", before + std::string(100'000, '[') + std::string(100'000, ']') + "]}");
    expect_mistake("build --spec spec.json -o out", "nested");
    expect_mistake("build --spec none.json -o out", "none.json");
    expect_mistake("build --spec . -o out", "cannot be read");
    expect_mistake("build --spec spec.json --kernel " + first_kernel() + " -o out", "--spec replaces");
}

TEST_F(Program, BenchMeasuresAndJudges) {
    const std::string few = " --features 4 --size 9x17 --seconds 0.001 --threads 1,2 --ops gram,gram_vjp";
    const Result r = run("bench --kernel " + first_kernel() + few + " --json");
    ASSERT_EQ(r.status, 0) << r.errors;
    EXPECT_EQ(r.errors, "") << "a pipe sees no progress";
    const auto document = nlohmann::json::parse(r.output);
    ASSERT_EQ(document["machines"].size(), 1u);
    ASSERT_EQ(document["results"].size(), 4u);
    for (const auto& result : document["results"]) {
        EXPECT_GT(result["seconds"], 0) << result;
        EXPECT_GT(result["fraction"], 0) << result;
        EXPECT_EQ(result["n"], 9);
        EXPECT_EQ(result["m"], 17);
        const bool gram = result["operation"] == "gram";
        EXPECT_LE(result["error"][gram ? "share_of_bound" : "u_of_terms"], gram ? 1 : 100) << result;
    }
    const Result text =
        run("bench --formula 'exp(-sum(abs(x - y)))' --features any --dimension 3 --dtype f64 --size 8 "
            "--seconds 0.001 --self --variant all");
    ASSERT_EQ(text.status, 0) << text.errors;
    for (const char* part :
         {"This machine", "D = 3", "8 x 8 (y is x)", "a pair of half of the pairs", "fraction", "of the bound"})
        EXPECT_NE(text.output.find(part), std::string::npos) << part << "\n" << text.output;
}

TEST_F(Program, BenchTimesTheCompiler) {
    const std::string compile = "bench --compile --features 3 --ops gram,gram_vjp --variant sse41 --kernel ";
    const Result json = run(compile + first_kernel() + " --json");
    ASSERT_EQ(json.status, 0) << json.errors;
    EXPECT_EQ(json.errors, "") << "a pipe sees no progress";
    const auto results = nlohmann::json::parse(json.output)["results"];
    ASSERT_EQ(results.size(), 2u);
    for (const auto& result : results) {
        EXPECT_GT(result["ratio"], 0) << result;
        EXPECT_EQ(result["variant"], "sse41");
    }
    const Result text = run(compile + first_kernel());
    ASSERT_EQ(text.status, 0) << text.errors;
    EXPECT_NE(text.output.find("3 features, f32, sse41"), std::string::npos) << text.output;
    expect_mistake("bench --compile --features 3 --variant riscv", "best, all");
}

TEST_F(Program, BenchAsksForAllPairsWhereTheKernelIsNotSymmetric) {
    const Result json =
        run("bench --formula 'sum(x * y^2)' --features 3 --size 8 --seconds 0.001 --self --variant sse41 --json");
    ASSERT_EQ(json.status, 0) << json.errors;
    EXPECT_EQ(nlohmann::json::parse(json.output)["results"][0]["needs_half_of_the_pairs"], false);
}

TEST_F(Program, BenchSaysWhatItCannotMeasure) {
    const std::string bench = "bench --kernel " + first_kernel() + " --features 3 ";
    expect_mistake(bench + "--size 0", "--size 0");
    expect_mistake(bench + "--size 12x", "--size 12x");
    expect_mistake(bench + "--size 1048576", "2^32");
    expect_mistake(bench + "--size 4x5 --self", "n and m are the same");
    expect_mistake(bench + "--threads 0", "--threads");
    expect_mistake(bench + "--seconds nan", "--seconds");
    expect_mistake(bench + "--dimension 0", "--dimension");
    expect_mistake(bench + "--against nobody", "mullapudi2016");
    expect_mistake(bench + "--against adams2019 --self", "--self");
    expect_mistake(bench + "--size 4 --variant riscv", "this machine runs");
    expect_mistake("bench --formula 'sum((x - y)^2)' --features 3 --form auto --tolerance 1e-3", "one at a time");
}

}  // namespace
}  // namespace halogram
