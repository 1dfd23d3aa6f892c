// What the table says of a function - range, parity, monotony, domain, bounds - on values of every kind, as computed where
// rounding counts and in 256 bits where the mathematics does. Whoever uses a fact trusts it: a product with what is
// "positive" is no edge, and half of a K that is "even" is a copy.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "generators/formula/interpreter.h"
#include "generators/formula/lower.h"
#include "generators/math/functions.h"
#include "tests/support/compiled_functions.h"
#include "tests/support/ieee_interpreter.h"
#include "tests/support/matrix.h"

namespace halogram {
namespace {

template <typename T>
std::vector<T> values_of_every_kind(int random_values) {
    using Limits = std::numeric_limits<T>;
    std::vector<T> values = {T(0),
                             Limits::denorm_min(),
                             Limits::min(),
                             T(1e-20),
                             T(1e-3),
                             T(0.5),
                             T(1),
                             std::nextafter(T(1), T(0)),
                             std::nextafter(T(1), T(2)),
                             T(1.5),
                             T(2),
                             T(3),
                             T(10),
                             T(88),
                             T(104),
                             T(700),
                             T(746),
                             T(1e10),
                             std::sqrt(Limits::max()),
                             Limits::max(),
                             Limits::infinity()};
    std::mt19937_64 random(11);
    std::uniform_real_distribution<double> exponent(-30, 12), near(0, 4);
    for (int k = 0; k < random_values; ++k)
        values.push_back(T(k % 2 == 0 ? std::exp2(exponent(random)) : near(random)));
    const std::size_t positive = values.size();
    for (std::size_t k = 0; k < positive; ++k) values.push_back(-values[k]);
    std::sort(values.begin(), values.end());
    return values;
}

template <typename T>
class Facts {
public:
    explicit Facts(const Function& function) : f_(function) {
        for (int k = 0; k < f_.arity; ++k) {
            const Op kind = k >= f_.arity - f_.integers ? Op::IntegerParameter : Op::ScalarParameter;
            arguments_.push_back(pool_.parameter(kind, "a" + std::to_string(k)));
        }
        call_ = pool_.node(Op::Call, arguments_, &f_);
        lowered_ = lower(call_);
    }

    // A line for each fact that does not hold, with an example.
    std::vector<std::string> broken() {
        for_all_arguments([&](const std::vector<T>& a) { check_value(a, computed(a)); });
        if (f_.arity == 1) check_exact();
        return broken_;
    }

private:
    const Function& f_;
    Pool pool_;
    std::vector<Expr> arguments_;
    Expr call_, lowered_;
    std::vector<std::string> broken_, named_;

    void report(const std::string& fact, const std::vector<T>& a, double value) {
        if (std::find(named_.begin(), named_.end(), fact) != named_.end()) return;
        named_.push_back(fact);
        std::ostringstream text;
        text.precision(17);
        text << fact << ": " << f_.name << "(";
        for (std::size_t k = 0; k < a.size(); ++k) text << (k > 0 ? ", " : "") << a[k];
        text << ") is " << value;
        broken_.push_back(text.str());
    }

    template <typename Visit>
    void for_all_arguments(const Visit& visit) {
        const std::vector<T> values = values_of_every_kind<T>(f_.arity == 1 ? 120 : 6);
        std::vector<T> a(std::size_t(f_.arity));
        const auto fill = [&](const auto& self, std::size_t k) -> void {
            if (k == a.size()) return visit(a);
            if (arguments_[k]->op == Op::IntegerParameter) {
                for (int n = 0; n <= 5; ++n) a[k] = T(n), self(self, k + 1);
            } else {
                for (T v : values) a[k] = v, self(self, k + 1);
            }
        };
        fill(fill, 0);
    }

    T computed(const std::vector<T>& a) {
        static CompiledFunctions<T> functions;
        IeeeInterpreter<T> interpreter;
        interpreter.x = interpreter.y = {T(0)};
        for (std::size_t k = 0; k < a.size(); ++k) interpreter.parameters[arguments_[k]->name] = {a[k]};
        interpreter.value_of_function = [](const Node& e, const std::vector<IeeeNumber<T>>& v) {
            return e.op == Op::Power ? functions.power(v[0].value, v[1].value) : functions(*e.function, v[0].value);
        };
        return interpreter.evaluate(lowered_)[0].value;
    }

