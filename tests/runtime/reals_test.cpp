// Loops over elements that go by vectors, against the same one number at a time.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

extern "C" {
#include "runtime/hg_internal.h"
}

namespace halogram_test {
namespace {

template <typename Real>
class Reals : public testing::Test {
protected:
    std::mt19937 random{7};

    std::vector<Real> numbers(std::size_t count) {
        std::normal_distribution<Real> normal(3, 2);
        std::vector<Real> result(count);
        for (Real &value : result) value = normal(random);
        return result;
    }
};

using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Reals, Types);

// The mean of the middle half of up to 32 finite numbers of a feature, of fewer than 5 the median.
template <typename Real>
Real center_of(const std::vector<Real> &points, std::int64_t n, std::int64_t ld, std::int64_t feature) {
    std::vector<Real> sample;
    const std::int64_t taken = std::min<std::int64_t>(n, 32);
    for (std::int64_t k = 0; k < taken; ++k) {
        const Real value = points[static_cast<std::size_t>(k * n / taken * ld + feature)];
        if (std::isfinite(value)) sample.push_back(value);
    }
    std::sort(sample.begin(), sample.end());
    const std::size_t count = sample.size(), dropped = count < 5 && count > 0 ? (count - 1) / 2 : count / 4;
    Real mean = 0;
    for (std::size_t k = dropped; k < count - dropped; ++k) mean += sample[k] / static_cast<Real>(count - 2 * dropped);
    return mean;
}

TYPED_TEST(Reals, CenterIsTheMeanOfTheMiddleOfASample) {
    using Real = TypeParam;
    for (std::int64_t n : {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 100, 1000}) {
        for (std::int64_t d : {1, 2, 3, 4, 5, 8, 13}) {
            const std::int64_t ld = d + n % 3;
            std::vector<Real> points = this->numbers(static_cast<std::size_t>(n * ld)), center(13, -1);
            hg1_center(sizeof(Real), center.data(), points.data(), n, ld, d);
            for (std::int64_t k = 0; k < d; ++k)
                ASSERT_EQ(center[static_cast<std::size_t>(k)], center_of(points, n, ld, k))
                    << n << ' ' << d << ' ' << k;
        }
    }
}

TYPED_TEST(Reals, CenterLeavesOutWhatIsNotFinite) {
    using Real = TypeParam;
    const Real infinity = std::numeric_limits<Real>::infinity();
    const std::int64_t d = 9;
    for (std::int64_t n : {1, 2, 6, 32, 50}) {
        for (Real odd : {infinity, -infinity, std::numeric_limits<Real>::quiet_NaN()}) {
            for (std::int64_t feature = 0; feature < d; ++feature) {
                std::vector<Real> points = this->numbers(static_cast<std::size_t>(n * d)), center(9);
                for (std::int64_t i = 0; i < n; i += 2) points[static_cast<std::size_t>(i * d + feature)] = odd;
                hg1_center(sizeof(Real), center.data(), points.data(), n, d, d);
                for (std::int64_t k = 0; k < d; ++k)
                    ASSERT_EQ(center[static_cast<std::size_t>(k)], center_of(points, n, d, k)) << n << ' ' << k;
            }
        }
    }
}

// Sorting networks are right for all numbers where they are for zeros and ones.
TYPED_TEST(Reals, CenterOfRepeatedNumbers) {
    using Real = TypeParam;
    for (int round = 0; round < 2000; ++round) {
        const std::int64_t n = 1 + round % 32, d = 4;
        std::vector<Real> points(static_cast<std::size_t>(n * d)), center(4);
        for (Real &value : points) value = static_cast<Real>(this->random() % 3) - 1;
        hg1_center(sizeof(Real), center.data(), points.data(), n, d, d);
        for (std::int64_t k = 0; k < d; ++k)
            ASSERT_EQ(center[static_cast<std::size_t>(k)], center_of(points, n, d, k)) << n << ' ' << k;
    }
}

TYPED_TEST(Reals, PackedPointsAreMovedAndPadded) {
    using Real = TypeParam;
    for (std::int64_t count : {1, 2, 3, 4, 7, 32, 65, 70}) {
        for (std::int64_t width : {1, 3, 4, 7, 32, 33}) {
            for (std::int64_t centred : {std::int64_t{-1}, std::int64_t{0}, width / 2, width}) {
                const std::int64_t ld = width + count % 2, padded = (count + 7) / 8 * 8;
                const std::vector<Real> points = this->numbers(static_cast<std::size_t>(count * ld)),
                                        center = this->numbers(static_cast<std::size_t>(width));
                const hg1_points given = {points.data(),
                                          ld,
                                          count,
                                          padded,
                                          width,
                                          centred >= 0 ? center.data() : nullptr,
                                          std::max<std::int64_t>(centred, 0)};
                std::vector<Real> rows(static_cast<std::size_t>(padded * width)), transposed = rows;
                hg1_pack_rows(sizeof(Real), rows.data(), &given);
                hg1_pack_transposed(sizeof(Real), transposed.data(), &given);
                for (std::int64_t i = 0; i < padded; ++i)
                    for (std::int64_t k = 0; k < width; ++k) {
                        const Real value = points[static_cast<std::size_t>(std::min(i, count - 1) * ld + k)],
                                   moved = k < centred ? value - center[static_cast<std::size_t>(k)] : value;
                        ASSERT_EQ(rows[static_cast<std::size_t>(i * width + k)], moved) << count << ' ' << width;
                        ASSERT_EQ(transposed[static_cast<std::size_t>(k * padded + i)], moved) << count << ' ' << width;
                    }
            }
        }
    }
}

TYPED_TEST(Reals, UnpackedIsTransposedAndAdded) {
    using Real = TypeParam;
    for (std::int64_t columns : {1, 3, 16, 17, 70}) {
        for (std::int64_t d : {1, 2, 5, 64, 65, 131}) {
            const std::int64_t padded = columns + 3, ld = d + 2;
            const std::vector<Real> packed = this->numbers(static_cast<std::size_t>(padded * d)),
                                    before = this->numbers(static_cast<std::size_t>(columns * ld));
            for (const int accumulate : {0, 1}) {
                std::vector<Real> target = before;
                hg1_unpack_transposed(sizeof(Real), target.data(), ld, packed.data(), columns, padded, d, accumulate);
                for (std::int64_t j = 0; j < columns; ++j)
                    for (std::int64_t k = 0; k < ld; ++k) {
                        const auto at = static_cast<std::size_t>(j * ld + k);
                        const Real own = k < d ? packed[static_cast<std::size_t>(k * padded + j)] : 0;
                        ASSERT_EQ(target[at], k >= d ? before[at] : accumulate != 0 ? before[at] + own : own);
                    }
            }
        }
    }
}

}  // namespace
}  // namespace halogram_test
