// Judges a scalar function: fast references for the filter, MPFR for what comes near the limit, and compiled code to
// judge. Shared by the tests and by math_exhaustive.
#pragma once

#include <Halide.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "generators/math/functions.h"

namespace halogram {

// One argument in f32 is judged in double, one in f64 in long double: x87's 64 bits are 11 more than the result's.
template <typename T>
using Wide = std::conditional_t<sizeof(T) == 4, double, long double>;

struct Reference {
    std::string_view name;
    double (*of_double)(double);
    long double (*of_long_double)(long double);
};

// The functions that are judged by it; nullptr for the exact ones (floor, abs, sign, binade).
const Reference* find_reference(std::string_view name);

double wide_power(double base, double exponent);
long double wide_power(long double base, long double exponent);

// The unit in the last place of T at `exact`: of the binade that holds it, at least the smallest subnormal number.
template <typename T>
Wide<T> unit_at(Wide<T> exact);

// |computed - exact| in such units; 0 where both are NaN, the same infinity or zeros of one sign, infinite where they
// disagree about one of these. An exact value beyond the largest number may come as that number or as infinity.
template <typename T>
double error_in_ulp(T computed, Wide<T> exact);

// The same with the exact value from MPFR, at 300 bits.
template <typename T>
double exact_error_in_ulp(const Function& function, T argument, T computed);
template <typename T>
double exact_power_error_in_ulp(T base, T exponent, T computed);

// sin and cos beyond the range of their stated ulp: |computed - exact| / (u |argument|), and infinite outside [-1, 1].
template <typename T>
double error_beyond_range(Wide<T> exact, T argument, T computed);
template <typename T>
T precise_range(std::string_view function);  // infinity where there is no such limit

// Compiled for a variant of the library ("avx512", "avx2", "sse41") as its leaves are.
class CompiledFunction {
public:
    using Code = Halide::Expr (*)(const Halide::Expr&);
    using Code2 = Halide::Expr (*)(const Halide::Expr&, const Halide::Expr&);
    CompiledFunction(Code code, Halide::Type type, const std::string& isa);
    // The second argument's type: `type`, or an int32.
    CompiledFunction(Code2 code, Halide::Type type, Halide::Type second, const std::string& isa);

    // Safe to call from several threads; count is a multiple of 16.
    template <typename T>
    void operator()(const T* in, T* out, int count) const;
    template <typename T, typename U>
    void operator()(const T* first, const U* second, T* out, int count) const;

private:
    Halide::Callable callable_;
};

// Whether this machine can run a variant.
bool can_run(const std::string& isa);
std::string best_isa();

}  // namespace halogram
