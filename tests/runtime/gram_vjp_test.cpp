// hg1_gram_vjp against plain loops, and its fixed order of sums.
#include "tests/runtime/problem.h"

namespace halogram_test {
namespace {

class GramVjp : public testing::Test {
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
        for (std::int64_t n : {0, 1, 2, 5, 17, 33, 65, 129})
            for (std::int64_t m : {0, 1, 3, 31, 47, 65, 257, 1030})
                for (std::int64_t d : {1, 5}) {
                    Problem<T, K> p(n, m, d);
                    ASSERT_EQ(p.gram_vjp(), HG_OK);
                    ASSERT_NO_FATAL_FAILURE(p.expect_gradients());
                }
    }
}

TEST_F(GramVjp, EverySizeF32) {
    check_sizes<float, Rbf>();
}
TEST_F(GramVjp, EverySizeF64) {
    check_sizes<double, Rbf>();
}
TEST_F(GramVjp, EverySizePreparedF32) {
    check_sizes<float, Scaled>();
}
TEST_F(GramVjp, EverySizePreparedF64) {
    check_sizes<double, Scaled>();
}

TEST_F(GramVjp, ManyPanelsAndChunks) {
    // More panels than groups, an odd number of chunks, several segments.
    for (int threads : {1, 4}) {
        hg_options options = default_options();
        options.threads = threads;
        for (auto [n, m] : {std::pair{2500, 40}, std::pair{40, 7300}, std::pair{1500, 1300}}) {
            Problem<double, Scaled> p(n, m, 2);
            ASSERT_EQ(p.gram_vjp(&options), HG_OK);
            ASSERT_NO_FATAL_FAILURE(p.expect_gradients());
        }
    }
}

TEST_F(GramVjp, LeadingDimensionsGuardsAndFixedFeatures) {
    for (const char *isa : {"avx512", "avx2", plain_isa}) {
        if (!force_isa(isa)) continue;
        for (Guard guard : {Guard::Before, Guard::After})
            for (std::int64_t gap : {0, 1, 70})
                for (bool self : {false, true}) {
                    Problem<float, Scaled> p(70, self ? 70 : 35, 3, self, {gap, guard, true, HG1_BIT_SYMMETRIC});
                    ASSERT_EQ(p.gram_vjp(), HG_OK);
                    ASSERT_NO_FATAL_FAILURE(p.expect_gradients());
                }
    }
}

TEST_F(GramVjp, SelfIsTheWholeGradient) {
    for (std::int64_t n : {1, 17, 64, 65, 300, 1100}) {
        Problem<double, Rbf> p(n, n, 3, true);
        ASSERT_EQ(p.gram_vjp(), HG_OK);
        ASSERT_NO_FATAL_FAILURE(p.expect_gradients());
    }
}

TEST_F(GramVjp, ManyFeatures) {
    for (std::int64_t d : {300, 5000, 40000}) {
        Problem<float, Scaled> p(37, 70, d);
        ASSERT_EQ(p.gram_vjp(), HG_OK);
        ASSERT_NO_FATAL_FAILURE(p.expect_gradients());
    }
}

// Every combination of wanted outputs gives the bits of the call that wants all; the others are not touched.
TEST_F(GramVjp, OnlyWhatIsWanted) {
    Problem<float, Scaled> all(70, 300, 3);
    ASSERT_EQ(all.gram_vjp(), HG_OK);
    for (int wanted = 0; wanted < 16; ++wanted) {
        Problem<float, Scaled> p(70, 300, 3);
        if (!(wanted & 1)) p.call.gx = nullptr, p.call.ldgx = 0;
        if (!(wanted & 2)) p.call.gy = nullptr, p.call.ldgy = 0;
        if (!(wanted & 4)) p.gparameters[1] = nullptr;
        if (!(wanted & 8)) p.gparameters[2] = nullptr;
        ASSERT_EQ(p.gram_vjp(), HG_OK);
        const auto check = [&](bool is_wanted, Matrix<float> &part, Matrix<float> &right) {
            if (is_wanted) {
                EXPECT_TRUE(same_bits(part.packed(), right.packed())) << wanted;
            } else {
                for (float v : part.packed()) ASSERT_EQ(v, -777.0f) << wanted;
            }
        };
        check(wanted & 1, p.gx, all.gx);
        check(wanted & 2, p.gy, all.gy);
        check(wanted & 4, p.gell, all.gell);
        check(wanted & 8, p.ga, all.ga);
    }
    EXPECT_EQ(broken_at, 0);
}

void serial(void *, std::int64_t count, hg_task task, void *context) {
    for (std::int64_t index = count; index-- > 0;) task(context, index);
}

TEST_F(GramVjp, SameBitsForEveryDivisionOfTheWork) {
    struct Case {
        std::int64_t n, m;
        bool self;
    };
    for (const Case &c : {Case{1300, 300, false}, Case{50, 6500, false}, Case{600, 600, true}, Case{20, 3000, false}}) {
        Problem<float, Scaled> reference(c.n, c.m, 5, c.self);
        hg_options options = default_options();
        options.threads = 1;
        ASSERT_EQ(reference.gram_vjp(&options), HG_OK);
        for (const char *isa : {"avx512", "avx2", plain_isa}) {
            if (!force_isa(isa)) continue;
            for (int threads : {1, 2, 3, 7, 64}) {
                Problem<float, Scaled> p(c.n, c.m, 5, c.self);
                options = default_options();
                options.threads = threads;
                ASSERT_EQ(p.gram_vjp(&options), HG_OK);
                ASSERT_TRUE(same_bits(p.gradients(), reference.gradients())) << isa << " " << threads << " " << c.n;
            }
            Problem<float, Scaled> p(c.n, c.m, 5, c.self);
            options.parallel_for = serial;
            ASSERT_EQ(p.gram_vjp(&options), HG_OK);
            ASSERT_TRUE(same_bits(p.gradients(), reference.gradients())) << isa;
        }
    }
    EXPECT_EQ(broken_at, 0);
}

// A caller who divides x keeps the bits of gx, one who divides y keeps the bits of gy.
TEST_F(GramVjp, SplitsOfTheCallerKeepBits) {
    Problem<float, Rbf> whole(300, 2500, 3);
    ASSERT_EQ(whole.gram_vjp(), HG_OK);
    const std::vector<float> gx = whole.gx.packed(), gy = whole.gy.packed();
    for (std::int64_t split : {1, 17, 64, 200}) {
        Problem<float, Rbf> part(300, 2500, 3);
        part.gparameters[0] = nullptr;
        part.call.gy = nullptr;
        for (std::int64_t begin : {std::int64_t(0), split}) {
            part.call.n = begin == 0 ? split : 300 - split;
            part.call.x = part.x.data() + begin * part.x.ld;
            part.call.g = part.g.data() + begin * part.g.ld;
            part.call.gx = part.gx.data() + begin * part.gx.ld;
            ASSERT_EQ(part.gram_vjp(), HG_OK);
        }
        EXPECT_TRUE(same_bits(part.gx.packed(), gx)) << split;
    }
    for (std::int64_t split : {1, 100, 1024, 2000}) {
        Problem<float, Rbf> part(300, 2500, 3);
        part.gparameters[0] = nullptr;
        part.call.gx = nullptr;
        for (std::int64_t begin : {std::int64_t(0), split}) {
            part.call.m = begin == 0 ? split : 2500 - split;
            part.call.y = part.y.data() + begin * part.y.ld;
            part.call.g = part.g.data() + begin;
            part.call.gy = part.gy.data() + begin * part.gy.ld;
            ASSERT_EQ(part.gram_vjp(), HG_OK);
        }
        EXPECT_TRUE(same_bits(part.gy.packed(), gy)) << split;
    }
}

TEST_F(GramVjp, EmptyCallsWriteZeros) {
    for (auto [n, m] : {std::pair{0, 3}, std::pair{3, 0}, std::pair{0, 0}}) {
        Problem<float, Scaled> p(n, m, 4, false, {2, Guard::After, false, HG1_BIT_SYMMETRIC});
        ASSERT_EQ(p.gram_vjp(), HG_OK);
        for (float v : p.gradients()) EXPECT_EQ(v, 0.0f);
        EXPECT_TRUE(p.gx.gaps_untouched() && p.gy.gaps_untouched());
    }
}

TEST_F(GramVjp, InfiniteTermsGiveInfiniteSums) {
    Problem<float, Scaled> p(2000, 3, 2);
    GuardedBuffer<float> g(2000 * 3);
    for (std::size_t i = 0; i < g.size(); ++i) g[i] = 3e38f;
    p.call.g = g.data();
    p.call.ldg = 3;
    ASSERT_EQ(p.gram_vjp(), HG_OK);
    EXPECT_TRUE(std::isinf(p.ga(0, 0)));
}

TEST_F(GramVjp, RowsFarApart) {
    for (std::int64_t ldg : {std::int64_t(1) << 29, (std::int64_t(1) << 31) - 1, std::int64_t(3) << 30}) {
        const std::int64_t n = 5, m = 40;
        const std::size_t bytes = static_cast<std::size_t>((n - 1) * ldg + m) * sizeof(float);
        void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        ASSERT_NE(memory, MAP_FAILED);
        float *g = static_cast<float *>(memory);
        for (const char *isa : {"avx2", plain_isa}) {
            if (!force_isa(isa)) continue;
            Problem<float, Rbf> p(n, m, 3), near(n, m, 3);
            for (std::int64_t i = 0; i < n; ++i)
                for (std::int64_t j = 0; j < m; ++j) g[i * ldg + j] = near.g(i, j);
            p.call.g = g;
            p.call.ldg = ldg;
            ASSERT_EQ(p.gram_vjp(), HG_OK);
            ASSERT_EQ(near.gram_vjp(), HG_OK);
            EXPECT_TRUE(same_bits(p.gradients(), near.gradients()));
        }
        munmap(memory, bytes);
    }
    EXPECT_EQ(broken_at, 0);
}

}  // namespace
}  // namespace halogram_test
