// Kernels of the dot product: linear, polynomial, sigmoid, cosine. scikit-learn's names, parameters and normalization.
#include "generators/catalogue/families.h"

namespace halogram {

std::vector<CatalogueEntry> dot_product_kernel_entries() {
    return {
        {
            .name = "linear",
            .kind = EntryKind::Kernel,
            .formula = "dot(x, y)",
            .parameters = {},
            .domain = Domain::Real,
            .summary = "dot product",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "smooth everywhere: y by x, x by y",
            .source = "scikit-learn, sklearn.metrics.pairwise.linear_kernel",
            .references =
                {
                    {.x = {1, 2, -3},
                     .y = {0.5, -1, 2},
                     .parameters = {},
                     .value = "-7.5",
                     .origin = "1/2 - 2 - 6 by hand"},
                    {.x = {1, 1, 1},
                     .y = {1, 1, 0},
                     .parameters = {},
                     .value = "2",
                     .origin = "example in the documentation of sklearn.metrics.pairwise.linear_kernel"},
                    {.x = {3, 4}, .y = {3, 4}, .parameters = {}, .value = "25", .origin = "3^2 + 4^2 by hand"},
                    {.x = {0, 0}, .y = {1, 1}, .parameters = {}, .value = "0", .origin = "a zero point, by hand"},
                },
        },
        {
            .name = "polynomial",
            .kind = EntryKind::Kernel,
            .formula = "(gamma * dot(x, y) + coef0)^degree",
            .parameters =
                {
                    {.name = "gamma", .description = "coefficient of the dot product", .minimum = 0.05, .maximum = 1.5},
                    {.name = "coef0", .description = "constant added to it", .minimum = 0.0, .maximum = 2.0},
                    {.name = "degree",
                     .description = "exponent, a positive integer",
                     .minimum = 1,
                     .maximum = 4,
                     .integer = true},
                },
            .domain = Domain::Real,
            .summary = "power of a shifted, scaled dot product",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "smooth everywhere; where the base is 0 the gradient is 0 for degree 2 and more, and "
                                 "gamma y by x for degree 1",
            .source = "scikit-learn, sklearn.metrics.pairwise.polynomial_kernel; degree is an integer here, so that "
                      "negative bases have a value",
            .references =
                {
                    {.x = {1, 2},
                     .y = {3, -1},
                     .parameters = {{0.25}, {1}, {3}},
                     .value = "1.953125",
                     .origin = "(5/4)^3 by hand"},
                    {.x = {1, -2},
                     .y = {2, 2},
                     .parameters = {{0.5}, {0.25}, {3}},
                     .value = "-0.421875",
                     .origin = "(-3/4)^3 by hand: an odd power of a negative base"},
                    {.x = {1, -2},
                     .y = {2, 2},
                     .parameters = {{0.5}, {0.25}, {2}},
                     .value = "0.5625",
                     .origin = "(-3/4)^2 by hand: an even power of a negative base"},
                    {.x = {1, -2}, .y = {2, 2}, .parameters = {{0.5}, {1}, {2}}, .value = "0", .origin = "0^2 by hand"},
                    {.x = {0, 0},
                     .y = {1, 1},
                     .parameters = {{0.5}, {2}, {4}},
                     .value = "16",
                     .origin = "coef0^degree at a zero point, 2^4 by hand"},
                },
        },
        {
            .name = "sigmoid",
            .kind = EntryKind::Kernel,
            .formula = "tanh(gamma * dot(x, y) + coef0)",
            .parameters =
                {
                    {.name = "gamma", .description = "coefficient of the dot product", .minimum = 0.05, .maximum = 1.5},
                    {.name = "coef0", .description = "constant added to it", .minimum = -1.0, .maximum = 1.0},
                },
            .domain = Domain::Real,
            .summary = "hyperbolic tangent of a shifted, scaled dot product (not positive definite in general)",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "smooth everywhere",
            .source = "scikit-learn, sklearn.metrics.pairwise.sigmoid_kernel",
            .references =
                {
                    {.x = {1, 2},
                     .y = {0.5, 0.25},
                     .parameters = {{0.5}, {0.25}},
                     .value = "0.6351489523872873192144343573124965",
                     .origin = "tanh(3/4), mpmath"},
                    {.x = {0, 0, 0},
                     .y = {1, 1, 0},
                     .parameters = {{0.25}, {1}},
                     .value = "0.7615941559557648881194582826047936",
                     .origin = "tanh(1), mpmath; 0.76 in the documentation of sklearn.metrics.pairwise.sigmoid_kernel"},
                    {.x = {1, 2},
                     .y = {2, -1},
                     .parameters = {{0.5}, {0}},
                     .value = "0",
                     .origin = "tanh(0) at orthogonal points, by hand"},
                },
        },
        {
            .name = "cosine",
            .kind = EntryKind::Kernel,
            // The root of a square is the number itself: 1 at equal points, to the last bit.
            .formula = "let p = scaled(x) in let q = scaled(y) in "
                       "unit_clamp(divide0(dot(p, q), sqrt(dot(p, p) * dot(q, q))))",
            .parameters = {},
            .domain = Domain::Real,
            .summary = "cosine of the angle between the points, from -1 to 1",
            .at_zero_by_zero = "0 where x or y is the zero point, as in scikit-learn",
            .boundary_gradient = "0 by x and by y where x or y is the zero point (the direction has no limit there); "
                                 "0 at coincident points, where the cosine has its maximum",
            .source = "scikit-learn, sklearn.metrics.pairwise.cosine_similarity (pairwise metric 'cosine')",
            .arc_cosine = "angle",
            .references =
                {
                    {.x = {3, 4}, .y = {4, 3}, .parameters = {}, .value = "0.96", .origin = "24/25 by hand"},
                    {.x = {1, 1, 1},
                     .y = {1, 1, 0},
                     .parameters = {},
                     .value = "0.8164965809277260327324280249019638",
                     .origin = "sqrt(2/3), mpmath; 0.816 in the documentation of cosine_similarity"},
                    {.x = {3, 4}, .y = {3, 4}, .parameters = {}, .value = "1", .origin = "coincident points, by hand"},
                    {.x = {1, 2}, .y = {-2, -4}, .parameters = {}, .value = "-1", .origin = "opposite points, by hand"},
                    {.x = {0, 0},
                     .y = {1, 1},
                     .parameters = {},
                     .value = "0",
                     .origin = "0/0, the value of sklearn.metrics.pairwise.cosine_similarity"},
                },
        },
    };
}

}  // namespace halogram
