// Pairs of points at the edges of the numbers: NaN, infinite, huge, tiny, subnormal, coincident.
#pragma once

#include <string>
#include <vector>

#include "generators/catalogue/catalogue.h"

namespace halogram {

struct EdgeSituation {
    std::string name;
    std::vector<double> x, y;  // two features each
};

// Of a type: numbers whose squares overflow, vanish, and a subnormal one.
struct EdgeScales {
    double huge, tiny, subnormal;
};
inline constexpr EdgeScales f32_scales{1e30, 1e-30, 1e-40};
inline constexpr EdgeScales f64_scales{1e300, 1e-300, 1e-310};

// Those whose points lie in the domain. NaN lies in every one.
std::vector<EdgeSituation> edge_situations(Domain domain, const EdgeScales& scales);

}  // namespace halogram
