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

}  // namespace
}  // namespace halogram
