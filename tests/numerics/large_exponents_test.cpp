// Integer exponents that f32 does not hold keep their parity.
#include <gtest/gtest.h>

#include "measurement/call.h"
#include "measurement/generated_library.h"

namespace halogram {
namespace {

TEST(LargeExponents, KeepTheirParity) {
    struct Case {
        const char* exponent;
        float at_minus_one;
    };
    const std::vector<Case> cases = {{"16777216", 1},   {"16777217", -1},    {"-16777219", -1},  {"2147483647", -1},
                                     {"2147483648", 1}, {"99999999999", -1}, {"99999999998", 1}, {"-99999999999", -1}};
    std::vector<KernelRequest> requests;
    for (const Case& c : cases)
        requests.push_back({"power" + std::to_string(requests.size()),
                            parse_formula("dot(x, y)^(" + std::string(c.exponent) + ")"),
                            "",
                            "f32",
                            1,
                            {"gram"}});
    GeneratedLibrary library("powers", requests);
    for (std::size_t k = 0; k < cases.size(); ++k) {
        const auto value = [&](float base) {
            const float one = 1;
            float result = 0;
            Call call;
            call.integer(1).integer(1).pointer(&base).integer(1).pointer(&one).integer(1).pointer(&result).integer(1);
            EXPECT_EQ(call.run(library.symbol(library.kernels[k].c_name + "_gram")), HG_OK);
            return result;
        };
        SCOPED_TRACE(cases[k].exponent);
        EXPECT_EQ(value(-1), cases[k].at_minus_one);
        EXPECT_EQ(value(1), 1);
        const bool grows = cases[k].exponent[0] != '-';
        EXPECT_EQ(value(-2), grows ? cases[k].at_minus_one * INFINITY : cases[k].at_minus_one * 0);
        EXPECT_EQ(value(0.5F), grows ? 0 : INFINITY);
    }
}

}  // namespace
}  // namespace halogram
