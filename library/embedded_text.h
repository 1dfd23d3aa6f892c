// Text files that the program carries: the sources of the C99 runtime (runtime/*.h, *.c), so that `halogram build` needs
// no installed file.
#pragma once

#include <span>
#include <string_view>

namespace halogram {

struct EmbeddedFile {
    std::string_view name;  // "hg.h"
    std::string_view contents;
};

// Sorted by name. Defined in a file that library/embed_text.cmake makes.
std::span<const EmbeddedFile> embedded_runtime();

}  // namespace halogram
