// What does not jitter: instructions a pair on the avx2 variant, counted by callgrind, and of both variants with fused
// multiply-adds the inner loops and the size of the machine code, against stored values. A change for the worse fails;
// one for the better asks to be stored.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "generators/formula/expanded_form.h"
#include "generators/formula/lower.h"
#include "library/archive.h"
#include "library/files.h"
#include "library/process.h"
#include "library/temporary_directory.h"
#include "measurement/generated_library.h"
#include "tests/performance/inner_loop.h"

namespace halogram {
namespace {

constexpr const char* counted = "avx2";  // by callgrind, which knows no AVX-512
constexpr const char* disassembled[] = {"avx512", "avx2"};
constexpr double tolerance = 0.02;  // of instructions and of bytes: what another C compiler makes of the runtime

struct Case {
    const char *name, *formula;
    int features;
    const char* dtype = "f32";
    bool expanded = false;
};

// One parameter each, for the driver below.
const Case cases[] = {
    {"square_5", "exp(-gamma * sum((x - y)^2))", 5},
    {"square_64", "exp(-gamma * sum((x - y)^2))", 64},
    {"square_any", "exp(-gamma * sum((x - y)^2))", 0},
    {"square_64_f64", "exp(-gamma * sum((x - y)^2))", 64, "f64"},
    {"square_64_expanded", "exp(-gamma * sum((x - y)^2))", 64, "f32", true},
    {"absolute_64", "exp(-gamma * sum(abs(x - y)))", 64},
    {"product_64", "gamma * sum(x * y)", 64},
    {"product_64_f64", "gamma * sum(x * y)", 64, "f64"},
};

// Calls one operation once on n x n points.
const char* const driver = R"(#include "NAME.h"
#include <stdlib.h>

typedef REAL real;
enum { D = FEATURES };

int main(int argc, char **argv) {
    const int64_t n = argc > 1 ? atoi(argv[1]) : 0;
    real *x = calloc((size_t)(n * D + 1), sizeof *x), *y = calloc((size_t)(n * D + 1), sizeof *y);
    real *k = calloc((size_t)(n * n + 1), sizeof *k), *gx = calloc((size_t)(n * D + 1), sizeof *gx);
    real *gy = calloc((size_t)(n * D + 1), sizeof *gy), ggamma = 0;
    for (int64_t i = 0; i < n * D; ++i) {
        x[i] = (real)(i % 7) / 7;
        y[i] = (real)(i % 11) / 11;
    }
    hg_options options = {sizeof options};
    options.threads = 1;
    return argc > 2 ? NAME_gram_vjp_with(&options, SIZES, x, D, y, D, 1, k, n, gx, D, gy, D, &ggamma)
                    : NAME_gram_with(&options, SIZES, x, D, y, D, 1, k, n);
}
)";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
        text.replace(at, what.size(), by);
    return text;
}

class CostOf : public testing::TestWithParam<Case> {
protected:
    TemporaryDirectory directory_;

    ProcessResult run(std::vector<std::string> words) const {
        const std::string program = find_program(words[0]).string();
        if (program.empty()) throw std::runtime_error(words[0] + " is not there (scripts/setup)");
        words[0] = program;
        ProcessResult result = run_process(words, directory_.path());
        if (result.exit_status != 0) throw std::runtime_error(words[0] + ": " + first_lines(result.output, 10));
        return result;
    }

    double instructions(int n, const std::string& operation) const {
        std::vector<std::string> words = {"valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "./driver",
                                          std::to_string(n)};
        if (operation == "gram_vjp") words.push_back(operation);
        const std::string said = run(words).output;
        const std::size_t at = said.find("Collected : ");
        if (at == std::string::npos) throw std::runtime_error("callgrind says: " + first_lines(said, 10));
        return std::stod(said.substr(at + 12));
    }

    // The difference of two sizes: what a call costs beside its pairs is gone.
    double instructions_per_pair(const std::string& operation) const {
        constexpr int few = 128, many = 256;
        return (instructions(many, operation) - instructions(few, operation)) / (many * many - few * few);
    }

