// Distances that relate differences to magnitudes or count them. SciPy's names and values.
#include "generators/catalogue/families.h"

namespace halogram {

std::vector<CatalogueEntry> relative_distance_entries() {
    return {
        {
            .name = "canberra",
            .kind = EntryKind::Distance,
            .formula = "sum(divide0(abs(x - y), abs(x) + abs(y)))",
            .parameters = {},
            .domain = Domain::Real,
            .summary = "Canberra distance",
            .at_zero_by_zero = "a feature that is 0 in both points adds 0, as in SciPy",
            .boundary_gradient =
                "0 by each feature in which the points coincide, also where both are 0 (subgradient of "
                "abs); by a feature that is 0 in x alone -1/y in x, the mean of the one-sided "
                "derivatives, and 0 in y",
            .source = "SciPy, scipy.spatial.distance.canberra",
            .references =
                {
                    {.x = {1, 0, 0},
                     .y = {0, 1, 0},
                     .parameters = {},
                     .value = "2",
                     .origin = "example in the documentation of scipy.spatial.distance.canberra; one feature 0/0"},
                    {.x = {1, 2, -3},
                     .y = {3, -2, -1},
                     .parameters = {},
                     .value = "2",
                     .origin = "2/4 + 4/4 + 2/4 by hand"},
                    {.x = {0.5, 0.25, 0.25},
                     .y = {0.25, 0.5, 0.25},
                     .parameters = {},
                     .value = "0.6666666666666666666666666666666667",
                     .origin = "1/3 + 1/3 + 0 by hand"},
                    {.x = {1, 0}, .y = {1, 0}, .parameters = {}, .value = "0", .origin = "coincident points, by hand"},
                },
        },
        {
            .name = "braycurtis",
            .kind = EntryKind::Distance,
            .formula = "divide0(sum(abs(x - y)), sum(abs(x + y)))",
            .parameters = {},
            .domain = Domain::Real,
            .summary = "Bray-Curtis distance",
            .at_zero_by_zero =
                "0 where both points are zero (SciPy: NaN); +infinity, as in SciPy, where y = -x but not 0",
            .boundary_gradient =
                "0 at coincident points, also where both are zero; else by a feature with x = y the "
                "numerator, by one with x = -y the denominator has the subgradient 0 of abs; where y = -x "
                "but not 0, infinite by each feature that is not 0",
            .source = "SciPy, scipy.spatial.distance.braycurtis",
            .references =
                {
                    {.x = {1, 1, 0},
                     .y = {0, 1, 0},
                     .parameters = {},
                     .value = "0.3333333333333333333333333333333333",
                     .origin = "1/3 by hand; example in the documentation of scipy.spatial.distance.braycurtis"},
                    {.x = {1, 2, -3},
                     .y = {3, -2, -1},
                     .parameters = {},
                     .value = "1",
                     .origin = "(2 + 4 + 2) / (4 + 0 + 4) by hand"},
                    {.x = {1, -2},
                     .y = {1, -2},
                     .parameters = {},
                     .value = "0",
                     .origin = "coincident points, by hand"},
                    {.x = {0, 0}, .y = {0, 0}, .parameters = {}, .value = "0", .origin = "0/0, documented as 0"},
                },
        },
        {
            .name = "hamming",
            .kind = EntryKind::Distance,
            .formula = "mean(where(x != y, 1, 0))",
            .parameters = {},
            .domain = Domain::Categorical,
            .summary = "fraction of the features that differ",
            .at_zero_by_zero = "does not occur; NaN differs from everything, itself included, as in SciPy",
            .boundary_gradient = "0 everywhere: the distance is piecewise constant",
            .source = "SciPy, scipy.spatial.distance.hamming",
            .references =
                {
                    {.x = {1, 0, 0},
                     .y = {0, 1, 0},
                     .parameters = {},
                     .value = "0.6666666666666666666666666666666667",
                     .origin = "2/3 by hand; example in the documentation of scipy.spatial.distance.hamming"},
                    {.x = {1, 2, 3, 4}, .y = {1, 2, 0, 4}, .parameters = {}, .value = "0.25", .origin = "1/4 by hand"},
                    {.x = {1, 2}, .y = {1, 2}, .parameters = {}, .value = "0", .origin = "coincident points, by hand"},
                },
        },
    };
}

}  // namespace halogram
