// What is in the runtime so far: statuses, choice of a variant, threads, workspace.
extern "C" {
#include "runtime/hg_internal.h"
}

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

TEST(Status, EveryStatusHasItsOwnNumberAndText) {
    std::set<int> numbers;
    std::set<std::string> texts;
#define HG_CHECK(number, name, text)                                                                                   \
    EXPECT_TRUE(numbers.insert(number).second) << #name;                                                               \
    EXPECT_STREQ(hg_status_string(name), text);                                                                        \
    EXPECT_TRUE(texts.insert(hg_status_string(name)).second);
    HG_STATUS_LIST(HG_CHECK)
#undef HG_CHECK
    EXPECT_NE(hg_status_string(static_cast<hg_status>(9999)), nullptr);
}

hg1_variant variant(const char *isa) {
    return {isa, 16, 4, 32, nullptr, nullptr};
}

hg1_kernel kernel(const std::vector<hg1_variant> &variants) {
    hg1_kernel k{};
    k.name = "demo";
    k.point_planes = 1;
    k.variants_text = "demo";
    k.variant_count = static_cast<std::int32_t>(variants.size());
    k.variants = variants.data();
    return k;
}

class Dispatch : public testing::Test {
protected:
    void SetUp() override {
        forget();
    }
    void TearDown() override {
        unsetenv("HALOGRAM_ISA");
        forget();
    }
    void force(const char *isa) {
        setenv("HALOGRAM_ISA", isa, 1);
        forget();
    }
    void forget() {
        hg1_isa_choice = 0;
    }
    hg_status choose(const std::vector<hg1_variant> &variants, std::string *isa = nullptr) {
        const hg1_kernel k = kernel(variants);
        const hg1_variant *chosen = nullptr;
        const hg_status status = hg1_choose_variant(&k, &chosen);
        EXPECT_EQ(status == HG_OK, chosen != nullptr);
        if (isa != nullptr && chosen != nullptr) *isa = chosen->isa;
        return status;
    }
};

TEST_F(Dispatch, TakesTheFirstVariantThatRuns) {
    std::string isa;
    const std::vector<hg1_variant> all = {variant("avx512"), variant("avx2"), variant("sse41")};
    ASSERT_EQ(choose(all, &isa), HG_OK);
    // The compiler's own detection is the independent opinion; it may lack the operating system's word on zmm state.
    EXPECT_TRUE(__builtin_cpu_supports("avx512f") || isa != "avx512");
    EXPECT_TRUE(__builtin_cpu_supports("avx2") || isa == "sse41");
}

TEST_F(Dispatch, EveryRunnableVariantCanBeForced) {
    const std::vector<hg1_variant> all = {variant("avx512"), variant("avx2"), variant("sse41")};
    for (const hg1_variant &v : all) {
        force(v.isa);
        std::string isa;
        const hg_status status = choose(all, &isa);
        EXPECT_EQ(status, hg1_isa_supported(hg1_isa_number(v.isa)) ? HG_OK : HG_ERROR_ISA_UNSUPPORTED) << v.isa;
        EXPECT_TRUE(status != HG_OK || isa == v.isa);
    }
}

TEST_F(Dispatch, RefusesWhatItCannotRun) {
    force("avx1024");
    EXPECT_EQ(choose({variant("sse41")}), HG_ERROR_ISA_UNKNOWN);
    force("sse41");
    EXPECT_EQ(choose({variant("avx2")}), HG_ERROR_ISA_UNKNOWN);
    force("");
    EXPECT_EQ(choose({}), HG_ERROR_NO_VARIANT);
}

