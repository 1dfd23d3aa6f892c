// Distances of true and false: a feature is true where it is not 0 (NaN is true). SciPy's names and values.
#include "generators/catalogue/families.h"

namespace halogram {

namespace {

// u and v are 1 where x and y are true, else 0. dot(u, v) counts what is true in both, l1(u, v) what differs.
CatalogueEntry of_true_and_false(const std::string& name, const std::string& formula, const std::string& summary,
                                 const std::string& at_zero_by_zero, std::vector<ReferenceValue> references) {
    return {.name = name,
            .kind = EntryKind::Distance,
            .formula = "let u = where(x == 0, 0, 1) in let v = where(y == 0, 0, 1) in " + formula,
            .parameters = {},
            .domain = Domain::Categorical,
            .summary = summary,
            .at_zero_by_zero = at_zero_by_zero,
            .boundary_gradient = "0 everywhere: the distance is piecewise constant",
            .source = "SciPy, scipy.spatial.distance." + name,
            .references = std::move(references)};
}

}  // namespace

std::vector<CatalogueEntry> binary_distance_entries() {
    // In both 1, in x alone 1, in y alone 2, in none 1.
    const std::vector<double> x = {1, 1, 0, 0, 0}, y = {2, 0, 1, 1, 0};
    const std::vector<double> nothing = {0, 0, 0};
    const std::string example = "example in the documentation of scipy.spatial.distance.";
    return {
        of_true_and_false("dice", "let t = l1(u, v) in divide0(t, 2 * dot(u, v) + t)",
                          "Dice dissimilarity: what differs / (2 * what both have + what differs)",
                          "0 where nothing is true in both points (SciPy: NaN)",
                          {{x, y, {}, "0.6", "3 / (2 * 1 + 3) by hand"},
                           {{1, 0, 0}, {1, 1, 0}, {}, "0.3333333333333333333333333333333333", example + "dice: 1/3"},
                           {nothing, nothing, {}, "0", "0/0, documented as 0"}}),
        of_true_and_false("jaccard", "divide0(l1(u, v), sum(max(u, v)))",
                          "Jaccard distance: what differs / what is true in either",
                          "0 where nothing is true in either point, as in SciPy",
                          {{x, y, {}, "0.75", "3 / 4 by hand"},
                           {{1, 0, 0}, {1, 1, 0}, {}, "0.5", "1 / 2 by hand"},
                           {nothing, nothing, {}, "0", "0/0, documented as 0"}}),
        of_true_and_false("rogerstanimoto", "let t = 2 * l1(u, v) in t / (D - l1(u, v) + t)",
                          "Rogers-Tanimoto dissimilarity: Hamming's, what differs counted twice", "does not occur",
                          {{x, y, {}, "0.75", "2 * 3 / (2 + 2 * 3) by hand"},
                           {{1, 0, 0}, {0, 1, 0}, {}, "0.8", example + "rogerstanimoto"},
                           {nothing, nothing, {}, "0", "coincident points, by hand"}}),
        of_true_and_false("russellrao", "(D - dot(u, v)) / D",
                          "Russell-Rao dissimilarity: fraction of the features that are not true in both points",
                          "does not occur",
                          {{x, y, {}, "0.8", "(5 - 1) / 5 by hand"},
                           {{1, 0, 0}, {1, 1, 0}, {}, "0.6666666666666666666666666666666667", example + "russellrao"},
                           {nothing, nothing, {}, "1", "(3 - 0) / 3 by hand: not 0 for coincident points"}}),
        of_true_and_false("sokalsneath", "let t = 2 * l1(u, v) in divide0(t, dot(u, v) + t)",
                          "Sokal-Sneath dissimilarity: Jaccard's, what differs counted twice",
                          "0 where nothing is true in either point (SciPy: NaN)",
                          {{x, y, {}, "0.8571428571428571428571428571428571", "2 * 3 / (1 + 2 * 3) by hand"},
                           {{1, 0, 0}, {1, 1, 0}, {}, "0.6666666666666666666666666666666667", "2 / (1 + 2) by hand"},
                           {nothing, nothing, {}, "0", "0/0, documented as 0"}}),
        of_true_and_false(
            "yule",
            "let r = sum(u * (1 - v)) * sum((1 - u) * v) in divide0(2 * r, dot(u, v) * sum((1 - u) * (1 - v)) + r)",
            "Yule dissimilarity, from the odds ratio: 0 for perfect association, 1 for none, 2 for the opposite",
            "0 where nothing is true in one point alone, or nothing in the other alone, as in SciPy",
            {{x, y, {}, "1.333333333333333333333333333333333", "2 * (1 * 2) / (1 * 1 + 1 * 2) = 4/3 by hand"},
             {{1, 0, 0}, {0, 1, 0}, {}, "2", example + "yule"},
             {{1, 1, 0}, {0, 1, 0}, {}, "0", example + "yule"},
             {nothing, nothing, {}, "0", "0/0, documented as 0"}}),
    };
}

}  // namespace halogram
