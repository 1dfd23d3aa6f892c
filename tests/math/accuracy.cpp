#include "tests/math/accuracy.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "schedules/machine.h"
#include "schedules/software_fma.h"

namespace halogram {

namespace {

template <typename T>
T sigmoid_of(T a) {
    return 1 / (1 + std::exp(-a));
}

template <typename T>
T softplus_of(T a) {
    return std::isnan(a) ? a : std::fmax(a, T(0)) + std::log1p(std::exp(-std::fabs(a)));
}

// log(1 + a) - a: by the series of 2 atanh(z) near 0.
template <typename T>
T log1pmx_of(T a) {
    if (!(std::fabs(a) < T(0.7))) return std::isinf(a) && a > 0 ? -a : std::log1p(a) - a;
    const T z = a / (2 + a), square = z * z;
    T sum = 0;
    for (int k = 60; k >= 0; --k) sum = sum * square + T(2) / T(2 * k + 3);
    return z * (square * sum - a);
}

template <typename T>
T archav_of(T a) {
    return a > T(0.5) ? T(3.14159265358979323846264338327950288L) - 2 * std::asin(std::sqrt(1 - a))
                      : 2 * std::asin(std::sqrt(a));
}

#define HALOGRAM_REFERENCE(name)                                                                                       \
    {                                                                                                                  \
#name, [](double a) -> double { return std::name(a); },                                                        \
                                                             [](long double a) -> long double { return std::name(a); } \
    }

const std::vector<Reference>& references() {
    static const std::vector<Reference> list = {
        HALOGRAM_REFERENCE(exp),
        HALOGRAM_REFERENCE(expm1),
        HALOGRAM_REFERENCE(log),
        HALOGRAM_REFERENCE(log1p),
        HALOGRAM_REFERENCE(sqrt),
        HALOGRAM_REFERENCE(tanh),
        HALOGRAM_REFERENCE(sin),
        HALOGRAM_REFERENCE(cos),
        HALOGRAM_REFERENCE(acos),
        HALOGRAM_REFERENCE(erf),
        {"archav", archav_of<double>, archav_of<long double>},
        {"log1pmx", log1pmx_of<double>, log1pmx_of<long double>},
        {"sigmoid", sigmoid_of<double>, sigmoid_of<long double>},
        {"softplus", softplus_of<double>, softplus_of<long double>},
    };
    return list;
}

#undef HALOGRAM_REFERENCE

template <typename T>
int least_exponent() {  // of the smallest subnormal number
    return std::numeric_limits<T>::min_exponent - std::numeric_limits<T>::digits;
}

class Exact {
public:
    Exact() { mpfr_init2(value_, 300); }
    ~Exact() { mpfr_clear(value_); }
    Exact(const Exact&) = delete;
    Exact& operator=(const Exact&) = delete;
    mpfr_ptr get() { return value_; }

    template <typename T>
    void set(T a) {
        mpfr_set_d(value_, static_cast<double>(a), MPFR_RNDN);
    }