// The features of a Penryn, a Haswell and a Skylake server that code for them may use unasked, by their bits in cpuid; a
// virtual machine may hide any one of them.
TEST_F(Dispatch, VariantsNeedAllThatTheirCodeMayUse) {
    const auto bits = [](std::initializer_list<int> numbers) {
        std::uint32_t word = 0;
        for (int number : numbers) word |= std::uint32_t(1) << number;
        return word;
    };
    const unsigned sse41 = 1u << hg1_isa_number("sse41"), avx2 = sse41 | 1u << hg1_isa_number("avx2"),
                   avx512 = avx2 | 1u << hg1_isa_number("avx512");
    // ecx of 1: sse3, ssse3, sse4.1; fma, sse4.2, movbe, popcnt, osxsave, avx, f16c. ebx of 7: bmi1, avx2, bmi2;
    // avx512f, dq, cd, bw, vl. ecx of 0x80000001: lzcnt. xcr0: xmm, ymm; opmask, zmm.
    const hg1_cpu_words penryn = {bits({0, 9, 19}), 0, 0, 0},
                        haswell = {bits({0, 9, 19, 12, 20, 22, 23, 27, 28, 29}), bits({3, 5, 8}), bits({5}), 0x6},
                        skylake = {haswell.basic, bits({3, 5, 8, 16, 17, 28, 30, 31}), bits({5}), 0xe6};
    const auto expect = [](const hg1_cpu_words &all, unsigned with, const hg1_cpu_words &below, unsigned without) {
        EXPECT_EQ(hg1_x86_isas(&all), with);
        for (int bit = 0; bit < 32; ++bit) {
            const std::uint32_t mask = ~(std::uint32_t(1) << bit);
            for (int word = 0; word < 4; ++word) {
                hg1_cpu_words w = all;
                if (word == 3)
                    w.states &= mask;
                else
                    (word == 0 ? w.basic : word == 1 ? w.extended : w.amd) &= mask;
                const bool matters =
                    w.basic != all.basic || w.extended != all.extended || w.amd != all.amd || w.states != all.states;
                if (!matters) continue;
                const bool of_below = (w.basic & below.basic) != below.basic ||
                                      (w.extended & below.extended) != below.extended ||
                                      (w.amd & below.amd) != below.amd || (w.states & below.states) != below.states;
                if (of_below)
                    EXPECT_LT(hg1_x86_isas(&w), with) << word << " " << bit;
                else
                    EXPECT_EQ(hg1_x86_isas(&w), without) << word << " " << bit;
            }
        }
    };
    expect(penryn, sse41, {}, 0);
    expect(haswell, avx2, penryn, sse41);
    expect(skylake, avx512, haswell, avx2);
}

TEST_F(Dispatch, InfoNamesTheVariant) {
    const std::vector<hg1_variant> all = {variant("sse41")};
    const hg1_kernel k = kernel(all);
    hg1_description description{};
    ASSERT_EQ(hg1_info(&k, &description), &description.info);
    const hg_info &info = description.info;
    EXPECT_EQ(info.size, sizeof(hg_info));
    EXPECT_EQ(info.abi_version, 1);
    EXPECT_STREQ(info.name, "demo");
    EXPECT_EQ(info.status == HG_OK, info.variant != nullptr);
}

// What a child of fork finds where another thread was filling the description: the parent's memory, and nobody at work.
TEST_F(Dispatch, InfoWaitsForNobody) {
    const std::vector<hg1_variant> all = {variant("sse41")};
    const hg1_kernel k = kernel(all);
    hg1_description left{};
    left.taken = 1;
    left.info.size = 1;  // half filled
    const hg_info *info = hg1_info(&k, &left);
    ASSERT_EQ(info->size, sizeof(hg_info));
    EXPECT_STREQ(info->name, "demo");
    EXPECT_EQ(hg1_info(&k, &left), info);
    std::free(const_cast<hg_info *>(info));
}

TEST_F(Dispatch, EveryThreadGetsTheSameInfo) {
    const std::vector<hg1_variant> all = {variant("sse41")};
    const hg1_kernel k = kernel(all);
    for (int round = 0; round < 100; ++round) {
        hg1_description description{};
        const hg_info *found[4] = {};
        std::vector<std::thread> threads;
        for (const hg_info *&f : found) threads.emplace_back([&] { f = hg1_info(&k, &description); });
        for (std::thread &thread : threads) thread.join();
        for (const hg_info *f : found) EXPECT_EQ(f, found[0]);
        EXPECT_STREQ(found[0]->name, "demo");
        if (found[0] != &description.info) std::free(const_cast<hg_info *>(found[0]));
    }
}

