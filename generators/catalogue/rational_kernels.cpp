// Kernels that are powers of 1 + (scaled distance)^2.
#include "generators/catalogue/families.h"

namespace halogram {

namespace {

CatalogueParameter lengthscale() {
    return {.name = "lengthscale", .description = "unit of distance, positive", .minimum = 0.5, .maximum = 2.0};
}

CatalogueParameter offset() {
    return {.name = "c", .description = "offset of the distance, positive", .minimum = 0.25, .maximum = 2.0};
}

}  // namespace

std::vector<CatalogueEntry> rational_kernel_entries() {
    return {
        {
            .name = "rational_quadratic",
            .kind = EntryKind::Kernel,
            .formula = "(1 + sqdist(x, y) / (2 * alpha * lengthscale^2))^(-alpha)",
            .parameters =
                {
                    {.name = "alpha",
                     .description = "relative weight of large and small scales, positive; rbf in the limit",
                     .minimum = 0.25,
                     .maximum = 3.0},
                    lengthscale(),
                },
            .domain = Domain::Real,
            .summary = "rational quadratic kernel: a mixture of rbf kernels of many lengthscales",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "smooth everywhere: 0 at coincident points, by alpha and lengthscale too",
            .source = "GPyTorch, gpytorch.kernels.RQKernel",
            .references =
                {
                    {.x = {0, 0},
                     .y = {1, 1},
                     .parameters = {{2}, {1}},
                     .value = "0.4444444444444444444444444444444444",
                     .origin = "(1 + 2/4)^(-2) = 4/9 by hand"},
                    {.x = {0, 0},
                     .y = {1, 1},
                     .parameters = {{0.5}, {1}},
                     .value = "0.5773502691896257645091487805019575",
                     .origin = "(1 + 2)^(-1/2) by hand, mpmath"},
                    {.x = {0, 0},
                     .y = {3, 4},
                     .parameters = {{1}, {2.5}},
                     .value = "0.3333333333333333333333333333333333",
                     .origin = "(1 + 25 / (2 * 25/4))^(-1) = 1/3 by hand"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {{1.5}, {0.5}},
                     .value = "1",
                     .origin = "coincident points, by hand"},
                },
        },
        {
            .name = "cauchy",
            .kind = EntryKind::Kernel,
            .formula = "1 / (1 + sqdist(x, y) / lengthscale^2)",
            .parameters = {lengthscale()},
            .domain = Domain::Real,
            .summary = "Cauchy kernel",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "smooth everywhere: 0 at coincident points",
            .source = "Basak: A least square kernel machine with box constraints, ICPR 2008; lengthscale is "
                      "sigma in 1 / (1 + |x - y|^2 / sigma^2)",
            .references =
                {
                    {.x = {0, 0},
                     .y = {3, 4},
                     .parameters = {{2}},
                     .value = "0.1379310344827586206896551724137931",
                     .origin = "1 / (1 + 25/4) = 4/29 by hand"},
                    {.x = {0, 0}, .y = {1, 0}, .parameters = {{1}}, .value = "0.5", .origin = "1 / (1 + 1) by hand"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {{0.5}},
                     .value = "1",
                     .origin = "coincident points, by hand"},
                },
        },
        {
            .name = "multiquadric",
            .kind = EntryKind::Kernel,
            .formula = "sqrt(sqdist(x, y) + c^2)",
            .parameters = {offset()},
            .domain = Domain::Real,
            .summary = "Hardy's multiquadric (its negative is conditionally positive definite of order 1)",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "smooth for c > 0: 0 at coincident points, 1 by c there; for c = 0 the subgradient 0",
            .source = "Hardy: Multiquadric equations of topography and other irregular surfaces, J. Geophys. Res. 76, "
                      "1971; Wendland: Scattered Data Approximation, 2005, chapter 8",
            .references =
                {
                    {.x = {0}, .y = {1}, .parameters = {{0.75}}, .value = "1.25", .origin = "sqrt(1 + 9/16) by hand"},
                    {.x = {0, 0},
                     .y = {1, 1},
                     .parameters = {{1}},
                     .value = "1.732050807568877293527446341505872",
                     .origin = "sqrt(3) by hand, mpmath"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {{0.5}},
                     .value = "0.5",
                     .origin = "c at coincident points, by hand"},
                },
        },
        {
            .name = "inverse_multiquadric",
            .kind = EntryKind::Kernel,
            .formula = "1 / sqrt(sqdist(x, y) + c^2)",
            .parameters = {offset()},
            .domain = Domain::Real,
            .summary = "inverse multiquadric",
            .at_zero_by_zero = "does not occur; +infinity at coincident points for c = 0",
            .boundary_gradient = "smooth for c > 0: 0 at coincident points, -1/c^2 by c there",
            .source =
                "Hardy: Theory and applications of the multiquadric-biharmonic method, Computers Math. Applic. 19, "
                "1990; Wendland: Scattered Data Approximation, 2005, chapter 6",
            .references =
                {
                    {.x = {0},
                     .y = {1},
                     .parameters = {{0.75}},
                     .value = "0.8",
                     .origin = "1 / sqrt(1 + 9/16) by hand"},
                    {.x = {0, 0},
                     .y = {1, 1},
                     .parameters = {{1}},
                     .value = "0.5773502691896257645091487805019575",
                     .origin = "1 / sqrt(3) by hand, mpmath"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {{0.5}},
                     .value = "2",
                     .origin = "1/c at coincident points, by hand"},
                },
        },
    };
}

}  // namespace halogram
