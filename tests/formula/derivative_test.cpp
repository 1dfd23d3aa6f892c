// The derivative of every function of the table against central differences of the oracle.
#include "generators/formula/derivative.h"

#include <gtest/gtest.h>

#include "generators/formula/interpreter.h"
#include "generators/math/functions.h"

namespace halogram {
namespace {

class DerivativeOf : public testing::TestWithParam<std::string_view> {};

TEST_P(DerivativeOf, IsFiniteDifference) {
    const Function& f = *find_function(GetParam());
    Pool pool;
    std::vector<Expr> arguments;
    std::map<std::string, std::vector<Real>> integers;
    for (int k = 0; k < f.arity; ++k) {
        const std::string name(1, char('a' + k));
        const bool real = k < f.arity - f.integers;
        arguments.push_back(pool.parameter(real ? Op::ScalarParameter : Op::IntegerParameter, name));
        if (!real) integers[name] = {Real(k == 1 ? 3.0 : 2.0)};
    }
    Expr value = call(f, arguments);
    arguments.resize(std::size_t(f.arity - f.integers));
    if (f.held) {
        EXPECT_TRUE(derivative(value, arguments[0])->is_constant(0)) << f.name;
        return;
    }
    const Real step(0x1p-60);
    int compared = 0;
    for (const double a : {-2.75, -0.875, -0.3, 0.1, 0.625, 1.5, 3.25})  // no jump of floor or binade
        for (const double b : {0.375, 1.75, 2.5}) {
            Inputs in{{Real(1.0)}, {Real(1.0)}, {{"a", {Real(a)}}, {"b", {Real(b)}}}};
            for (const auto& [name, integer] : integers) in.parameters[name] = integer;
            for (Expr argument : arguments) {
                const Real exact = evaluate(derivative(value, argument), in)[0];
                Real& place = in.parameters.at(argument->name)[0];
                const Real kept = place;
                place = kept + step;
                const Real above = evaluate(value, in)[0];
                place = kept - step;
                const Real below = evaluate(value, in)[0];
                place = kept;
                const Real slope = (above - below) / (Real(2.0) * step);
                if (slope.is_nan() || mpfr_inf_p(slope.get())) continue;  // outside of the domain
                // A clamped argument: there the derivative stays that of the end.
                if (mpfr_equal_p(above.get(), below.get()) != 0) continue;
                ++compared;
                EXPECT_TRUE(abs(exact - slope) < Real(1e-30) * (Real(1.0) + abs(slope)))
                    << f.name << "(" << a << ", " << b << ") by " << argument->name << ": " << exact.to_double()
                    << " and " << slope.to_double();
            }
        }
    const bool step_function = derivative(value, arguments[0])->is_constant(0);
    EXPECT_EQ(compared >= 6, !step_function) << "no point lies in the domain";
}

std::vector<std::string_view> names() {
    std::vector<std::string_view> all;
    for (const Function& f : functions()) all.push_back(f.name);
    return all;
}

INSTANTIATE_TEST_SUITE_P(Functions, DerivativeOf, testing::ValuesIn(names()),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace halogram
