// Points that rounding, infinities and NaN meet in: numbers of every kind among ordinary ones, and pairs of points that are
// equal or one unit in the last place apart.
#pragma once

#include <cmath>
#include <limits>
#include <random>

#include "tests/support/matrix.h"

namespace halogram {

template <typename T>
class SpecialPoints {
public:
    explicit SpecialPoints(std::mt19937_64& random) : random_(random) {}

    void draw(halogram_test::Matrix<T>& x, halogram_test::Matrix<T>& y) {
        for (std::int64_t i = 0; i < x.rows; ++i) draw_row(x, i);
        put_nan(x, 0);
        for (std::int64_t j = 0; j < y.rows; ++j) {
            draw_row(y, j);
            if (below(3) != 0 || x.rows == 0) continue;
            const std::int64_t i = below(static_cast<int>(x.rows));
            for (std::int64_t d = 0; d < y.columns; ++d) y(j, d) = near(x(i, d));
        }
        put_nan(y, y.rows - 1);
    }

    // A number that is special in one of `rarity` draws.
    T number(int rarity) {
        if (below(rarity) != 0) return T(std::uniform_real_distribution<double>(-2, 2)(random_));
        using Limits = std::numeric_limits<T>;
        const T kinds[] = {Limits::quiet_NaN(),
                           Limits::infinity(),
                           -Limits::infinity(),
                           T(0),
                           -T(0),
                           Limits::denorm_min(),
                           -Limits::denorm_min(),
                           Limits::min() / 3,
                           Limits::min(),
                           Limits::max(),
                           -Limits::max(),
                           T(1),
                           T(-1),
                           std::nextafter(T(1), T(2)),
                           T(88),
                           T(-104),
                           T(1e10),
                           T(1e-10),
                           std::sqrt(Limits::max())};
        return kinds[below(static_cast<int>(sizeof kinds / sizeof kinds[0]))];
    }

private:
    std::mt19937_64& random_;

    int below(int count) { return static_cast<int>(random_() % static_cast<std::uint64_t>(count)); }

    void draw_row(halogram_test::Matrix<T>& points, std::int64_t row) {
        // Half of the points are ordinary, else a NaN would soon be in all of many features.
        const int rarity = below(2) == 0 ? 1 << 30 : 1 + static_cast<int>(points.columns);
        const bool positive = below(2) == 0;
        for (std::int64_t d = 0; d < points.columns; ++d) {
            const T v = number(rarity);
            points(row, d) = positive ? std::abs(v) : v;
        }
    }

    // In one feature, whatever the draw.
    void put_nan(halogram_test::Matrix<T>& points, std::int64_t row) {
        if (points.rows > 1) points(row, below(static_cast<int>(points.columns))) = std::numeric_limits<T>::quiet_NaN();
    }

    T near(T v) {
        switch (below(6)) {
            case 0: return std::nextafter(v, std::numeric_limits<T>::infinity());
            case 1: return std::nextafter(v, T(0));
            default: return v;
        }
    }
};

}  // namespace halogram
