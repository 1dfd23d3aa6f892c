#include "tests/accuracy/sampled_points.h"

#include <cmath>
#include <functional>
#include <limits>

namespace halogram {

namespace {

// A source of features, with what all points of the block have in common.
std::function<double()> features_of(Distribution distribution, double largest_exponent, std::mt19937_64& random) {
    switch (distribution) {
        case Distribution::Uniform: {
            const double reach = std::exp2(std::uniform_real_distribution<double>(-8, 2)(random));
            return [&random, d = std::uniform_real_distribution<double>(-reach, reach)]() mutable { return d(random); };
        }
        case Distribution::LogNormal:
            return [&random, d = std::normal_distribution<double>()]() mutable {
                const double size = std::exp(2 * d(random));
                return (random() & 1) != 0 ? size : -size;
            };
        case Distribution::Cauchy:
            return [&random, d = std::cauchy_distribution<double>()]() mutable { return d(random); };
        case Distribution::OneUlpApart:
            return [&random, d = std::uniform_real_distribution<double>(-2, 2)]() mutable { return d(random); };
        case Distribution::AllMagnitudes: {
            const double k =
                std::uniform_real_distribution<double>(-0.625 * largest_exponent, 0.625 * largest_exponent)(random);
            return [&random, d = std::cauchy_distribution<double>(0, std::exp2(k))]() mutable { return d(random); };
        }
        case Distribution::OffsetClusters: break;
    }
    const double centre = (random() & 1) != 0 ? 1e4 : -1e4;
    return [&random, d = std::normal_distribution<double>(centre, 1)]() mutable { return d(random); };
}

void move_into(Domain domain, double* point, std::int64_t features, std::mt19937_64& random) {
    if (domain == Domain::Real) return;
    const bool zeros = domain == Domain::NonNegative || domain == Domain::Probability;
    double total = 0;
    for (std::int64_t d = 0; d < features; ++d) {
        if (domain == Domain::Categorical)
            point[d] = std::nearbyint(point[d]);
        else
            point[d] = zeros && random() % 16 == 0 ? 0 : std::fabs(point[d]);
        if (domain == Domain::Positive && point[d] == 0) point[d] = 1;
        total += point[d];
    }
    if (domain != Domain::Probability) return;
    if (total == 0) total = point[0] = 1;
    for (std::int64_t d = 0; d < features; ++d) point[d] /= total;
}

template <typename T>
T one_step(T value, Domain domain, std::mt19937_64& random) {
    const T towards =
        std::array{-std::numeric_limits<T>::infinity(), value, std::numeric_limits<T>::infinity()}[random() % 3];
    const T moved = std::nextafter(value, towards);
    const bool allowed = domain == Domain::Real || domain == Domain::Categorical || moved > 0;
    return allowed && value != 0 ? moved : value;
}

}  // namespace

std::string_view distribution_name(Distribution distribution) {
    switch (distribution) {
        case Distribution::Uniform: return "uniform";
        case Distribution::LogNormal: return "log-normal";
        case Distribution::Cauchy: return "Cauchy";
        case Distribution::OneUlpApart: return "one ulp apart";
        case Distribution::OffsetClusters: return "clusters at 1e4";
        case Distribution::AllMagnitudes: return "all magnitudes";
    }
    return "unknown";
}

template <typename T>
void draw(PointBlock<T>& block, Distribution distribution, Domain domain, std::mt19937_64& random) {
    const std::function<double()> feature = features_of(distribution, std::numeric_limits<T>::max_exponent, random);
    std::vector<double> point(static_cast<std::size_t>(block.features));
    const auto draw_point = [&] {
        for (double& v : point) v = feature();
        // Rounding a category that is to have neighbours within one ulp would leave only whole numbers.
        if (domain != Domain::Categorical || distribution != Distribution::OneUlpApart)
            move_into(domain, point.data(), block.features, random);
    };
    if (distribution == Distribution::OneUlpApart) draw_point();
    for (std::vector<T>* points : {&block.x, &block.y})
        for (std::size_t k = 0; k < points->size(); ++k) {
            const std::size_t d = k % point.size();
            if (distribution == Distribution::OneUlpApart) {
                (*points)[k] = one_step(T(point[d]), domain, random);
                continue;
            }
            if (d == 0) draw_point();
            (*points)[k] = T(point[d]);
        }
}

template <typename T>
ParameterValues<T> draw_parameters(const CatalogueEntry& entry, std::int64_t features, std::mt19937_64& random) {
    ParameterValues<T> values;
    for (const CatalogueParameter& p : entry.parameters) {
        std::uniform_real_distribution<double> real(p.minimum, p.maximum);
        std::uniform_int_distribution<int> integer(static_cast<int>(p.minimum), static_cast<int>(p.maximum));
        for (std::int64_t d = 0; d < (p.per_feature ? features : 1); ++d)
            values[p.name].push_back(p.integer ? T(integer(random)) : T(real(random)));
    }
    return values;
}

template void draw(PointBlock<float>&, Distribution, Domain, std::mt19937_64&);
template void draw(PointBlock<double>&, Distribution, Domain, std::mt19937_64&);
template ParameterValues<float> draw_parameters(const CatalogueEntry&, std::int64_t, std::mt19937_64&);
template ParameterValues<double> draw_parameters(const CatalogueEntry&, std::int64_t, std::mt19937_64&);

}  // namespace halogram
