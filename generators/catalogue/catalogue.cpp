// Puts the families together and looks entries up.
#include "generators/catalogue/catalogue.h"

#include <algorithm>
#include <iterator>

#include "generators/catalogue/families.h"

namespace halogram {

namespace {

std::vector<CatalogueEntry> all_families() {
    std::vector<CatalogueEntry> all;
    for (auto family : {
             dot_product_kernel_entries,
             arc_cosine_kernel_entries,
             exponential_kernel_entries,
             periodic_kernel_entries,
             rational_kernel_entries,
             compact_support_kernel_entries,
             conditionally_definite_kernel_entries,
             histogram_kernel_entries,
             minkowski_distance_entries,
             relative_distance_entries,
             angular_distance_entries,
             histogram_distance_entries,
             binary_distance_entries,
         }) {
        std::vector<CatalogueEntry> entries = family();
        std::move(entries.begin(), entries.end(), std::back_inserter(all));
    }
    return all;
}

}  // namespace

const std::vector<CatalogueEntry>& catalogue() {
    static const std::vector<CatalogueEntry> entries = all_families();
    return entries;
}

const CatalogueEntry* find_in_catalogue(std::string_view name) {
    const std::vector<CatalogueEntry>& entries = catalogue();
    auto found = std::find_if(entries.begin(), entries.end(), [&](const CatalogueEntry& e) { return e.name == name; });
    return found == entries.end() ? nullptr : &*found;
}

std::string_view domain_name(Domain domain) {
    switch (domain) {
        case Domain::Real: return "real";
        case Domain::NonNegative: return "non-negative";
        case Domain::Positive: return "positive";
        case Domain::Probability: return "probability";
        case Domain::Categorical: return "categorical";
    }
    return "unknown";
}

}  // namespace halogram
