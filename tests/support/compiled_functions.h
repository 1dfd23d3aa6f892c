// A function of the language at one number, from its code alone: a loop of its own, not vectorized, without a formula or a
// schedule around it. tests/math proves these values against MPFR.
#pragma once

#include <Halide.h>

#include <map>
#include <memory>

#include "generators/math/code.h"
#include "generators/math/functions.h"
#include "schedules/machine.h"
#include "schedules/software_fma.h"

namespace halogram {

template <typename T>
class CompiledFunctions {
public:
    T operator()(const Function& function, T a) {
        auto found = functions_.find(&function);
        if (found == functions_.end())
            found = functions_.emplace(&function, compile([&] { return function.code(in_(index_)); })).first;
        return value_of(found->second, a, T(0));
    }
    T power(T base, T exponent) {
        if (!power_.defined()) power_ = compile([&] { return code::power(in_(index_), second_(index_)); });
        return value_of(power_, base, exponent);
    }

private:
    Halide::Var index_{"index"};
    Halide::ImageParam in_{Halide::type_of<T>(), 1, "in"}, second_{Halide::type_of<T>(), 1, "second"};
    std::map<const Function*, Halide::Callable> functions_;
    Halide::Callable power_;

    template <typename Value>
    Halide::Callable compile(const Value& value) {
        Halide::Func f("value");
        f(index_) = value();
        Halide::Pipeline pipeline(f);
        Halide::Target target = Halide::get_host_target();
        target.set_feature(Halide::Target::StrictFloat);
        if (!target.has_feature(Halide::Target::FMA)) {
            Machine machine = machines_of("x86-64-linux").back();
            add_software_fma(pipeline, machine, SoftwareFma::Unrolled);
        }
        return pipeline.compile_to_callable({in_, second_}, target);
    }

    static T value_of(Halide::Callable& callable, T a, T b) {
        T result = 0;
        Halide::Buffer<T> first(&a, 1), second(&b, 1), out(&result, 1);
        callable(first, second, out);
        return result;
    }
};

}  // namespace halogram
