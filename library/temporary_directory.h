// A private directory that lives as long as the object.
#pragma once

#include <filesystem>

namespace halogram {

class TemporaryDirectory {
public:
    // Under $TMPDIR or /tmp, readable by the user alone. Throws LibraryError.
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace halogram
