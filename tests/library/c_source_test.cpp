// The generated C file and header: no warning in any language, and every argument reaches the runtime in its place.
#include "library/c_source.h"

#include <gtest/gtest.h>

#include "library/c_header.h"
#include "library/embedded_text.h"
#include "library/error.h"
#include "library/files.h"
#include "library/names.h"
#include "library/temporary_directory.h"
#include "tests/library/demo_kernel.h"

namespace halogram::test {
namespace {

const std::vector<std::string> both = {"gram", "gram_vjp"};

class GeneratedC : public testing::Test {
protected:
    void write(const std::string& library, const std::vector<KernelInterface>& kernels) {
        write_new_file(directory_.path() / (library + ".h"), c_header(kernels, library, "1.2.3"));
        write_new_file(directory_.path() / (library + ".c"), c_source(kernels, library, "1.2.3"));
    }

    void SetUp() override {
        for (const EmbeddedFile& file : embedded_runtime()) {
            if (file.name == "hg.h" || file.name == "hg_kernel.h" || file.name == "hg_names.h")
                write_new_file(directory_.path() / file.name, file.contents);
        }
    }

    void expect_clean(const std::string& library) {
        write_new_file(directory_.path() / (library + "_user.c"), "#include \"" + library + ".h\"\nint unused;\n");
        write_new_file(directory_.path() / (library + "_user.cpp"), "#include \"" + library + ".h\"\nint unused;\n");
        for (const std::string& compiler : compilers()) {
            run(directory_.path(), compiler + " -std=c99 -fsyntax-only " + strict + " " + library + ".c");
            for (const char* standard : {"c99", "c11", "gnu17"})
                run(directory_.path(),
                    compiler + " -std=" + standard + " -fsyntax-only " + strict + " " + library + "_user.c");
        }
        for (const std::string& compiler : compilers(true))
            for (const char* standard : {"c++11", "c++20", "gnu++20"})
                run(directory_.path(),
                    compiler + " -std=" + standard + " -fsyntax-only " + strict + " " + library + "_user.cpp");
    }

