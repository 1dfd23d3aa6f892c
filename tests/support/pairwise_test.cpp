#include "tests/support/pairwise.h"

#include <gtest/gtest.h>

namespace halogram_test {
namespace {

TEST(Pairwise, CoversEveryPair) {
    const std::vector<std::vector<int>> shapes = {{2, 2}, {3, 1, 4}, {2, 2, 2, 2, 2}, {1, 1}, {19, 16, 17, 4, 3, 2, 2}};
    for (const std::vector<int>& sizes : shapes) {
        const std::vector<FactorValues> rows = pairwise_rows(sizes);
        EXPECT_TRUE(missing_pairs(sizes, rows).empty());
        for (const FactorValues& row : rows) {
            ASSERT_EQ(row.size(), sizes.size());
            for (std::size_t f = 0; f < row.size(); ++f) EXPECT_TRUE(row[f] >= 0 && row[f] < sizes[f]);
        }
    }
}

TEST(Pairwise, NeedsFewRows) {
    // The two largest factors need 19 * 17 rows; the rest should fit into hardly more.
    EXPECT_LE(pairwise_rows({16, 17, 19, 6, 4, 3, 5, 2, 2, 2}).size(), 19u * 17u * 5u / 4u);
    EXPECT_LE(pairwise_rows({2, 2, 2, 2, 2, 2, 2}).size(), 10u);
}

TEST(Pairwise, AMissingPairIsFound) {
    // Rows of an exact array: each holds the only occurrence of its pairs, so that no row can be missing.
    const std::vector<int> sizes = {3, 3, 3};
    std::vector<FactorValues> rows;
    for (int a = 0; a < 3; ++a)
        for (int b = 0; b < 3; ++b) rows.push_back({a, b, (a + b) % 3});
    EXPECT_TRUE(missing_pairs(sizes, rows).empty());
    for (std::size_t left_out = 0; left_out < rows.size(); ++left_out) {
        std::vector<FactorValues> fewer = rows;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(left_out));
        EXPECT_EQ(missing_pairs(sizes, fewer).size(), 3u);
    }
    EXPECT_EQ(missing_pairs({2, 2}, {{0, 0}, {0, 1}, {1, 0}}),
              std::vector<std::string>{"factor 0 = 1 and factor 1 = 1"});
}

TEST(Pairwise, TheSameRowsEveryTime) { EXPECT_EQ(pairwise_rows({5, 4, 3}), pairwise_rows({5, 4, 3})); }

}  // namespace
}  // namespace halogram_test
