#include "library/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "library/error.h"

namespace halogram {

std::string read_file(const std::filesystem::path& path) {
    errno = 0;
    std::ifstream stream(path, std::ios::binary);
    std::string contents{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    if (!stream.is_open() || stream.bad())
        throw LibraryError("'" + path.string() + "' could not be read: " + std::generic_category().message(errno));
    return contents;
}

void write_new_file(const std::filesystem::path& path, std::string_view contents) {
    const auto fail = [&](int error) {
        throw LibraryError("'" + path.string() + "' could not be written: " + std::generic_category().message(error));
    };
    // Plain calls instead of a stream: exclusive creation, and the reason of a failure.
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0) fail(errno);
    while (!contents.empty()) {
        const ssize_t count = write(file, contents.data(), contents.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            const int error = errno;
            close(file);
            unlink(path.c_str());
            fail(error);
        }
        contents.remove_prefix(static_cast<std::size_t>(count));
    }
    if (close(file) != 0) {
        const int error = errno;
        unlink(path.c_str());
        fail(error);
    }
}

}  // namespace halogram
