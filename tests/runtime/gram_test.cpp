// hg1_gram against plain loops, and its promise of the same bits however the work is divided.
#include "tests/runtime/problem.h"

namespace halogram_test {
namespace {

class Gram : public testing::Test {
protected:
    void SetUp() override {
        broken_at = 0;
    }
    void TearDown() override {
        forget_isa();
    }
};

template <typename T, template <typename> class K>
void check_sizes() {
    for (const char *isa : {"avx512", "avx2", plain_isa}) {
        if (!force_isa(isa)) continue;
        SCOPED_TRACE(isa);
        for (std::int64_t n : {0, 1, 2, 5, 31, 33, 129, 260})
            for (std::int64_t m : {0, 1, 3, 31, 32, 47, 65, 513, 1030})
                for (std::int64_t d : {1, 5}) {
                    Problem<T, K> p(n, m, d);
                    ASSERT_EQ(p.gram(), HG_OK);
                    ASSERT_NO_FATAL_FAILURE(p.expect_gram());
                }
    }
}

TEST_F(Gram, EverySizeF32) {
    check_sizes<float, Rbf>();
}
TEST_F(Gram, EverySizeF64) {
    check_sizes<double, Rbf>();
}
TEST_F(Gram, EverySizePreparedF32) {
    check_sizes<float, Scaled>();
}
TEST_F(Gram, EverySizePreparedF64) {
    check_sizes<double, Scaled>();
}

TEST_F(Gram, LeadingDimensionsGuardsAndFixedFeatures) {
    for (const char *isa : {"avx512", "avx2", plain_isa}) {
        if (!force_isa(isa)) continue;
        for (Guard guard : {Guard::Before, Guard::After})
            for (std::int64_t gap : {0, 1, 70})
                for (bool self : {false, true}) {
                    Problem<float, Scaled> p(70, self ? 70 : 35, 3, self, {gap, guard, true, HG1_BIT_SYMMETRIC});
                    ASSERT_EQ(p.gram(), HG_OK);
                    ASSERT_NO_FATAL_FAILURE(p.expect_gram());
                }
    }
}

TEST_F(Gram, ManyFeatures) {
    for (std::int64_t d : {300, 5000, 40000}) {
        Problem<float, Scaled> p(37, 70, d);
        ASSERT_EQ(p.gram(), HG_OK);
        ASSERT_NO_FATAL_FAILURE(p.expect_gram());
    }
}

// y = NULL gives the bits of a copy of x where the kernel is symmetric to the bit, with about half the pairs (of few points
// what steps of up to 96 rows compute below the diagonal counts).
TEST_F(Gram, SymmetricIsTheSameAsACopy) {
    for (std::int64_t n : {1, 31, 128, 129, 513, 1200}) {
        Problem<float, Rbf> own(n, n, 4, true), copy(n, n, 4);
        copy.call.y = copy.call.x;
        copy.call.ldy = copy.call.ldx;
        pairs_computed = 0;
        ASSERT_EQ(copy.gram(), HG_OK);
        const std::int64_t all = pairs_computed.exchange(0);
        ASSERT_EQ(own.gram(), HG_OK);
        const std::int64_t half = pairs_computed;
        ASSERT_TRUE(same_bits(own.k.packed(), copy.k.packed())) << n;
        EXPECT_TRUE(n < 1000 || static_cast<double>(half) < 0.63 * static_cast<double>(all)) << n;
        ASSERT_NO_FATAL_FAILURE(own.expect_gram());
    }
}

TEST_F(Gram, MathematicallySymmetricIsMirrored) {
    for (int threads : {1, 3})
        for (std::int64_t n : {2, 40, 300, 700, 1027}) {
            hg_options options = default_options();
            options.threads = threads;
            Problem<double, Rbf, true> p(n, n, 6, true, {2, Guard::After, false, HG1_SYMMETRIC});
            ASSERT_EQ(p.gram(&options), HG_OK);
            for (std::int64_t i = 0; i < n; ++i)
                for (std::int64_t j = i; j < n; ++j) {
                    ASSERT_EQ(p.k(i, j), p.k(j, i));
                    ASSERT_NEAR(p.k(i, j), p.value(i, j), 1e-12);
                }
        }
}

// Where copying an entry costs more than computing it, both halves are computed, if their bits are the same.
TEST_F(Gram, CheapLargeSymmetricIsComputedInFull) {
    const std::int64_t n = 901;
    Problem<float, Rbf> copy(n, n, 4);
    copy.call.y = copy.call.x;
    copy.call.ldy = copy.call.ldx;
    pairs_computed = 0;
    ASSERT_EQ(copy.gram(), HG_OK);
    const std::int64_t all = pairs_computed;
    for (hg1_symmetry symmetry : {HG1_BIT_SYMMETRIC, HG1_SYMMETRIC})
        for (int operations : {1, 1000}) {
            Problem<float, Rbf> own(n, n, 4, true, {0, Guard::After, false, symmetry});
            own.kernel.gram_operations = operations;
            pairs_computed = 0;
            ASSERT_EQ(own.gram(), HG_OK);
            EXPECT_EQ(pairs_computed == all, symmetry == HG1_BIT_SYMMETRIC && operations == 1);
            EXPECT_TRUE(same_bits(own.k.packed(), copy.k.packed()));
        }
}

TEST_F(Gram, NotSymmetricIsComputedInFull) {
    Problem<double, Rbf, true> p(300, 300, 6, true, {0, Guard::After, false, HG1_NOT_SYMMETRIC});
    ASSERT_EQ(p.gram(), HG_OK);
    ASSERT_NO_FATAL_FAILURE(p.expect_gram());
}

void serial(void *user, std::int64_t count, hg_task task, void *context) {
    ++*static_cast<int *>(user);
    for (std::int64_t index = count; index-- > 0;) task(context, index);
}

TEST_F(Gram, SameBitsForEveryDivisionOfTheWork) {
    for (bool self : {false, true}) {
        Problem<float, Scaled> reference(700, self ? 700 : 1100, 5, self);
        hg_options options = default_options();
        options.threads = 1;
        ASSERT_EQ(reference.gram(&options), HG_OK);
        for (const char *isa : {"avx512", "avx2", plain_isa}) {
            if (!force_isa(isa)) continue;
            for (int threads : {1, 2, 3, 7, 64}) {
                Problem<float, Scaled> p(reference.n, reference.m, 5, self);
                options = default_options();
                options.threads = threads;
                ASSERT_EQ(p.gram(&options), HG_OK);
                ASSERT_TRUE(same_bits(p.k.packed(), reference.k.packed())) << isa << " " << threads;
            }
            int calls = 0;
            Problem<float, Scaled> p(reference.n, reference.m, 5, self);
            options.parallel_for = serial;
            options.parallel_for_user = &calls;
            ASSERT_EQ(p.gram(&options), HG_OK);
            EXPECT_GT(calls, 0);
            ASSERT_TRUE(same_bits(p.k.packed(), reference.k.packed())) << isa;
        }
    }
    EXPECT_EQ(broken_at, 0);
}

// check(options, layout) on every variant, for some numbers of threads; rows that begin anywhere, guards on either side.
template <typename Check>
void streamed(hg1_symmetry symmetry, const Check &check) {
    for (const char *isa : {"avx512", plain_isa}) {
        if (!force_isa(isa)) continue;
        for (int threads : {1, 3}) {
            SCOPED_TRACE(std::string(isa) + ", " + std::to_string(threads));
            hg_options options = default_options();
            options.threads = threads;
            check(options, Layout{threads == 1 ? 0 : 7, threads == 1 ? Guard::Before : Guard::After, false, symmetry});
        }
    }
}

// A K that fits no cache is written around them, in whole lines: rows that begin and end anywhere, with guards behind them.
TEST_F(Gram, LargeMatricesAreStreamed) {
    const std::int64_t n = 4099, m = 4101, part = 1000;
    Problem<float, Rbf> reference(n, m, 2);
    for (std::int64_t row = 0; row < n; row += part) {  // too small to be streamed
        reference.call.n = std::min(part, n - row);
        reference.call.x = reference.x.data() + row * reference.x.ld;
        reference.call.k = reference.k.data() + row * reference.k.ld;
        ASSERT_EQ(reference.gram(), HG_OK);
    }
    streamed(HG1_BIT_SYMMETRIC, [&](const hg_options &options, const Layout &layout) {
        Problem<float, Rbf> p(n, m, 2, false, layout);
        ASSERT_EQ(p.gram(&options), HG_OK);
        ASSERT_TRUE(same_bits(p.k.packed(), reference.k.packed()));
        EXPECT_TRUE(p.k.gaps_untouched());
    });
    EXPECT_EQ(broken_at, 0);
}

// The entries of a large K(x, x) and their mirror images, too: in lines that begin anywhere, for areas cut off by the end.
template <typename T, bool asymmetric>
void expect_large_symmetric(std::int64_t n, hg1_symmetry symmetry) {
    streamed(symmetry, [&](const hg_options &options, const Layout &layout) {
        Problem<T, Rbf, asymmetric> p(n, n, 2, true, layout);
        ASSERT_EQ(p.gram(&options), HG_OK);
        const double near = sizeof(T) == sizeof(float) ? 1e-5 : 1e-12;
        for (std::int64_t i = 0; i < n; ++i)
            for (std::int64_t j = i; j < n; ++j) {
                ASSERT_NEAR(static_cast<double>(p.k(i, j)), p.value(i, j), near) << i << ", " << j;
                ASSERT_EQ(p.k(i, j), p.k(j, i)) << i << ", " << j;
            }
        EXPECT_TRUE(p.k.gaps_untouched());
    });
    EXPECT_EQ(broken_at, 0);
}

TEST_F(Gram, LargeSymmetricMatricesAreStreamed) {
    expect_large_symmetric<float, false>(2517, HG1_BIT_SYMMETRIC);
    expect_large_symmetric<double, true>(1777, HG1_SYMMETRIC);
    expect_large_symmetric<double, false>(1792, HG1_BIT_SYMMETRIC);
}

// Few rows and many columns still occupy several threads.
TEST_F(Gram, OneRowManyColumns) {
    for (int threads : {1, 4}) {
        hg_options options = default_options();
        options.threads = threads;
        Problem<float, Rbf> p(1, 100000, 2);
        ASSERT_EQ(p.gram(&options), HG_OK);
        ASSERT_NO_FATAL_FAILURE(p.expect_gram());
    }
}

// K of more than 2^31 elements, of which few pages are ever touched.
TEST_F(Gram, RowsFarApart) {
    for (std::int64_t ldk : {std::int64_t(1) << 29, (std::int64_t(1) << 31) - 1, std::int64_t(3) << 30}) {
        const std::int64_t n = 5, m = 40;
        const std::size_t bytes = static_cast<std::size_t>((n - 1) * ldk + m) * sizeof(float);
        void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        ASSERT_NE(memory, MAP_FAILED);
        float *k = static_cast<float *>(memory);
        for (const char *isa : {"avx2", plain_isa}) {
            if (!force_isa(isa)) continue;
            Problem<float, Rbf> p(n, m, 3);
            p.call.k = k;
            p.call.ldk = ldk;
            ASSERT_EQ(p.gram(), HG_OK);
            for (std::int64_t i = 0; i < n; ++i)
                for (std::int64_t j = 0; j < m; ++j) ASSERT_NEAR(k[i * ldk + j], p.value(i, j), 1e-5);
        }
        Problem<float, Rbf> own(n, n, 3, true);
        own.call.k = k;
        own.call.ldk = ldk;
        ASSERT_EQ(own.gram(), HG_OK);
        for (std::int64_t i = 0; i < n; ++i)
            for (std::int64_t j = 0; j < n; ++j) ASSERT_NEAR(k[i * ldk + j], own.value(i, j), 1e-5);
        munmap(memory, bytes);
    }
    EXPECT_EQ(broken_at, 0);
}

}  // namespace
}  // namespace halogram_test
