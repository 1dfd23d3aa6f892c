// Arc-cosine kernels: infinitely wide one-layer networks with the activation max(t, 0)^n, n the order.
// arc_cosine is order 1 (ReLU), the one in most use. With t the angle between the points,
//     k_n(x, y) = |x|^n |y|^n J_n(t) / pi,
//     J_0 = pi - t,  J_1 = sin t + (pi - t) cos t,  J_2 = 3 sin t cos t + (pi - t)(1 + 2 cos^2 t).
#include "generators/catalogue/families.h"

namespace halogram {

namespace {

const char* const cho_saul =
    "Cho, Saul: Kernel Methods for Deep Learning, NIPS 2009, section 2 (GPyTorch's ArcKernel is another kernel)";

}  // namespace

std::vector<CatalogueEntry> arc_cosine_kernel_entries() {
    return {
        {
            .name = "arc_cosine",
            .kind = EntryKind::Kernel,
            .formula = "scale_of(x) * scale_of(y) * (norm(scaled(x)) * norm(scaled(y))) * arccos1(cosine(x, y))",
            .parameters = {},
            .domain = Domain::Real,
            .summary = "arc-cosine kernel of order 1 (infinitely wide ReLU layer)",
            .at_zero_by_zero = "0 where x or y is the zero point, which is the limit",
            .boundary_gradient =
                "x by both at coincident points, the analytic limit; 0 by y at x = 0; 0 by x at x = 0, "
                "where the kernel has a kink (subgradient of norm)",
            .source = cho_saul,
            .references =
                {
                    {.x = {1, 0},
                     .y = {1, 1},
                     .parameters = {},
                     .value = "1.068309886183790671537767526745029",
                     .origin = "3/4 + 1/pi by hand (angle pi/4), mpmath; agrees with the integral over the weights"},
                    {.x = {1, 0},
                     .y = {0, 2},
                     .parameters = {},
                     .value = "0.6366197723675813430755350534900574",
                     .origin = "2/pi by hand (angle pi/2), mpmath; agrees with the integral over the weights"},
                    {.x = {3, 4}, .y = {3, 4}, .parameters = {}, .value = "25", .origin = "k(x, x) = |x|^2, by hand"},
                    {.x = {1, 0}, .y = {-2, 0}, .parameters = {}, .value = "0", .origin = "opposite points, by hand"},
                    {.x = {0, 0}, .y = {1, 2}, .parameters = {}, .value = "0", .origin = "zero point, by hand"},
                },
        },
        {
            .name = "arc_cosine0",
            .kind = EntryKind::Kernel,
            .formula = "1 - angle(x, y) / pi",
            .parameters = {},
            .domain = Domain::Real,
            .summary = "arc-cosine kernel of order 0 (infinitely wide layer of steps): 1 - angle/pi",
            .at_zero_by_zero = "1/2 where x or y is the zero point (the kernel of a step that is 1/2 at 0)",
            .boundary_gradient =
                "0 at coincident and at opposite directions, where the angle has a kink; 0 where x or y "
                "is the zero point",
            .source = cho_saul,
            .references =
                {
                    {.x = {1, 0},
                     .y = {1, 1},
                     .parameters = {},
                     .value = "0.75",
                     .origin = "1 - (pi/4)/pi by hand; agrees with the integral over the weights"},
                    {.x = {1, 0}, .y = {0, 2}, .parameters = {}, .value = "0.5", .origin = "right angle, by hand"},
                    {.x = {3, 4}, .y = {3, 4}, .parameters = {}, .value = "1", .origin = "coincident points, by hand"},
                    {.x = {1, 0}, .y = {-2, 0}, .parameters = {}, .value = "0", .origin = "opposite points, by hand"},
                    {.x = {0, 0},
                     .y = {1, 2},
                     .parameters = {},
                     .value = "0.5",
                     .origin = "0/0: 2 (1/2) E[step] = 1/2 with step(0) = 1/2, by hand"},
                },
        },
        {
            .name = "arc_cosine2",
            .kind = EntryKind::Kernel,
            .formula = "let p = scaled(x) in let q = scaled(y) in "
                       "(scale_of(x) * scale_of(y))^2 * (dot(p, p) * dot(q, q)) * arccos2(cosine(x, y))",
            .parameters = {},
            .domain = Domain::Real,
            .summary = "arc-cosine kernel of order 2 (infinitely wide layer of squared ReLUs)",
            .at_zero_by_zero = "0 where x or y is the zero point, which is the limit",
            .boundary_gradient =
                "6 |x|^2 x by both at coincident points, the analytic limit; 0 where x or y is the zero "
                "point, the analytic limit too",
            .source = cho_saul,
            .references =
                {
                    {.x = {1, 0},
                     .y = {1, 1},
                     .parameters = {},
                     .value = "3.954929658551372014613302580235086",
                     .origin = "3 + 3/pi by hand (angle pi/4), mpmath; agrees with the integral over the weights"},
                    {.x = {1, 0},
                     .y = {0, 2},
                     .parameters = {},
                     .value = "2",
                     .origin = "4 * (1/2) by hand (angle pi/2); agrees with the integral over the weights"},
                    {.x = {3, 4}, .y = {3, 4}, .parameters = {}, .value = "1875", .origin = "3 |x|^4 by hand"},
                    {.x = {1, 0}, .y = {-2, 0}, .parameters = {}, .value = "0", .origin = "opposite points, by hand"},
                    {.x = {0, 0}, .y = {1, 2}, .parameters = {}, .value = "0", .origin = "zero point, by hand"},
                },
        },
    };
}

}  // namespace halogram
