#include "library/library.h"

#include "library/archive.h"
#include "library/atomic_output.h"
#include "library/c_header.h"
#include "library/c_source.h"
#include "library/error.h"
#include "library/interruption.h"
#include "library/manifest.h"
#include "library/names.h"

namespace halogram {

void write_library(const LibraryInput& input, const std::filesystem::path& directory, const LibraryOptions& options) {
    const std::string problem = c_name_problem(input.name);
    if (!problem.empty()) throw LibraryError("'" + input.name + "' cannot name a library: " + problem);
    const std::string version = halogram_version();
    // First, so that it ends last: after the temporary files are gone.
    const InterruptionGuard guard;
    std::string source = c_source(input.kernels, input.name, version);
    if (options.registry) source += "\n" + c_registry(input.kernels, input.name);
    const std::string header = c_header(input.kernels, input.name, version);
    AtomicOutput output(directory);
    const std::string archive = make_archive({input.name, input.kernels, input.leaf_objects, source, header},
                                             {options.compiler, options.verbose, options.progress});
    const std::string archive_name = "lib" + input.name + ".a", header_name = input.name + ".h";
    const std::string text = manifest(input, version, {{archive_name, archive}, {header_name, header}});
    output.add(archive_name, archive);
    output.add(header_name, header);
    // Last: a manifest with the right digests says that the others are complete.
    output.add(input.name + ".json", text);
    throw_if_interrupted();
    output.commit();
}

std::string halogram_version() { return HALOGRAM_VERSION; }

}  // namespace halogram
