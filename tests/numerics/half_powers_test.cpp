// Powers of halves are products and a root: the edge values of C's pow, and its values within a few roundings.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "generators/pipelines/operation_count.h"
#include "measurement/call.h"
#include "measurement/generated_library.h"

namespace halogram {
namespace {

const char* const exponents[] = {"1.5", "2.5", "16.5", "-0.5", "-1.5", "-2.5"};

TEST(HalfPowers, AreThoseOfC) {
    std::vector<KernelRequest> requests;
    // Of a base that is never negative, and of a root, which may be -0.
    for (const char* base : {"abs(x - y)", "sqrt(x * y)"})
        for (const char* exponent : exponents)
            requests.push_back({"power" + std::to_string(requests.size()),
                                parse_formula("sum(" + std::string(base) + "^(" + exponent + "))"),
                                "",
                                "f64",
                                1,
                                {"gram"}});
    GeneratedLibrary library("powers", requests);
    constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t k = 0; k < requests.size(); ++k) {
        const bool of_root = k >= std::size(exponents);
        const double exponent = std::stod(exponents[k % std::size(exponents)]);
        for (const double point : {0.0, -0.0, 1.0, 0.3, 7e-12, 1e9, 5e-324, infinity, nan, of_root ? -1.0 : -2.5}) {
            const double other = of_root ? 1 : 0;
            double result = 0;
            Call call;
            call.integer(1).integer(1).pointer(&point).integer(1).pointer(&other).integer(1).pointer(&result).integer(
                1);
            ASSERT_EQ(call.run(library.symbol(library.kernels[k].c_name + "_gram")), HG_OK);
            const double right = std::pow(of_root ? std::sqrt(point) : std::fabs(point - other), exponent);
            SCOPED_TRACE(requests[k].formula.text + " of " + std::to_string(point));
            if (std::isnan(right)) {
                EXPECT_TRUE(std::isnan(result)) << result;
            } else if (right == 0 || std::isinf(right)) {
                EXPECT_EQ(result, right);
            } else {
                EXPECT_LE(std::fabs(result / right - 1), 10 * std::numeric_limits<double>::epsilon());
            }
        }
    }
}

TEST(HalfPowers, TakeFewOperations) {
    for (const char* exponent : exponents) {
        const Formula formula = parse_formula("sum(abs(x - y)^(" + std::string(exponent) + "))");
        EXPECT_LE(operation_count(formula, "gram", 1).per_feature, 15) << exponent;
    }
}

}  // namespace
}  // namespace halogram
