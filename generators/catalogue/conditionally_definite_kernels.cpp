// Kernels without a parameter that are positive definite only on weights with vanishing moments: energy, thin_plate.
#include "generators/catalogue/families.h"

namespace halogram {

std::vector<CatalogueEntry> conditionally_definite_kernel_entries() {
    return {
        {
            .name = "energy",
            .kind = EntryKind::Kernel,
            .formula = "-norm(x - y)",
            .parameters = {},
            .domain = Domain::Real,
            .summary = "energy-distance kernel: the negative Euclidean distance",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "0 at coincident points, where the kernel has a kink (subgradient of norm)",
            .source = "Szekely, Rizzo: Energy statistics, J. Stat. Plan. Inference 143, 2013; Sejdinovic et al.: "
                      "Equivalence of distance-based and RKHS-based statistics, Ann. Stat. 41, 2013",
            .references =
                {
                    {.x = {0, 0}, .y = {3, 4}, .parameters = {}, .value = "-5", .origin = "-sqrt(9 + 16) by hand"},
                    {.x = {0, 0, 0},
                     .y = {1, 1, -1},
                     .parameters = {},
                     .value = "-1.732050807568877293527446341505872",
                     .origin = "-sqrt(3) by hand, mpmath"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {},
                     .value = "0",
                     .origin = "coincident points, by hand"},
                },
        },
        {
            .name = "thin_plate",
            .kind = EntryKind::Kernel,
            .formula = "thin_plate_spline(sqdist(x, y))",
            .parameters = {},
            .domain = Domain::Real,
            .summary = "thin-plate spline r^2 log r of the Euclidean distance r",
            .at_zero_by_zero = "does not occur; 0 at coincident points, the limit of r^2 log r",
            .boundary_gradient = "0 at coincident points, the analytic limit; also of points so close that the squared "
                                 "distance vanishes",
            .source = "Duchon: Splines minimizing rotation-invariant semi-norms in Sobolev spaces, 1977; the kernel "
                      "'thin_plate_spline' of scipy.interpolate.RBFInterpolator",
            .references =
                {
                    {.x = {0, 0},
                     .y = {3, 4},
                     .parameters = {},
                     .value = "40.23594781085250936501898333065469",
                     .origin = "25 log 5 by hand, mpmath"},
                    {.x = {0, 0},
                     .y = {1, 1},
                     .parameters = {},
                     .value = "0.6931471805599453094172321214581766",
                     .origin = "2 log(sqrt 2) = log 2 by hand, mpmath"},
                    {.x = {0, 0}, .y = {0, 1}, .parameters = {}, .value = "0", .origin = "log 1 by hand"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {},
                     .value = "0",
                     .origin = "coincident points, by hand"},
                },
        },
    };
}

}  // namespace halogram