    TemporaryDirectory directory_;
};

TEST_F(GeneratedC, CompilesWithoutWarnings) {
    KernelInterface wide = demo_kernel("wide", 0, both);
    wide.dtype = "f64";
    KernelInterface bare = demo_kernel("bare", 5, both);
    bare.parameters.clear();
    bare.derivatives.clear();
    bare.symmetry = Symmetry::None;
    write("demo", {demo_kernel("rbf", 3, both), wide, bare});
    expect_clean("demo");
}

TEST_F(GeneratedC, SurvivesHostileTextAndNames) {
    KernelInterface kernel = demo_kernel("hostile", 0, both);
    kernel.description = "*/ #error \"out of the comment\" /* ?\?/ \\";
    kernel.formula = "x?\?=\"\\*/" + std::string(5000, '+') + "\n\x01\xC3\xA9";
    const std::vector<std::string> names = {
        "int",     "lambda",   "class", "k",          "k_",     "oto",
        "ggamma",  "gamma",    "NULL",  "hg_status",  "size_t", "I",
        "linux",   "__LINE__", "_Bool", "hg1_values", "values", "hg1_table_hostile_kernel",
        "register"};
    const std::vector<std::string> c_names = c_parameter_names(names);
    kernel.parameters.clear();
    for (std::size_t i = 0; i < names.size(); ++i) {
        const ParameterKind kind = i % 2 ? ParameterKind::Scalar : ParameterKind::Vector;
        kernel.parameters.push_back({names[i], c_names[i], kind, "*/"});
    }
    write("hostile", {kernel});
    expect_clean("hostile");
}

TEST_F(GeneratedC, TwoHeadersShareTheRuntimeBlock) {
    write("one", {demo_kernel("first", 3, both)});
    write("two", {demo_kernel("second", 0, both)});
    const std::string text = c_header({demo_kernel("first", 3, both)}, "one", "1.2.3");
    for (const EmbeddedFile& file : embedded_runtime())
        if (file.name == "hg.h") {
            EXPECT_NE(text.find(file.contents), std::string::npos);
        }
    write_new_file(directory_.path() / "user.cpp",
                   "#include \"one.h\"\n#include \"two.h\"\n#include \"one.h\"\n"
                   "int main() { return first_info() == second_info(); }\n");
    for (const std::string& compiler : compilers(true))
        run(directory_.path(), compiler + " -std=c++11 -fsyntax-only " + strict + " user.cpp");
}

// A runtime that records what it is called with.
const char* const stub = R"(
#include <stdio.h>
#include "demo.h"
#include "hg_kernel.h"
#define CHECK(condition) do { if (!(condition)) { printf("line %d: %s\n", __LINE__, #condition); return 1; } } while (0)
static const hg1_kernel *kernel_;
static const hg_options *options_;
static hg1_call call_;
static hg1_value values_[3];
static void *gradients_[3];
static int64_t sizes_[3];
static void record(const hg1_kernel *kernel, const hg_options *options, const hg1_call *call) {
    kernel_ = kernel; options_ = options; call_ = *call;
    for (int i = 0; i < 3; ++i) {
        values_[i] = call->parameters[i];
        if (call->gparameters != NULL) gradients_[i] = call->gparameters[i];
    }
}
hg_status hg1_gram(const hg1_kernel *kernel, const hg_options *options, const hg1_call *call) {
    record(kernel, options, call); return HG_ERROR_K_NULL;
}
hg_status hg1_gram_vjp(const hg1_kernel *kernel, const hg_options *options, const hg1_call *call) {
    record(kernel, options, call); return HG_ERROR_G_NULL;
}
hg_status hg1_gram_workspace(const hg1_kernel *kernel, const hg_options *options, int64_t n, int64_t m, int64_t d,
                             size_t *bytes) {
    kernel_ = kernel; options_ = options; sizes_[0] = n; sizes_[1] = m; sizes_[2] = d; *bytes = 7; return HG_OK;
}
hg_status hg1_gram_vjp_workspace(const hg1_kernel *kernel, const hg_options *options, int64_t n, int64_t m, int64_t d,
                                 size_t *bytes) {
    (void)kernel; (void)options; (void)n; (void)m; (void)d; *bytes = 8; return HG_OK;
}
const hg_info *hg1_info(const hg1_kernel *kernel, hg1_description *description) {
    kernel_ = kernel; description->info.name = kernel->name; return &description->info;
}
#define LEAF(name) int name(void **arguments); int name(void **arguments) { (void)arguments; return 0; }
LEAF(rbf_gram_tile_sse41_argv)
LEAF(rbf_gram_vjp_parameters_sse41_argv)
LEAF(rbf_gram_vjp_pairs_sse41_argv)
LEAF(rbf_gram_vjp_scalars_sse41_argv)
LEAF(rbf_gram_vjp_rows_sse41_argv)
LEAF(rbf_gram_vjp_columns_sse41_argv)
LEAF(rbf_gram_vjp_vectors_sse41_argv)

int main(void) {
    static float x[1], y[1], k[1], g[1], gx[1], gy[1], ell[1], ga[1], gell[1];
    hg_options options = {0};
    size_t bytes = 0;
    CHECK(rbf_gram(1, 2, 3, x, 4, y, 5, 2.5f, ell, -6, k, 7) == HG_ERROR_K_NULL);
    CHECK(options_ == NULL && call_.n == 1 && call_.m == 2 && call_.d == 3);
    CHECK(call_.x == x && call_.ldx == 4 && call_.y == y && call_.ldy == 5 && call_.k == k && call_.ldk == 7);
    CHECK(call_.g == NULL && call_.gx == NULL && call_.gparameters == NULL);
    CHECK(values_[0].f32 == 2.5f && values_[1].vector == ell && values_[2].integer == -6);
    hg_status status = rbf_gram_vjp_with(&options, 1, 2, 3, x, 4, y, 5, 2.5f, ell, -6, g, 7, gx, 8, gy, 9, ga, gell);
    CHECK(status == HG_ERROR_G_NULL);
    CHECK(options_ == &options && call_.n == 1 && call_.m == 2 && call_.d == 3);
    CHECK(call_.x == x && call_.ldx == 4 && call_.y == y && call_.ldy == 5 && call_.k == NULL && call_.ldk == 0);
    CHECK(call_.g == g && call_.ldg == 7 && call_.gx == gx && call_.ldgx == 8 && call_.gy == gy && call_.ldgy == 9);
    CHECK(gradients_[0] == ga && gradients_[1] == gell && gradients_[2] == NULL);
    CHECK(rbf_gram_vjp(1, 2, 3, x, 4, y, 5, 2.5f, ell, -6, g, 7, NULL, 8, gy, 9, NULL, gell) == HG_ERROR_G_NULL);
    CHECK(options_ == NULL && call_.gx == NULL && gradients_[0] == NULL && gradients_[1] == gell);
    CHECK(rbf_gram_workspace(&options, 11, 12, 13, &bytes) == HG_OK && bytes == 7);
    CHECK(options_ == &options && sizes_[0] == 11 && sizes_[1] == 12 && sizes_[2] == 13);
    CHECK(rbf_gram_vjp_workspace(NULL, 1, 1, 1, &bytes) == HG_OK && bytes == 8);
    CHECK(rbf_info()->name[0] == 'r' && rbf_info() == rbf_info());
    CHECK(kernel_->features == 0 && kernel_->element_size == 4 && kernel_->parameter_count == 3);
    CHECK(kernel_->parameter_kinds[0] == HG1_SCALAR && kernel_->parameter_kinds[1] == HG1_VECTOR);
    CHECK(kernel_->parameter_kinds[2] == HG1_INTEGER && kernel_->symmetry == HG1_BIT_SYMMETRIC);
    CHECK(kernel_->gram_counts.ps == 0 && kernel_->gram_vjp_counts.ps == 1 && kernel_->gram_vjp_counts.yf == 6);
    CHECK(kernel_->pair_planes == 2 && kernel_->operations_per_pair == 20 && kernel_->gram_operations == 12);
    CHECK(kernel_->variant_count == 1 && kernel_->variants[0].vector_bytes == 16);
    CHECK(kernel_->variants[0].row_multiple == 2 && kernel_->variants[0].column_multiple == 4);
    CHECK(kernel_->variants[0].gram->tile == rbf_gram_tile_sse41_argv && kernel_->variants[0].gram->prepare.x == NULL);
    CHECK(kernel_->variants[0].gram_vjp->pairs == rbf_gram_vjp_pairs_sse41_argv);
    CHECK(kernel_->variants[0].gram_vjp->scalars == rbf_gram_vjp_scalars_sse41_argv);
    CHECK(kernel_->variants[0].gram_vjp->prepare.parameters == rbf_gram_vjp_parameters_sse41_argv);
    printf("%s|%s|%s|%s|%s|%s\n", kernel_->name, kernel_->version, kernel_->formula, kernel_->dtype,
           kernel_->operations, kernel_->variants_text);
    return 0;
}
)";

TEST_F(GeneratedC, EveryArgumentReachesTheRuntime) {
    write("demo", {demo_kernel("rbf", 0, both)});
    write_new_file(directory_.path() / "stub.c", stub);
    for (const std::string& compiler : compilers()) {
        run(directory_.path(), compiler + " -std=c99 " + strict + " demo.c stub.c -o stub");
        EXPECT_EQ(run(directory_.path(), "stub"),
                  "rbf|1.2.3|a / (1 + sum(ell[d] * (x - y)^2))^p|f32|gram,gram_vjp|sse41\n");
    }
}

TEST(CSource, RefusesWhatCannotBeWritten) {
    const auto refused = [](KernelInterface kernel) {
        EXPECT_THROW(c_source({kernel}, "demo", "1"), LibraryError);
        EXPECT_THROW(c_header({kernel}, "demo", "1"), LibraryError);
    };
    KernelInterface kernel = demo_kernel("rbf", 3, both);
    EXPECT_NO_THROW(c_source({kernel}, "demo", "1"));
    EXPECT_THROW(c_source({}, "demo", "1"), LibraryError);
    EXPECT_THROW(c_source({kernel, kernel}, "demo", "1"), LibraryError);
    kernel.c_name = "int";
    refused(kernel);
    kernel = demo_kernel("rbf", 3, both);
    kernel.dtype = "f8";
    refused(kernel);
    kernel = demo_kernel("rbf", 3, {"gram", "apply"});
    refused(kernel);
    kernel = demo_kernel("rbf", 3, both);
    kernel.variants[0].leaves.erase("gram_vjp");
    refused(kernel);
    kernel = demo_kernel("rbf", 3, both);
    kernel.variants[0].leaves["gram"]["tile"] = "a-b";
    refused(kernel);
    kernel = demo_kernel("rbf", 3, both);
    kernel.parameters[0].c_name = "ldx";
    refused(kernel);
}

TEST(EmbeddedRuntime, HasTheFilesUnchanged) {
    ASSERT_FALSE(embedded_runtime().empty());
    std::size_t unchanged = 0;
    std::string_view names;
    for (const EmbeddedFile& file : embedded_runtime()) {
        const auto path = std::filesystem::path(HALOGRAM_RUNTIME_DIRECTORY) / file.name;
        if (!std::filesystem::exists(path))
            names = file.contents;  // hg_names.h is made
        else
            unchanged += file.contents == read_file(path);
    }
    EXPECT_EQ(unchanged + 1, embedded_runtime().size());
    // Everything of the runtime that is not public carries the digest of its sources.
    EXPECT_NE(names.find("#define hg1_gram hg1_gram_"), std::string_view::npos);
    EXPECT_NE(names.find("#define hg1_current_pool hg1_current_pool_"), std::string_view::npos);
    EXPECT_EQ(names.find("hg1_status_string"), std::string_view::npos);
}

}  // namespace
}  // namespace halogram::test
