// Norms of large orders: powers of the differences would overflow or vanish, the norm does not. Values and gradients against
// 256 bits.
#include <cmath>

#include "generators/formula/derivative.h"
#include "generators/formula/interpreter.h"
#include "schedules/operation_module.h"
#include "tests/support/in_process_call.h"

namespace halogram {
namespace {

template <typename T>
class NormOfOrder {
public:
    explicit NormOfOrder(int features) : formula_(catalogue_formula("minkowski")) {
        const KernelRequest request{"k", formula_, "", sizeof(T) == 4 ? "f32" : "f64", features, {"gram", "gram_vjp"}};
        kernel_ = interface_of(request);
        compiled_ = compile_in_process(request);
    }

    // The norm's relative error, and that of each part of its gradient beside the largest part, in u.
    void check(const std::vector<double>& x, const std::vector<double>& y, double order, double most) {
        const auto features = static_cast<std::int64_t>(x.size());
        KernelProblem<T> problem(*find_in_catalogue("minkowski"), kernel_, {1, 1, features}, 1);
        Inputs in;
        for (std::int64_t d = 0; d < features; ++d) {
            problem.x(0, d) = T(x[std::size_t(d)]);
            problem.y(0, d) = T(y[std::size_t(d)]);
            in.x.emplace_back(double(problem.x(0, d)));
            in.y.emplace_back(double(problem.y(0, d)));
        }
        problem.g(0, 0) = 1;
        (*problem.parameters[0])(0, 0) = T(order);
        in.parameters["p"] = {Real(double(T(order)))};
        const auto out = run(*compiled_, problem, options_with_threads(1));
        SCOPED_TRACE("order " + std::to_string(order) + ", first difference " + std::to_string(x[0] - y[0]));
        expect_near({out->k(0, 0)}, evaluate(formula_.value, in), most);
        std::vector<T> gx(out->gx.values.begin(), out->gx.values.end());
        expect_near(gx, evaluate(derivative(formula_.value, formula_.pool->x()), in), most);
        std::vector<T> gy(out->gy.values.begin(), out->gy.values.end());
        expect_near(gy, evaluate(derivative(formula_.value, formula_.pool->y()), in), most);
        // By the order: it falls towards the largest difference.
        const T by_order = (*out->parameters[0])(0, 0);
        EXPECT_TRUE(std::isfinite(by_order) && by_order <= 0) << by_order;
    }

private:
    const Formula formula_;
    KernelInterface kernel_;
    std::shared_ptr<const InProcessKernel> compiled_;

    static void expect_near(const std::vector<T>& computed, const std::vector<Real>& exact, double most) {
        double largest = 0;
        for (const Real& v : exact) largest = std::max(largest, std::abs(v.to_double()));
        for (std::size_t d = 0; d < computed.size(); ++d) {
            const double right = exact[exact.size() == 1 ? 0 : d].to_double();
            EXPECT_LE(std::abs(double(computed[d]) - right), most * std::numeric_limits<T>::epsilon() / 2 * largest)
                << d << ": " << computed[d] << ", exact " << right;
        }
    }
};

template <typename T>
void check_all() {
    NormOfOrder<T> norm(4);
    for (const double order : {1.0, 1.5, 2.0, 2.5, 3.0, 7.9, 8.1, 20.0, 64.0, 150.0, 1000.0, 1e6, 1e12})
        for (const double size : {1.0, 1e-3, 255.0, 1e-12, 1e15, 1e-30, 1.99 * 0x1p-100, 1.99 * 0x1p-70, 1e30}) {
            if ((order == 1 || order == 2) && (size < 1e-12 || size > 1e15)) continue;  // squares are taken as they are
            // A factor of gradients is subnormal.
            if (size / order * std::exp2(-std::min(order, 8.0)) < 4 * double(std::numeric_limits<T>::min())) continue;
            // Powers magnify the rounding of their base, and roots undo it but for what the gradient keeps.
            norm.check({0.95 * size, 0.1 * size, -0.7 * size, 0}, {0, -0.3 * size, 0.2 * size, 0}, order,
                       8 + 4 * order);
            norm.check({size, size, -size, size}, {0, 0, 0, 0}, order, 16);
        }
    NormOfOrder<T>(1).check({T(1e20)}, {T(-1e20)}, 1000, 4);
}

TEST(NormOrders, NeitherOverflowNorVanish_f32) { check_all<float>(); }
TEST(NormOrders, NeitherOverflowNorVanish_f64) { check_all<double>(); }

}  // namespace
}  // namespace halogram
