// What a benchmark says of exactness is true of the results of its own calls; an autoscheduled pipeline computes the same.
#include "measurement/bench_problem.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "library/error.h"
#include "library/interruption.h"
#include "measurement/autoscheduled.h"

namespace halogram {
namespace {

struct Configuration {
    const char *kernel, *dtype;
    int features;
    bool self;
};

class BenchProblemOf : public testing::TestWithParam<Configuration> {};

TEST_P(BenchProblemOf, KnowsItsError) {
    const Configuration& c = GetParam();
    const CatalogueEntry& entry = *find_in_catalogue(c.kernel);
    const KernelRequest request{entry.name, catalogue_formula(entry.name), "", c.dtype,
                                c.features, {"gram", "gram_vjp"}};
    const GeneratedLibrary library(entry.name, {request});
    const BenchShape shape{30, c.self ? 30 : 41, c.features > 0 ? c.features : 7, c.self};
    for (const std::string operation : {"gram", "gram_vjp"}) {
        SCOPED_TRACE(operation);
        const auto problem = make_bench_problem(library, request, &entry, operation, shape, 2);
        const bool gram = operation == "gram";
        // Outputs hold 1 before the first call: a wrong result is seen.
        const BenchError before = problem->error();
        EXPECT_GT(gram ? before.worst_share : before.worst_of_terms, 1000);
        problem->run();
        const BenchError after = problem->error();
        EXPECT_GT(after.entries, 0);
        if (gram) {
            EXPECT_LE(after.worst_share, 1);
            EXPECT_GE(after.worst_share, 0);
            EXPECT_EQ(after.subnormal, 0);
        } else {
            EXPECT_LE(after.worst_of_terms, 100);  // some dozens of roundings in each term
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Kernels, BenchProblemOf,
                         testing::Values(Configuration{"rbf", "f32", 5, false},
                                         Configuration{"rbf_ard", "f64", 0, true},
                                         Configuration{"polynomial", "f32", 3, false}),
                         [](const auto& instance) {
                             return std::string(instance.param.kernel) + "_" + instance.param.dtype;
                         });

// 256-bit arithmetic on a thousand entries of a million features would take half an hour.
TEST(BenchProblem, JudgesFewerEntriesOfMoreFeaturesAndCanBeInterrupted) {
    const CatalogueEntry& entry = *find_in_catalogue("linear");
    const KernelRequest request{entry.name, catalogue_formula(entry.name), "", "f32", 0, {"gram"}};
    const GeneratedLibrary library(entry.name, {request});
    const auto problem = make_bench_problem(library, request, &entry, "gram", {2, 3, 1 << 16, false}, 1);
    problem->run();
    const BenchError error = problem->error();
    EXPECT_EQ(error.entries, 15);
    EXPECT_LE(error.worst_share, 1);
    const auto interrupted = [&] {
        const InterruptionGuard guard;  // raises the signal again when it goes
        raise(SIGTERM);
        try {
            problem->error();
        } catch (const LibraryError&) {
            return;
        }
        _exit(0);
    };
    EXPECT_EXIT(interrupted(), testing::KilledBySignal(SIGTERM), "");
}

TEST(GeneratedLibrary, TakesAVariantAfterOneThatIsNotThere) {
    const CatalogueEntry& entry = *find_in_catalogue("linear");
    GeneratedLibrary library(entry.name, {{entry.name, catalogue_formula(entry.name), "", "f32", 2, {"gram"}}});
    EXPECT_FALSE(library.use_variant("avx1024"));
    for (const char* foreign : {"avx512", "avx2"}) library.use_variant(foreign);  // some processors lack them
    EXPECT_TRUE(library.use_variant("sse41"));
}

TEST(Autoscheduled, ComputesTheSame) {
    const CatalogueEntry& entry = *find_in_catalogue("rbf_ard");
    const KernelRequest request{entry.name, catalogue_formula(entry.name), "", "f32", 5, {"gram", "gram_vjp"}};
    GeneratedLibrary library(entry.name, {request});
    for (const Machine& machine : machines_of("host")) {
        if (!library.use_variant(machine.isa)) continue;
        for (const std::string operation : {"gram", "gram_vjp"})
            for (const std::string& name : autoscheduler_names()) {
                SCOPED_TRACE(machine.isa + " " + operation + " " + name);
                const auto problem = make_bench_problem(library, request, &entry, operation, {64, 96, 5, false}, 1);
                const Autoscheduled other = autoscheduled(name, request, operation, *problem, machine, 1);
                EXPECT_GT(problem->difference(other.output), 0.01) << "one of them is not 0 without a call";
                problem->run();
                other.run();
                EXPECT_LT(problem->difference(other.output), 1e-5);
            }
        return;  // the best variant
    }
}

}  // namespace
}  // namespace halogram