    Real exact(T a) const {
        return evaluate(call_, Inputs{{Real(0.0)}, {Real(0.0)}, {{arguments_[0]->name, {Real(double(a))}}}})[0];
    }

    // Those that the computed value has to keep.
    void check_value(const std::vector<T>& a, T value) {
        const bool finite = std::all_of(a.begin(), a.end(), [](T v) { return std::isfinite(v); });
        const bool positive = std::all_of(a.begin(), a.end(), [](T v) { return v > 0; });
        if (f_.range == Range::NonNegative && value < 0) report("never negative", a, value);
        if (f_.range == Range::Positive && value <= 0) report("positive", a, value);
        if (f_.keeps_positive && positive && value <= 0) report("positive of positive arguments", a, value);
        if (f_.bounded && finite && std::isinf(value)) report("finite", a, value);
        if (f_.integer_valued && std::isfinite(value) && std::floor(value) != value) report("an integer", a, value);
        if (f_.parity == Parity::None) return;
        const T mirrored = computed({-a[0]});
        if (!halogram_test::same_number(mirrored, f_.parity == Parity::Even ? value : -value))
            report(f_.parity == Parity::Even ? "even" : "odd", a, mirrored);
    }

    // Those of the mathematics, between neighbours of the sample.
    void check_exact() {
        std::vector<T> inside;
        for (T a : values_of_every_kind<T>(120)) {
            if (!std::isfinite(a)) continue;
            const Real value = exact(a);
            const bool within = double(a) >= f_.lowest && double(a) <= f_.highest;
            if (within && value.is_nan()) report("a number in its domain", {a}, NAN);
            if (within && !value.is_nan() && std::abs(double(a)) < 1e6) inside.push_back(a);
        }
        for (std::size_t k = 1; k < inside.size(); ++k) {
            const Real low = exact(inside[k - 1]), high = exact(inside[k]);
            if (f_.monotone == Monotone::Rising && high < low) report("rising", {inside[k]}, high.to_double());
            if (f_.monotone == Monotone::Falling && low < high) report("falling", {inside[k]}, high.to_double());
            const double step = std::abs(high.to_double() - low.to_double()),
                         distance = double(inside[k]) - double(inside[k - 1]);
            if (f_.half_hoelder > 0 && step > f_.half_hoelder * std::sqrt(distance) * (1 + 1e-12))
                report("no steeper than a root", {inside[k]}, high.to_double());
            if (!f_.oscillates) continue;
            if (Real(1.0) < abs(high)) report("within [-1, 1]", {inside[k]}, high.to_double());
            if (step > distance * (1 + 1e-12) + 1e-300)
                report("of a slope within [-1, 1]", {inside[k]}, high.to_double());
        }
    }
};

template <typename T>
void check_table() {
    for (const Function& f : functions())
        for (const std::string& line : Facts<T>(f).broken()) ADD_FAILURE() << line;
}

TEST(Facts, HoldForEveryFunction_f32) { check_table<float>(); }
TEST(Facts, HoldForEveryFunction_f64) { check_table<double>(); }

// What is none of what it says is found out.
TEST(Facts, AreFoundOut) {
    const Function liar = {
        .name = "liar",
        .definition = [](const std::vector<Expr>& a) -> Expr { return Term(a[0]) * a[0] - Term(a[0]) / 3; },
        .monotone = Monotone::Falling,
        .half_hoelder = 1,
        .oscillates = true,
        .parity = Parity::Even,
        .range = Range::Positive,
        .integer_valued = true,
        .keeps_positive = true,
        .bounded = true};
    const std::vector<std::string> broken = Facts<float>(liar).broken();
    for (const char* fact :
         {"positive: ", "positive of positive arguments: ", "finite: ", "an integer: ", "even: ", "falling: ",
          "no steeper than a root: ", "within [-1, 1]: ", "of a slope within [-1, 1]: "})
        EXPECT_TRUE(std::any_of(broken.begin(), broken.end(), [&](const std::string& s) {
            return s.starts_with(fact);
        })) << fact;
}

}  // namespace
}  // namespace halogram
