// Whatever parameters a tuner picks for the schedules of a kernel's leaves, on every variant: the same bits. For every
// catalogue kernel, its expanded form too where it has one, compiled into this process.
//
// ScheduleParameters: each kernel with one point of every leaf's space, on one variant and with one number of features,
// which take turns. FeatureBlocks: kernels with different sums, of so many features that blocks of pairs are summed over
// some of them at a time, against the variant that has no such blocks. Disabled, because they take long, with every kernel
// on every variant and with every number of features: EveryValue, with points that have every value of every parameter
// among them (an hour on two cores), and EverySchedule, with every point (hours). docs/accuracy.md says how to run it and
// what was run.
#include <algorithm>
#include <cmath>
#include <set>

#include "generators/formula/expanded_form.h"
#include "generators/formula/lower.h"
#include "schedules/operation_module.h"
#include "schedules/software_fma.h"
#include "tests/support/in_process_call.h"

namespace halogram {
namespace {

const char* const operations[] = {"gram", "gram_vjp"};
constexpr int features_of_kernels[] = {5, 12, 0};  // fill a tile, do not, are known at run time only
constexpr int features_at_run_time = 7;
constexpr int many_features = 4099;  // more than blocks begin at, and not a multiple of theirs

// A kernel with the domains that its inputs are drawn from.
struct Kernel {
    std::string name;
    CatalogueEntry entry;
    Formula formula;
};

// An extremum beside a weighted sum: more than one kind of reduction, which no catalogue entry has.
Kernel mixed_reductions() {
    CatalogueEntry entry;
    entry.domain = Domain::Real;
    entry.parameters = {{"c", "", 0.5, 2}, {"w", "", 0.5, 2, false, true}};
    return {"mixed_reductions", entry, parse_formula("c * linf(x, y) + sum(w[d] * x * y)")};
}

const std::vector<Kernel>& kernels() {
    static const std::vector<Kernel> all = [] {
        std::vector<Kernel> made;
        for (const CatalogueEntry& entry : catalogue()) {
            const Formula formula = catalogue_formula(entry.name);
            made.push_back({entry.name, entry, formula});
            Formula expanded = formula;
            expanded.expanded = ExpandedForm::of(lower(formula.value));
            if (expanded.expanded) made.push_back({std::string(entry.name) + "_expanded", entry, expanded});
        }
        made.push_back(mixed_reductions());
        return made;
    }();
    return all;
}

std::vector<Machine> machines() {  // whose variants this one can run
    std::vector<Machine> all;
    for (const Machine& machine : machines_of("host"))
        if (use_variant_in_process(machine.isa)) all.push_back(machine);
    return all;
}

// The spaces of all leaves of a kernel for one machine.
class Spaces {
public:
    Spaces(const KernelRequest& request, const Machine& machine) : isa_(machine.isa) {
        for (const char* operation : operations) {
            LeafSet set(request.formula, halide_type(request.dtype), request.features);
            for (const LeafPipeline& leaf : set.of(operation))
                add(name_in_form(request.formula, operation), leaf_name(leaf.kind), parameter_space(leaf, machine));
        }
    }
    std::size_t largest() const {
        std::size_t most = 0;
        for (const Space& s : spaces_) most = std::max(most, s.points.size());
        return most;
    }
    // How many points of each space have every value of every parameter among them, and the k-th of those.
    std::size_t values() const {
        std::size_t most = 0;
        for (const Space& s : spaces_) most = std::max(most, s.covering.size());
        return most;
    }
    nlohmann::ordered_json value(std::size_t k) const {
        return picked([&](const Space& s, std::size_t) { return s.covering[k % s.covering.size()]; });
    }
    // The k-th of a walk through all points of each leaf's space.
    nlohmann::ordered_json at(std::size_t k) const {
        return picked([&](const Space& s, std::size_t) { return k % s.points.size(); });
    }
    // The k-th of a walk whose first points lie far apart in every space, at other places in each: multiples of the golden
    // ratio.
    nlohmann::ordered_json far_apart(std::size_t k) const {
        return picked([&](const Space& s, std::size_t leaf) {
            const double turns = 0.6180339887498949 * double(k) + 0.37 * double(leaf);
            return std::size_t(double(s.points.size()) * (turns - std::floor(turns)));
        });
    }

private:
    struct Space {
        std::string operation, leaf;
        std::vector<TileParameters> points;
        std::vector<std::size_t> covering;  // places of points
    };
    std::string isa_;
    std::vector<Space> spaces_;

