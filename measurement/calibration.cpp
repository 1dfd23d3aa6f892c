#include "measurement/calibration.h"

#include <unistd.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <cstdlib>
#include <cstring>
#include <memory>

#include "generators/math/code.h"
#include "measurement/jit_target.h"
#include "measurement/timing.h"
#include "schedules/compile_kernel.h"
#include "schedules/software_fma.h"

namespace halogram {

using Halide::RDom;
using Halide::Var;

namespace {

constexpr double seconds_each = 0.1;

Halide::Buffer<> filled(Halide::Type type, int count, double value) {
    Halide::Buffer<> numbers(type, std::vector<int>{count});
    for (int k = 0; k < count; ++k) {
        if (type.bits() == 32)
            numbers.as<float>()(k) = static_cast<float>(value);
        else
            numbers.as<double>()(k) = value;
    }
    return numbers;
}

// Chains that do not wait for each other: 12, because a fused multiply-add takes 4 cycles and two begin in each.
double instructions_per_second(const Machine& machine, Halide::Type type) {
    constexpr int chains = 12, steps = 1000, tiles = 100;
    const int lanes = machine.lanes(type);
    const bool fused = has_fused_multiply_add(machine);
    Halide::ImageParam in(type, 1, "in");
    Var l("l"), c("c"), t("t");
    RDom r(0, steps, "r");
    Halide::Func sum("sum"), out("out");
    sum(l, c, t) = Halide::cast(type, c);
    const Halide::Expr factor = in(l + r % 4 * lanes), so_far = sum(l, c, t);
    sum(l, c, t) = fused ? code::fused_multiply_add(so_far, factor, factor) : so_far * factor + factor;
    out(l, c, t) = sum(l, c, t);
    out.bound(l, 0, lanes).bound(c, 0, chains).vectorize(l).unroll(c);
    sum.compute_at(out, t).bound(l, 0, lanes).bound(c, 0, chains).vectorize(l).unroll(c);
    sum.update().reorder(l, c, r).vectorize(l).unroll(c);
    in.set(filled(type, 4 * lanes, 0.5));
    Halide::Pipeline pipeline(out);
    pipeline.compile_jit(jit_target(machine));
    Halide::Buffer<> result(type, std::vector<int>{lanes, chains, tiles});
    const Timing timing = time_of([&] { pipeline.realize(result); }, seconds_each);
    return (fused ? 1.0 : 2.0) * chains * steps * tiles / timing.median;
}

double exponentials_per_second(const Machine& machine, Halide::Type type) {
    constexpr int count = 2048, rounds = 64;
    Halide::ImageParam in(type, 1, "in");
    Var i("i"), round("round");
    Halide::Func out("out");
    out(i, round) = code::exp_non_positive(in(i)-Halide::cast(type, round));
    out.bound(i, 0, count).vectorize(i, machine.lanes(type)).unroll(i, 2);
    in.set(filled(type, count, -0.5));
    Halide::Pipeline pipeline(out);
    add_software_fma(pipeline, machine, SoftwareFma::Unrolled);
    pipeline.compile_jit(jit_target(machine));
    // Every round writes to the same place, so that nothing leaves the cache: the dimension has the stride 0.
    Halide::Buffer<> line(type, std::vector<int>{count});
    halide_dimension_t shape[2] = {{0, count, 1}, {0, rounds, 0}};
    Halide::Buffer<> result = Halide::Buffer<>(Halide::Runtime::Buffer<>(type, line.data(), 2, shape));
    const Timing timing = time_of([&] { pipeline.realize(result); }, seconds_each);
    return double(count) * rounds / timing.median;
}

constexpr std::size_t store_bytes = std::size_t{256} << 20;

double store_rate(const std::function<void(char*)>& write) {
    const std::unique_ptr<char, decltype(&std::free)> memory(static_cast<char*>(std::aligned_alloc(64, store_bytes)),
                                                             std::free);
    if (memory == nullptr) return 0;
    std::memset(memory.get(), 1, store_bytes);
    return double(store_bytes) / time_of([&] { write(memory.get()); }, seconds_each).median;
}

}  // namespace

Calibration calibrate(const Machine& machine, Halide::Type type) {
    return translate_errors([&] {
        Calibration c;
        c.isa = machine.isa;
        c.lanes = machine.lanes(type);
        c.instructions = instructions_per_second(machine, type);
        c.exponentials = exponentials_per_second(machine, type);
#if defined(__SSE2__)
        c.store = store_rate([](char* memory) {
            for (std::size_t k = 0; k < store_bytes; k += 16)
                _mm_store_si128(reinterpret_cast<__m128i*>(memory + k), _mm_set1_epi8(2));
        });
        c.non_temporal_store = store_rate([](char* memory) {
            for (std::size_t k = 0; k < store_bytes; k += 16)
                _mm_stream_si128(reinterpret_cast<__m128i*>(memory + k), _mm_set1_epi8(2));
            _mm_sfence();
        });
#else
        c.store = store_rate([](char* memory) {
            for (std::size_t k = 0; k < store_bytes; k += 8) *reinterpret_cast<volatile double*>(memory + k) = 2;
        });
#endif
        c.last_level_cache = static_cast<double>(std::max(0L, sysconf(_SC_LEVEL3_CACHE_SIZE)));
        return c;
    });
}

}  // namespace halogram
