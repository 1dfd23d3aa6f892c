// Whatever parameters a tuner picks for the schedules of a kernel's leaves, on every variant: the same bits.
#include <map>
#include <set>

#include "schedules/strategy.h"
#include "tests/support/kernel_problem.h"

namespace halogram {
namespace {

constexpr int variations = 3;  // besides the defaults

struct Structure {
    const char* name;
    const char* formula;
    std::vector<const char*> scalars, vectors;
};

// One sum and a scalar parameter; absolute values and a per-feature parameter; several sums beside what is prepared once
// per point; an extremum beside a sum.
const Structure structures[] = {
    {"square", "exp(-gamma * sum((x - y)^2))", {"gamma"}, {}},
    {"weighted", "exp(-sum(abs(x - y) / ell[d])) + c", {"c"}, {"ell"}},
    {"angle", "let a = x - mean(x) in let b = y - mean(y) in divide0(dot(a, b), norm(a) * norm(b))", {}, {}},
    {"extremum", "c * linf(x, y) + sum(w[d] * x * y)", {"c"}, {"w"}},
};

struct Configuration {
    const Structure* structure;
    const char* dtype;
    int features, d;
};

class TileParametersOf : public testing::TestWithParam<Configuration> {
protected:
    // A point of every leaf's space; the numbers of points have other divisors than the strides.
    nlohmann::ordered_json picked(const Formula& formula, int variation) {
        const Configuration& c = GetParam();
        nlohmann::ordered_json all;
        std::size_t leaves = std::size_t(c.features);
        for (const Machine& machine : machines_of("host"))
            for (const char* operation : {"gram", "gram_vjp"}) {
                LeafSet set(formula, halide_type(c.dtype), c.features);
                for (const LeafPipeline& leaf : set.of(operation)) {
                    const std::vector<TileParameters> space = parameter_space(leaf, machine);
                    EXPECT_FALSE(space.empty());
                    const TileParameters& p = space[(std::size_t(variation) * 7 + 3 * ++leaves) % space.size()];
                    all[machine.isa][operation][leaf_name(leaf.kind)] = record_of(p);
                    if (space.size() > 1) tried_[leaf_name(leaf.kind)].insert(record_of(p).dump());
                }
            }
        return all;
    }

    template <typename T>
    void check() {
        const Configuration& c = GetParam();
        const Formula formula = parse_formula(c.structure->formula);
        std::vector<KernelRequest> requests;
        for (int v = 0; v <= variations; ++v) {
            requests.push_back(
                {"variation" + std::to_string(v), formula, "", c.dtype, c.features, {"gram", "gram_vjp"}});
            if (v > 0) requests.back().schedules = picked(formula, v);
        }
        for (const auto& [leaf, parameters] : tried_) EXPECT_GT(parameters.size(), 1u) << leaf;
        GeneratedLibrary library("tiles", requests);
        // No catalogue entry: parameters are between 1/2 and 2.
        CatalogueEntry entry;
        entry.domain = Domain::Real;
        for (const char* name : c.structure->scalars) entry.parameters.push_back({name, "", 0.5, 2});
        for (const char* name : c.structure->vectors) entry.parameters.push_back({name, "", 0.5, 2, false, true});
        for (const ProblemShape& shape : {ProblemShape{5, 19, c.d}, ProblemShape{133, 530, c.d}}) {
            std::unique_ptr<KernelOutputs<T>> right;
            for (const KernelInterface& kernel : library.kernels) {
                const KernelProblem<T> p(entry, kernel, shape, 1);
                for (const InterfaceVariant& variant : kernel.variants) {
                    if (!library.use_variant(variant.isa)) continue;
                    auto out = run(library, p, options_with_threads(1));
                    if (right) {
                        EXPECT_TRUE(*out == *right)
                            << kernel.c_name << ", " << variant.isa << ":\n"
                            << requests[std::size_t(&kernel - library.kernels.data())].schedules.dump();
                    } else {
                        right = std::move(out);
                    }
                }
            }
        }
    }

private:
    std::map<std::string, std::set<std::string>> tried_;
};

TEST_P(TileParametersOf, ChangeNoBit) {
    if (std::string(GetParam().dtype) == "f32")
        check<float>();
    else
        check<double>();
}

std::vector<Configuration> configurations() {
    std::vector<Configuration> all;
    // D that fills a tile, that does not, and that is known at run time only.
    const int features[] = {5, 12, 8, 0};
    int next = 0;
    for (const Structure& structure : structures)
        for (const char* dtype : {"f32", "f64"}) {
            const int fixed = features[next++ % 4];
            all.push_back({&structure, dtype, fixed, fixed > 0 ? fixed : 7});
        }
    return all;
}

INSTANTIATE_TEST_SUITE_P(Structures, TileParametersOf, testing::ValuesIn(configurations()), [](const auto& instance) {
    return std::string(instance.param.structure->name) + "_" + instance.param.dtype + "_" +
           (instance.param.features > 0 ? std::to_string(instance.param.features) : "any");
});

}  // namespace
}  // namespace halogram
