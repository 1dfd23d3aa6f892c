// The families that make up the catalogue, in the order in which it lists them.
#pragma once

#include <vector>

#include "generators/catalogue/catalogue.h"

namespace halogram {

// Kernels.
std::vector<CatalogueEntry> dot_product_kernel_entries();
std::vector<CatalogueEntry> arc_cosine_kernel_entries();
std::vector<CatalogueEntry> exponential_kernel_entries();
std::vector<CatalogueEntry> periodic_kernel_entries();
std::vector<CatalogueEntry> rational_kernel_entries();
std::vector<CatalogueEntry> compact_support_kernel_entries();
std::vector<CatalogueEntry> conditionally_definite_kernel_entries();
std::vector<CatalogueEntry> histogram_kernel_entries();

// Distances.
std::vector<CatalogueEntry> minkowski_distance_entries();
std::vector<CatalogueEntry> relative_distance_entries();
std::vector<CatalogueEntry> angular_distance_entries();
std::vector<CatalogueEntry> histogram_distance_entries();
std::vector<CatalogueEntry> binary_distance_entries();

}  // namespace halogram
