#include "tests/library/demo_kernel.h"

#include <gtest/gtest.h>

#include "library/embedded_text.h"
#include "library/error.h"
#include "library/files.h"
#include "library/process.h"

namespace halogram::test {

const char* const strict = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror";

KernelInterface demo_kernel(const std::string& name, std::int64_t features,
                            const std::vector<std::string>& operations) {
    KernelInterface kernel;
    kernel.c_name = name;
    kernel.formula = "a / (1 + sum(ell[d] * (x - y)^2))^p";
    kernel.description = "A rational kernel.";
    kernel.dtype = "f32";
    kernel.features = features;
    kernel.parameters = {{"a", "a", ParameterKind::Scalar, "amplitude"},
                         {"ell", "ell", ParameterKind::Vector, ""},
                         {"p", "p", ParameterKind::Integer, "exponent"}};
    kernel.operations = operations;
    kernel.symmetry = Symmetry::Bits;
    kernel.counts["gram_vjp"] = {.ps = 1, .pf = 2, .xs = 3, .xf = 4, .ys = 5, .yf = 6};
    kernel.pair_planes = 2;
    kernel.operations_per_pair = 20;
    kernel.gram_operations = 12;
    kernel.derivatives = {{"x", "-2 p a ..."}, {"a", "1 / (1 + sum(ell[d] * (x - y)^2))^p"}};
    InterfaceVariant variant;
    variant.isa = "sse41";
    variant.vector_bytes = 16;
    variant.row_multiple = 2;
    variant.column_multiple = 4;
    const std::string vjp = name + "_gram_vjp_";
    variant.leaves = {{"gram", {{"tile", name + "_gram_tile_sse41"}}},
                      {"gram_vjp",
                       {{"prepare_parameters", vjp + "parameters_sse41"},
                        {"pairs", vjp + "pairs_sse41"},
                        {"scalars", vjp + "scalars_sse41"},
                        {"rows", vjp + "rows_sse41"},
                        {"columns", vjp + "columns_sse41"},
                        {"vectors", vjp + "vectors_sse41"}}}};
    kernel.variants = {variant};
    return kernel;
}

std::string demo_leaf_source(const std::string& name) {
    return "#define LEAF(name) " + name + "_gram_##name##_sse41_argv\n" + R"(
#include "hg_kernel.h"
typedef const hg1_buffer *buffer;
#define DEFINE(name) int LEAF(name)(void **arguments); int LEAF(name)(void **arguments)
#define A (*(const float *)arguments[0])
#define P (*(const int32_t *)arguments[2])
#define DATA(number) ((float *)((buffer)arguments[number])->host)
#define EXTENT(number, dimension) ((buffer)arguments[number])->dim[dimension].extent
#define STRIDE(number, dimension) ((buffer)arguments[number])->dim[dimension].stride
#define AT(number, i0, i1) DATA(number)[(i0) + (i1) * STRIDE(number, 1)]
#define ELL(d) DATA(1)[d]
#define X(d, i) AT(5, d, i)
#define Y(j, d) AT(8, j, d)
#define W(number, j, i, q) DATA(number)[(j) + (i) * STRIDE(number, 1) + (q) * STRIDE(number, 2)]
#define FEATURES EXTENT(5, 0)
#define DIFFERENCE(i, j, d) (X(d, i) - Y(j, d))

static float base(void **arguments, int32_t i, int32_t j) {
    float sum = 1;
    for (int32_t d = 0; d < FEATURES; ++d) sum += ELL(d) * (DIFFERENCE(i, j, d) * DIFFERENCE(i, j, d));
    return sum;
}
static float power(float value, int32_t exponent) {
    float result = 1;
    for (int32_t q = 0; q < exponent; ++q) result *= value;
    return result;
}
DEFINE(tile) {
    for (int32_t i = 0; i < EXTENT(11, 1); ++i)
        for (int32_t j = 0; j < EXTENT(11, 0); ++j) AT(11, j, i) = A / power(base(arguments, i, j), P);
    return 0;
}
/* Planes: g dk/d(sum), g dk/da. */
DEFINE(vjp_pairs) {
    for (int32_t i = 0; i < EXTENT(11, 1); ++i)
        for (int32_t j = 0; j < EXTENT(11, 0); ++j) {
            const float s = base(arguments, i, j), g = AT(11, j, i);
            W(12, j, i, 0) = g * ((float)-P * A / power(s, P + 1));
            W(12, j, i, 1) = g / power(s, P);
        }
    return 0;
}
DEFINE(vjp_scalars) {
    for (int32_t i = 0; i < EXTENT(12, 0); ++i) {
        AT(12, i, 0) = 0;
        for (int32_t j = 0; j < EXTENT(11, 0); ++j) AT(12, i, 0) += W(11, j, i, 1);
    }
    return 0;
}
DEFINE(vjp_rows) {
    for (int32_t i = 0; i < EXTENT(12, 1); ++i)
        for (int32_t d = 0; d < FEATURES; ++d) {
            AT(12, d, i) = 0;
            for (int32_t j = 0; j < EXTENT(11, 0); ++j)
                AT(12, d, i) += W(11, j, i, 0) * 2 * ELL(d) * DIFFERENCE(i, j, d);
        }
    return 0;
}
DEFINE(vjp_columns) {
    for (int32_t j = 0; j < EXTENT(12, 0); ++j)
        for (int32_t d = 0; d < FEATURES; ++d) {
            AT(12, j, d) = 0;
            for (int32_t i = 0; i < EXTENT(11, 1); ++i)
                AT(12, j, d) -= W(11, j, i, 0) * 2 * ELL(d) * DIFFERENCE(i, j, d);
        }
    return 0;
}
DEFINE(vjp_vectors) {
    for (int32_t i = 0; i < EXTENT(12, 1); ++i)
        for (int32_t d = 0; d < FEATURES; ++d) {
            AT(12, d, i) = 0;
            for (int32_t j = 0; j < EXTENT(11, 0); ++j)
                AT(12, d, i) += W(11, j, i, 0) * DIFFERENCE(i, j, d) * DIFFERENCE(i, j, d);
        }
    return 0;
}
)";
}

