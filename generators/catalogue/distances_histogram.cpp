// Distances and divergences of histograms and probabilities.
#include "generators/catalogue/families.h"

namespace halogram {

std::vector<CatalogueEntry> histogram_distance_entries() {
    return {
        {
            .name = "jensenshannon_distance",
            .kind = EntryKind::Distance,
            .formula = "let a = scaled(x) in "
                       "let b = scaled(y) in "
                       "let p = 2^59 * a / where(sum(a) == 0, 1, sum(a)) in "
                       "let q = 2^59 * b / where(sum(b) == 0, 1, sum(b)) in "
                       "sqrt(sum(js_div(p, q))) / 2^30",
            .parameters = {},
            .domain = Domain::NonNegative,
            // Half a divergence is often subnormal where its root is far from that: taken 2^60 times as large, exactly.
            .summary = "Jensen-Shannon distance, natural logarithm; each point is divided by the sum of its features",
            .at_zero_by_zero =
                "a feature that is 0 in both points adds 0; a zero point (SciPy: NaN) is not divided: 0 to "
                "itself, sqrt(log(2)/2) to any other",
            .boundary_gradient =
                "0 at coincident points, where the distance has a kink (subgradient of sqrt); 0 by a "
                "feature that is 0 in both points, up to the normalization; -infinity by a feature that "
                "is 0 in that point alone, the limit",
            .source = "SciPy, scipy.spatial.distance.jensenshannon(base=None)",
            .references =
                {
                    {.x = {1, 0},
                     .y = {0.5, 0.5},
                     .parameters = {},
                     .value = "0.4645014040224590059354372237244762",
                     .origin = "sqrt((3/2) log 2 - (3/4) log 3) by hand, mpmath; example in the documentation of "
                               "scipy.spatial.distance.jensenshannon"},
                    {.x = {2, 0, 0},
                     .y = {3, 3, 0},
                     .parameters = {},
                     .value = "0.4645014040224590059354372237244762",
                     .origin = "the same probabilities before normalization, one feature 0 in both"},
                    {.x = {0, 1},
                     .y = {1, 0},
                     .parameters = {},
                     .value = "0.8325546111576977563531646448952010",
                     .origin = "sqrt(log 2) by hand: disjoint supports, mpmath"},
                    {.x = {1, 2, 1},
                     .y = {2, 4, 2},
                     .parameters = {},
                     .value = "0",
                     .origin = "equal after normalization, by hand"},
                    {.x = {0, 1},
                     .y = {0x1p-140, 1},
                     .parameters = {},
                     .value = "4.986525407490173242897852107098288E-22",
                     .origin = "sqrt(log(2) / 2) 2^-70 by hand: a root of what f32 does not hold, mpmath"},
                    {.x = {0, 0},
                     .y = {1, 3},
                     .parameters = {},
                     .value = "0.5887050112577373455057846632298498",
                     .origin = "0/0, documented as sqrt(log(2)/2), mpmath"},
                },
        },
        {
            .name = "hellinger_distance",
            .kind = EntryKind::Distance,
            .formula = "sqrt(sum((sqrt(x) - sqrt(y))^2) / 2)",
            .parameters = {},
            .domain = Domain::Probability,
            .summary = "Hellinger distance, between 0 and 1 for probabilities",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "0 at coincident points, where the distance has a kink (subgradient of sqrt); 0 by a "
                                 "feature that is 0 in that point (the one-sided limit is -infinity where the other "
                                 "point's is positive)",
            .source = "Le Cam, Yang: Asymptotics in Statistics, 2000, normalized to 1: sqrt(1 - sum of sqrt(x y)) for "
                      "probabilities",
            .references =
                {
                    {.x = {0.5, 0.25, 0.25},
                     .y = {0.25, 0.5, 0.25},
                     .parameters = {},
                     .value = "0.2071067811865475244008443621048490",
                     .origin = "sqrt(1 - (1/sqrt(2) + 1/4)) = (sqrt(2) - 1)/2 by hand, mpmath"},
                    {.x = {0, 1}, .y = {1, 0}, .parameters = {}, .value = "1", .origin = "disjoint supports, by hand"},
                    {.x = {0.25, 0, 0.75},
                     .y = {0.25, 0, 0.75},
                     .parameters = {},
                     .value = "0",
                     .origin = "coincident points, by hand"},
                },
        },
        {
            .name = "kullback_leibler",
            .kind = EntryKind::Distance,
            .formula = "sum(rel_entr(x, y))",
            .parameters = {},
            .domain = Domain::Probability,
            .summary = "Kullback-Leibler divergence of y from x, natural logarithm; not symmetric, not normalized",
            .at_zero_by_zero =
                "a feature that is 0 in x adds 0, whatever it is in y; +infinity where it is 0 in y alone",
            .boundary_gradient =
                "at coincident points 1 by x and -1 by y (0 along the simplex); 0 by a feature that is 0 "
                "in both points; where it is 0 in x alone, -infinity in x and 0 in y; where it is 0 in "
                "y alone, +infinity in x and -infinity in y",
            .source = "Kullback, Leibler: On Information and Sufficiency, Ann. Math. Stat. 22, 1951; the sum of "
                      "scipy.special.rel_entr",
            .references =
                {
                    {.x = {0.5, 0.5},
                     .y = {0.25, 0.75},
                     .parameters = {},
                     .value = "0.1438410362258904637196095029969137",
                     .origin = "log 2 - log(3)/2 by hand, mpmath"},
                    {.x = {0.5, 0.5},
                     .y = {1, 0x1p-140},
                     .parameters = {},
                     .value = "47.82715545863622634978901638061418",
                     .origin = "69 log 2 by hand: a quotient that f32 does not hold, mpmath"},
                    {.x = {0.5, 0.25, 0.25},
                     .y = {0.25, 0.5, 0.25},
                     .parameters = {},
                     .value = "0.1732867951399863273543080303645441",
                     .origin = "log(2)/4 by hand, mpmath"},
                    {.x = {0, 1},
                     .y = {0.5, 0.5},
                     .parameters = {},
                     .value = "0.6931471805599453094172321214581766",
                     .origin = "log 2 by hand: a feature that is 0 in x, mpmath"},
                    {.x = {0.25, 0, 0.75},
                     .y = {0.25, 0, 0.75},
                     .parameters = {},
                     .value = "0",
                     .origin = "coincident points, one feature 0 in both, by hand"},
                },
        },
    };
}

}  // namespace halogram
