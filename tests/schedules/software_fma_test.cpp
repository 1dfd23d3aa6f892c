// The fused multiply-add of instruction sets without one, against the C library's, on triples that are hard to round.
#include "schedules/software_fma.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <random>

#include "generators/math/code.h"
#include "library/files.h"
#include "schedules/loaded_code.h"
#include "schedules/machine.h"

namespace halogram {
namespace {

template <typename T>
using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
template <typename T>
using Limits = std::numeric_limits<T>;

constexpr std::size_t block = 1 << 14;

template <typename T>
struct Triples {
    std::vector<T> a, b, c;
    void add(T x, T y, T z) {
        a.push_back(x);
        b.push_back(y);
        c.push_back(z);
    }
};

// In vectors of so many lanes, made as leaves of the machine without the instruction are.
template <typename T>
class Judge {
public:
    explicit Judge(SoftwareFma how = SoftwareFma::Unrolled, int lanes = 16 / sizeof(T)) : lanes_(lanes) {
        const Machine machine = machines_of("x86-64-linux").back();
        EXPECT_FALSE(has_fused_multiply_add(machine));
        const Halide::Type type = Halide::type_of<T>();
        Halide::ImageParam a(type, 1), b(type, 1), c(type, 1);
        Halide::Var i;
        Halide::Func f;
        f(i) = code::fused_multiply_add(a(i), b(i), c(i));
        if (lanes > 1) f.vectorize(i, lanes, Halide::TailStrategy::RoundUp);
        Halide::Pipeline pipeline(f);
        add_software_fma(pipeline, machine, how, "fused");
        Halide::Module module("fused", machine.target);
        module.set_any_strict_float(true);
        if (how == SoftwareFma::Called) module.append(software_fma_function("fused"));
        const Halide::Module compiled =
            pipeline.compile_to_module({a, b, c}, "leaf", machine.target, Halide::LinkageType::ExternalPlusArgv);
        for (const auto& function : compiled.functions()) module.append(function);
        const Halide::Internal::TemporaryFile object("fused", ".o");
        module.compile({{Halide::OutputFileType::object, object.pathname()}});
        code_.emplace(read_file(object.pathname()));
        function_ = reinterpret_cast<int (*)(void**)>(code_->function("leaf_argv"));
    }

