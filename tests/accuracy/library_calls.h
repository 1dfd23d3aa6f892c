// Calls of a loaded library for the accuracy report: one thread, no guard pages, no test framework.
#pragma once

#include <stdexcept>

#include "measurement/call.h"
#include "measurement/generated_library.h"
#include "tests/accuracy/sampled_points.h"

namespace halogram {

template <typename T>
struct Points {
    std::int64_t count;
    const T* values;
    std::int64_t ld;
};

namespace detail {

template <typename T>
Call call_of(const hg_options& options, const KernelInterface& kernel, const Points<T>& x, const Points<T>& y,
             const ParameterValues<T>& parameters) {
    Call call;
    call.pointer(&options).integer(x.count).integer(y.count);
    call.pointer(x.values).integer(x.ld).pointer(y.values).integer(y.ld);
    for (const InterfaceParameter& parameter : kernel.parameters) {
        const std::vector<T>& values = parameters.at(parameter.name);
        if (parameter.kind == ParameterKind::Vector)
            call.pointer(values.data());
        else if (parameter.kind == ParameterKind::Integer)
            call.integer32(static_cast<std::int32_t>(values[0]));
        else
            call.real(values[0]);
    }
    return call;
}

inline void run(const GeneratedLibrary& library, const std::string& function, Call& call) {
    if (call.run(library.symbol(function)) != HG_OK) throw std::runtime_error(function + " failed");
}

inline hg_options one_thread() {
    hg_options options{};
    options.size = sizeof options;
    options.threads = 1;
    return options;
}

}  // namespace detail

// The library has a fixed number of features. y.values = nullptr: y is x.
template <typename T>
void gram(const GeneratedLibrary& library, const KernelInterface& kernel, const Points<T>& x, const Points<T>& y,
          const ParameterValues<T>& parameters, T* k, std::int64_t ldk) {
    const hg_options options = detail::one_thread();
    Call call = detail::call_of(options, kernel, x, y, parameters);
    call.pointer(k).integer(ldk);
    detail::run(library, kernel.c_name + "_gram_with", call);
}

// The gradient by x alone, of points without gaps, for the cotangents g of [n, m].
template <typename T>
void gram_gradient(const GeneratedLibrary& library, const KernelInterface& kernel, const Points<T>& x,
                   const Points<T>& y, const ParameterValues<T>& parameters, const T* g, T* gx) {
    const hg_options options = detail::one_thread();
    Call call = detail::call_of(options, kernel, x, y, parameters);
    call.pointer(g).integer(y.count).pointer(gx).integer(kernel.features).pointer(nullptr).integer(kernel.features);
    for (const InterfaceParameter& parameter : kernel.parameters)
        if (parameter.kind != ParameterKind::Integer) call.pointer(nullptr);
    detail::run(library, kernel.c_name + "_gram_vjp_with", call);
}

}  // namespace halogram
