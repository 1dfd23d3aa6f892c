// Kernels that decay exponentially with a distance: rbf, laplacian, exponential and the Matern family.
// The Matern kernels are written in the squared scaled distance, so that their derivatives stay in the family and no
// 0/0 appears at coincident points.
#include "generators/catalogue/families.h"

namespace halogram {

namespace {

CatalogueParameter gamma(const char* of) {
    return {.name = "gamma", .description = std::string("coefficient of ") + of, .minimum = 0.05, .maximum = 1.5};
}

CatalogueParameter lengthscale() {
    return {.name = "lengthscale", .description = "unit of distance, positive", .minimum = 0.5, .maximum = 2.0};
}

CatalogueEntry matern(const char* order, const char* nu, const char* boundary_gradient,
                      std::vector<ReferenceValue> references) {
    references.push_back(
        {.x = {1, -2}, .y = {1, -2}, .parameters = {{0.5}}, .value = "1", .origin = "coincident points, by hand"});
    return {
        .name = std::string("matern") + order,
        .kind = EntryKind::Kernel,
        .formula = std::string("matern") + order + "(sqdist(x, y) / lengthscale^2)",
        .parameters = {lengthscale()},
        .domain = Domain::Real,
        .summary = std::string("Matern kernel of smoothness ") + nu,
        .at_zero_by_zero = "does not occur",
        .boundary_gradient = boundary_gradient,
        .source = std::string("GPyTorch, gpytorch.kernels.MaternKernel(nu=") + nu +
                  "); Rasmussen, Williams: Gaussian Processes for Machine Learning, 2006, equations 4.16 and 4.17",
        .references = std::move(references),
    };
}

}  // namespace

std::vector<CatalogueEntry> exponential_kernel_entries() {
    return {
        {
            .name = "rbf",
            .kind = EntryKind::Kernel,
            .formula = "exp(-gamma * sqdist(x, y))",
            .parameters = {gamma("the squared Euclidean distance")},
            .domain = Domain::Real,
            .summary = "radial basis function (Gaussian) kernel",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "smooth everywhere: 0 at coincident points",
            .source = "scikit-learn, sklearn.metrics.pairwise.rbf_kernel",
            .references =
                {
                    {.x = {0, 0},
                     .y = {1, 1},
                     .parameters = {{0.25}},
                     .value = "0.6065306597126334236037995349911805",
                     .origin = "exp(-1/2) by hand, mpmath"},
                    {.x = {0.5, 0.25, 0.25},
                     .y = {0.25, 0.5, 0.25},
                     .parameters = {{8}},
                     .value = "0.3678794411714423215955237701614609",
                     .origin = "exp(-1) by hand, mpmath"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {{0.5}},
                     .value = "1",
                     .origin = "coincident points, by hand"},
                },
        },
        {
            .name = "rbf_ard",
            .kind = EntryKind::Kernel,
            .formula = "exp(-0.5 * sum(((x - y) / lengthscale[d])^2))",
            .parameters = {{.name = "lengthscale",
                            .description = "unit of distance of each feature, positive",
                            .minimum = 0.5,
                            .maximum = 2.0,
                            .per_feature = true}},
            .domain = Domain::Real,
            .summary =
                "radial basis function kernel with a lengthscale per feature (automatic relevance determination)",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "smooth everywhere: 0 at coincident points",
            .source = "GPyTorch, gpytorch.kernels.RBFKernel(ard_num_dims=D)",
            .references =
                {
                    {.x = {0, 0},
                     .y = {1, 1},
                     .parameters = {{1, 0.5}},
                     .value = "0.08208499862389879516952867446715981",
                     .origin = "exp(-(1 + 4)/2) by hand, mpmath"},
                    {.x = {0, 0},
                     .y = {2, 0.5},
                     .parameters = {{2, 1}},
                     .value = "0.5352614285189902419566225080220464",
                     .origin = "exp(-(1 + 1/4)/2) by hand, mpmath"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {{0.5, 2}},
                     .value = "1",
                     .origin = "coincident points, by hand"},
                },
        },
        {
            .name = "laplacian",
            .kind = EntryKind::Kernel,
            .formula = "exp(-gamma * l1(x, y))",
            .parameters = {gamma("the L1 distance")},
            .domain = Domain::Real,
            .summary = "Laplacian kernel: exponential of the L1 (cityblock) distance",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "0 by each feature in which the points coincide (subgradient of abs)",
            .source = "scikit-learn, sklearn.metrics.pairwise.laplacian_kernel",
            .references =
                {
                    {.x = {0, 0, 1},
                     .y = {1, -0.5, 1},
                     .parameters = {{0.5}},
                     .value = "0.4723665527410147071380465509432679",
                     .origin = "exp(-3/4) by hand, mpmath"},
                    {.x = {0.5, 0.25, 0.25},
                     .y = {0.25, 0.5, 0.25},
                     .parameters = {{1}},
                     .value = "0.6065306597126334236037995349911805",
                     .origin = "exp(-1/2) by hand, mpmath"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {{0.5}},
                     .value = "1",
                     .origin = "coincident points, by hand"},
                },
        },
        {
            .name = "exponential",
            .kind = EntryKind::Kernel,
            .formula = "exp(-norm(x - y) / lengthscale)",
            .parameters = {lengthscale()},
            .domain = Domain::Real,
            .summary = "exponential of the Euclidean distance (Ornstein-Uhlenbeck); the same function as matern12",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "0 at coincident points, where the kernel has a kink (subgradient of norm)",
            .source = "Rasmussen, Williams: Gaussian Processes for Machine Learning, 2006, section 4.2.1, exponential "
                      "covariance; lengthscale as in gpytorch.kernels.MaternKernel(nu=0.5)",
            .references =
                {
                    {.x = {0, 0},
                     .y = {3, 4},
                     .parameters = {{2}},
                     .value = "0.08208499862389879516952867446715981",
                     .origin = "exp(-5/2) by hand, mpmath"},
                    {.x = {0, 0},
                     .y = {0.375, 0.5},
                     .parameters = {{0.625}},
                     .value = "0.3678794411714423215955237701614609",
                     .origin = "exp(-1) by hand, mpmath"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {{0.5}},
                     .value = "1",
                     .origin = "coincident points, by hand"},
                },
        },
        matern("12", "0.5", "0 at coincident points, where the kernel has a kink (subgradient of the square root)",
               {{.x = {0, 0},
                 .y = {3, 4},
                 .parameters = {{2}},
                 .value = "0.08208499862389879516952867446715981",
                 .origin = "exp(-5/2) by hand, mpmath"}}),
        matern("32", "1.5", "0 at coincident points, the analytic limit",
               {{.x = {0},
                 .y = {1},
                 .parameters = {{1}},
                 .value = "0.4833577245965076505950750822576423",
                 .origin = "(1 + sqrt 3) exp(-sqrt 3) by hand, mpmath"},
                {.x = {0, 0},
                 .y = {3, 4},
                 .parameters = {{2}},
                 .value = "0.07017578643093342587361182852620878",
                 .origin = "(1 + sqrt(3) r) exp(-sqrt(3) r) at r = 5/2, mpmath"}}),
        matern("52", "2.5", "0 at coincident points, the analytic limit",
               {{.x = {0},
                 .y = {1},
                 .parameters = {{1}},
                 .value = "0.5239941088318203105927132507604957",
                 .origin = "(1 + sqrt 5 + 5/3) exp(-sqrt 5) by hand, mpmath"},
                {.x = {0, 0},
                 .y = {3, 4},
                 .parameters = {{2}},
                 .value = "0.06351021454894374636966498282926112",
                 .origin = "(1 + sqrt(5) r + 5 r^2 / 3) exp(-sqrt(5) r) at r = 5/2, mpmath"}}),
    };
}

}  // namespace halogram