    void operator()(Triples<T>& t) {
        while (t.a.size() % std::size_t(lanes_) != 0) t.add(0, 0, 0);
        const int count = int(t.a.size());
        Halide::Buffer<T> a(t.a.data(), count), b(t.b.data(), count), c(t.c.data(), count), out(count);
        void* arguments[] = {a.raw_buffer(), b.raw_buffer(), c.raw_buffer(), out.raw_buffer()};
        ASSERT_EQ(function_(arguments), 0);
        for (int k = 0; k < count; ++k) {
            const std::size_t i = std::size_t(k);
            const T expected = std::fma(t.a[i], t.b[i], t.c[i]);
            if (std::isnan(expected) && std::isnan(out(k))) continue;
            ASSERT_EQ(std::bit_cast<Bits<T>>(expected), std::bit_cast<Bits<T>>(out(k)))
                << std::hexfloat << t.a[i] << " * " << t.b[i] << " + " << t.c[i] << ": " << expected << ", not "
                << out(k);
        }
    }

private:
    int lanes_;
    std::optional<LoadedCode> code_;
    int (*function_)(void**) = nullptr;
};

template <typename T>
Triples<T> special_values() {
    std::vector<T> values = {T(0),
                             T(1),
                             T(1.5),
                             T(3),
                             Limits<T>::infinity(),
                             Limits<T>::quiet_NaN(),
                             Limits<T>::min(),
                             Limits<T>::denorm_min(),
                             3 * Limits<T>::denorm_min(),
                             Limits<T>::max(),
                             Limits<T>::max() / 2,
                             std::nextafter(T(1), T(0)),
                             std::nextafter(T(1), T(2)),
                             std::nextafter(Limits<T>::min(), T(0)),
                             std::nextafter(Limits<T>::min(), T(1)),
                             Limits<T>::epsilon(),
                             std::sqrt(Limits<T>::min()),
                             std::sqrt(Limits<T>::max()),
                             std::sqrt(Limits<T>::denorm_min()),
                             T(0.5),
                             T(1e10)};
    const std::size_t positive = values.size();
    for (std::size_t k = 0; k < positive; ++k) values.push_back(-values[k]);
    Triples<T> triples;
    for (T a : values)
        for (T b : values)
            for (T c : values) triples.add(a, b, c);
    return triples;
}

template <typename T>
void check_special_values() {
    Triples<T> triples = special_values<T>();
    Judge<T> judge;
    judge(triples);
}

TEST(SoftwareFma, SpecialValuesF32) { check_special_values<float>(); }
TEST(SoftwareFma, SpecialValuesF64) { check_special_values<double>(); }

// Vectors of an odd number of lanes have a half one left, scalars are one.
TEST(SoftwareFma, CalledInVectorsOfEveryWidth) {
    for (const int lanes : {1, 2, 3, 4, 8}) {
        Triples<double> triples = special_values<double>();
        Judge<double> judge(SoftwareFma::Called, lanes);
        judge(triples);
        if (HasFatalFailure()) return;
    }
}

// c near -a b, at every distance where it matters, near ties and in the subnormal range.
template <typename T>
void check_random_triples(std::uint64_t count) {
    std::mt19937_64 random(5);
    Judge<T> judge;
    constexpr int digits = Limits<T>::digits;
    const int least = Limits<T>::min_exponent - digits, largest = Limits<T>::max_exponent;
    const auto significand = [&]() -> T {
        const std::uint64_t r = random();
        std::uint64_t m = random() >> (64 - digits);
        if ((r & 3) == 1) m &= ~std::uint64_t(0) << ((r >> 8) % std::uint64_t(digits));       // few bits: ties
        if ((r & 3) == 2) m |= (std::uint64_t(1) << ((r >> 8) % std::uint64_t(digits))) - 1;  // ones at the end
        return std::ldexp(T(m | std::uint64_t(1) << (digits - 1)), 1 - digits) * ((r & 4) != 0 ? -1 : 1);
    };
    for (std::uint64_t done = 0; done < count; done += block) {
        Triples<T> triples;
        for (std::size_t k = 0; k < block; ++k) {
            const std::uint64_t r = random();
            const T a = significand(), b = significand();
            // The product's exponent over all it can be, with more weight at its ends.
            int total = int((r >> 32) % std::uint64_t(2 * (largest - least))) + 2 * least;
            if ((r & 3) == 0) total = least - 3 + int((r >> 32) % std::uint64_t(2 * digits + 6));
            const int first = std::clamp(total / 2 + int((r >> 8) % 64) - 32, least + digits, largest - 1);
            const T x = std::ldexp(a, first), y = std::ldexp(b, std::clamp(total - first, least - 1, largest - 1));
            T z;
            switch ((r >> 2) & 3) {
                case 0: z = -T(x * y); break;  // cancels
                case 1: z = std::nextafter(-T(x * y), ((r >> 4) & 1) != 0 ? T(1) : T(-1)); break;
                case 2: z = std::bit_cast<T>(Bits<T>(random())); break;
                default: z = std::ldexp(significand(), total + int((r >> 5) % std::uint64_t(6 * digits)) - 3 * digits);
            }
            triples.add(x, y, z);
        }
        judge(triples);
        if (testing::Test::HasFatalFailure()) return;
    }
}

// HALOGRAM_FMA_TRIPLES=100000000 for the long run.
std::uint64_t triples_to_try() {
    const char* text = getenv("HALOGRAM_FMA_TRIPLES");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : 2'000'000;
}

TEST(SoftwareFma, HardTriplesF32) { check_random_triples<float>(triples_to_try()); }
TEST(SoftwareFma, HardTriplesF64) { check_random_triples<double>(triples_to_try()); }

}  // namespace
}  // namespace halogram
