// The kernels that the package carries: every entry of the catalogue, for any D, in one library.
//   halogram_prebuilt DTYPE COMPILER DIRECTORY
#include <iostream>

#include "generators/catalogue/catalogue.h"
#include "library/error.h"
#include "tools/build_library.h"
#include "tools/kernel_arguments.h"

namespace halogram {

static void build_prebuilt(const std::string& dtype, const std::string& compiler, const std::string& directory) {
    std::vector<KernelRequest> requests;
    for (const CatalogueEntry& entry : catalogue()) {
        KernelArguments arguments;
        arguments.kernel = entry.name;
        arguments.name = entry.name + "_" + dtype;
        arguments.features = "any";
        arguments.dtype = dtype;
        requests.push_back(request_of(arguments));
    }
    LibraryOptions options;
    options.compiler = compiler;
    options.registry = true;
    build_library("prebuilt_" + dtype, requests, directory, options, {});
}

}  // namespace halogram

int main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "usage: halogram_prebuilt DTYPE COMPILER DIRECTORY\n";
        return 2;
    }
    try {
        halogram::build_prebuilt(argv[1], argv[2], argv[3]);
    } catch (const std::exception& e) {
        std::cerr << "halogram_prebuilt: " << e.what() << "\n";
        return 1;
    }
    return 0;
}