    template <typename T>
    double error(T computed) {
        if (std::isnan(computed) || mpfr_nan_p(value_)) return error_in_ulp<T>(computed, mpfr_get_d(value_, MPFR_RNDN));
        if (std::isinf(computed) || mpfr_inf_p(value_) || mpfr_zero_p(value_))
            return error_in_ulp<T>(computed, mpfr_get_ld(value_, MPFR_RNDN));
        const int exponent =
            std::max<int>(static_cast<int>(mpfr_get_exp(value_)) - std::numeric_limits<T>::digits, least_exponent<T>());
        mpfr_sub_d(value_, value_, static_cast<double>(computed), MPFR_RNDN);
        mpfr_mul_2si(value_, value_, -exponent, MPFR_RNDN);
        return std::fabs(mpfr_get_d(value_, MPFR_RNDN));
    }

private:
    mpfr_t value_;
};

Machine machine_of(const std::string& isa) {
    for (const Machine& m : machines_of("x86-64-linux"))
        if (m.isa == isa) return m;
    throw std::invalid_argument("there is no variant '" + isa + "'");
}

Halide::Callable compile(Halide::Expr value, const Halide::Var& i, const std::vector<Halide::Argument>& arguments,
                         const std::string& isa) {
    const Machine machine = machine_of(isa);
    Halide::Func f("value");
    f(i) = value;
    f.vectorize(i, machine.lanes(value.type()), Halide::TailStrategy::RoundUp);
    Halide::Pipeline pipeline(f);
    add_software_fma(pipeline, machine, SoftwareFma::Unrolled);
    Halide::Target target = Halide::get_host_target();
    for (auto feature :
         {Halide::Target::SSE41, Halide::Target::AVX, Halide::Target::F16C, Halide::Target::FMA, Halide::Target::FMA4,
          Halide::Target::AVX2, Halide::Target::AVX512, Halide::Target::AVX512_KNL, Halide::Target::AVX512_Skylake,
          Halide::Target::AVX512_Cannonlake, Halide::Target::AVX512_Zen4, Halide::Target::AVX512_Zen5,
          Halide::Target::AVX512_SapphireRapids, Halide::Target::AVX10_1, Halide::Target::AVXVNNI})
        target.set_feature(feature, machine.target.has_feature(feature));
    target.set_feature(Halide::Target::StrictFloat);
    return pipeline.compile_to_callable(arguments, target);
}

}  // namespace

const Reference* find_reference(std::string_view name) {
    for (const Reference& r : references())
        if (r.name == name) return &r;
    return nullptr;
}

double wide_power(double base, double exponent) { return std::pow(base, exponent); }
long double wide_power(long double base, long double exponent) { return std::pow(base, exponent); }

template <typename T>
Wide<T> unit_at(Wide<T> exact) {
    if constexpr (sizeof(T) == 4) {
        // Through the bits: this is the inner loop of the walk over all floats.
        const std::int64_t exponent = (std::bit_cast<std::int64_t>(exact) >> 52 & 0x7FF) - 23;
        return std::bit_cast<double>(std::max<std::int64_t>(exponent, 1023 - 149) << 52);
    } else {
        int exponent = 0;
        std::frexp(exact, &exponent);
        return std::ldexp(Wide<T>(1), std::max(exponent - std::numeric_limits<T>::digits, least_exponent<T>()));
    }
}

template <typename T>
double error_in_ulp(T computed, Wide<T> exact) {
    constexpr double wrong = std::numeric_limits<double>::infinity();
    if (std::isnan(computed) || std::isnan(exact)) return std::isnan(computed) && std::isnan(exact) ? 0 : wrong;
    if (std::isinf(exact)) return Wide<T>(computed) == exact ? 0 : wrong;
    if (std::isinf(computed)) {
        // The first number that is not a T stands for infinity.
        computed = std::copysign(std::numeric_limits<T>::max(), computed);
        const Wide<T> past = Wide<T>(computed) + std::copysign(unit_at<T>(computed), Wide<T>(computed));
        return std::fabs(exact) >= std::fabs(past) ? 0
                                                   : static_cast<double>(std::fabs(past - exact) / unit_at<T>(exact));
    }
    if (exact == 0) return computed == 0 && std::signbit(computed) == std::signbit(exact) ? 0 : wrong;
    if (computed == 0 && std::signbit(computed) != std::signbit(exact)) return wrong;
    return static_cast<double>(std::fabs(Wide<T>(computed) - exact) / unit_at<T>(exact));
}

template <typename T>
double exact_error_in_ulp(const Function& function, T argument, T computed) {
    Exact exact;
    exact.set(argument);
    function.exact(exact.get(), exact.get(), MPFR_RNDN);
    return exact.error(computed);
}

template <typename T>
double exact_power_error_in_ulp(T base, T exponent, T computed) {
    Exact exact, second;
    exact.set(base);
    second.set(exponent);
    mpfr_pow(exact.get(), exact.get(), second.get(), MPFR_RNDN);
    return exact.error(computed);
}

template <typename T>
double error_beyond_range(Wide<T> exact, T argument, T computed) {
    if (std::isnan(exact) || std::isnan(computed)) return error_in_ulp<T>(computed, exact);
    if (!(std::fabs(computed) <= 1)) return std::numeric_limits<double>::infinity();
    const Wide<T> u = std::numeric_limits<T>::epsilon() / 2;
    return static_cast<double>(std::fabs(Wide<T>(computed) - exact) / (u * std::fabs(Wide<T>(argument))));
}

template <typename T>
T precise_range(std::string_view function) {
    if (function != "sin" && function != "cos") return std::numeric_limits<T>::infinity();
    return sizeof(T) == 4 ? T(0x1p17) : T(0x1p30);
}

CompiledFunction::CompiledFunction(Code code, Halide::Type type, const std::string& isa) {
    Halide::ImageParam in(type, 1);
    Halide::Var i;
    callable_ = compile(code(in(i)), i, {in}, isa);
}

CompiledFunction::CompiledFunction(Code2 code, Halide::Type type, Halide::Type second, const std::string& isa) {
    Halide::ImageParam in(type, 1), other(second, 1);
    Halide::Var i;
    callable_ = compile(code(in(i), other(i)), i, {in, other}, isa);
}

template <typename T>
void CompiledFunction::operator()(const T* in, T* out, int count) const {
    Halide::Runtime::Buffer<T> input(const_cast<T*>(in), count), output(out, count);
    Halide::Buffer<T> from(std::move(input)), to(std::move(output));
    if (callable_(from, to) != 0) throw std::runtime_error("a compiled function failed");
}

template <typename T, typename U>
void CompiledFunction::operator()(const T* first, const U* second, T* out, int count) const {
    Halide::Runtime::Buffer<T> a(const_cast<T*>(first), count), output(out, count);
    Halide::Runtime::Buffer<U> b(const_cast<U*>(second), count);
    Halide::Buffer<T> from(std::move(a)), to(std::move(output));
    Halide::Buffer<U> other(std::move(b));
    if (callable_(from, other, to) != 0) throw std::runtime_error("a compiled function failed");
}

bool can_run(const std::string& isa) {
    if (isa == "avx512") return __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (isa == "avx2") return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return __builtin_cpu_supports("sse4.1");
}

std::string best_isa() {
    for (const Machine& m : machines_of("x86-64-linux"))
        if (can_run(m.isa)) return m.isa;
    throw std::runtime_error("this machine runs none of the variants");
}

template float precise_range<float>(std::string_view);
template double precise_range<double>(std::string_view);
#define HALOGRAM_INSTANTIATE(T)                                                                                        \
    template Wide<T> unit_at<T>(Wide<T>);                                                                              \
    template double error_in_ulp<T>(T, Wide<T>);                                                                       \
    template double exact_error_in_ulp<T>(const Function&, T, T);                                                      \
    template double exact_power_error_in_ulp<T>(T, T, T);                                                              \
    template double error_beyond_range<T>(Wide<T>, T, T);                                                              \
    template void CompiledFunction::operator()<T>(const T*, T*, int) const;                                            \
    template void CompiledFunction::operator()<T, T>(const T*, const T*, T*, int) const;                               \
    template void CompiledFunction::operator()<T, std::int32_t>(const T*, const std::int32_t*, T*, int) const;
HALOGRAM_INSTANTIATE(float)
HALOGRAM_INSTANTIATE(double)
#undef HALOGRAM_INSTANTIATE

}  // namespace halogram
