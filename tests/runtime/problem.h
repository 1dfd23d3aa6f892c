// One call of a hand-written kernel: inputs and outputs between guard pages, and the oracle as plain loops in double.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

#include "tests/runtime/scalar_kernels.h"
#include "tests/support/matrix.h"

namespace halogram_test {

inline hg_options default_options() {
    hg_options options{};
    options.size = sizeof options;
    return options;
}

inline void forget_isa() {
    __atomic_store_n(&hg1_isa_choice, 0, __ATOMIC_RELAXED);
}

// Forces a variant as HALOGRAM_ISA does; false where the processor lacks it.
inline bool force_isa(const char *name) {
    const int number = hg1_isa_number(name);
    if (!hg1_isa_supported(number)) return false;
    hg1_isa_choice = 3 + number;
    return true;
}

// What a call may vary without changing the mathematics.
struct Layout {
    std::int64_t gap = 0;  // leading dimensions are this much larger than needed
    Guard guard = Guard::After;
    bool fixed_features = false;
    hg1_symmetry symmetry = HG1_BIT_SYMMETRIC;
};

template <typename T, template <typename> class K, bool Skew = false>
struct Problem {
    static constexpr bool vector_kernel = K<T>::vectors != 0;
    std::int64_t n, m, d;
    bool self;
    Matrix<T> x, y, ell, k, g, gx, gy, gell, ga;
    hg1_kernel kernel;
    double a = 0.75;
    int degree = 3;
    hg1_value parameters[3] = {};
    void *gparameters[3] = {};
    hg1_call call{};

    Problem(std::int64_t n_points, std::int64_t m_points, std::int64_t features, bool y_is_x = false,
            Layout layout = {})
        : n(n_points),
          m(m_points),
          d(features),
          self(y_is_x),
          x(n, d, d + layout.gap, layout.guard),
          y(self ? 0 : m, d, d + layout.gap, layout.guard),
          ell(1, d, d, layout.guard),
          k(n, m, m + layout.gap, layout.guard),
          g(n, m, m + layout.gap, layout.guard),
          gx(n, d, d + layout.gap, layout.guard),
          gy(self ? 0 : m, d, d + layout.gap, layout.guard),
          gell(1, d, d, layout.guard),
          ga(1, 1, 1, layout.guard),
          kernel(make_kernel<T, K, Skew>(layout.fixed_features ? d : 0, layout.symmetry)) {
        std::mt19937 random(static_cast<unsigned>(n * 1000003 + m * 1009 + d));
        // With many features the points lie closer together, so that their kernel does not vanish.
        const double reach = d <= 16 ? 1 : 4 / std::sqrt(static_cast<double>(d));
        x.randomize(random, -reach, reach);
        y.randomize(random, -reach, reach);
        ell.randomize(random, 0.75, 2);
        g.randomize(random, -1, 1);
        const auto set = [&](int p) {
            if constexpr (sizeof(T) == 4)
                parameters[p].f32 = static_cast<float>(a);
            else
                parameters[p].f64 = a;
        };
        if constexpr (vector_kernel) {
            parameters[0].integer = degree;
            parameters[1].vector = ell.data();
            set(2);
            gparameters[1] = gell.data();
            gparameters[2] = ga.data();
        } else {
            set(0);
            gparameters[0] = ga.data();
        }
        call.n = n;
        call.m = m;
        call.d = layout.fixed_features ? 0 : d;
        call.x = x.data();
        call.ldx = x.ld;
        // NULL means y = x where m > 0, hence an empty y needs no address either.
        call.y = self ? nullptr : y.data();
        call.ldy = self ? -5 : y.ld;
        call.parameters = parameters;
        call.k = k.data();
        call.ldk = k.ld;
        call.g = g.data();
        call.ldg = g.ld;
        call.gx = gx.data();
        call.ldgx = gx.ld;
        call.gy = self ? nullptr : gy.data();
        call.ldgy = self ? -5 : gy.ld;
        call.gparameters = gparameters;
        for (GuardedBuffer<T> *input : {&x.values, &y.values, &ell.values, &g.values}) input->forbid_writing();
    }

    hg_status gram(const hg_options *options = nullptr) {
        return hg1_gram(&kernel, options, &call);
    }
    hg_status gram_vjp(const hg_options *options = nullptr) {
        return hg1_gram_vjp(&kernel, options, &call);
    }

