// What surrounds the arithmetic of a call: memory, threads, fork, cancellation, progress, floating point state.
#include <sys/wait.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "tests/runtime/problem.h"

// Counts the program's allocations by standing in for the C library's functions, which sanitizers do themselves.
static std::atomic<long> allocations{0};
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
extern "C" {
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *malloc(size_t bytes) {
    ++allocations;
    return __libc_malloc(bytes);
}
void *calloc(size_t count, size_t bytes) {
    ++allocations;
    return __libc_calloc(count, bytes);
}
}
#endif

namespace halogram_test {
namespace {

class Call : public testing::Test {
protected:
    void SetUp() override {
        broken_at = 0;
    }
    void TearDown() override {
        inside_leaf = nullptr;
        forget_isa();
        EXPECT_EQ(broken_at, 0);
    }
};

// ---- Memory ----

TEST_F(Call, SmallCallsAllocateNothing) {
    Problem<float, Rbf> p(128, 128, 10), wide(1, 1800, 16), narrow(1800, 1, 16), own(128, 128, 5, true);
    Problem<double, Scaled> f64(100, 100, 8);
    ASSERT_TRUE(force_isa("avx2") || force_isa(plain_isa));
    const long before = allocations;
    hg_status all = HG_OK;
    for (hg_status status : {p.gram(), p.gram_vjp(), wide.gram(), narrow.gram(), narrow.gram_vjp(), f64.gram(),
                             own.gram(), own.gram_vjp()})
        all = status != HG_OK ? status : all;
    const long after = allocations;
    EXPECT_EQ(all, HG_OK);
    EXPECT_EQ(after, before);
    p.expect_gradients();
}

template <typename P>
void check_workspace(P &p, hg_options options, bool vjp) {
    size_t bytes = 0;
    ASSERT_EQ(vjp ? hg1_gram_vjp_workspace(&p.kernel, &options, p.n, p.m, p.d, &bytes)
                  : hg1_gram_workspace(&p.kernel, &options, p.n, p.m, p.d, &bytes),
              HG_OK);
    ASSERT_EQ(bytes % 64, 0u);
    // Exactly that many bytes, each end against a forbidden page.
    for (Guard guard : {Guard::Before, Guard::After}) {
        GuardedBuffer<char> memory(bytes, guard);
        for (char &c : memory) c = static_cast<char>(0xff);  // NaN everywhere: nothing may be read before it is written
        options.workspace = memory.data();
        options.workspace_bytes = bytes;
        const long before = allocations;
        const hg_status status = vjp ? p.gram_vjp(&options) : p.gram(&options);
        const long after = allocations;
        ASSERT_EQ(status, HG_OK);
        EXPECT_TRUE(options.threads > 1 || after == before);
        vjp ? p.expect_gradients() : p.expect_gram();
        if (bytes > 0) {
            options.workspace_bytes = bytes - 1;
            ASSERT_EQ(vjp ? p.gram_vjp(&options) : p.gram(&options), HG_ERROR_WORKSPACE_TOO_SMALL);
        }
    }
}

TEST_F(Call, WorkspaceIsExactAndEnough) {
    for (int threads : {1, 2, 5}) {
        hg_options options = default_options();
        options.threads = threads;
        for (auto [n, m] :
             {std::pair{0, 7}, std::pair{1, 1}, std::pair{70, 300}, std::pair{1100, 90}, std::pair{300, 1500}})
            for (std::int64_t d : {1, 6, 33}) {
                Problem<float, Scaled> p(n, m, d);
                ASSERT_NO_FATAL_FAILURE(check_workspace(p, options, false));
                ASSERT_NO_FATAL_FAILURE(check_workspace(p, options, true));
                Problem<double, Rbf> q(n, n, d, true);
                ASSERT_NO_FATAL_FAILURE(check_workspace(q, options, false));
                ASSERT_NO_FATAL_FAILURE(check_workspace(q, options, true));
            }
    }
}

// Mirror images that go around the caches pass through it.
TEST_F(Call, WorkspaceOfALargeSymmetricMatrixIsExactAndEnough) {
    for (int threads : {1, 3}) {
        hg_options options = default_options();
        options.threads = threads;
        Problem<float, Rbf> p(2517, 2517, 3, true);
        ASSERT_NO_FATAL_FAILURE(check_workspace(p, options, false));
    }
}

// Memory grows with n + m, never with n m.
TEST_F(Call, WorkspaceStaysSmall) {
    Problem<float, Rbf> p(1, 1, 8);
    hg_options options = default_options();
    options.threads = 4;
    size_t gram = 0, vjp = 0;
    const std::int64_t n = 1000000;
    ASSERT_EQ(hg1_gram_workspace(&p.kernel, &options, n, n, 8, &gram), HG_OK);
    ASSERT_EQ(hg1_gram_vjp_workspace(&p.kernel, &options, n, n, 8, &vjp), HG_OK);
    EXPECT_LT(gram, 2 * 4 * 8 * n);
    EXPECT_LT(vjp, 2 * 16 * 4 * 8 * (n + n));
}

// ---- Threads ----

constexpr int many = 900;  // points of a call above the threshold

TEST_F(Call, ConcurrentCallersAreSafe) {
    Problem<float, Scaled> right(many, many, 3);
    ASSERT_EQ(right.gram(), HG_OK);
    ASSERT_EQ(right.gram_vjp(), HG_OK);
    const std::vector<float> k = right.k.packed(), gradients = right.gradients();
    std::vector<std::thread> callers;
    std::atomic<int> good{0};
    for (int caller = 0; caller < 4; ++caller)
        callers.emplace_back([&] {
            hg_options options = default_options();
            options.threads = 3;
            for (int round = 0; round < 3; ++round) {
                Problem<float, Scaled> p(many, many, 3);
                good += p.gram(&options) == HG_OK && p.gram_vjp(&options) == HG_OK && same_bits(p.k.packed(), k) &&
                        same_bits(p.gradients(), gradients);
            }
        });
    for (std::thread &caller : callers) caller.join();
    EXPECT_EQ(good, 12);
}

std::atomic<int> nested_good{0};

TEST_F(Call, CallFromInsideATask) {
    hg_options options = default_options();
    options.threads = 3;
    options.progress = [](void *, std::int64_t done, std::int64_t) {
        if (done > 1) return;
        hg_options nested = default_options();
        nested.threads = 3;
        Problem<float, Rbf> p(many, many, 2);
        nested_good += p.gram(&nested) == HG_OK;
    };
    Problem<float, Rbf> p(many, many, 2);
    ASSERT_EQ(p.gram(&options), HG_OK);
    p.expect_gram();
    EXPECT_LE(nested_good, 1);
}

void fork_and_call() {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        alarm(30);  // a deadlock ends the child with a signal
        inside_leaf = nullptr;
        hg_options options = default_options();
        options.threads = 3;
        Problem<float, Rbf> p(many, many, 3);
        bool good = p.gram(&options) == HG_OK && p.gram_vjp(&options) == HG_OK;
        good = good && std::fabs(p.k(many - 1, 0) - static_cast<float>(p.value(many - 1, 0))) < 1e-5f;
        _exit(good ? 0 : 1);
    }
    int state = 0;
    ASSERT_EQ(waitpid(child, &state, 0), child);
    EXPECT_TRUE(WIFEXITED(state) && WEXITSTATUS(state) == 0);
}

TEST_F(Call, ForkAfterTheFirstCall) {
    hg_options options = default_options();
    options.threads = 3;
    Problem<float, Rbf> p(many, many, 3);
    ASSERT_EQ(p.gram(&options), HG_OK);
    fork_and_call();
    ASSERT_EQ(p.gram_vjp(&options), HG_OK);
    p.expect_gradients();
}

std::atomic<bool> leaf_entered{false}, leaf_may_go{false};

TEST_F(Call, ForkWhileThePoolIsAtWork) {
    leaf_entered = leaf_may_go = false;
    inside_leaf = [] {
        leaf_entered = true;
        while (!leaf_may_go) std::this_thread::yield();
    };
    std::thread busy([] {
        hg_options options = default_options();
        options.threads = 3;
        Problem<float, Rbf> p(many, many, 3);
        EXPECT_EQ(p.gram(&options), HG_OK);
        p.expect_gram();
    });
    while (!leaf_entered) std::this_thread::yield();
    fork_and_call();
    leaf_may_go = true;
    busy.join();
}

// How many threads are inside leaves at once. The first ones wait until as many are there as should come, however late the
// machine lets them run, and then for more.
std::atomic<int> inside, most, expected;

void count_threads() {
    const int now = ++inside;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (most < expected && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::microseconds(300));
    --inside;
}

TEST_F(Call, ThreadsAreTheCallersChoice) {
    inside = 0;
    inside_leaf = count_threads;
    const auto expect_threads = [](int threads, const auto &call) {
        most = 0;
        expected = threads;
        ASSERT_EQ(call(), HG_OK);
        EXPECT_EQ(most, threads);
    };
    Problem<float, Rbf> p(many, many, 1);
    hg_options options = default_options();
    for (int threads : {1, 2, 4}) {
        options.threads = threads;
        expect_threads(threads, [&] { return p.gram(&options); });
        expect_threads(threads, [&] { return p.gram_vjp(&options); });
    }
    // Below the threshold there is one, whatever is asked for.
    Problem<float, Rbf> small(200, 200, 1);
    expect_threads(1, [&] { return small.gram(&options); });
    // The default of the process.
    ASSERT_EQ(hg_set_num_threads(3), HG_OK);
    expect_threads(3, [&] { return p.gram(); });
    hg_set_num_threads(0);
}

// The caller's own threads, all at once.
void own_threads(void *, std::int64_t count, hg_task task, void *context) {
    std::vector<std::thread> threads;
    for (std::int64_t index = 0; index < count; ++index) threads.emplace_back([=] { task(context, index); });
    for (std::thread &thread : threads) thread.join();
}

TEST_F(Call, CallersOwnThreads) {
    hg_options options = default_options();
    options.threads = 5;
    options.parallel_for = own_threads;
    Problem<float, Scaled> p(many, many, 3);
    ASSERT_EQ(p.gram(&options), HG_OK);
    ASSERT_EQ(p.gram_vjp(&options), HG_OK);
    p.expect_gram();
    p.expect_gradients();
}

// One way to break the promise of calling each index once; the last one calls two at a time.
template <int Way>
void broken_parallel_for(void *, std::int64_t count, hg_task task, void *context) {
    for (std::int64_t index = Way == 0 ? count : 0; index < count - (Way == 1); ++index) task(context, index);
    if (Way == 2) task(context, count - 1);
    if (Way == 3) task(context, count);
    if (Way == 4) task(context, -1);
    if (Way == 5) {
        std::thread other([=] { task(context, 0); });
        task(context, 0);
        other.join();
    }
}

TEST_F(Call, BrokenParallelForIsSeen) {
    Problem<float, Scaled> p(many, many, 3);
    for (hg_parallel_for broken : {broken_parallel_for<0>, broken_parallel_for<1>, broken_parallel_for<2>,
                                   broken_parallel_for<3>, broken_parallel_for<4>, broken_parallel_for<5>}) {
        hg_options options = default_options();
        options.threads = 3;
        options.parallel_for = broken;
        EXPECT_EQ(p.gram(&options), HG_ERROR_PARALLEL_FOR);
        EXPECT_EQ(p.gram_vjp(&options), HG_ERROR_PARALLEL_FOR);
        const int flag = 1;
        options.cancel = &flag;
        EXPECT_EQ(p.gram(&options), HG_ERROR_CANCELLED);
    }
}

// ---- Cancellation and progress ----

volatile int cancel_flag = 0;

TEST_F(Call, CancelledInTheMiddle) {
    for (int threads : {1, 3})
        for (bool vjp : {false, true}) {
            cancel_flag = 0;
            static std::atomic<int> leaves;
            leaves = 0;
            inside_leaf = [] {
                // Each thread that comes later sets it, too: none waits for one that is not running.
                if (++leaves >= 3) __atomic_store_n(&cancel_flag, 1, __ATOMIC_RELAXED);
            };
            hg_options options = default_options();
            options.threads = threads;
            options.cancel = &cancel_flag;
            Problem<float, Rbf> p(2000, 2000, 1);
            EXPECT_EQ(vjp ? p.gram_vjp(&options) : p.gram(&options), HG_ERROR_CANCELLED);
            EXPECT_LE(leaves, 3 + threads);
            inside_leaf = nullptr;
            __atomic_store_n(&cancel_flag, 0, __ATOMIC_RELAXED);
            EXPECT_EQ(vjp ? p.gram_vjp(&options) : p.gram(&options), HG_OK);
        }
}

struct Reports {
    std::atomic<int> inside{0};
    bool concurrent = false, ordered = true;
    std::int64_t last = 0, total = 0;
    int count = 0;
};

void report(void *user, std::int64_t done, std::int64_t total) {
    Reports &reports = *static_cast<Reports *>(user);
    reports.concurrent |= ++reports.inside != 1;
    reports.ordered &= done > reports.last && done <= total && (reports.total == 0 || reports.total == total);
    reports.last = done;
    reports.total = total;
    ++reports.count;
    std::this_thread::yield();
    --reports.inside;
}

TEST_F(Call, ProgressGrowsToTheTotal) {
    for (int threads : {1, 4})
        for (bool vjp : {false, true})
            for (int n : {3, 1500}) {
                Reports reports;
                hg_options options = default_options();
                options.threads = threads;
                options.progress = report;
                options.progress_user = &reports;
                Problem<float, Rbf> p(n, n, 1);
                ASSERT_EQ(vjp ? p.gram_vjp(&options) : p.gram(&options), HG_OK);
                EXPECT_FALSE(reports.concurrent);
                EXPECT_TRUE(reports.ordered);
                EXPECT_GT(reports.count, 0);
                EXPECT_EQ(reports.last, reports.total);
            }
}

// ---- Floating point state ----

#if defined(__SSE__)
TEST_F(Call, FloatingPointStateIsSetAndRestored) {
    static std::atomic<bool> standard;
    standard = true;
    inside_leaf = [] {
        if ((_mm_getcsr() & ~0x3fu) != 0x1f80u) standard = false;  // all but the sticky flags
    };
    const unsigned saved = _mm_getcsr();
    // Toward zero, FTZ, DAZ, and a sticky flag.
    const unsigned odd = 0x1f80u | 0x6000u | 0x8000u | 0x40u | 0x20u;
    for (int points : {20, many})
        for (int threads : {1, 3})
            for (bool vjp : {false, true}) {
                hg_options options = default_options();
                options.threads = threads;
                Problem<float, Scaled> p(points, points, 3);
                _mm_setcsr(odd);
                const hg_status status = vjp ? p.gram_vjp(&options) : p.gram(&options);
                const unsigned after = _mm_getcsr();
                _mm_setcsr(saved);
                ASSERT_EQ(status, HG_OK);
                EXPECT_EQ(after, odd);
                vjp ? p.expect_gradients() : p.expect_gram();
            }
    EXPECT_TRUE(standard);
}
#endif

}  // namespace
}  // namespace halogram_test
