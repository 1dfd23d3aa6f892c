// math_exhaustive: every f32 argument of a function, or many of f64 and of pow, judged against the function's stated error.
// Prints the worst error with its argument, from MPFR; exit status 1 where it exceeds what generators/math/functions.h states.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <mutex>
#include <random>
#include <thread>

#include "generators/math/code.h"
#include "tests/math/accuracy.h"
#include "tests/math/power_filter.h"

namespace halogram {
namespace {

constexpr int block = 1 << 16;

struct Options {
    std::string function = "all", dtype = "f32", isa;
    int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    std::uint64_t inputs = 1'000'000'000, exponents = 64;
};

template <typename T>
struct Worst {
    double error = 0;
    T argument = 0, second = 0, computed = 0;
    double beyond = 0;  // outside the range of the stated ulp, in u |argument|
    T beyond_argument = 0;
};

// Runs work(block's number, thread's number) on all blocks, with a progress line on a terminal.
void in_parallel(std::uint64_t blocks, int threads, const std::string& what,
                 const std::function<void(std::uint64_t, int)>& work) {
    std::atomic<std::uint64_t> next = 0;
    std::vector<std::thread> pool;
    std::mutex failure_lock;
    std::exception_ptr failure;
    const bool show = isatty(STDERR_FILENO) != 0;
    const auto start = std::chrono::steady_clock::now();
    for (int t = 0; t < threads; ++t)
        pool.emplace_back([&, t] {
            try {
                for (std::uint64_t b = next++; b < blocks; b = next++) {
                    work(b, t);
                    if (!show || t != 0 || b % 64 >= static_cast<std::uint64_t>(threads)) continue;
                    const double seconds =
                        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
                    const double share = double(b + 1) / double(blocks);
                    std::fprintf(stderr, "\r%s: %5.1f %%, %.0f s left   ", what.c_str(), 100 * share,
                                 seconds / share * (1 - share));
                }
            } catch (...) {
                const std::lock_guard<std::mutex> lock(failure_lock);
                failure = std::current_exception();
                next = blocks;
            }
        });
    for (std::thread& t : pool) t.join();
    if (show) std::fprintf(stderr, "\r\033[K");
    if (failure) std::rethrow_exception(failure);
}

template <typename T>
using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

// All exponents, moderate ones, or where range reductions have their borders.
template <typename T>
T random_number(std::mt19937_64& random) {
    const std::uint64_t r = random();
    switch (r & 3) {
        case 0: return std::bit_cast<T>(static_cast<Bits<T>>(random()));
        case 1: {  // |exponent| <= 32
            const int exponent = int((r >> 8) % 65) - 32;
            const T value = std::ldexp(T(1) + T(random() >> 11) * T(0x1p-53), exponent);
            return (r & 4) != 0 ? -value : value;
        }
        case 2: return T((double(random() >> 11) * 0x1p-53 * 2 - 1) * 760);
        default: return T((double(random() >> 11) * 0x1p-53 * 2 - 1) * 3);
    }
}

// Exponents of pow: integers, halves, thirds, large and small, those of kernels.
template <typename T>
T listed_exponent(std::uint64_t k) {
    static const std::vector<double> list = {
        2,    3,     -1,    -2,        0.5,        -0.5,     1.5,     2.5,      -1.5,      1,         0,
        4,    5,     7,     10,        17,         31,       64,      100,      127,       -127,      -3,
        -17,  0.25,  0.75,  1.0 / 3,   2.0 / 3,    -1.0 / 3, 0.1,     0.9,      1.1,       0.01,      0.001,
        1e-6, 1e-20, 1e-38, 1e-45,     1e6,        12345.67, 1e9,     3e38,     3.1415927, 2.7182817, -0.1,
        -1.1, -2.2,  -33.3, 1.0000001, 0.99999994, 8388607,  8388609, 16777215, 16777216,  -16777215, 4194304.5,
        1025, 0.3,   0.7,   1.7,       2.3,        6.5,      12.5,    33,       -7.5};
    return static_cast<T>(list[k % list.size()]);
}

template <typename T>
void print(const std::string& name, const Worst<T>& w, std::uint64_t count, double stated, double seconds) {
    std::printf("%-9s %s  worst %.4f ulp (stated %.2f)", name.c_str(), sizeof(T) == 4 ? "f32" : "f64", w.error, stated);
    if (name == "pow")
        std::printf(" at %a ^ %a", double(w.argument), double(w.second));
    else
        std::printf(" at %a", double(w.argument));
    if (w.beyond > 0) std::printf("; beyond: %.4f u|a| at %a", w.beyond, double(w.beyond_argument));
    std::printf("; %.3g arguments, %.0f s\n", double(count), seconds);
    std::fflush(stdout);
}

template <typename T>
bool judge(const Function& f, const Options& options) {
    const Reference* reference = find_reference(f.name);
    const CompiledFunction compiled(f.code, Halide::type_of<T>(), options.isa);
    const double stated = sizeof(T) == 4 ? f.ulp_f32 : f.ulp_f64;
    const T range = precise_range<T>(f.name);
    const std::uint64_t blocks =
        sizeof(T) == 4 ? (std::uint64_t(1) << 32) / block : (options.inputs + block - 1) / block;
    std::vector<Worst<T>> of_thread(static_cast<std::size_t>(options.threads));
    const auto start = std::chrono::steady_clock::now();
    in_parallel(blocks, options.threads, std::string(f.name), [&](std::uint64_t b, int t) {
        Worst<T>& worst = of_thread[static_cast<std::size_t>(t)];
        std::vector<T> in(block), out(block);
        std::mt19937_64 random(b);
        for (int k = 0; k < block; ++k)
            in[std::size_t(k)] =
                sizeof(T) == 4 ? std::bit_cast<T>(Bits<T>(b * block + std::uint64_t(k))) : random_number<T>(random);
        compiled(in.data(), out.data(), block);
        for (std::size_t k = 0; k < block; ++k) {
            // Beyond 2 / u any number in [-1, 1] will do; the references are slow there.
            const bool anything = range < std::numeric_limits<T>::max() && std::isfinite(in[k]) &&
                                  std::fabs(in[k]) * (std::numeric_limits<T>::epsilon() / 2) >= 2;
            const Wide<T> exact = anything         ? Wide<T>(0)
                                  : sizeof(T) == 4 ? Wide<T>(reference->of_double(double(in[k])))
                                                   : Wide<T>(reference->of_long_double(in[k]));
            if (std::fabs(in[k]) > range) {
                const double error = error_beyond_range<T>(exact, in[k], out[k]);
                if (error > worst.beyond) worst.beyond = error, worst.beyond_argument = in[k];
                continue;
            }
            // The filter is good to 0.01 ulp; what counts is decided by MPFR.
            double error = error_in_ulp<T>(out[k], exact);
            if (!(error > worst.error - 0.01) || !(error > 0.5)) continue;
            error = exact_error_in_ulp<T>(f, in[k], out[k]);
            if (error > worst.error) worst.error = error, worst.argument = in[k], worst.computed = out[k];
        }
    });
    Worst<T> worst;
    for (const Worst<T>& w : of_thread) {
        if (w.error > worst.error) worst.error = w.error, worst.argument = w.argument;
        if (w.beyond > worst.beyond) worst.beyond = w.beyond, worst.beyond_argument = w.beyond_argument;
    }
    print(std::string(f.name), worst, blocks * block, stated,
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    return worst.error <= stated && worst.beyond <= 1;
}

// f32: all bases for a list of exponents, then random pairs; f64: random pairs.
template <typename T>
bool judge_power(const Options& options) {
    const CompiledFunction compiled(code::power, Halide::type_of<T>(), Halide::type_of<T>(), options.isa);
    const std::uint64_t per_exponent = sizeof(T) == 4 ? (std::uint64_t(1) << 32) / block : 0;
    const std::uint64_t walked = per_exponent * options.exponents;
    const std::uint64_t blocks = walked + (options.inputs + block - 1) / block;
    std::vector<Worst<T>> of_thread(static_cast<std::size_t>(options.threads));
    std::vector<PowerFilter> filters(static_cast<std::size_t>(options.threads));
    const auto start = std::chrono::steady_clock::now();
    in_parallel(blocks, options.threads, "pow", [&](std::uint64_t b, int t) {
        Worst<T>& worst = of_thread[static_cast<std::size_t>(t)];
        std::vector<T> base(block), exponent(block), out(block);
        std::mt19937_64 random(b);
        for (std::size_t k = 0; k < block; ++k) {
            if (b < walked) {
                base[k] = std::bit_cast<T>(Bits<T>((b % per_exponent) * block + k));
                exponent[k] = listed_exponent<T>(b / per_exponent);
                continue;
            }
            base[k] = random_number<T>(random);
            // Half of the exponents give a result in range: log2 of the result is uniform.
            const double size = std::log2(std::fabs(double(base[k])));
            const double target = (double(random() >> 11) * 0x1p-53 * 2 - 1) * (sizeof(T) == 4 ? 152 : 1080);
            exponent[k] =
                (random() & 1) != 0 && std::isfinite(size) && size != 0 ? T(target / size) : random_number<T>(random);
            if ((random() & 7) == 0) exponent[k] = std::nearbyint(exponent[k]);
            if ((random() & 1) != 0) base[k] = std::fabs(base[k]);
        }
        compiled(base.data(), exponent.data(), out.data(), block);
        const auto look_at = [&](std::size_t k) {
            double error = error_in_ulp<T>(out[k], wide_power(Wide<T>(base[k]), Wide<T>(exponent[k])));
            if (!(error > worst.error - 0.01) || !(error > 0.5)) return;
            error = exact_power_error_in_ulp<T>(base[k], exponent[k], out[k]);
            if (error > worst.error) worst.error = error, worst.argument = base[k], worst.second = exponent[k];
        };
        if constexpr (sizeof(T) == 4) {
            const double limit = std::max(0.5, worst.error - 0.01);
            for (std::uint32_t k :
                 filters[std::size_t(t)].suspects(base.data(), exponent.data(), out.data(), block, limit))
                look_at(k);
        } else {
            for (std::size_t k = 0; k < block; ++k) look_at(k);
        }
    });
    Worst<T> worst;
    for (const Worst<T>& w : of_thread)
        if (w.error > worst.error) worst = w;
    print("pow", worst, blocks * block, power_ulp,
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    return worst.error <= power_ulp;
}

int run(const Options& options) {
    bool good = true, found = false;
    for (const Function& f : functions()) {
        if (f.code == nullptr || find_reference(f.name) == nullptr) continue;
        if (options.function != "all" && options.function != f.name) continue;
        found = true;
        good &= options.dtype == "f32" ? judge<float>(f, options) : judge<double>(f, options);
    }
    if (options.function == "all" || options.function == "pow") {
        found = true;
        good &= options.dtype == "f32" ? judge_power<float>(options) : judge_power<double>(options);
    }
    if (!found) {
        std::fprintf(stderr, "math_exhaustive: there is no function '%s' with an error of its own\n",
                     options.function.c_str());
        return 2;
    }
    return good ? 0 : 1;
}

}  // namespace
}  // namespace halogram

int main(int argc, char** argv) {
    halogram::Options options;
    options.isa = halogram::best_isa();
    CLI::App app("Judges the scalar functions over all 2^32 arguments (f32), or many random ones (f64, pow).");
    app.add_option("--function", options.function, "a name of generators/math/functions.cpp, pow, or all")
        ->capture_default_str();
    app.add_option("--dtype", options.dtype)->check(CLI::IsMember({"f32", "f64"}))->capture_default_str();
    app.add_option("--isa", options.isa, "the variant to compile for")
        ->check(CLI::IsMember({"avx512", "avx2", "sse41"}))
        ->capture_default_str();
    app.add_option("--threads", options.threads)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--inputs", options.inputs, "random arguments of f64, random pairs of pow")->capture_default_str();
    app.add_option("--exponents", options.exponents, "of pow in f32, each with all 2^32 bases")
        ->check(CLI::Range(0, 64))
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        return halogram::run(options);
    } catch (const Halide::Error& e) {
        std::fprintf(stderr, "math_exhaustive: %s\n", e.what());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "math_exhaustive: %s\n", e.what());
    }
    return 1;
}
