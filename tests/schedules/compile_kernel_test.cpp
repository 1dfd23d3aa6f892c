// Compiling leaf functions: formulas that once took minutes, errors of Halide, the same bytes twice.
#include "schedules/compile_kernel.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstdlib>
#include <limits>

#include "generators/math/functions.h"
#include "generators/pipelines/leaf_pipelines.h"
#include "schedules/operation_module.h"
#include "schedules/strategy.h"
#include "tests/support/formula_text.h"

namespace halogram {
namespace {

using halogram_test::chain;
using halogram_test::nested;

KernelRequest request(const std::string& formula, int features = 2) {
    return {"k", parse_formula(formula), "", "f32", features, {"gram"}};
}

// What is shared would be walked twice at every level by a pass that takes it for a tree.
TEST(CompileKernel, NestedFunctionsTakeLinearTime) {
    std::string products = "let r0 = dot(x, y) in ";
    for (int k = 1; k < 12; ++k) {
        const std::string before = "r" + std::to_string(k - 1);
        products += "let r" + std::to_string(k) + " = sin(" + before + ") * " + before + " in ";
    }
    for (const std::string& formula :
         {nested("exp(-", "dot(x, y)", ")", 12), nested("max(sign(", "dot(x, y)", "), 0.5)", 12),
          nested("abs(", "dot(x, y)", " - 1)", 30), products + "r11"}) {
        const CompiledKernel compiled = compile_kernel(request(formula));
        EXPECT_FALSE(compiled.leaf_objects.empty()) << formula;
    }
}

// Stages whose time or memory doubles with every link end here by their limits: max(R, -R) of 24 links took 20 GB.
TEST(CompileKernel, SharedPartsAreSharedInEveryFunction) {
    std::vector<std::string> links = {"max(R, -R)", "min(R, 1 - R)", "where(R > 1, R, -R)", "pow(2, R) + R",
                                      "R^1.5 + R"};
    for (const Function& f : functions())
        if (f.arity == 2 && f.integers == 0)
            links.push_back(std::string(f.name) + "(R, R + 1)");
        else if (f.arity == 1)
            links.push_back(std::string(f.name) + "(R) + R");
    const auto define_all = [&] {
        const rlimit memory = {rlim_t{4} << 30, rlim_t{4} << 30}, seconds = {300, 300};
        setrlimit(RLIMIT_AS, &memory);
        setrlimit(RLIMIT_CPU, &seconds);
        for (const std::string& link : links) {
            ParseOptions options;
            options.budget = 1000000;
            const Formula formula = parse_formula(chain("x * y", link, "sum(R)", 24), options);
            for (const std::string operation : {"gram", "gram_vjp"})
                LeafSet(formula, Halide::Float(32), 8).of(operation);
        }
        std::_Exit(0);
    };
    EXPECT_EXIT(define_all(), testing::ExitedWithCode(0), "");
}

TEST(CompileKernel, ErrorsOfHalideAreTranslated) {
    try {
        translate_errors([] {
            Halide::Var i, other;
            Halide::Func f;
            f(i) = i;
            f.vectorize(other, 4);
            return 0;
        });
        FAIL() << "no error";
    } catch (const CompileError& e) {
        EXPECT_NE(std::string(e.what()).find("internal error while compiling"), std::string::npos) << e.what();
        EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos) << e.what();
    }
}

TEST(CompileKernel, SameInputSameBytes) {
    const std::string formula = "exp(-gamma * sum(w[d] * (x - y)^2)) + mean(x) * mean(y)";
    EXPECT_EQ(compile_kernel(request(formula)).leaf_objects, compile_kernel(request(formula)).leaf_objects);
}

// The record of one compilation is the request of the next.
TEST(CompileKernel, SchedulesAreGivenBack) {
    KernelRequest asked = request("exp(-gamma * sum(w[d] * (x - y)^2))", 7);
    asked.operations = {"gram", "gram_vjp"};
    const CompiledKernel first = compile_kernel(asked);
    asked.schedules = first.schedules;
    const CompiledKernel again = compile_kernel(asked);
    EXPECT_EQ(again.schedules, first.schedules);
    EXPECT_EQ(again.leaf_objects, first.leaf_objects);
    const std::string isa = first.interface.variants.front().isa;
    asked.schedules = {{isa, {{"gram", {{"tile", record_of(TileParameters{})}}}}}};
    const CompiledKernel other = compile_kernel(asked);
    EXPECT_EQ(other.schedules[isa]["gram"]["tile"]["rows"], 1);
    EXPECT_EQ(other.schedules[isa]["gram_vjp"], first.schedules[isa]["gram_vjp"]);
    EXPECT_NE(other.leaf_objects, first.leaf_objects);
}

// The sums of a block lie on the stack of every call: those of 40 sums took a megabyte.
TEST(CompileKernel, BlocksOfFeaturesAreForFewSums) {
    const auto blocks = [](const std::string& formula) {
        const CompiledKernel compiled = compile_kernel(request(formula, 0));
        std::vector<int> all;
        for (const auto& [isa, operations] : compiled.schedules.items())
            all.push_back(operations["gram"]["tile"]["block"]);
        return all;
    };
    EXPECT_GT(blocks("dot(x, y)").front(), 0);
    EXPECT_GT(blocks("dot(x, y) * l1(x, y)").front(), 0);
    for (int block : blocks("dot(x, y) * l1(x, y) * linf(x, y)")) EXPECT_EQ(block, 0);
}

TEST(CompileKernel, SchedulesOutsideOfTheSpaceAreRefused) {
    const std::string isa = machines_of("host").front().isa;
    KernelRequest wrong = request("dot(x, y)");
    using Json = nlohmann::ordered_json;
    const auto with = [](const char* parameter, const Json& value) {  // all others are in the space
        Json tile = record_of(TileParameters{});
        tile[parameter] = value;
        return tile;
    };
    Json incomplete = record_of(TileParameters{});
    incomplete.erase("unroll");
    wrong.schedules = {{isa, {{"gram", {{"tile", record_of(TileParameters{})}}}}}};
    EXPECT_NO_THROW(compile_kernel(wrong));
    for (const Json& tile : {with("rows", 7), with("vectors", 0), with("vectors", 1024), with("unroll", 3),
                             with("block", 512), with("rows", "1"), incomplete, Json(7)}) {
        wrong.schedules = {{isa, {{"gram", {{"tile", tile}}}}}};
        EXPECT_THROW(compile_kernel(wrong), std::invalid_argument) << tile;
    }
}

TEST(CompileKernel, WhatIsNotBuiltYetIsRefused) {
    KernelRequest wrong = request("dot(x, y)");
    wrong.dtype = "f16";
    EXPECT_THROW(compile_kernel(wrong), std::invalid_argument);
    wrong = request("dot(x, y)");
    wrong.target = "arm-64-linux";
    EXPECT_THROW(compile_kernel(wrong), std::invalid_argument);
    wrong = request("dot(x, y)");
    wrong.operations = {"apply"};
    EXPECT_THROW(compile_kernel(wrong), std::invalid_argument);
}

// An int counted past itself, and calls with negative operations stayed on one thread.
TEST(CompileKernel, OperationsOfManyFeaturesAreCounted) {
    std::string formula = "abs(x - y)^1.1";
    for (int k = 2; k <= 30; ++k) formula += " + abs(x - y)^1." + std::to_string(k);
    const KernelRequest many = request("sum(" + formula + ")", 1 << 20);
    EXPECT_GT(operations_per_pair(many, "gram").total(), std::int64_t{1} << 31);
    const KernelInterface interface = interface_of(many);
    EXPECT_EQ(interface.operations_per_pair, std::numeric_limits<std::int32_t>::max());
    EXPECT_EQ(interface.gram_operations, std::numeric_limits<std::int32_t>::max());
}

// The time of a compilation grows with its code, here of all leaves of an operation against those of RBF. Unrolled without
// counting what a step costs, the first one's tile alone was 300 KB and took 140 s.
TEST(CompileKernel, CodeOfCostlyStepsStaysSmall) {
    const std::string cheap = "exp(-gamma * sum((x - y)^2))";
    const std::string costly[] = {
        "sum(w[d] * abs(x - y)^p)^(1 / p)", "exp(-g * sum(abs(x - y)^1.3))", "exp(-2 * sum(sin(pi * (x - y) / p)^2))",
        "exp(-sum(cos(w[d] * (x - y)) * exp(-v[d] * (x - y)^2))) + exp(-sum(cos(u[d] * (x - y)) * exp(-t[d] * "
        "(x - y)^2)))"};
    const auto bytes = [](const std::string& formula, int features, const std::string& dtype, const Machine& machine,
                          const std::string& operation) {
        KernelRequest asked = request(formula, features);
        asked.dtype = dtype;
        asked.operations = {operation};
        return operation_module(asked, operation, machine, machine).object().size();
    };
    const std::vector<Machine> machines = machines_of("x86-64-linux");
    const std::string types[] = {"f32", "f64"};
    std::size_t k = 0;
    for (std::size_t m = 0; m < machines.size(); ++m) {
        const Machine& machine = machines[m];
        for (std::size_t t = 0; t < std::size(types); ++t) {
            const std::string& dtype = types[t];
            const int features = (m + t) % 2 == 0 ? 0 : 8;
            const std::size_t of_cheap = bytes(cheap, features, dtype, machine, "gram");
            for (const std::string operation : {"gram", "gram_vjp"}) {
                const std::string& formula = costly[k++ % std::size(costly)];
                EXPECT_LT(bytes(formula, features, dtype, machine, operation),
                          (operation == std::string("gram") ? 5 : 10) * of_cheap)
                    << formula << ", " << operation << ", " << features << " features, " << dtype << ", "
                    << machine.isa;
            }
        }
    }
}

}  // namespace
}  // namespace halogram
