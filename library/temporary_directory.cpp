#include "library/temporary_directory.h"

#include <stdlib.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "library/error.h"

namespace halogram {

TemporaryDirectory::TemporaryDirectory() {
    std::error_code error;
    const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
    if (error) throw LibraryError("the directory for temporary files (TMPDIR) cannot be used: " + error.message());
    std::string name = std::filesystem::absolute(parent / "halogram-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
        throw LibraryError("a temporary directory could not be made in '" + parent.string() +
                           "': " + std::generic_category().message(errno));
    path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace halogram
