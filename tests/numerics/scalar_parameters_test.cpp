// Gradients of many scalar parameters: one sum over points serves them all, and each has the bits it has alone.
#include <map>

#include "schedules/operation_module.h"
#include "tests/support/in_process_call.h"

namespace halogram {
namespace {

constexpr int features = 5;

KernelRequest request(const std::string& formula) {
    return {"k", parse_formula(formula), "", "f32", features, {"gram", "gram_vjp"}};
}

// By the parameter's name; of the same points and cotangents, whatever the formula.
std::map<std::string, float> gradients(const std::string& formula) {
    const KernelRequest asked = request(formula);
    const KernelInterface interface = interface_of(asked);
    CatalogueEntry entry{};
    entry.domain = Domain::Real;
    for (const InterfaceParameter& p : interface.parameters) entry.parameters.push_back({p.name, "", 0.5, 2});
    const KernelProblem<float> problem(entry, interface, {37, 53, features}, 5);
    const auto out = run(*compile_in_process(asked), problem, options_with_threads(1));
    std::map<std::string, float> result;
    for (std::size_t p = 0; p < interface.parameters.size(); ++p)
        result[interface.parameters[p].name] = (*out->parameters[p])(0, 0);
    return result;
}

// a and c share what is summed, b and e do not: what they are read from is no row of neighbours.
TEST(ScalarParameters, HaveTheGradientThatTheyHaveAlone) {
    for (const std::string& isa : variants_of_this_machine()) {
        SCOPED_TRACE(isa);
        ASSERT_TRUE(use_variant_in_process(isa));
        const auto all = gradients("a * l1(x, y) + b * dot(x, y) + c * l1(x, y) + e + f * sqdist(x, y)");
        EXPECT_EQ(all.at("a"), gradients("a * l1(x, y)").at("a"));
        EXPECT_EQ(all.at("b"), gradients("b * dot(x, y)").at("b"));
        EXPECT_EQ(all.at("c"), all.at("a"));
        EXPECT_EQ(all.at("e"), gradients("l1(x, y) + e").at("e"));
        EXPECT_EQ(all.at("f"), gradients("f * sqdist(x, y)").at("f"));
        EXPECT_NE(all.at("a"), all.at("b"));
    }
}

// Halide's time grows with the square of the stages: of one for each of 160 parameters it was 40 s.
TEST(ScalarParameters, ShareTheirStages) {
    const auto stages = [](int parameters) {
        std::string formula = "dot(x, y)";
        for (int p = 0; p < parameters; ++p) formula += " + exp(-s" + std::to_string(p) + " * l1(x, y))";
        const KernelRequest asked = request(formula);
        LeafSet set(asked.formula, Halide::Float(32), features);
        std::size_t count = 0;
        for (const LeafPipeline& leaf : set.gram_vjp())
            if (leaf.kind == LeafKind::Scalars) count += leaf.lane_sums.size() + leaf.lane_levels.size();
        return count;
    };
    EXPECT_GT(stages(1), 0u);
    EXPECT_EQ(stages(1), stages(160));
}

}  // namespace
}  // namespace halogram
