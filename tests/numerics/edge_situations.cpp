#include "tests/numerics/edge_situations.h"

#include <cmath>
#include <limits>

namespace halogram {

namespace {

using Point = std::vector<double>;

// Two points of the domain that differ in every feature.
struct OrdinaryPoints {
    Point x, y;
};

OrdinaryPoints ordinary_points(Domain domain) {
    switch (domain) {
        case Domain::Real: return {{0.75, -0.5}, {0.25, 1}};
        case Domain::NonNegative:
        case Domain::Positive: return {{0.75, 0.5}, {0.25, 1}};
        case Domain::Probability: return {{0.75, 0.25}, {0.5, 0.5}};
        case Domain::Categorical: return {{1, 2}, {2, 0}};
    }
    return {};
}

Point scaled(Domain domain, Point p, double scale) {
    // What is lost of a sum of 1 is below an ulp.
    if (domain == Domain::Probability) return {p[0] * scale, 1};
    for (double& v : p) v *= scale;
    return p;
}

bool lies_in(Domain domain, const Point& p) {
    double total = 0;
    for (double v : p) {
        if (std::isnan(v)) return true;
        if (v < 0 && (domain == Domain::NonNegative || domain == Domain::Positive || domain == Domain::Probability))
            return false;
        if (v == 0 && domain == Domain::Positive) return false;
        total += v;
    }
    return domain != Domain::Probability || total == 1;
}

}  // namespace

std::vector<EdgeSituation> edge_situations(Domain domain, const EdgeScales& scales) {
    const double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    const auto [x, y] = ordinary_points(domain);
    auto first = [](double v, Point p) { return Point{v, p[1]}; };
    auto of = [domain = domain](const Point& p, double scale) { return scaled(domain, p, scale); };
    const auto [huge, tiny, subnormal] = scales;
    const Point zero = {0, 0};
    const std::vector<EdgeSituation> all = {
        {"NaN, ordinary", first(nan, x), y},
        {"ordinary, NaN", x, first(nan, y)},
        {"NaN, NaN", first(nan, x), first(nan, y)},
        {"+inf, ordinary", first(infinity, x), y},
        {"-inf, ordinary", first(-infinity, x), y},
        {"ordinary, +inf", x, first(infinity, y)},
        {"+inf, +inf", first(infinity, x), first(infinity, y)},
        {"+inf, -inf", first(infinity, x), first(-infinity, y)},
        {"huge, ordinary", of(x, huge), y},
        {"tiny, ordinary", of(x, tiny), y},
        {"subnormal, ordinary", of(x, subnormal), y},
        {"zero, ordinary", zero, y},
        {"huge, huge", of(x, huge), of(y, huge)},
        {"huge, tiny", of(x, huge), of(y, tiny)},
        {"huge, subnormal", of(x, huge), of(y, subnormal)},
        {"tiny, tiny", of(x, tiny), of(y, tiny)},
        {"tiny, subnormal", of(x, tiny), of(y, subnormal)},
        {"subnormal, subnormal", of(x, subnormal), of(y, subnormal)},
        {"zero, subnormal", zero, of(y, subnormal)},
        {"coincident ordinary", x, x},
        {"coincident, one feature 0", first(0, x), first(0, x)},
        {"coincident huge", of(x, huge), of(x, huge)},
        {"coincident tiny", of(x, tiny), of(x, tiny)},
        {"coincident subnormal", of(x, subnormal), of(x, subnormal)},
        {"coincident zero", zero, zero},
    };
    std::vector<EdgeSituation> inside;
    for (const EdgeSituation& s : all)
        if (lies_in(domain, s.x) && lies_in(domain, s.y)) inside.push_back(s);
    return inside;
}

}  // namespace halogram
