// Every catalogue entry as a finished library: value and every gradient within the oracle's error bound, the same bits on
// every variant and for every division of the work, y = NULL, the edges of the numbers; leaf objects that need nothing
// but the symbols that are listed.
#include "library/archive.h"
#include "tests/numerics/edges.h"
#include "tests/numerics/stored_bits.h"
#include "tests/numerics/whole_catalogue.h"
#include "tests/numerics/work_divisions.h"
#include "tests/support/oracle.h"

namespace halogram {
namespace {

struct Configuration {
    int number;
    const char* dtype;
    int features;  // of the library; 0: an argument
    int d;         // of the calls
};

constexpr Gaps some_gaps{2, 1, 3, 3, 0, 0};

class CatalogueLibrary : public testing::TestWithParam<Configuration> {
protected:
    template <typename T>
    void check() {
        const Configuration c = GetParam();
        auto& [requests, library] = whole_catalogue(c.dtype, c.features);
        std::mt19937_64 random(6);
        for (const std::string& symbol : library.undefined_symbols)
            EXPECT_TRUE(emitted_dependencies().contains(symbol)) << symbol;
        for (std::size_t e = 0; e < requests.size(); ++e) {
            const CatalogueEntry& entry = *find_in_catalogue(requests[e].c_name);
            const KernelInterface& kernel = library.kernels[e];
            // Small with tails against the oracle; middle over panels and chunks, divided in many ways; large over more
            // of them.
            const KernelProblem<T> small(entry, kernel, {5, 19, c.d, false, some_gaps}, 1);
            const KernelProblem<T> middle(entry, kernel, {133, 300, c.d, false, some_gaps}, 6);
            const KernelProblem<T> large(entry, kernel, {133, 1061, c.d, false, some_gaps}, 2);
            std::unique_ptr<KernelOutputs<T>> first_small, first_middle, first_large;
            // Its fused multiply-adds are software: with all divisions on it too, f64 of 17 features took 15 minutes instead
            // of 7, and the runtime, which divides the work, is the same.
            const std::string slowest = kernel.variants.back().isa;
            std::vector<std::string> variants;  // that this machine can run
            for (const InterfaceVariant& variant : kernel.variants) {
                if (!library.use_variant(variant.isa)) continue;
                variants.push_back(variant.isa);
                SCOPED_TRACE(std::string(entry.name) + ", " + variant.isa);
                if (!first_small) {
                    first_small = run(library, small, options_with_threads(1));
                    const Oracle<T> oracle(requests[e].formula, small);
                    oracle.check_gram(*first_small);
                    EXPECT_EQ(oracle.check_gradients(*first_small), 0) << entry.name;
                    first_middle = run(library, middle, options_with_threads(1));
                    first_large = run(library, large, options_with_threads(1));
                    WorkDivisions<T>(library, large, *first_large).check_threads({2, 3, 4, 7, 8, 16});
                } else {
                    WorkDivisions<T>(library, small, *first_small).check_threads({1});
                    const WorkDivisions<T> in_middle(library, middle, *first_middle);
                    if (variant.isa == slowest)
                        in_middle.check_threads({4});
                    else
                        in_middle.check_threads({1, 2, 3, 4, 7, 8, 16});
                    WorkDivisions<T>(library, large, *first_large).check_threads({1});
                }
            }
            // The rest on one variant each: the next entry's is another one, the next library's too.
            ASSERT_FALSE(variants.empty());
            if (variants.size() > 1) variants.pop_back();
            ASSERT_TRUE(library.use_variant(variants[(e + std::size_t(c.number)) % variants.size()]));
            const WorkDivisions<T> in_middle(library, middle, *first_middle);
            in_middle.check_random_tasks(random, 50);  // 200 in 4 libraries
            in_middle.check_alignments();
            const WorkDivisions<T> divisions(library, large, *first_large);
            divisions.check_callers_splits(random);
            check_self<T>(library, kernel, entry, c.d);
            check_coincident_points<T>(library, kernel, entry, c.d);
            check_nan_stays_where_it_is<T>(library, kernel, entry, c.d);
            if (c.features > 0) expect_stored_bits(c.dtype, entry.name, bits_of(*first_large));
        }
        if (c.features == 0) check_edges<T>(library, requests);
    }

