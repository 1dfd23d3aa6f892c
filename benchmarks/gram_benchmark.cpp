// Times of gram and gram_vjp with one thread and with all. Inputs and outputs are touched before.
// items_per_second is pairs per second. HALOGRAM_ISA=avx2 times that variant.
#include <benchmark/benchmark.h>
#include <l1_exp_5.h>
#include <l1_exp_64.h>
#include <rbf_5.h>
#include <rbf_64.h>
#include <rbf_fast_5.h>
#include <rbf_fast_64.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace {

using Gram = decltype(&rbf_5_gram);
using GramVjp = decltype(&rbf_5_gram_vjp);

struct Kernel {
    const char* name;
    std::int64_t features;
    Gram gram;
    GramVjp gram_vjp;
    const hg_info* (*info)();
};

struct Problem {
    std::int64_t n, d;
    float gamma;
    std::vector<float> x, y, k, g, gx, gy;

    Problem(std::int64_t points, std::int64_t features)
        : n(points),
          d(features),
          gamma(1.0f / static_cast<float>(features)),
          x(size(d)),
          y(size(d)),
          k(size(n), 1.0f),
          g(size(n)),
          gx(size(d), 1.0f),
          gy(size(d), 1.0f) {
        std::mt19937 random(1);
        std::normal_distribution<float> normal;
        for (std::vector<float>* values : {&x, &y, &g})
            for (float& value : *values) value = normal(random);
    }

    std::size_t size(std::int64_t columns) const { return static_cast<std::size_t>(n * columns); }
};

void finish(benchmark::State& state, hg_status status, const Kernel& kernel, const Problem& problem) {
    if (status != HG_OK) state.SkipWithError(hg_status_string(status));
    state.SetItemsProcessed(state.iterations() * problem.n * problem.n);
    state.SetLabel(kernel.info()->variant != nullptr ? kernel.info()->variant : "");
    hg_set_num_threads(0);
}

void gram(benchmark::State& state, const Kernel& kernel, int threads) {
    Problem p(state.range(0), kernel.features);
    hg_set_num_threads(threads);
    hg_status status = HG_OK;
    for (auto _ : state) {
        status = kernel.gram(p.n, p.n, p.x.data(), p.d, p.y.data(), p.d, p.gamma, p.k.data(), p.n);
        benchmark::ClobberMemory();
    }
    finish(state, status, kernel, p);
}

void gram_vjp(benchmark::State& state, const Kernel& kernel, int threads) {
    Problem p(state.range(0), kernel.features);
    hg_set_num_threads(threads);
    hg_status status = HG_OK;
    for (auto _ : state) {
        float ggamma = 0;
        status = kernel.gram_vjp(p.n, p.n, p.x.data(), p.d, p.y.data(), p.d, p.gamma, p.g.data(), p.n, p.gx.data(), p.d,
                                 p.gy.data(), p.d, &ggamma);
        benchmark::DoNotOptimize(ggamma);
        benchmark::ClobberMemory();
    }
    finish(state, status, kernel, p);
}

}  // namespace

int main(int argc, char** argv) {
    static const Kernel kernels[] = {
        {"rbf", 5, rbf_5_gram, rbf_5_gram_vjp, rbf_5_info},
        {"rbf", 64, rbf_64_gram, rbf_64_gram_vjp, rbf_64_info},
        {"rbf_fast", 5, rbf_fast_5_gram, rbf_fast_5_gram_vjp, rbf_fast_5_info},
        {"rbf_fast", 64, rbf_fast_64_gram, rbf_fast_64_gram_vjp, rbf_fast_64_info},
        {"l1_exp", 5, l1_exp_5_gram, l1_exp_5_gram_vjp, l1_exp_5_info},
        {"l1_exp", 64, l1_exp_64_gram, l1_exp_64_gram_vjp, l1_exp_64_info},
    };
    for (const Kernel& kernel : kernels)
        for (const int threads : {1, 0}) {
            const std::string end =
                "/D=" + std::to_string(kernel.features) + (threads == 1 ? "/one_thread" : "/all_threads");
            const auto time = [&](const char* operation, auto* function) {
                benchmark::RegisterBenchmark((std::string(kernel.name) + "_" + operation + end).c_str(), function,
                                             kernel, threads)
                    ->Arg(128)
                    ->Arg(2048)
                    ->UseRealTime()
                    ->Unit(benchmark::kMicrosecond);
            };
            time("gram", gram);
            time("gram_vjp", gram_vjp);
        }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