LibraryInput demo_library(const std::string& name, const std::filesystem::path& directory) {
    for (const EmbeddedFile& file : embedded_runtime())
        if (file.name == "hg.h" || file.name == "hg_kernel.h" || file.name == "hg_names.h") {
            const std::filesystem::path path = directory / file.name;
            if (!std::filesystem::exists(path)) write_new_file(path, file.contents);
        }
    write_new_file(directory / (name + "_leaf.c"), demo_leaf_source(name));
    run(directory, "gcc -std=c99 -O2 -fPIC -ffp-contract=off -I. -c " + name + "_leaf.c -o " + name + "_leaf.o");
    LibraryInput input;
    input.name = name;
    input.kernels = {demo_kernel(name, 3, {"gram", "gram_vjp"})};
    // The leaf functions prepare nothing.
    input.kernels[0].counts["gram_vjp"] = {};
    input.kernels[0].variants[0].leaves["gram_vjp"].erase("prepare_parameters");
    input.leaf_objects = {{"gram_sse41.o", read_file(directory / (name + "_leaf.o"))}};
    input.schedules = {{"gram", {{"sse41", {{"rows", 2}, {"columns", 4}}}}}};
    input.halide_version = "21.0.0";
    return input;
}

std::vector<std::string> compilers(bool plus) {
    std::vector<std::string> result;
    for (const char* name : {plus ? "g++" : "gcc", plus ? "clang++" : "clang"})
        if (!find_program(name).empty()) result.push_back(name);
    return result;
}

std::string run(const std::filesystem::path& directory, const std::string& command) {
    std::vector<std::string> words = split_command(command);
    words[0] = std::filesystem::exists(directory / words[0]) ? (directory / words[0]).string()
                                                             : find_program(words[0]).string();
    const ProcessResult result = run_process(words, directory);
    EXPECT_EQ(result.exit_status, 0) << command << "\n" << result.output;
    return result.output;
}

}  // namespace halogram::test