    // y = NULL is y = x: the same entries, symmetric where the kernel is, and the whole gradient in gx.
    template <typename T>
    static void check_self(const GeneratedLibrary& library, const KernelInterface& kernel, const CatalogueEntry& entry,
                           int d) {
        const std::int64_t n = 150;
        KernelProblem<T> with_copy(entry, kernel, {n, n, d, false, some_gaps}, 3);
        with_copy.copy_x_to_y();
        const KernelProblem<T> itself(entry, kernel, {n, n, d, true, some_gaps}, 3);
        const auto copy = run(library, with_copy, options_with_threads(1)),
                   self = run(library, itself, options_with_threads(1));
        for (std::int64_t i = 0; i < n; ++i)
            for (std::int64_t j = 0; j < n; ++j) {
                const T a = self->k(i, j);
                if (kernel.symmetry != Symmetry::Mathematical) {
                    EXPECT_TRUE(same_number(a, copy->k(i, j))) << entry.name;
                }
                if (kernel.symmetry != Symmetry::None) {
                    EXPECT_TRUE(same_number(a, self->k(j, i))) << entry.name;
                }
            }
        for (std::int64_t i = 0; i < n; ++i)
            for (std::int64_t f = 0; f < d; ++f)
                EXPECT_TRUE(same_number<T>(self->gx(i, f), copy->gx(i, f) + copy->gy(i, f))) << entry.name;
    }

    // Coincident points, one feature 0 in both, all of them 0: values and gradients are numbers or infinite, not NaN.
    template <typename T>
    static void check_coincident_points(const GeneratedLibrary& library, const KernelInterface& kernel,
                                        const CatalogueEntry& entry, int d) {
        for (int zeros : {0, 1, d}) {
            KernelProblem<T> p(entry, kernel, {1, 1, d, false, some_gaps}, 4);
            for (int f = 0; f < zeros; ++f) p.x(0, f) = T(0);
            p.copy_x_to_y();
            const auto out = run(library, p, options_with_threads(1));
            EXPECT_FALSE(std::isnan(out->k(0, 0))) << entry.name << ", " << zeros << " zeros";
            for (int f = 0; f < d; ++f)
                EXPECT_FALSE(std::isnan(out->gx(0, f)) || std::isnan(out->gy(0, f))) << entry.name << ", " << zeros;
            for (const auto& parameter : out->parameters)
                for (T value : parameter->values) EXPECT_FALSE(std::isnan(value)) << entry.name << ", " << zeros;
        }
    }

    // NaN in one point of x and one of y: every entry of K that depends on neither keeps its bits.
    template <typename T>
    static void check_nan_stays_where_it_is(const GeneratedLibrary& library, const KernelInterface& kernel,
                                            const CatalogueEntry& entry, int d) {
        KernelProblem<T> p(entry, kernel, {6, 37, d, false, some_gaps}, 5);
        const auto before = run(library, p, options_with_threads(1));
        p.x(2, d - 1) = p.y(33, 0) = T(NAN);
        const auto after = run(library, p, options_with_threads(1));
        for (std::int64_t i = 0; i < p.shape.n; ++i)
            for (std::int64_t j = 0; j < p.shape.m; ++j) {
                const bool touched = i == 2 || j == 33;
                EXPECT_TRUE(touched || same_number(after->k(i, j), before->k(i, j))) << entry.name;
                if (touched && entry.domain != Domain::Categorical) {  // these compare: NaN differs from everything
                    EXPECT_TRUE(std::isnan(after->k(i, j))) << entry.name;
                }
            }
    }
};

TEST_P(CatalogueLibrary, IsRightAndTheSameOnEveryVariant) {
    if (std::string(GetParam().dtype) == "f32")
        check<float>();
    else
        check<double>();
}

INSTANTIATE_TEST_SUITE_P(Dtypes, CatalogueLibrary,
                         testing::Values(Configuration{0, "f32", 5, 5}, Configuration{1, "f64", 5, 5},
                                         Configuration{2, "f32", 0, 3}, Configuration{3, "f64", 0, 17}),
                         [](const auto& instance) {
                             return std::string(instance.param.dtype) +
                                    (instance.param.features ? "_fixed_" : "_any_") + std::to_string(instance.param.d);
                         });

}  // namespace
}  // namespace halogram