    nlohmann::ordered_json measured() {
        const Case& c = GetParam();
        KernelRequest request{c.name, parse_formula(c.formula), "", c.dtype, c.features, {"gram", "gram_vjp"}};
        if (c.expanded) request.formula.expanded = ExpandedForm::of(lower(request.formula.value));
        const CompiledKernel kernel = compile_kernel(request);
        LibraryInput input;
        input.name = c.name;
        input.kernels = {kernel.interface};
        input.leaf_objects = kernel.leaf_objects;
        input.schedules = nlohmann::ordered_json::object();
        write_library(input, directory_.path());
        std::string program = driver;
        for (const auto& [what, by] : {std::pair<std::string, std::string>{"NAME", c.name},
                                       {"REAL", c.dtype == std::string("f64") ? "double" : "float"},
                                       {"FEATURES", std::to_string(c.features == 0 ? 20 : c.features)},
                                       {"SIZES", c.features == 0 ? "n, n, D" : "n, n"}})
            program = replaced(program, what, by);
        write_new_file(directory_.path() / "driver.c", program);
        std::vector<std::string> compile = resolve_compiler("");
        for (const std::string& word :
             {std::string("-std=c99"), std::string("-O2"), std::string("driver.c"), "lib" + std::string(c.name) + ".a",
              std::string("-pthread"), std::string("-o"), std::string("driver")})
            compile.push_back(word);
        run(compile);
        setenv("HALOGRAM_ISA", counted, 1);
        nlohmann::ordered_json costs;
        for (const std::string operation : {"gram", "gram_vjp"}) {
            const std::string form = name_in_form(request.formula, operation);
            nlohmann::ordered_json& cost = costs[operation];
            cost["instructions_per_pair"] = std::round(100 * instructions_per_pair(operation)) / 100;
            for (const InterfaceVariant& variant : kernel.interface.variants) {
                if (std::find(std::begin(disassembled), std::end(disassembled), variant.isa) == std::end(disassembled))
                    continue;
                const std::string object =
                    kernel.leaf_objects.at("hg1_leaf_" + std::string(c.name) + "__" + variant.isa + "_" + form + ".o");
                nlohmann::ordered_json& code = cost[variant.isa];
                code["text_bytes"] = text_bytes(object);
                for (const auto& [leaf, symbol] : variant.leaves.at(operation)) {
                    // Once a point, or once a call in the object of another variant.
                    if (leaf.starts_with("prepare") || leaf == "error_bound") continue;
                    const InnerLoop loop = inner_loop(object, symbol);
                    code["inner_loops"][leaf] = {{"instructions", loop.instructions},
                                                 {"fused_multiply_adds", loop.fused},
                                                 {"stack_accesses", loop.stack_accesses}};
                }
            }
        }
        return costs;
    }
};

TEST_P(CostOf, IsWhatIsStored) {
    const nlohmann::ordered_json costs = measured();
    const std::string name = GetParam().name;
    const std::filesystem::path path = HALOGRAM_COSTS_FILE;
    nlohmann::ordered_json stored = std::filesystem::exists(path) ? nlohmann::ordered_json::parse(read_file(path))
                                                                  : nlohmann::ordered_json::object();
    if (std::getenv("HALOGRAM_WRITE_COSTS") != nullptr) {
        stored[name] = costs;
        std::filesystem::remove(path);
        write_new_file(path, stored.dump(2) + "\n");
        return;
    }
    for (const auto& [operation, cost] : costs.items()) {
        SCOPED_TRACE(name + " " + operation +
                     ": where a change is meant, store it: HALOGRAM_WRITE_COSTS=1 "
                     "build/bin/tests/performance_cost_test");
        ASSERT_TRUE(stored.contains(name) && stored[name].contains(operation));
        const nlohmann::ordered_json& then = stored[name][operation];
        const auto expect_same = [](const char* figure, double now, double before) {
            EXPECT_LE(std::fabs(now - before), tolerance * before) << figure << ": " << now << ", stored " << before;
        };
        expect_same("instructions a pair", cost["instructions_per_pair"], then["instructions_per_pair"]);
        for (const char* variant : disassembled) {
            SCOPED_TRACE(variant);
            expect_same("bytes of code", cost[variant]["text_bytes"], then[variant]["text_bytes"]);
            EXPECT_EQ(cost[variant]["inner_loops"], then[variant]["inner_loops"]);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Kernels, CostOf, testing::ValuesIn(cases),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace halogram
