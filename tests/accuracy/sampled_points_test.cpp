// What the accuracy report samples, and what it keeps of it.
#include "tests/accuracy/sampled_points.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/accuracy/suspects.h"

namespace halogram {
namespace {

constexpr std::int64_t features = 3;

TEST(SampledPoints, LieInTheDomain) {
    std::mt19937_64 random(5);
    for (Distribution distribution : distributions)
        for (Domain domain : {Domain::NonNegative, Domain::Positive, Domain::Probability, Domain::Categorical}) {
            PointBlock<float> block(20, 30, features);
            draw(block, distribution, domain, random);
            for (const std::vector<float>* points : {&block.x, &block.y})
                for (std::size_t i = 0; i < points->size(); i += features) {
                    double total = 0;
                    for (std::size_t d = i; d < i + features; ++d) {
                        const float v = (*points)[d];
                        total += double(v);
                        if (domain == Domain::Positive) {
                            EXPECT_GT(v, 0);
                        } else if (domain != Domain::Categorical) {
                            EXPECT_GE(v, 0);
                        } else if (distribution != Distribution::OneUlpApart) {
                            EXPECT_EQ(v, std::nearbyint(v));
                        }
                    }
                    if (domain == Domain::Probability) {
                        EXPECT_NEAR(total, 1, 1e-6);
                    }
                }
        }
}

TEST(SampledPoints, OneUlpApartAreNeighbours) {
    std::mt19937_64 random(5);
    PointBlock<double> block(20, 30, features);
    draw(block, Distribution::OneUlpApart, Domain::Real, random);
    bool equal = false, apart = false;
    for (std::size_t i = 0; i < block.x.size(); ++i)
        for (std::size_t j = i % features; j < block.y.size(); j += features) {
            const double a = block.x[i], b = block.y[j];
            EXPECT_TRUE(a == b || std::nextafter(a, b) == b || std::nextafter(std::nextafter(a, b), b) == b);
            equal = equal || a == b;
            apart = apart || a != b;
        }
    EXPECT_TRUE(equal && apart);
}

Suspects<float> suspects_among(const std::vector<double>& shares) {
    Suspects<float> suspects;
    for (double share : shares)
        if (suspects.wants(share)) suspects.add({share, Distribution::Uniform, "", {}, {}, nullptr, 0});
    return suspects;
}

std::vector<double> kept(const Suspects<float>& suspects) {
    std::vector<double> shares;
    for (const Suspect<float>& s : suspects.all()) shares.push_back(s.share);
    std::sort(shares.rbegin(), shares.rend());
    return shares;
}

TEST(Suspects, AreTheWorstOfAll) {
    std::mt19937_64 random(5);
    std::uniform_real_distribution<double> uniform(0, 1);
    for (const double most : {0.5, 0.81, 1.0}) {  // nothing, something, too much is suspicious
        std::vector<double> shares(30'000);
        for (double& share : shares) share = most * uniform(random);
        const Suspects<float> suspects = suspects_among(shares);
        std::sort(shares.rbegin(), shares.rend());
        const std::size_t dangerous =
            std::size_t(std::count_if(shares.begin(), shares.end(), [](double s) { return s >= suspicious; }));
        const std::size_t count = std::min(std::max(dangerous, least_judged), most_judged);
        EXPECT_EQ(kept(suspects), std::vector<double>(shares.begin(), shares.begin() + std::int64_t(count)));
        EXPECT_EQ(suspects.dropped(), std::int64_t(dangerous > most_judged ? dangerous - most_judged : 0));
    }
}

}  // namespace
}  // namespace halogram
