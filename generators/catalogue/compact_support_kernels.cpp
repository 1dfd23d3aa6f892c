// Kernels that are exactly 0 beyond a distance.
#include "generators/catalogue/families.h"

namespace halogram {

std::vector<CatalogueEntry> compact_support_kernel_entries() {
    return {
        {
            .name = "piecewise_polynomial",
            .kind = EntryKind::Kernel,
            .formula = "wendland(sqdist(x, y) / lengthscale^2, floor(D / 2) + q + 1, q)",
            .parameters =
                {
                    {.name = "lengthscale",
                     .description = "radius of the support, positive",
                     .minimum = 0.5,
                     .maximum = 4.0},
                    {.name = "q",
                     .description = "smoothness: 2 q times differentiable at coincident points; 0, 1, 2 or 3",
                     .minimum = 0,
                     .maximum = 3,
                     .integer = true},
                },
            .domain = Domain::Real,
            .summary = "Wendland's piecewise polynomial kernel of compact support, positive definite up to D features",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient =
                "0 at coincident points: the analytic limit for q >= 1, a subgradient of the kink of q = 0. "
                "0 from the edge of the support r = 1 on, where D = 1 with q = 0 has a kink",
            .source =
                "GPyTorch, gpytorch.kernels.PiecewisePolynomialKernel as documented; Rasmussen, Williams: Gaussian "
                "Processes for Machine Learning, 2006, equation 4.21. GPyTorch up to 1.15.2 "
                "computes (j + 4 j + 3) / 3 where both have (j^2 + 4 j + 3) / 3, so its values for q = 2 differ "
                "(mended in its pull request 2756)",
            .references =
                {
                    {.x = {0},
                     .y = {0.5},
                     .parameters = {{1}, {0}},
                     .value = "0.5",
                     .origin = "D = 1, q = 0: 1 - r by hand"},
                    {.x = {0, 0, 0},
                     .y = {0.375, 0.5, 0},
                     .parameters = {{1}, {1}},
                     .value = "0.0692138671875",
                     .origin = "D = 3, q = 1: Wendland's (1 - r)^4 (4 r + 1) at r = 5/8, mpmath"},
                    {.x = {0, 0, 0},
                     .y = {0.75, 1, 0},
                     .parameters = {{2}, {2}},
                     .value = "0.025882780551910400390625",
                     .origin = "D = 3, q = 2: Wendland's (1 - r)^6 (35 r^2 + 18 r + 3) / 3 at r = 5/8, mpmath"},
                    {.x = {0, 0, 0},
                     .y = {0.375, 0.5, 0},
                     .parameters = {{1}, {3}},
                     .value = "0.009220604784786701202392578125",
                     .origin = "D = 3, q = 3: Wendland's (1 - r)^8 (32 r^3 + 25 r^2 + 8 r + 1) at r = 5/8, mpmath"},
                    {.x = {0, 0},
                     .y = {3, 4},
                     .parameters = {{4}, {2}},
                     .value = "0",
                     .origin = "outside the support, by hand"},
                    {.x = {0, 0},
                     .y = {3, 4},
                     .parameters = {{5}, {1}},
                     .value = "0",
                     .origin = "on the edge of the support, by hand"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {{0.5}, {3}},
                     .value = "1",
                     .origin = "coincident points, by hand"},
                },
        },
        {
            .name = "epanechnikov",
            .kind = EntryKind::Kernel,
            .formula = "max(1 - sqdist(x, y) / bandwidth^2, 0)",
            .parameters = {{.name = "bandwidth",
                            .description = "radius of the support, positive",
                            .minimum = 0.5,
                            .maximum = 4.0}},
            .domain = Domain::Real,
            .summary = "Epanechnikov kernel without its normalization (not positive definite in general)",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "0 at coincident points; at the edge of the support, a kink, half the derivative "
                                 "inside, since max shares a tie",
            .source = "Epanechnikov: Non-parametric estimation of a multivariate probability density, Theory Probab. "
                      "Appl. 14, 1969; bandwidth and shape as scikit-learn's KernelDensity(kernel='epanechnikov') "
                      "before its normalization",
            .references =
                {
                    {.x = {0, 0}, .y = {1, 1}, .parameters = {{2}}, .value = "0.5", .origin = "1 - 2/4 by hand"},
                    {.x = {0, 0},
                     .y = {3, 4},
                     .parameters = {{2}},
                     .value = "0",
                     .origin = "outside the support, by hand"},
                    {.x = {0, 0},
                     .y = {3, 4},
                     .parameters = {{5}},
                     .value = "0",
                     .origin = "on the edge of the support, by hand"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {{0.5}},
                     .value = "1",
                     .origin = "coincident points, by hand"},
                },
        },
    };
}

}  // namespace halogram
