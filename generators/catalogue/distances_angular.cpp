// Distances of directions. 1 - cos t is computed as |u - v|^2 / 2 of the unit vectors u and v: the same number, but
// without cancellation, so that nearly parallel points keep their relative accuracy and the distance is never negative.
// A point without a direction is divided by 1 instead of its norm, so that neither value nor gradient meets 0/0; the
// product of the norms in the outer condition, unlike two comparisons, lets a NaN in either point through.
#include "generators/catalogue/families.h"

namespace halogram {

std::vector<CatalogueEntry> angular_distance_entries() {
    return {
        {
            .name = "cosine_distance",
            .kind = EntryKind::Distance,
            .formula = "let a = scaled(x) in "
                       "let b = scaled(y) in "
                       "let u = a / where(norm(a) == 0, 1, norm(a)) in "
                       "let v = b / where(norm(b) == 0, 1, norm(b)) in "
                       "let c = sqdist(u, v) / 2 in "
                       "where(norm(a) * norm(b) == 0, 1, c - detached(max(c - 2, 0)))",
            .parameters = {},
            .domain = Domain::Real,
            .summary = "1 minus the cosine of the angle",
            .at_zero_by_zero = "1 where x or y is the zero point (SciPy: NaN), as in scikit-learn's cosine_distances",
            .boundary_gradient = "0 at parallel points, the analytic limit; 0 where x or y is the zero point",
            .source = "SciPy, scipy.spatial.distance.cosine",
            .references =
                {
                    {.x = {3, 4}, .y = {4, 3}, .parameters = {}, .value = "0.04", .origin = "1 - 24/25 by hand"},
                    {.x = {1, 1, 0},
                     .y = {0, 1, 0},
                     .parameters = {},
                     .value = "0.2928932188134524755991556378951510",
                     .origin = "1 - 1/sqrt(2), mpmath; example in the documentation of scipy.spatial.distance.cosine"},
                    {.x = {1, 2}, .y = {-2, -4}, .parameters = {}, .value = "2", .origin = "opposite points, by hand"},
                    {.x = {1, 2}, .y = {2, 4}, .parameters = {}, .value = "0", .origin = "parallel points, by hand"},
                    {.x = {0, 0}, .y = {1, 1}, .parameters = {}, .value = "1", .origin = "0/0, documented as 1"},
                    {.x = {0, 0}, .y = {0, 0}, .parameters = {}, .value = "1", .origin = "0/0, documented as 1"},
                },
        },
        {
            .name = "angle",
            .kind = EntryKind::Distance,
            // From the chord to the nearer one of v and -v, as exact as atan2(|u - v|, |u + v|) is near 0 and pi.
            .formula = "let a = scaled(x) in "
                       "let b = scaled(y) in "
                       "let u = a / where(norm(a) == 0, 1, norm(a)) in "
                       "let v = b / where(norm(b) == 0, 1, norm(b)) in "
                       "where(norm(a) * norm(b) == 0, pi / 2, where(sqdist(u, v) < sqdist(u, -v), "
                       "archav(sqdist(u, v) / 4), pi - archav(sqdist(u, -v) / 4)))",
            .parameters = {},
            .domain = Domain::Real,
            .summary = "angle between the points in radians, from 0 to pi; acos(cosine(x, y)) is read as this",
            .at_zero_by_zero = "pi/2 where x or y is the zero point, whose cosine is 0",
            .boundary_gradient =
                "0 at parallel and at opposite points, where the angle has a kink; 0 where x or y is the "
                "zero point",
            .source =
                "Kahan: How Futile are Mindless Assessments of Roundoff in Floating-Point Computation?, 2006, section "
                "12: 2 atan2(|u - v|, |u + v|)",
            .references =
                {
                    {.x = {1, 0},
                     .y = {1, 1},
                     .parameters = {},
                     .value = "0.7853981633974483096156608458198757",
                     .origin = "pi/4 by hand"},
                    {.x = {1, 0},
                     .y = {1, 0x1p-30},
                     .parameters = {},
                     .value = "9.313225746154785153557354776845613038929e-10",
                     .origin = "atan(2^-30), the series by hand"},
                    {.x = {3, 4}, .y = {3, 4}, .parameters = {}, .value = "0", .origin = "coincident points, by hand"},
                    {.x = {1, 0},
                     .y = {-2, 0},
                     .parameters = {},
                     .value = "3.141592653589793238462643383279503",
                     .origin = "opposite points, pi by hand"},
                    {.x = {0, 0},
                     .y = {1, 1},
                     .parameters = {},
                     .value = "1.570796326794896619231321691639751",
                     .origin = "0/0, documented as pi/2"},
                },
        },
        {
            .name = "correlation_distance",
            .kind = EntryKind::Distance,
            .formula = "let a = scaled(x) - mean(scaled(x)) in "
                       "let b = scaled(y) - mean(scaled(y)) in "
                       "let u = a / where(norm(a) == 0, 1, norm(a)) in "
                       "let v = b / where(norm(b) == 0, 1, norm(b)) in "
                       "let c = sqdist(u, v) / 2 in "
                       "where(norm(a) * norm(b) == 0, 1, c - detached(max(c - 2, 0)))",
            .parameters = {},
            .domain = Domain::Real,
            .summary = "1 minus Pearson's correlation of the features of the two points",
            .at_zero_by_zero =
                "1 where the features of x or of y are all equal, so always for D = 1 (SciPy: NaN); exact "
                "where the mean is, else rounding leaves a meaningless direction",
            .boundary_gradient =
                "0 at points with correlation 1, the analytic limit; 0 where the features of x or of y "
                "are all equal",
            .source = "SciPy, scipy.spatial.distance.correlation",
            .references =
                {
                    {.x = {1, 0, 1},
                     .y = {1, 1, 0},
                     .parameters = {},
                     .value = "1.5",
                     .origin = "1 + 1/2 by hand; example in the documentation of scipy.spatial.distance.correlation"},
                    {.x = {1, 2, 3, 2},
                     .y = {2, 3, 2, 1},
                     .parameters = {},
                     .value = "1",
                     .origin = "uncorrelated features, by hand"},
                    {.x = {1, 2, 3}, .y = {3, 5, 7}, .parameters = {}, .value = "0", .origin = "y = 2 x + 1, by hand"},
                    {.x = {1, 2, 3}, .y = {7, 5, 3}, .parameters = {}, .value = "2", .origin = "y = 9 - 2 x, by hand"},
                    {.x = {2, 2}, .y = {1, 3}, .parameters = {}, .value = "1", .origin = "0/0, documented as 1"},
                },
        },
    };
}

}  // namespace halogram
