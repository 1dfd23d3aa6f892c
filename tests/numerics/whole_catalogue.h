// Every catalogue entry in one library, compiled once for all tests of a program: a minute or two each.
#pragma once

#include <map>
#include <memory>

#include "generators/catalogue/catalogue.h"
#include "measurement/generated_library.h"

namespace halogram {

struct WholeCatalogue {
    std::vector<KernelRequest> requests;  // in the catalogue's order
    GeneratedLibrary library;

    explicit WholeCatalogue(const std::vector<KernelRequest>& all) : requests(all), library("all", all) {}
    WholeCatalogue(const std::vector<KernelRequest>& all, const std::filesystem::path& archive)
        : requests(all), library(ExistingArchive{archive}, with_suffix(all)) {}

private:
    // What the Python package's build calls its kernels.
    static std::vector<KernelRequest> with_suffix(std::vector<KernelRequest> all) {
        for (KernelRequest& request : all) request.c_name += "_" + request.dtype;
        return all;
    }
};

// For one dtype and number of features (0: an argument), with every operation.
inline WholeCatalogue& whole_catalogue(const std::string& dtype, int features) {
    static std::map<std::pair<std::string, int>, std::unique_ptr<WholeCatalogue>> made;
    std::unique_ptr<WholeCatalogue>& here = made[{dtype, features}];
    if (here == nullptr) {
        std::vector<KernelRequest> all;
        for (const CatalogueEntry& entry : catalogue())
            all.push_back(
                {entry.name, catalogue_formula(entry.name), entry.summary, dtype, features, {"gram", "gram_vjp"}});
#ifdef HALOGRAM_PREBUILT
        // The libraries that the Python package carries are these kernels: they are not compiled a second time.
        if (features == 0) {
            const std::string name = "prebuilt_" + dtype;
            here = std::make_unique<WholeCatalogue>(
                all, std::filesystem::path(HALOGRAM_PREBUILT) / name / ("lib" + name + ".a"));
            return *here;
        }
#endif
        here = std::make_unique<WholeCatalogue>(all);
    }
    return *here;
}

}  // namespace halogram