TEST(Threads, NumberIsCheckedAndRestored) {
    EXPECT_EQ(hg_set_num_threads(-1), HG_ERROR_THREADS);
    EXPECT_EQ(hg_set_num_threads(65537), HG_ERROR_THREADS);
    EXPECT_EQ(hg_set_num_threads(3), HG_OK);
    EXPECT_EQ(hg_get_num_threads(), 3);
    EXPECT_EQ(hg_set_num_threads(0), HG_OK);
    EXPECT_GE(hg_get_num_threads(), 1);
}

struct Counts {
    std::vector<std::atomic<int>> calls;
    explicit Counts(std::size_t n) : calls(n) {}
};

void count_call(void *context, std::int64_t index) {
    ++static_cast<Counts *>(context)->calls[static_cast<std::size_t>(index)];
}

bool each_once(const Counts &counts) {
    for (const auto &c : counts.calls)
        if (c != 1) return false;
    return true;
}

TEST(Threads, PoolRunsEveryTaskOnce) {
    for (std::int64_t count : {1, 2, 3, 7}) {
        Counts counts(static_cast<std::size_t>(count));
        hg1_pool_run(count, count_call, &counts);
        EXPECT_TRUE(each_once(counts)) << count;
    }
}

TEST(Threads, ConcurrentCallersFinish) {
    std::vector<std::thread> callers;
    std::atomic<int> right{0};
    for (int caller = 0; caller < 4; ++caller)
        callers.emplace_back([&] {
            for (int round = 0; round < 200; ++round) {
                Counts counts(3);
                hg1_pool_run(3, count_call, &counts);
                right += each_once(counts);
            }
        });
    for (std::thread &t : callers) t.join();
    EXPECT_EQ(right, 800);
}

TEST(Threads, PoolIsMadeAnewAfterFork) {
    Counts before(3);
    hg1_pool_run(3, count_call, &before);
    ASSERT_TRUE(each_once(before));
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        alarm(20);  // a deadlock ends the child with a signal
        Counts counts(3);
        hg1_pool_run(3, count_call, &counts);
        _exit(each_once(counts) ? 0 : 1);
    }
    int state = 0;
    ASSERT_EQ(waitpid(child, &state, 0), child);
    EXPECT_TRUE(WIFEXITED(state) && WEXITSTATUS(state) == 0);
}

TEST(Workspace, LayoutAlignsAndDetectsOverflow) {
    hg1_layout layout{};
    EXPECT_EQ(hg1_layout_add(&layout, 3, 1, 1, 4), 0u);
    EXPECT_EQ(hg1_layout_add(&layout, 100, 2, 1, 8) % HG_ALIGNMENT, 0u);
    EXPECT_FALSE(layout.failed);
    hg1_layout_add(&layout, INT64_MAX, 4, 4, 8);
    EXPECT_TRUE(layout.failed);
}

hg_status fill(void *bytes, char *memory) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % HG_ALIGNMENT, 0u);
    std::memset(memory, 7, *static_cast<std::size_t *>(bytes));
    return HG_OK;
}

TEST(Workspace, ComesFromStackHeapOrCaller) {
    hg_options options{};
    options.size = sizeof options;
    for (std::size_t bytes : {std::size_t(64), std::size_t(HG_STACK_WORKSPACE), std::size_t(1) << 22})
        EXPECT_EQ(hg1_with_workspace(&options, bytes, fill, &bytes), HG_OK);
    alignas(64) static char own[4096];
    std::size_t bytes = sizeof own;
    options.workspace = own;
    options.workspace_bytes = sizeof own;
    EXPECT_EQ(hg1_with_workspace(&options, bytes, fill, &bytes), HG_OK);
    EXPECT_EQ(own[4095], 7);
}

}  // namespace
