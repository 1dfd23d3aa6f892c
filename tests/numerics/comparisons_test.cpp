// Comparisons with NaN in compiled kernels, written by the user or within a function of the language.
#include <gtest/gtest.h>

#include <cmath>

#include "measurement/call.h"
#include "measurement/generated_library.h"
#include "tests/support/matrix.h"

namespace halogram {
namespace {

using halogram_test::Matrix;

constexpr int features = 2;

// Every comparison with NaN is false but !=; `not` turns that round.
TEST(Comparisons, WithNaN) {
    const std::vector<std::pair<std::string, float>> conditions = {
        {"dot(x, y) < 1", 0},  {"dot(x, y) <= 1", 0}, {"dot(x, y) > 1", 0},        {"dot(x, y) >= 1", 0},
        {"dot(x, y) == 1", 0}, {"dot(x, y) != 1", 1}, {"not (dot(x, y) <= 1)", 1}, {"not (dot(x, y) < 1)", 1},
    };
    std::vector<KernelRequest> requests;
    for (std::size_t k = 0; k < conditions.size(); ++k)
        requests.push_back({"comparison" + std::to_string(k),
                            parse_formula("where(" + conditions[k].first + ", 1, 0)"),
                            "",
                            "f32",
                            features,
                            {"gram"}});
    requests.push_back({"entropy", parse_formula("sum(rel_entr(x, y))"), "", "f32", features, {"gram"}});
    GeneratedLibrary library("comparisons", requests);
    // One pair and whole vectors; x is 0 in the feature in which y is NaN.
    for (const std::int64_t m : {1, 40}) {
        Matrix<float> x(1, features, features), y(m, features, features), k(1, m, m);
        x(0, 0) = 0;
        x(0, 1) = 1;
        for (std::int64_t j = 0; j < m; ++j) {
            y(j, 0) = NAN;
            y(j, 1) = 1;
        }
        for (const KernelInterface& kernel : library.kernels)
            for (const InterfaceVariant& variant : kernel.variants) {
                if (!library.use_variant(variant.isa)) continue;
                Call call;
                call.integer(1).integer(m).pointer(x.data()).integer(x.ld).pointer(y.data()).integer(y.ld);
                ASSERT_EQ(call.pointer(k.data()).integer(k.ld).run(library.symbol(kernel.c_name + "_gram")), HG_OK);
                const auto at = std::size_t(&kernel - library.kernels.data());
                for (std::int64_t j = 0; j < m; ++j) {
                    if (at < conditions.size())
                        EXPECT_EQ(k(0, j), conditions[at].second) << conditions[at].first << ", " << variant.isa;
                    else
                        EXPECT_TRUE(std::isnan(k(0, j))) << kernel.formula << ", " << variant.isa;
                }
            }
    }
}

// Partitioned loops took comparisons of x with itself for true where y stood in one arm alone: D = 2, AVX-512.
TEST(Comparisons, ANaNOfEitherPointIsSeen) {
    struct Case {
        const char* formula;
        float of_x, of_y;  // the value where that point is (NaN, 1) and the other (1, 1)
    };
    const std::vector<Case> cases = {
        {"sum(min(x, y))", NAN, NAN},
        {"sum(max(x, y))", NAN, NAN},
        {"sum(where(x == x and y == y, abs(x - y) + 3, 3))", 6, 6},
        {"sum(where(x * x >= 0, y, 5))", 6, NAN},
        {"sum(where(x != x, x, y))", NAN, NAN},
        {"sum(x^y)", NAN, 2},
        // What algebra takes for 0: a pass that leaves out stores of what is there already lost it.
        {"sum(x - x) + sum(y)", NAN, NAN},
        {"sum(x) * mean(y * 3 - y * 3)", NAN, NAN},
        {"sum(2 * x + -2 * x) + sum(sqrt(y) - sqrt(y))", NAN, NAN},
        {"sum((x + y) - (x + y))", NAN, NAN},
    };
    std::vector<KernelRequest> requests;
    for (const Case& c : cases)
        requests.push_back(
            {"kernel" + std::to_string(requests.size()), parse_formula(c.formula), "", "f32", features, {"gram"}});
    GeneratedLibrary library("nan", requests);
    const auto value_of = [&](const KernelInterface& kernel, float x, float y) {
        Matrix<float> a(1, features, features), b(1, features, features), k(1, 1, 1);
        a(0, 0) = x;
        b(0, 0) = y;
        a(0, 1) = b(0, 1) = 1;
        Call call;
        call.integer(1).integer(1).pointer(a.data()).integer(a.ld).pointer(b.data()).integer(b.ld);
        EXPECT_EQ(call.pointer(k.data()).integer(k.ld).run(library.symbol(kernel.c_name + "_gram")), HG_OK);
        return k(0, 0);
    };
    for (std::size_t k = 0; k < cases.size(); ++k)
        for (const InterfaceVariant& variant : library.kernels[k].variants) {
            if (!library.use_variant(variant.isa)) continue;
            SCOPED_TRACE(std::string(cases[k].formula) + ", " + variant.isa);
            EXPECT_TRUE(halogram_test::same_number(value_of(library.kernels[k], NAN, 1), cases[k].of_x));
            EXPECT_TRUE(halogram_test::same_number(value_of(library.kernels[k], 1, NAN), cases[k].of_y));
        }
}

}  // namespace
}  // namespace halogram
