// Divergences of numbers that are nearly equal, far apart or at the edge of the type, against 256 bits: their relative error
// is a few u, however small the difference is.
#include <cmath>

#include "generators/formula/derivative.h"
#include "generators/formula/interpreter.h"
#include "schedules/operation_module.h"
#include "tests/support/in_process_call.h"

namespace halogram {
namespace {

template <typename T>
class Divergences {
public:
    explicit Divergences(const std::string& formula) : formula_(parse_formula(formula)) {
        const KernelRequest request{"k", formula_, "", sizeof(T) == 4 ? "f32" : "f64", 1, {"gram", "gram_vjp"}};
        kernel_ = interface_of(request);
        compiled_ = compile_in_process(request);
    }

    void check(T p, T q, double most) {
        CatalogueEntry entry{};
        entry.domain = Domain::Positive;
        KernelProblem<T> problem(entry, kernel_, {1, 1, 1}, 1);
        problem.x(0, 0) = p;
        problem.y(0, 0) = q;
        problem.g(0, 0) = 1;
        const auto out = run(*compiled_, problem, options_with_threads(1));
        const Inputs at{{Real(double(p))}, {Real(double(q))}, {}};
        const std::vector<Expr> exact = {formula_.value, derivative(formula_.value, formula_.pool->x()),
                                         derivative(formula_.value, formula_.pool->y())};
        const T computed[] = {out->k(0, 0), out->gx(0, 0), out->gy(0, 0)};
        const auto values = evaluate_all(exact, at);
        for (std::size_t k = 0; k < 3; ++k) {
            const double right = values[k][0].to_double();
            // Of numbers whose divergence the type does not hold there is no relative error.
            const double u = std::numeric_limits<T>::epsilon() / 2, smallest = std::numeric_limits<T>::denorm_min();
            EXPECT_LE(std::abs(double(computed[k]) - right), most * u * std::abs(right) + 2 * smallest)
                << formula_.text << ", number " << k << " of p = " << p << ", q = " << q << ": " << computed[k]
                << ", exact " << right;
        }
    }

private:
    const Formula formula_;
    KernelInterface kernel_;
    std::shared_ptr<const InProcessKernel> compiled_;
};

template <typename T>
void check_all(const std::string& formula) {
    Divergences<T> divergences(formula);
    std::vector<T> ratios;
    for (int exponent = -std::numeric_limits<T>::digits + 1; exponent < 30; ++exponent)
        for (const double factor : {1.0, 1.37, 1.9}) ratios.push_back(T(1 + factor * std::exp2(exponent)));
    for (const T base : {T(0.2), T(1), T(3e-5), T(7e8), T(1e-30)})
        for (const T ratio : ratios) {
            divergences.check(base, base * ratio, 16);
            divergences.check(base * ratio, base, 16);
        }
}

TEST(Divergences, JensenShannon_f32) { check_all<float>("sum(js_div(x, y))"); }
TEST(Divergences, JensenShannon_f64) { check_all<double>("sum(js_div(x, y))"); }
TEST(Divergences, KullbackLeibler_f32) { check_all<float>("sum(kl_div(x, y))"); }
TEST(Divergences, KullbackLeibler_f64) { check_all<double>("sum(kl_div(x, y))"); }

// The mean of 0 and the smallest number is no number of the type.
TEST(Divergences, OfTheSmallestNumber) {
    Divergences<double> divergences("sum(js_div(x, y))");
    const double tiny = std::numeric_limits<double>::denorm_min();
    for (const double p : {0.0, tiny, 3 * tiny, 1.0})
        for (const double q : {tiny, 2 * tiny, 5 * tiny}) {
            divergences.check(p == 0 ? tiny : p, q, 16);
        }
}

}  // namespace
}  // namespace halogram