    T y_at(std::int64_t j, std::int64_t f) {
        return self ? x(j, f) : y(j, f);
    }
    double inverse(std::int64_t f) {
        return vector_kernel ? 1 / static_cast<double>(ell(0, f)) : 1;
    }
    double distance(std::int64_t i, std::int64_t j) {
        double s = 0;
        for (std::int64_t f = 0; f < d; ++f) {
            const double difference = (static_cast<double>(x(i, f)) - static_cast<double>(y_at(j, f))) * inverse(f);
            s += difference * difference;
        }
        return s;
    }
    double value(std::int64_t i, std::int64_t j) {
        if (vector_kernel) return degree * a * std::exp(-distance(i, j));
        double v = std::exp(-a * distance(i, j));
        if (Skew) v += 0.001 * (static_cast<double>(x(i, 0)) - static_cast<double>(y_at(j, 0)));
        return v;
    }

    static double tolerance() {
        return sizeof(T) == 4 ? 2e-6 : 1e-14;
    }

    void expect_gram() {
        for (std::int64_t i = 0; i < n; ++i)
            for (std::int64_t j = 0; j < m; ++j) {
                const double right = value(i, j);
                ASSERT_NEAR(static_cast<double>(k(i, j)), right, tolerance() * static_cast<double>(d + 4) * degree)
                    << "n " << n << " m " << m << " d " << d << " i " << i << " j " << j;
            }
        EXPECT_TRUE(k.gaps_untouched());
        EXPECT_EQ(broken_at.load(), 0) << "a convention of hg_kernel.h is broken: line of scalar_kernels.h";
    }

    // The gradients' errors are measured against the sum of the magnitudes of their terms.
    void expect_gradients() {
        std::vector<double> right_x(static_cast<std::size_t>(n * d)), size_x(right_x.size());
        std::vector<double> right_y(static_cast<std::size_t>(m * d)), size_y(right_y.size());
        std::vector<double> right_ell(static_cast<std::size_t>(d)), size_ell(right_ell.size());
        double right_a = 0, size_a = 0;
        for (std::int64_t i = 0; i < n; ++i)
            for (std::int64_t j = 0; j < m; ++j) {
                const double s = distance(i, j), cotangent = static_cast<double>(g(i, j));
                const double k_a = vector_kernel ? degree * std::exp(-s) : -s * std::exp(-a * s);
                const double outer = vector_kernel ? -2 * degree * a * std::exp(-s) : -2 * a * std::exp(-a * s);
                right_a += cotangent * k_a;
                size_a += std::fabs(cotangent * k_a);
                for (std::int64_t f = 0; f < d; ++f) {
                    const double difference = static_cast<double>(x(i, f)) - static_cast<double>(y_at(j, f));
                    const double term = cotangent * outer * difference * inverse(f) * inverse(f);
                    const std::size_t at_x = static_cast<std::size_t>(i * d + f);
                    const std::size_t at_y = static_cast<std::size_t>(j * d + f), at = static_cast<std::size_t>(f);
                    right_x[at_x] += term;
                    size_x[at_x] += std::fabs(term);
                    right_y[at_y] -= term;
                    size_y[at_y] += std::fabs(term);
                    right_ell[at] -= term * difference * inverse(f);
                    size_ell[at] += std::fabs(term * difference * inverse(f));
                }
            }
        const double bound = tolerance() * static_cast<double>(d + 8);
        for (std::int64_t i = 0; i < n; ++i)
            for (std::int64_t f = 0; f < d; ++f) {
                const std::size_t at = static_cast<std::size_t>(i * d + f);
                if (self) {
                    right_x[at] += right_y[at];
                    size_x[at] += size_y[at];
                }
                ASSERT_NEAR(static_cast<double>(gx(i, f)), right_x[at], bound * size_x[at])
                    << "gx of n " << n << " m " << m << " d " << d << " i " << i << " f " << f;
            }
        for (std::int64_t j = 0; j < (self ? 0 : m); ++j)
            for (std::int64_t f = 0; f < d; ++f) {
                const std::size_t at = static_cast<std::size_t>(j * d + f);
                ASSERT_NEAR(static_cast<double>(gy(j, f)), right_y[at], bound * size_y[at])
                    << "gy of n " << n << " m " << m << " d " << d << " j " << j << " f " << f;
            }
        ASSERT_NEAR(static_cast<double>(ga(0, 0)), right_a, bound * size_a) << "n " << n << " m " << m << " d " << d;
        if (vector_kernel)
            for (std::int64_t f = 0; f < d; ++f) {
                const std::size_t at = static_cast<std::size_t>(f);
                ASSERT_NEAR(static_cast<double>(gell(0, f)), right_ell[at], bound * size_ell[at]);
            }
        EXPECT_TRUE(gx.gaps_untouched() && gy.gaps_untouched());
        EXPECT_EQ(broken_at.load(), 0) << "a convention of hg_kernel.h is broken: line of scalar_kernels.h";
    }

    // Every bit of every gradient.
    std::vector<T> gradients() {
        std::vector<T> all = gx.packed();
        for (Matrix<T> *part : {&gy, &gell, &ga})
            for (const T v : part->packed()) all.push_back(v);
        return all;
    }
};

}  // namespace halogram_test
