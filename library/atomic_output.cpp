#include "library/atomic_output.h"

#include <unistd.h>

#include <system_error>
#include <utility>

#include "library/error.h"
#include "library/files.h"

namespace halogram {

namespace fs = std::filesystem;

AtomicOutput::AtomicOutput(const fs::path& directory) : directory_(fs::absolute(directory.empty() ? "." : directory)) {
    std::vector<fs::path> missing;
    std::error_code error;
    for (fs::path path = directory_; !fs::exists(path, error); path = path.parent_path()) {
        // "a/b/" has an empty last part; it is the directory a/b.
        if (path.has_filename()) missing.push_back(path);
        if (path == path.root_path() || path.parent_path() == path) break;
    }
    try {
        for (auto path = missing.rbegin(); path != missing.rend(); ++path) {
            if (fs::create_directory(*path, error)) made_directories_.push_back(*path);
            if (error)
                throw LibraryError("the output directory '" + directory.string() +
                                   "' could not be made: " + error.message());
        }
        if (!fs::is_directory(directory_, error))
            throw LibraryError("the output directory '" + directory.string() + "' is not a directory");
        if (access(directory_.c_str(), W_OK | X_OK) != 0)
            throw LibraryError("the output directory '" + directory.string() + "' is not writable");
    } catch (...) {
        roll_back();
        throw;
    }
}

AtomicOutput::~AtomicOutput() {
    if (!committed_) roll_back();
}

fs::path AtomicOutput::temporary_name(const fs::path& name, const char* suffix) const {
    // The process number keeps programs that write to the same directory apart; a number, threads of one program and
    // what an earlier program of the same number left behind.
    for (int number = 0;; ++number) {
        const fs::path candidate = directory_ / ("." + name.filename().string() + "." + std::to_string(getpid()) + "-" +
                                                 std::to_string(number) + suffix);
        std::error_code error;
        if (!fs::exists(fs::symlink_status(candidate, error))) return candidate;
    }
}

void AtomicOutput::add(const std::string& file_name, std::string_view contents) {
    File file;
    file.name = directory_ / file_name;
    std::error_code error;
    if (fs::is_directory(file.name, error)) throw LibraryError("'" + file.name.string() + "' is a directory");
    file.temporary = temporary_name(file.name, ".new");
    write_new_file(file.temporary, contents);
    files_.push_back(std::move(file));
}

void AtomicOutput::commit() {
    std::error_code error;
    for (File& file : files_) {
        if (!fs::exists(fs::symlink_status(file.name, error))) continue;
        // A second name for the older file. Where the file system has no such links, nothing can be put back.
        const fs::path backup = temporary_name(file.name, ".old");
        fs::create_hard_link(file.name, backup, error);
        if (!error) file.backup = backup;
    }
    for (File& file : files_) {
        fs::rename(file.temporary, file.name, error);
        if (error) throw LibraryError("'" + file.name.string() + "' could not be written: " + error.message());
        file.renamed = true;
    }
    committed_ = true;
    for (const File& file : files_)
        if (!file.backup.empty()) fs::remove(file.backup, error);
}

void AtomicOutput::roll_back() noexcept {
    std::error_code ignored;
    for (const File& file : files_) {
        if (!file.renamed) {
            fs::remove(file.temporary, ignored);
            if (!file.backup.empty()) fs::remove(file.backup, ignored);
        } else if (!file.backup.empty()) {
            fs::rename(file.backup, file.name, ignored);
        } else {
            fs::remove(file.name, ignored);
        }
    }
    // Only empty ones go: another program may have put files there by now.
    for (auto path = made_directories_.rbegin(); path != made_directories_.rend(); ++path) rmdir(path->c_str());
}

}  // namespace halogram
