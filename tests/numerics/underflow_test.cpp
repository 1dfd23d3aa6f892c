// Positive numbers whose powers and products are rounded to 0: an edge, and its value and gradient are those of the edge.
#include <cmath>

#include "schedules/operation_module.h"
#include "tests/support/in_process_call.h"

namespace halogram {
namespace {

struct Result {
    float k, gx;
};

// Of one pair of points with one feature.
Result result_of(const std::string& formula, float x, float y) {
    const KernelRequest request{"k", parse_formula(formula), "", "f32", 1, {"gram", "gram_vjp"}};
    const KernelInterface kernel = interface_of(request);
    CatalogueEntry entry{};
    entry.domain = Domain::Real;
    KernelProblem<float> problem(entry, kernel, {1, 1, 1}, 1);
    problem.x(0, 0) = x;
    problem.y(0, 0) = y;
    problem.g(0, 0) = 1;
    const auto out = run(*compile_in_process(request), problem, options_with_threads(1));
    return {out->k(0, 0), out->gx(0, 0)};
}

TEST(Underflow, PowersAndProductsOfPositiveNumbersReachZero) {
    const std::string s = "sqdist(x, y)";
    const std::vector<std::string> zeros = {"2^(-" + s + ")",
                                            "pow(0.5, " + s + ")",
                                            "(1 + norm(x - y))^(-200)",
                                            "(1 + " + s + ")^(-90)",
                                            "10^(-9 * norm(x - y))",
                                            "rational_quadratic(x, y, 90, 1)",
                                            "(1 / (1 + " + s + "))^20 * (1 / (1 + " + s + "))^20"};
    for (const std::string& zero : zeros)
        for (const std::string& formula : {"divide0(" + zero + ", " + zero + ")", "xlogy(" + zero + ", " + zero + ")",
                                           "rel_entr(" + zero + ", " + zero + ")"}) {
            const Result result = result_of(formula, 1, 100);
            EXPECT_EQ(result.k, 0) << formula;
            EXPECT_EQ(result.gx, 0) << formula;
        }
}

}  // namespace
}  // namespace halogram
