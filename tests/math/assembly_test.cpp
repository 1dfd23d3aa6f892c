// What the compiled functions cost: vector instructions in the AVX-512 assembly, and that nothing is called.
#include <Halide.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "generators/math/code.h"
#include "generators/math/functions.h"
#include "library/object_symbols.h"
#include "schedules/machine.h"
#include "schedules/software_fma.h"

namespace halogram {
namespace {

using Code = Halide::Expr (*)(const Halide::Expr&);

std::string compiled(Code code, Halide::Type type, const Machine& machine, Halide::OutputFileType form) {
    Halide::ImageParam in(type, 1);
    Halide::Var i;
    Halide::Func f("value");
    f(i) = code(in(i));
    in.dim(0).set_min(0);
    f.output_buffer().dim(0).set_min(0);
    f.vectorize(i, machine.lanes(type), Halide::TailStrategy::RoundUp);
    Halide::Pipeline pipeline(f);
    add_software_fma(pipeline, machine, SoftwareFma::Unrolled);
    char pattern[] = "/tmp/halogram-test-XXXXXX";
    const std::filesystem::path directory = mkdtemp(pattern);
    const std::string file = directory / "value";
    pipeline.compile_to({{form, file}}, {in}, "value", machine.target);
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    std::filesystem::remove_all(directory);
    return text.str();
}

// Instructions on vectors or masks but moves and broadcasts: constants are loaded before the loop or with the instruction.
int vector_operations(Code code, Halide::Type type) {
    std::istringstream assembly(
        compiled(code, type, machines_of("x86-64-linux").front(), Halide::OutputFileType::assembly));
    int count = 0;
    std::string line;
    while (std::getline(assembly, line)) {
        std::istringstream words(line);
        std::string instruction;
        words >> instruction;
        if (instruction.empty() || (instruction[0] != 'v' && instruction[0] != 'k')) continue;
        if (line.find("%zmm") == std::string::npos && instruction[0] != 'k') continue;
        if (instruction.starts_with("vbroadcast") || instruction.starts_with("vpbroadcast")) continue;
        const bool masked = line.find("{%k") != std::string::npos;  // a choice between two values
        if (instruction.starts_with("vmov") && !masked) continue;
        ++count;
    }
    return count;
}

TEST(Cost, ExpHasItsLimitsOnAvx512) {
    const Halide::Type f32 = Halide::Float(32);
    // The limits are 18 and, for arguments <= 0, 15.
    EXPECT_EQ(vector_operations(code::exp, f32), 18);
    EXPECT_EQ(vector_operations(code::exp_non_positive, f32), 14);
    EXPECT_EQ(vector_operations(code::fast_exp, f32), 17);
    EXPECT_EQ(vector_operations(code::fast_exp_non_positive, f32), 13);
}

TEST(Cost, TheTableStatesWhatIsCounted) {
    for (const Function& f : functions()) {
        if (f.code == nullptr) continue;
        const int counted = vector_operations(f.code, Halide::Float(32));
        const int counted_f64 = vector_operations(f.code, Halide::Float(64));
        std::printf("%-9s %3d operations in f32, %3d in f64\n", std::string(f.name).c_str(), counted, counted_f64);
        EXPECT_EQ(f.operations, counted) << f.name;
    }
    const Code raise = [](const Halide::Expr& a) { return code::power(a, a + Halide::cast(a.type(), 1)); };
    EXPECT_EQ(power_operations, vector_operations(raise, Halide::Float(32)) - 1);
}

TEST(Cost, NothingIsCalledOnAnyVariant) {
    const Code raise = [](const Halide::Expr& a) { return code::power(a, a); };
    std::vector<std::pair<std::string, Code>> codes = {{"pow", raise}};
    for (const Function& f : functions())
        if (f.code != nullptr) codes.emplace_back(f.name, f.code);
    for (const Machine& machine : machines_of("x86-64-linux"))
        for (const auto& [name, code] : codes)
            for (Halide::Type type : {Halide::Float(32), Halide::Float(64)}) {
                const std::string object = compiled(code, type, machine, Halide::OutputFileType::object);
                EXPECT_TRUE(object_symbols(object, name).undefined.empty())
                    << name << " " << type << " " << machine.isa;
            }
}

}  // namespace
}  // namespace halogram