    void add(const std::string& operation, const std::string& leaf, const std::vector<TileParameters>& points) {
        using Values = std::set<std::string>;
        std::vector<Values> values;
        for (const TileParameters& point : points) {
            values.emplace_back();
            const nlohmann::ordered_json record = record_of(point);
            for (const auto& [parameter, value] : record.items()) values.back().insert(parameter + value.dump());
        }
        // Always the point with the most values that none has had yet.
        std::vector<std::size_t> covering;
        Values had;
        for (;;) {
            std::size_t best = 0, most = 0;
            for (std::size_t k = 0; k < points.size(); ++k) {
                const auto more = std::count_if(values[k].begin(), values[k].end(),
                                                [&](const std::string& value) { return !had.contains(value); });
                if (std::size_t(more) > most) best = k, most = std::size_t(more);
            }
            if (most == 0) break;
            covering.push_back(best);
            had.insert(values[best].begin(), values[best].end());
        }
        spaces_.push_back({operation, leaf, points, covering});
    }

    template <typename Index>
    nlohmann::ordered_json picked(const Index& index) const {
        nlohmann::ordered_json all;
        for (std::size_t leaf = 0; leaf < spaces_.size(); ++leaf) {
            const Space& s = spaces_[leaf];
            all[isa_][s.operation][s.leaf] = record_of(s.points[index(s, leaf)]);
        }
        return all;
    }
};

struct Configuration {
    const Kernel* kernel;
    std::string dtype;
    int features;
    Machine machine;
    std::size_t number;  // among those of the sample
    int at_run_time = features_at_run_time;
};

class ScheduleParameters : public testing::TestWithParam<Configuration> {
protected:
    // Calls check(expected).
    template <typename Check>
    void with_expected(const Check& check) {
        if (GetParam().dtype == "f32")
            check(Expected<float>(GetParam()));
        else
            check(Expected<double>(GetParam()));
    }

    // What the defaults give on the best variant, which compiles fastest.
    template <typename T>
    class Expected {
    public:
        const KernelRequest request;

        explicit Expected(const Configuration& c)
            : request{"k", c.kernel->formula, "", c.dtype, c.features, {std::begin(operations), std::end(operations)}},
              interface_(interface_of(request)) {
            const int d = c.features > 0 ? c.features : c.at_run_time;
            const bool many = d >= many_features;  // fewer points, yet several blocks of them
            for (const ProblemShape& shape :
                 {ProblemShape{5, 19, d}, many ? ProblemShape{61, 150, d} : ProblemShape{133, 530, d}})
                problems_.push_back(std::make_unique<KernelProblem<T>>(c.kernel->entry, interface_, shape, 1));
            results_ = results(many ? machines().back() : machines().front(), nlohmann::ordered_json::object());
        }

        void expect_same_bits(const Machine& machine, const nlohmann::ordered_json& picked) const {
            expect_picked(machine, picked);
            const Results computed = results(machine, picked);
            for (std::size_t p = 0; p < problems_.size(); ++p)
                EXPECT_TRUE(*computed[p] == *results_[p]) << picked.dump();
        }

    private:
        using Results = std::vector<std::unique_ptr<KernelOutputs<T>>>;
        KernelInterface interface_;
        std::vector<std::unique_ptr<KernelProblem<T>>> problems_;
        Results results_;

        KernelRequest with(const nlohmann::ordered_json& picked) const {
            KernelRequest result = request;
            result.schedules = picked;
            return result;
        }

        // Otherwise the defaults would be compared with themselves.
        void expect_picked(const Machine& machine, const nlohmann::ordered_json& picked) const {
            const KernelRequest with_picked = with(picked);
            for (const std::string& operation : request.operations) {
                LeafSet set(request.formula, halide_type(request.dtype), request.features);
                for (const LeafPipeline& leaf : set.of(operation))
                    EXPECT_TRUE(picked_parameters(with_picked, machine.isa, operation, leaf)) << leaf_name(leaf.kind);
            }
        }

