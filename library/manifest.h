// NAME.json: what a library contains and how it was made.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "library/library.h"

namespace halogram {

// JSON text, indented, ending in a newline. `files` are the names and contents of the other outputs. Same input, same
// bytes.
std::string manifest(const LibraryInput& input, const std::string& halogram_version,
                     const std::vector<std::pair<std::string, std::string_view>>& files);

}  // namespace halogram
