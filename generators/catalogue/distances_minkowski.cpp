// Distances that are norms of the difference. SciPy's names, parameters and values.
#include <limits>

#include "generators/catalogue/families.h"

namespace halogram {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

std::vector<CatalogueEntry> minkowski_distance_entries() {
    return {
        {
            .name = "sqeuclidean",
            .kind = EntryKind::Distance,
            .formula = "sqdist(x, y)",
            .parameters = {},
            .domain = Domain::Real,
            .summary = "squared Euclidean distance",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "smooth everywhere: 0 at coincident points",
            .source = "SciPy, scipy.spatial.distance.sqeuclidean",
            .references =
                {
                    {.x = {0, 0}, .y = {3, 4}, .parameters = {}, .value = "25", .origin = "9 + 16 by hand"},
                    {.x = {1, -2, 0.5},
                     .y = {0.5, -1, 1},
                     .parameters = {},
                     .value = "1.5",
                     .origin = "1/4 + 1 + 1/4 by hand"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {},
                     .value = "0",
                     .origin = "coincident points, by hand"},
                },
        },
        {
            .name = "euclidean",
            .kind = EntryKind::Distance,
            .formula = "norm(x - y)",
            .parameters = {},
            .domain = Domain::Real,
            .summary = "Euclidean distance",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "0 at coincident points, where the distance has a kink (subgradient of norm)",
            .source = "SciPy, scipy.spatial.distance.euclidean",
            .references =
                {
                    {.x = {0, 0}, .y = {3, 4}, .parameters = {}, .value = "5", .origin = "sqrt(9 + 16) by hand"},
                    {.x = {0, 0, 0},
                     .y = {1, 1, -1},
                     .parameters = {},
                     .value = "1.732050807568877293527446341505872",
                     .origin = "sqrt(3) by hand, mpmath"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {},
                     .value = "0",
                     .origin = "coincident points, by hand"},
                },
        },
        {
            .name = "seuclidean",
            .kind = EntryKind::Distance,
            .formula = "sqrt(sum((x - y)^2 / V[d]))",
            .parameters = {{.name = "V",
                            .description = "variance of each feature, positive",
                            .minimum = 0.25,
                            .maximum = 2.0,
                            .per_feature = true}},
            .domain = Domain::Real,
            .summary = "standardized Euclidean distance",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient =
                "0 at coincident points, where the distance has a kink (subgradient of sqrt), by V too",
            .source = "SciPy, scipy.spatial.distance.seuclidean",
            .references =
                {
                    {.x = {0, 0},
                     .y = {1.5, 4},
                     .parameters = {{0.25, 1}},
                     .value = "5",
                     .origin = "sqrt(9 + 16) by hand"},
                    {.x = {0, 0},
                     .y = {1, 0.5},
                     .parameters = {{0.5, 0.5}},
                     .value = "1.581138830084189665999446772216359",
                     .origin = "sqrt(2 + 1/2) by hand, mpmath"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {{0.5, 2}},
                     .value = "0",
                     .origin = "coincident points, by hand"},
                },
        },
        {
            .name = "cityblock",
            .kind = EntryKind::Distance,
            .formula = "l1(x, y)",
            .parameters = {},
            .domain = Domain::Real,
            .summary = "L1 (cityblock, Manhattan) distance",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "0 by each feature in which the points coincide (subgradient of abs)",
            .source = "SciPy, scipy.spatial.distance.cityblock",
            .references =
                {
                    {.x = {0, 0}, .y = {3, 4}, .parameters = {}, .value = "7", .origin = "3 + 4 by hand"},
                    {.x = {1, -2, 0.5},
                     .y = {0.5, -1, 0.5},
                     .parameters = {},
                     .value = "1.5",
                     .origin = "1/2 + 1 + 0 by hand"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {},
                     .value = "0",
                     .origin = "coincident points, by hand"},
                },
        },
        {
            .name = "chebyshev",
            .kind = EntryKind::Distance,
            .formula = "linf(x, y)",
            .parameters = {},
            .domain = Domain::Real,
            .summary = "L-infinity (Chebyshev) distance",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "0 at coincident points (subgradient of abs); features that tie for the largest "
                                 "difference share the gradient",
            .source = "SciPy, scipy.spatial.distance.chebyshev",
            .references =
                {
                    {.x = {0, 0}, .y = {3, 4}, .parameters = {}, .value = "4", .origin = "max(3, 4) by hand"},
                    {.x = {1, -2, 0.5},
                     .y = {3, 0, 0.5},
                     .parameters = {},
                     .value = "2",
                     .origin = "max(2, 2, 0), a tie, by hand"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {},
                     .value = "0",
                     .origin = "coincident points, by hand"},
                },
        },
        {
            .name = "minkowski",
            .kind = EntryKind::Distance,
            // Powers are taken of differences that a power of two has brought below 2, those beyond the 8th of such as are at
            // most 1: none overflows, what underflows is nothing beside the largest, and the rounding of 1 / p has a sum near
            // 1 to act on. Both factors are constants to derivatives, where they cancel: of the powers of 2 a gradient would
            // lose those digits that s takes below the normal numbers.
            .formula = "let m = linf(x, y) in "
                       "let s = where(p == 1 or p == 2, 1, scale_of(x - y)) in "
                       "let q = detached(m / s) in "
                       "let f = where(p <= 8 or q < 1, 1, q) in "
                       "where(1 / p == 0 or not (p == 1 or p == 2) and 1 / m == 0, m, "
                       "sum((abs(x - y) * (1 / s) / f)^p)^(1 / p) * (s * f))",
            .parameters = {{.name = "p",
                            .description = "order of the norm, at least 1; infinity gives the largest difference",
                            .minimum = 1.25,
                            .maximum = 4.0}},
            .domain = Domain::Real,
            .summary = "Minkowski distance of order p, a run-time parameter",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "0 at coincident points, where the distance has a kink, by p too; 0 by a feature in "
                                 "which the points coincide (the limit for p > 1, the subgradient of abs for p = 1)",
            .source = "SciPy, scipy.spatial.distance.minkowski",
            .references =
                {
                    {.x = {0, 0},
                     .y = {3, 4},
                     .parameters = {{3}},
                     .value = "4.497941445275414796391560794307357",
                     .origin = "91^(1/3) by hand, mpmath"},
                    {.x = {0, 0},
                     .y = {1, -4},
                     .parameters = {{1.5}},
                     .value = "4.326748710922225146964914932340329",
                     .origin = "(1 + 8)^(2/3) by hand, mpmath"},
                    {.x = {0, 0}, .y = {3, 4}, .parameters = {{2}}, .value = "5", .origin = "Euclidean, by hand"},
                    {.x = {0, 0},
                     .y = {3, -4},
                     .parameters = {{infinity}},
                     .value = "4",
                     .origin = "max(3, 4) by hand"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {{2.5}},
                     .value = "0",
                     .origin = "coincident points, by hand"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {{infinity}},
                     .value = "0",
                     .origin = "coincident points, by hand"},
                },
        },
    };
}

}  // namespace halogram
