// Every status is provoked, and an argument error leaves the outputs alone.
#include <sys/wait.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <set>

#include "tests/runtime/problem.h"

namespace halogram_test {
namespace {

using Vectors = Problem<float, Scaled>;

// All statuses that some test of this file has seen; checked after the last one.
std::set<int> seen;

class EveryStatus : public testing::Environment {
public:
    void TearDown() override {
        if (testing::UnitTest::GetInstance()->test_to_run_count() !=
            testing::UnitTest::GetInstance()->total_test_count())
            return;  // some tests were filtered out
#define HG_EXPECT_SEEN(number, name, text) EXPECT_TRUE(seen.count(number)) << #name << " was not provoked";
        HG_STATUS_LIST(HG_EXPECT_SEEN)
#undef HG_EXPECT_SEEN
    }
};
const testing::Environment *const every_status = testing::AddGlobalTestEnvironment(new EveryStatus);

hg_status note(hg_status status) {
    seen.insert(status);
    return status;
}

bool untouched(const std::vector<float> &values) {
    return std::all_of(values.begin(), values.end(), [](float v) { return v == -777.0f; });
}

// Changes one thing about a valid call, expects the status, and expects untouched outputs.
void gram_gives(hg_status right, const std::function<void(Vectors &, hg_options &)> &change, bool self = false) {
    Vectors p(6, self ? 6 : 4, 3, self);
    hg_options options = default_options();
    change(p, options);
    EXPECT_EQ(note(p.gram(&options)), right) << hg_status_string(right);
    EXPECT_TRUE(right == HG_OK || untouched(p.k.packed())) << hg_status_string(right);
}

void vjp_gives(hg_status right, const std::function<void(Vectors &, hg_options &)> &change, bool self = false) {
    Vectors p(6, self ? 6 : 4, 3, self);
    hg_options options = default_options();
    change(p, options);
    EXPECT_EQ(note(p.gram_vjp(&options)), right) << hg_status_string(right);
    EXPECT_TRUE(right == HG_OK || untouched(p.gradients())) << hg_status_string(right);
}

void both_give(hg_status right, const std::function<void(Vectors &, hg_options &)> &change, bool self = false) {
    gram_gives(right, change, self);
    vjp_gives(right, change, self);
}

TEST(Status, Sizes) {
    both_give(HG_OK, [](Vectors &, hg_options &) {});
    both_give(HG_ERROR_N_NEGATIVE, [](Vectors &p, hg_options &) { p.call.n = -1; });
    both_give(HG_ERROR_M_NEGATIVE, [](Vectors &p, hg_options &) { p.call.m = -1; });
    both_give(HG_ERROR_D_NOT_POSITIVE, [](Vectors &p, hg_options &) { p.call.d = 0; });
    both_give(HG_ERROR_D_NOT_POSITIVE, [](Vectors &p, hg_options &) { p.call.d = -3; });
    both_give(HG_ERROR_D_TOO_LARGE, [](Vectors &p, hg_options &) { p.call.d = (1 << 20) + 1; });
    both_give(
        HG_ERROR_M_NOT_N, [](Vectors &p, hg_options &) { p.call.m = 5; }, true);
    const std::int64_t huge = INT64_MAX / 8;
    both_give(HG_ERROR_SIZE_OVERFLOW, [&](Vectors &p, hg_options &) { p.call.ldx = huge; });
    both_give(HG_ERROR_SIZE_OVERFLOW, [&](Vectors &p, hg_options &) { p.call.ldy = huge; });
    both_give(HG_ERROR_SIZE_OVERFLOW, [&](Vectors &p, hg_options &) { p.call.n = INT64_MAX; });
    both_give(HG_ERROR_SIZE_OVERFLOW, [&](Vectors &p, hg_options &) { p.call.m = p.call.ldk = p.call.ldg = huge; });
    gram_gives(HG_ERROR_SIZE_OVERFLOW, [&](Vectors &p, hg_options &) { p.call.ldk = huge; });
    vjp_gives(HG_ERROR_SIZE_OVERFLOW, [&](Vectors &p, hg_options &) { p.call.ldg = huge; });
    vjp_gives(HG_ERROR_SIZE_OVERFLOW, [&](Vectors &p, hg_options &) { p.call.ldgx = huge; });
    vjp_gives(HG_ERROR_SIZE_OVERFLOW, [&](Vectors &p, hg_options &) { p.call.ldgy = huge; });
}

TEST(Status, Pointers) {
    both_give(HG_ERROR_X_NULL, [](Vectors &p, hg_options &) { p.call.x = nullptr; });
    gram_gives(HG_ERROR_K_NULL, [](Vectors &p, hg_options &) { p.call.k = nullptr; });
    vjp_gives(HG_ERROR_G_NULL, [](Vectors &p, hg_options &) { p.call.g = nullptr; });
    both_give(HG_ERROR_PARAMETER_NULL, [](Vectors &p, hg_options &) { p.parameters[1].vector = nullptr; });
    // Null pointers are fine where the extent is 0.
    const auto empty_x = [](Vectors &p, hg_options &) {
        p.call.n = 0;
        p.call.x = p.call.k = p.call.gx = nullptr;
        p.call.g = nullptr;
    };
    gram_gives(HG_OK, empty_x);
    vjp_gives(HG_OK, empty_x);
    both_give(HG_OK, [](Vectors &p, hg_options &) {
        p.call.m = 0;
        p.call.y = p.call.k = p.call.gy = nullptr;
        p.call.g = nullptr;
    });
    vjp_gives(HG_OK, [](Vectors &p, hg_options &) { p.call.gparameters = nullptr; });
}

TEST(Status, LeadingDimensions) {
    for (std::int64_t ld : {std::int64_t(2), std::int64_t(0), std::int64_t(-1), INT64_MIN}) {
        both_give(HG_ERROR_LDX_TOO_SMALL, [&](Vectors &p, hg_options &) { p.call.ldx = ld; });
        both_give(HG_ERROR_LDY_TOO_SMALL, [&](Vectors &p, hg_options &) { p.call.ldy = ld; });
        gram_gives(HG_ERROR_LDK_TOO_SMALL, [&](Vectors &p, hg_options &) { p.call.ldk = ld; });
        vjp_gives(HG_ERROR_LDG_TOO_SMALL, [&](Vectors &p, hg_options &) { p.call.ldg = ld; });
        vjp_gives(HG_ERROR_LDGX_TOO_SMALL, [&](Vectors &p, hg_options &) { p.call.ldgx = ld; });
        vjp_gives(HG_ERROR_LDGY_TOO_SMALL, [&](Vectors &p, hg_options &) { p.call.ldgy = ld; });
        // Without the output, or with y = NULL, its leading dimension means nothing.
        vjp_gives(HG_OK, [&](Vectors &p, hg_options &) { p.call.gx = nullptr, p.call.ldgx = ld; });
        vjp_gives(
            HG_OK, [&](Vectors &p, hg_options &) { p.call.ldgy = p.call.ldy = ld; }, true);
        gram_gives(
            HG_OK, [&](Vectors &p, hg_options &) { p.call.ldy = ld; }, true);
    }
}

TEST(Status, Overlaps) {
    gram_gives(HG_ERROR_K_OVERLAPS_X, [](Vectors &p, hg_options &) { p.call.k = p.x.data() + 3; });
    gram_gives(HG_ERROR_K_OVERLAPS_Y, [](Vectors &p, hg_options &) { p.call.k = p.y.data() - 23; });
    gram_gives(HG_ERROR_K_OVERLAPS_PARAMETER, [](Vectors &p, hg_options &) { p.call.k = p.ell.data(); });
    vjp_gives(HG_ERROR_GX_OVERLAPS_INPUT, [](Vectors &p, hg_options &) { p.call.gx = p.x.data(); });
    vjp_gives(HG_ERROR_GX_OVERLAPS_INPUT, [](Vectors &p, hg_options &) { p.call.gx = p.y.data(); });
    vjp_gives(HG_ERROR_GX_OVERLAPS_INPUT, [](Vectors &p, hg_options &) { p.call.gx = p.g.data(); });
    vjp_gives(HG_ERROR_GX_OVERLAPS_INPUT, [](Vectors &p, hg_options &) { p.call.gx = p.ell.data(); });
    vjp_gives(HG_ERROR_GY_OVERLAPS_INPUT, [](Vectors &p, hg_options &) { p.call.gy = p.x.data(); });
    vjp_gives(HG_ERROR_GY_OVERLAPS_INPUT, [](Vectors &p, hg_options &) { p.call.gy = p.y.data(); });
    vjp_gives(HG_ERROR_GY_OVERLAPS_INPUT, [](Vectors &p, hg_options &) { p.call.gy = p.g.data(); });
    vjp_gives(HG_ERROR_GY_OVERLAPS_INPUT, [](Vectors &p, hg_options &) { p.call.gy = p.ell.data(); });
    vjp_gives(HG_ERROR_GPARAMETER_OVERLAPS_INPUT, [](Vectors &p, hg_options &) { p.gparameters[1] = p.ell.data(); });
    vjp_gives(HG_ERROR_GPARAMETER_OVERLAPS_INPUT, [](Vectors &p, hg_options &) { p.gparameters[2] = p.x.data() + 1; });
    vjp_gives(HG_ERROR_GX_OVERLAPS_GY, [](Vectors &p, hg_options &) { p.call.gy = p.gx.data() + 2; });
    vjp_gives(HG_ERROR_GPARAMETER_OVERLAPS_OUTPUT, [](Vectors &p, hg_options &) { p.gparameters[1] = p.gx.data(); });
    vjp_gives(HG_ERROR_GPARAMETER_OVERLAPS_OUTPUT,
              [](Vectors &p, hg_options &) { p.gparameters[2] = p.gy.data() + 1; });
    vjp_gives(HG_ERROR_GPARAMETER_OVERLAPS_OUTPUT, [](Vectors &p, hg_options &) { p.gparameters[2] = p.gell.data(); });
    // The slot of an integer is ignored whatever it holds.
    vjp_gives(HG_OK, [](Vectors &p, hg_options &) { p.gparameters[0] = p.x.data(); });
}

// Column ranges of one matrix share no element.
TEST(Status, SideBySideIsNoOverlap) {
    std::vector<float> both(4 * 6);
    vjp_gives(HG_OK, [&](Vectors &p, hg_options &) {
        p.call.n = 4;
        p.call.gx = both.data();
        p.call.gy = both.data() + 3;
        p.call.ldgx = p.call.ldgy = 6;
    });
    for (std::size_t i = 0; i < 24; ++i) EXPECT_NE(both[i], 0.0f) << i;
    // One element further the last column of gy would be the first one of gx.
    std::vector<float> before(30, -777.0f);
    vjp_gives(HG_ERROR_GX_OVERLAPS_GY, [&](Vectors &p, hg_options &) {
        p.call.n = 4;
        p.call.gx = before.data();
        p.call.gy = before.data() + 4;
        p.call.ldgx = p.call.ldgy = 6;
    });
    for (float v : before) EXPECT_EQ(v, -777.0f);
}

// A program that was compiled with a later header of ABI 1, linked with this library.
TEST(Status, OptionsOfANewerHeader) {
    struct Newer {
        hg_options known;
        char more[24];
    };
    const auto calls = [](const Newer &newer, std::size_t size) {
        Vectors p(6, 4, 3);
        hg_options options = newer.known;
        std::vector<char> memory(size);  // no byte beyond what the size says
        options.size = size;
        std::memcpy(memory.data(), &newer, size);
        std::memcpy(memory.data(), &options, sizeof options);
        const auto *given = reinterpret_cast<const hg_options *>(memory.data());
        std::size_t bytes = 0;
        const hg_status gram = note(p.gram(given)), vjp = note(p.gram_vjp(given)),
                        workspace = hg1_gram_workspace(&p.kernel, given, 6, 4, 3, &bytes);
        EXPECT_EQ(gram, vjp);
        EXPECT_EQ(gram, workspace);
        EXPECT_EQ(untouched(p.k.packed()), gram != HG_OK);
        if (gram == HG_OK) p.expect_gram();
        return gram;
    };
    Newer newer{default_options(), {}};
    for (std::size_t more : {8u, 16u, 24u}) EXPECT_EQ(calls(newer, sizeof(hg_options) + more), HG_OK);
    for (std::size_t at : {0u, 7u, 23u}) {
        newer.more[at] = 1;
        EXPECT_EQ(calls(newer, sizeof newer), HG_ERROR_OPTIONS_UNKNOWN) << at;
        newer.more[at] = 0;
    }
    newer.more[8] = 1;
    EXPECT_EQ(calls(newer, sizeof(hg_options) + 8), HG_OK);  // not of the struct
}

TEST(Status, Options) {
    alignas(64) static char workspace[1 << 20];
    both_give(HG_ERROR_OPTIONS_SIZE, [](Vectors &, hg_options &o) { o.size = 0; });
    both_give(HG_ERROR_OPTIONS_SIZE, [](Vectors &, hg_options &o) { o.size -= 4; });
    both_give(HG_ERROR_OPTIONS_SIZE, [](Vectors &, hg_options &o) { o.size = std::size_t(-1) / 8 * 8; });
    both_give(HG_ERROR_THREADS, [](Vectors &, hg_options &o) { o.threads = -1; });
    both_give(HG_ERROR_THREADS, [](Vectors &, hg_options &o) { o.threads = 65537; });
    both_give(HG_ERROR_WORKSPACE_NULL, [](Vectors &, hg_options &o) { o.workspace_bytes = 64; });
    both_give(HG_ERROR_WORKSPACE_ALIGNMENT, [](Vectors &, hg_options &o) {
        o.workspace = workspace + 32;
        o.workspace_bytes = sizeof workspace - 32;
    });
    both_give(HG_ERROR_WORKSPACE_TOO_SMALL, [](Vectors &, hg_options &o) { o.workspace = workspace; });
    const auto inside = [](const void *place) {
        return reinterpret_cast<void *>(reinterpret_cast<std::uintptr_t>(place) / 64 * 64);
    };
    gram_gives(HG_ERROR_WORKSPACE_OVERLAPS, [&](Vectors &p, hg_options &o) {
        o.workspace = inside(p.k.data());
        o.workspace_bytes = sizeof workspace;
    });
    for (int which = 0; which < 7; ++which)
        vjp_gives(HG_ERROR_WORKSPACE_OVERLAPS, [&](Vectors &p, hg_options &o) {
            Matrix<float> *all[] = {&p.x, &p.y, &p.ell, &p.g, &p.gx, &p.gy, &p.ga};
            o.workspace = inside(all[which]->data());
            o.workspace_bytes = sizeof workspace;
        });
    both_give(HG_OK, [](Vectors &, hg_options &o) {
        o.workspace = workspace;
        o.workspace_bytes = sizeof workspace;
    });
    size_t bytes;
    Vectors p(6, 4, 3);
    EXPECT_EQ(note(hg1_gram_workspace(&p.kernel, nullptr, 6, 4, 3, nullptr)), HG_ERROR_BYTES_NULL);
    EXPECT_EQ(note(hg1_gram_vjp_workspace(&p.kernel, nullptr, 6, 4, 3, nullptr)), HG_ERROR_BYTES_NULL);
    EXPECT_EQ(note(hg1_gram_error_bound(&p.kernel, &p.call, nullptr)), HG_ERROR_BOUND_NULL);
    EXPECT_EQ(hg1_gram_workspace(&p.kernel, nullptr, -6, 4, 3, &bytes), HG_ERROR_N_NEGATIVE);
    EXPECT_EQ(hg1_gram_vjp_workspace(&p.kernel, nullptr, 6, -4, 3, &bytes), HG_ERROR_M_NEGATIVE);
    EXPECT_EQ(hg1_gram_vjp_workspace(&p.kernel, nullptr, INT64_MAX, INT64_MAX, 3, &bytes), HG_ERROR_SIZE_OVERFLOW);
    // What no call with these sizes would be given: x, y or the matrix of pairs does not fit into the address space.
    const std::int64_t many = std::int64_t{1} << 61, some = std::int64_t{1} << 31;
    for (const auto workspace_of : {hg1_gram_workspace, hg1_gram_vjp_workspace}) {
        EXPECT_EQ(workspace_of(&p.kernel, nullptr, many, 1, 3, &bytes), HG_ERROR_SIZE_OVERFLOW);
        EXPECT_EQ(workspace_of(&p.kernel, nullptr, 1, many, 3, &bytes), HG_ERROR_SIZE_OVERFLOW);
        EXPECT_EQ(workspace_of(&p.kernel, nullptr, some, some, 3, &bytes), HG_ERROR_SIZE_OVERFLOW);
        EXPECT_EQ(bytes, 0u);
        EXPECT_EQ(workspace_of(&p.kernel, nullptr, some, some / 4, 3, &bytes), HG_OK);
        EXPECT_GT(bytes, 0u);
    }
}

TEST(Status, Variants) {
    forget_isa();
    setenv("HALOGRAM_ISA", "no-such-isa", 1);
    both_give(HG_ERROR_ISA_UNKNOWN, [](Vectors &, hg_options &) {});
    forget_isa();
#if defined(__aarch64__)
    const char *foreign = "avx512";
#else
    const char *foreign = "neon64";
#endif
    // Known to the runtime, but not in the library, and not possible here.
    setenv("HALOGRAM_ISA", foreign, 1);
    hg1_variant only = {foreign, 4, 1, 1, variants<float, Scaled>()[0].gram, variants<float, Scaled>()[0].gram_vjp};
    const auto only_foreign = [&](Vectors &p, hg_options &) {
        p.kernel.variants = &only;
        p.kernel.variant_count = 1;
    };
#if !defined(__aarch64__)
    both_give(HG_ERROR_ISA_UNKNOWN, [](Vectors &, hg_options &) {});
#endif
    both_give(HG_ERROR_ISA_UNSUPPORTED, only_foreign);
    forget_isa();
    unsetenv("HALOGRAM_ISA");
    both_give(HG_ERROR_NO_VARIANT, only_foreign);
    both_give(HG_OK, [](Vectors &, hg_options &) {});
}

// The environment is read at the first call, in a process of its own.
TEST(Status, EnvironmentChoosesTheVariant) {
    for (const char *isa : {"avx2", plain_isa, "avx1024"}) {
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            forget_isa();
            setenv("HALOGRAM_ISA", isa, 1);
            Vectors p(3, 3, 3);
            hg1_description description{};
            const hg_info &info = *hg1_info(&p.kernel, &description);
            const hg_status right = hg1_isa_number(isa) < 0                  ? HG_ERROR_ISA_UNKNOWN
                                    : hg1_isa_supported(hg1_isa_number(isa)) ? HG_OK
                                                                             : HG_ERROR_ISA_UNSUPPORTED;
            const bool named = right == HG_OK ? std::strcmp(info.variant, isa) == 0 : info.variant == nullptr;
            setenv("HALOGRAM_ISA", "avx1024", 1);  // too late
            _exit(info.status == right && named && p.gram() == right ? 0 : 1);
        }
        int state = 0;
        ASSERT_EQ(waitpid(child, &state, 0), child);
        EXPECT_TRUE(WIFEXITED(state) && WEXITSTATUS(state) == 0) << isa;
    }
}

TEST(Status, OutOfMemory) {
    // Outputs that no page is ever touched of, and a workspace beyond any address space: 2^43 bytes of points.
    const std::int64_t m = std::int64_t(1) << 41;
    Problem<float, Rbf> p(1, 4, 1);
    const hg_status status = [&] {
        hg_options options = default_options();
        options.threads = 2;
        p.call.m = m;
        p.call.ldk = m;
        p.call.ldy = 1;
        // Never read or written: the allocation comes first.
        p.call.x = reinterpret_cast<void *>(std::uintptr_t(1) << 50);
        p.call.y = reinterpret_cast<void *>(std::uintptr_t(1) << 51);
        p.call.k = reinterpret_cast<void *>(std::uintptr_t(1) << 52);
        p.call.ldx = 1;
        return hg1_gram(&p.kernel, &options, &p.call);
    }();
    EXPECT_EQ(note(status), HG_ERROR_OUT_OF_MEMORY);
}

TEST(Status, Cancelled) {
    const volatile int cancel = 1;
    hg_options options = default_options();
    options.cancel = &cancel;
    Vectors p(100, 100, 3);
    EXPECT_EQ(note(p.gram(&options)), HG_ERROR_CANCELLED);
    EXPECT_EQ(note(p.gram_vjp(&options)), HG_ERROR_CANCELLED);
}

TEST(Status, BrokenParallelFor) {
    hg_options options = default_options();
    options.threads = 2;
    options.parallel_for = [](void *, std::int64_t, hg_task, void *) {};
    Vectors p(900, 900, 3);
    EXPECT_EQ(note(p.gram(&options)), HG_ERROR_PARALLEL_FOR);
    EXPECT_EQ(note(p.gram_vjp(&options)), HG_ERROR_PARALLEL_FOR);
}

}  // namespace
}  // namespace halogram_test