        Results results(const Machine& machine, const nlohmann::ordered_json& picked) const {
            EXPECT_TRUE(use_variant_in_process(machine.isa));
            const auto compiled = compile_in_process(with(picked));
            Results all;
            for (const auto& problem : problems_) all.push_back(run(*compiled, *problem, options_with_threads(1)));
            return all;
        }
    };
};

TEST_P(ScheduleParameters, ChangeNoBit) {
    with_expected([](const auto& expected) {
        expected.expect_same_bits(GetParam().machine,
                                  Spaces(expected.request, GetParam().machine).far_apart(GetParam().number));
    });
}

class FeatureBlocks : public ScheduleParameters {};

TEST_P(FeatureBlocks, ChangeNoBit) {
    with_expected([](const auto& expected) {
        const Spaces spaces(expected.request, GetParam().machine);
        for (std::size_t k = 0; k < 4; ++k) expected.expect_same_bits(GetParam().machine, spaces.far_apart(k));
    });
}

class EveryValue : public ScheduleParameters {};

TEST_P(EveryValue, DISABLED_ChangesNoBit) {
    with_expected([](const auto& expected) {
        const Spaces spaces(expected.request, GetParam().machine);
        for (std::size_t k = 0; k < spaces.values(); ++k)
            expected.expect_same_bits(GetParam().machine, spaces.value(k));
    });
}

class EverySchedule : public ScheduleParameters {};

TEST_P(EverySchedule, DISABLED_ChangesNoBit) {
    with_expected([](const auto& expected) {
        const Spaces spaces(expected.request, GetParam().machine);
        for (std::size_t k = 0; k < spaces.largest(); ++k) expected.expect_same_bits(GetParam().machine, spaces.at(k));
    });
}

std::vector<Configuration> every_configuration() {
    std::vector<Configuration> all;
    for (const Kernel& kernel : kernels())
        for (const char* dtype : {"f32", "f64"})
            for (int features : features_of_kernels)
                for (const Machine& machine : machines()) all.push_back({&kernel, dtype, features, machine, 0});
    return all;
}

// One of each kernel and dtype; a further step each round, so that no dtype keeps to one variant where they alternate.
std::vector<Configuration> sample() {
    const std::vector<Configuration> every = every_configuration();
    const std::size_t each = every.size() / kernels().size() / 2;
    std::vector<Configuration> all;
    for (std::size_t number = 0; number < every.size() / each; ++number) {
        all.push_back(every[number * each + (number + number / each) % each]);
        all.back().number = number;
    }
    return all;
}

// One kernel whose sums are of differences, the same in the expanded form, where they are of products, and mixed ones; the
// variants with blocks take turns.
std::vector<Configuration> with_many_features() {
    const auto expanded = std::find_if(kernels().begin(), kernels().end(),
                                       [](const Kernel& kernel) { return kernel.formula.expanded.has_value(); });
    std::vector<Machine> with_blocks = machines();
    std::erase_if(with_blocks, [](const Machine& machine) { return !has_fused_multiply_add(machine); });
    std::vector<Configuration> all;
    if (with_blocks.empty()) return all;
    for (const Kernel* kernel : {&*std::prev(expanded), &*expanded, &kernels().back()})  // behind its direct form
        for (const char* dtype : {"f32", "f64"})
            for (int features : {many_features, 0}) {
                const std::size_t turn = all.size() + all.size() / 4;  // the next kernel begins with another one
                all.push_back({kernel, dtype, features, with_blocks[turn % with_blocks.size()], 0, many_features});
            }
    return all;
}

std::string name_of(const testing::TestParamInfo<Configuration>& instance) {
    const Configuration& c = instance.param;
    return c.kernel->name + "_" + c.dtype + "_" + (c.features > 0 ? std::to_string(c.features) : "any") + "_" +
           c.machine.isa;
}

INSTANTIATE_TEST_SUITE_P(Catalogue, ScheduleParameters, testing::ValuesIn(sample()), name_of);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FeatureBlocks);  // without a variant that has them
INSTANTIATE_TEST_SUITE_P(Catalogue, FeatureBlocks, testing::ValuesIn(with_many_features()), name_of);
INSTANTIATE_TEST_SUITE_P(Catalogue, EveryValue, testing::ValuesIn(every_configuration()), name_of);
INSTANTIATE_TEST_SUITE_P(Catalogue, EverySchedule, testing::ValuesIn(every_configuration()), name_of);

}  // namespace
}  // namespace halogram
