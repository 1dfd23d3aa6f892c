// The pairs of the accuracy report: points of five distributions, moved into a kernel's domain, and its parameters.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "generators/catalogue/catalogue.h"

namespace halogram {

enum class Distribution {
    Uniform,         // in [-r, r], r itself between 2^-8 and 4
    LogNormal,       // of either sign, e^(2 z)
    Cauchy,          // heavy tails: far points, large and small features in one point
    OneUlpApart,     // all points of a block within one unit in the last place of each other, in every feature
    OffsetClusters,  // normal around +-10^4: differences are small against the points
    AllMagnitudes,   // Cauchy times 2^k, |k| up to 5/8 of the largest exponent: over- and underflow in squares
};
// Without the extremes of the last one, unless a report asks for them.
inline constexpr std::array distributions = {Distribution::Uniform, Distribution::LogNormal, Distribution::Cauchy,
                                             Distribution::OneUlpApart, Distribution::OffsetClusters};
std::string_view distribution_name(Distribution distribution);

// n points of x and m of y, row-major: every pair of them is a sample.
template <typename T>
struct PointBlock {
    std::int64_t n, m, features;
    std::vector<T> x, y;

    PointBlock(std::int64_t rows, std::int64_t columns, std::int64_t d)
        : n(rows),
          m(columns),
          features(d),
          x(static_cast<std::size_t>(rows * d)),
          y(static_cast<std::size_t>(columns * d)) {}
};

// Negative features become positive where the domain asks for it, now and then 0 where 0 is allowed; probabilities are
// divided by their sum, categories rounded to whole numbers (but for those that are one ulp apart).
template <typename T>
void draw(PointBlock<T>& block, Distribution distribution, Domain domain, std::mt19937_64& random);

// The parameters of one call by name: one number, or one per feature.
template <typename T>
using ParameterValues = std::map<std::string, std::vector<T>>;

// Uniform between the entry's limits.
template <typename T>
ParameterValues<T> draw_parameters(const CatalogueEntry& entry, std::int64_t features, std::mt19937_64& random);

}  // namespace halogram
