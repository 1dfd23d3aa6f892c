// The functions give the same bits on every variant, and the cheap form of exp those of the other.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "generators/math/code.h"
#include "schedules/machine.h"
#include "tests/math/accuracy.h"

namespace halogram {
namespace {

template <typename T>
using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

constexpr int count = 1 << 18;

// Half of all bit patterns, half of moderate size.
template <typename T>
std::vector<T> sample(unsigned seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> moderate(-100, 100), small(-2, 2);
    std::vector<T> values;
    for (int k = 0; k < count; k += 4) {
        values.push_back(std::bit_cast<T>(static_cast<Bits<T>>(random())));
        values.push_back(std::bit_cast<T>(static_cast<Bits<T>>(random())));
        values.push_back(T(moderate(random)));
        values.push_back(T(small(random)));
    }
    return values;
}

template <typename T>
void expect_same(const std::vector<T>& a, const std::vector<T>& b, const std::vector<T>& arguments,
                 const std::string& what) {
    int shown = 0;
    for (std::size_t k = 0; k < a.size() && shown < 5; ++k) {
        if (std::isnan(a[k]) && std::isnan(b[k])) continue;
        if (std::bit_cast<Bits<T>>(a[k]) == std::bit_cast<Bits<T>>(b[k])) continue;
        ADD_FAILURE() << what << " at " << arguments[k] << ": " << a[k] << " and " << b[k];
        ++shown;
    }
}

std::vector<std::string> variants() {
    std::vector<std::string> list;
    for (const Machine& m : machines_of("x86-64-linux"))
        if (can_run(m.isa)) list.push_back(m.isa);
    return list;
}

template <typename T>
void compare_variants() {
    const Halide::Type type = Halide::type_of<T>();
    const std::vector<T> in = sample<T>(1), second = sample<T>(2);
    std::vector<T> first(in.size()), other(in.size());
    const std::vector<std::string> all = variants();
    for (const Function& f : functions()) {
        if (f.code == nullptr) continue;
        CompiledFunction(f.code, type, all[0])(in.data(), first.data(), count);
        for (std::size_t v = 1; v < all.size(); ++v) {
            CompiledFunction(f.code, type, all[v])(in.data(), other.data(), count);
            expect_same(first, other, in, std::string(f.name) + " on " + all[0] + " and " + all[v]);
        }
    }
    CompiledFunction(code::power, type, type, all[0])(in.data(), second.data(), first.data(), count);
    for (std::size_t v = 1; v < all.size(); ++v) {
        CompiledFunction(code::power, type, type, all[v])(in.data(), second.data(), other.data(), count);
        expect_same(first, other, in, "pow on " + all[0] + " and " + all[v]);
    }
}

TEST(SameBits, OnEveryVariantF32) { compare_variants<float>(); }
TEST(SameBits, OnEveryVariantF64) { compare_variants<double>(); }

template <typename T>
void compare_forms_of_exp() {
    std::vector<T> in = sample<T>(3), general(in.size()), cheap(in.size());
    for (T& a : in) a = -std::fabs(a);
    CompiledFunction(code::exp, Halide::type_of<T>(), best_isa())(in.data(), general.data(), count);
    CompiledFunction(code::exp_non_positive, Halide::type_of<T>(), best_isa())(in.data(), cheap.data(), count);
    expect_same(general, cheap, in, "exp and exp_non_positive");
}

TEST(SameBits, BothFormsOfExp) {
    compare_forms_of_exp<float>();
    compare_forms_of_exp<double>();
}

}  // namespace
}  // namespace halogram
