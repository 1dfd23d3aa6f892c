// Kernels of histograms and probabilities: sums over features of homogeneous functions of two non-negative numbers.
#include "generators/catalogue/families.h"

namespace halogram {

std::vector<CatalogueEntry> histogram_kernel_entries() {
    return {
        {
            .name = "chi2",
            .kind = EntryKind::Kernel,
            .formula = "exp(-gamma * sum(divide0((x - y)^2, x + y)))",
            .parameters = {{.name = "gamma",
                            .description = "coefficient of the chi-squared distance",
                            .minimum = 0.05,
                            .maximum = 1.5}},
            .domain = Domain::NonNegative,
            .summary = "exponential chi-squared kernel",
            .at_zero_by_zero = "a feature that is 0 in both points adds 0 to the sum, as in scikit-learn",
            .boundary_gradient = "0 at coincident points; 0 by a feature that is 0 in both; where a feature is 0 in x "
                                 "alone, 3 gamma k by it in x and -gamma k in y, which are the limits",
            .source = "scikit-learn, sklearn.metrics.pairwise.chi2_kernel",
            .references =
                {
                    {.x = {0, 0, 0},
                     .y = {1, 0, 0},
                     .parameters = {{1}},
                     .value = "0.3678794411714423215955237701614609",
                     .origin = "exp(-1) by hand, mpmath; 0.368 in the documentation of chi2_kernel; two features 0/0"},
                    {.x = {0.5, 0.25, 0.25},
                     .y = {0.25, 0.5, 0.25},
                     .parameters = {{1}},
                     .value = "0.8464817248906140740449173997987546",
                     .origin = "exp(-2 (1/16) / (3/4)) = exp(-1/6) by hand, mpmath"},
                    {.x = {0.5, 0.25, 0.25},
                     .y = {0.25, 0.5, 0.25},
                     .parameters = {{0.5}},
                     .value = "0.9200444146293232478931553240537172",
                     .origin = "exp(-1/12) by hand, mpmath"},
                    {.x = {0.5, 0, 0.5},
                     .y = {0.5, 0, 0.5},
                     .parameters = {{0.5}},
                     .value = "1",
                     .origin = "coincident points, one feature 0/0, by hand"},
                },
        },
        {
            .name = "additive_chi2",
            .kind = EntryKind::Kernel,
            .formula = "-sum(divide0((x - y)^2, x + y))",
            .parameters = {},
            .domain = Domain::NonNegative,
            .summary = "negative chi-squared distance (conditionally positive definite)",
            .at_zero_by_zero = "a feature that is 0 in both points adds 0, as in scikit-learn",
            .boundary_gradient = "0 at coincident points; 0 by a feature that is 0 in both; where a feature is 0 in x "
                                 "alone, 3 by it in x and -1 in y, which are the limits",
            .source = "scikit-learn, sklearn.metrics.pairwise.additive_chi2_kernel",
            .references =
                {
                    {.x = {0, 0, 0},
                     .y = {1, 1, 0},
                     .parameters = {},
                     .value = "-2",
                     .origin = "example in the documentation of additive_chi2_kernel; one feature 0/0"},
                    {.x = {0.5, 0.25, 0.25},
                     .y = {0.25, 0.5, 0.25},
                     .parameters = {},
                     .value = "-0.1666666666666666666666666666666667",
                     .origin = "-2 (1/16) / (3/4) = -1/6 by hand"},
                    {.x = {0.5, 0, 0.5},
                     .y = {0.5, 0, 0.5},
                     .parameters = {},
                     .value = "0",
                     .origin = "coincident points, one feature 0/0, by hand"},
                },
        },
        {
            .name = "hellinger",
            .kind = EntryKind::Kernel,
            .formula = "sum(sqrt(x) * sqrt(y))",
            .parameters = {},
            .domain = Domain::NonNegative,
            .summary = "Hellinger's kernel (Bhattacharyya coefficient)",
            .at_zero_by_zero = "does not occur",
            .boundary_gradient = "0 by a feature that is 0 in that point (subgradient of sqrt; the one-sided limit is "
                                 "+infinity where the other point's is positive); 1/2 by each positive feature at "
                                 "coincident points",
            .source = "Vedaldi, Zisserman: Efficient additive kernels via explicit feature maps, IEEE TPAMI 34, 2012; "
                      "Bhattacharyya: Bull. Calcutta Math. Soc. 35, 1943",
            .references =
                {
                    {.x = {0.5, 0.25, 0.25},
                     .y = {0.25, 0.5, 0.25},
                     .parameters = {},
                     .value = "0.9571067811865475244008443621048490",
                     .origin = "2 sqrt(1/8) + 1/4 = 1/sqrt(2) + 1/4 by hand, mpmath"},
                    {.x = {0, 1}, .y = {1, 0}, .parameters = {}, .value = "0", .origin = "disjoint supports, by hand"},
                    {.x = {0.25, 0, 0.75},
                     .y = {0.25, 0, 0.75},
                     .parameters = {},
                     .value = "1",
                     .origin = "the sum of the features at coincident points, by hand"},
                    {.x = {0, 0}, .y = {0, 0}, .parameters = {}, .value = "0", .origin = "zero points, by hand"},
                },
        },
        {
            .name = "jensen_shannon",
            .kind = EntryKind::Kernel,
            // rel_entr(x, x + y) = -x log((x + y) / x): no term is positive, so nothing cancels.
            .formula = "-sum(rel_entr(x, x + y) + rel_entr(y, x + y)) / (2 * log(2))",
            .parameters = {},
            .domain = Domain::NonNegative,
            .summary = "Jensen-Shannon kernel: 1 minus the Jensen-Shannon divergence in bits, for probabilities",
            .at_zero_by_zero = "a feature that is 0 in both points adds 0; one that is 0 in one point adds 0 too",
            .boundary_gradient = "1/2 by each positive feature at coincident points; 0 by a feature that is 0 in both "
                                 "points; by one that is 0 in x alone, +infinity in x and 0 in y, which are the limits",
            .source = "Vedaldi, Zisserman: Efficient additive kernels via explicit feature maps, IEEE TPAMI 34, 2012: "
                      "sum of x/2 log2((x + y)/x) + y/2 log2((x + y)/y); VLFeat's VlHomogeneousKernelJS",
            .references =
                {
                    {.x = {1, 0},
                     .y = {0.5, 0.5},
                     .parameters = {},
                     .value = "0.6887218755408671360903042079608624",
                     .origin = "(3/4) log2(3) - 1/2 by hand, mpmath"},
                    {.x = {0.5, 0.25, 0.25},
                     .y = {0.25, 0.5, 0.25},
                     .parameters = {},
                     .value = "0.9387218755408671360903042079608624",
                     .origin = "(3/4) log2(3) - 1/4 by hand, mpmath"},
                    {.x = {0, 1}, .y = {1, 0}, .parameters = {}, .value = "0", .origin = "disjoint supports, by hand"},
                    {.x = {0.25, 0, 0.75},
                     .y = {0.25, 0, 0.75},
                     .parameters = {},
                     .value = "1",
                     .origin = "the sum of the features at coincident points, one feature 0 in both, by hand"},
                },
        },
    };
}

}  // namespace halogram
