// Periodic kernels.
#include "generators/catalogue/families.h"

namespace halogram {

std::vector<CatalogueEntry> periodic_kernel_entries() {
    return {
        {
            .name = "periodic",
            .kind = EntryKind::Kernel,
            .formula = "exp(-2 / lengthscale * sum(sin(pi * (x - y) / period_length)^2))",
            .parameters =
                {
                    {.name = "lengthscale",
                     .description = "unit of the summed squared sines, positive; not squared, as in GPyTorch",
                     .minimum = 0.5,
                     .maximum = 2.0},
                    {.name = "period_length", .description = "period, positive", .minimum = 0.5, .maximum = 3.0},
                },
            .domain = Domain::Real,
            .summary = "periodic kernel, one period for all features",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "smooth everywhere: 0 at coincident points and at points whole periods apart",
            .source = "GPyTorch, gpytorch.kernels.PeriodicKernel; MacKay: Introduction to Gaussian Processes, 1998, "
                      "equation 47, whose lengthscale is squared and whose factor is 1/2",
            .references =
                {
                    {.x = {0, 0},
                     .y = {0.5, 0.25},
                     .parameters = {{2}, {1}},
                     .value = "0.2231301601484298289332804707640125",
                     .origin = "exp(-(2/2) (sin^2(pi/2) + sin^2(pi/4))) = exp(-3/2) by hand, mpmath"},
                    {.x = {0, 1},
                     .y = {0.75, 1},
                     .parameters = {{0.5}, {1.5}},
                     .value = "0.01831563888873418029371802127324124",
                     .origin = "half a period apart: exp(-2 / (1/2)) = exp(-4) by hand, mpmath"},
                    {.x = {0, 0.5},
                     .y = {1, -1.5},
                     .parameters = {{1}, {1}},
                     .value = "1",
                     .origin = "whole periods apart, by hand"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {{0.5}, {2}},
                     .value = "1",
                     .origin = "coincident points, by hand"},
                },
        },
    };
}

}  // namespace halogram
