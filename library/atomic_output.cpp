#include "library/atomic_output.h"

#include <unistd.h>

#include <system_error>
#include <utility>

#include "library/error.h"
#include "library/files.h"

namespace halogram {

namespace fs = std::filesystem;

AtomicOutput::AtomicOutput(const fs::path& directory, Link link)
    : directory_(fs::absolute(directory.empty() ? "." : directory)), link_(std::move(link)) {
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

AtomicOutput::Link AtomicOutput::hard_link() {
    return [](const fs::path& file, const fs::path& second, std::error_code& error) {
        fs::create_hard_link(file, second, error);
    };
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
        // A second name for the older file; a copy where the file system has no such links.
        const fs::path backup = temporary_name(file.name, ".old");
        link_(file.name, backup, error);
        if (error) {
            error.clear();
            const bool directory = fs::is_directory(fs::symlink_status(file.name));  // then the renaming fails
            if (!directory) fs::copy(file.name, backup, fs::copy_options::copy_symlinks, error);
            if (error) {
                std::error_code ignored;
                fs::remove(backup, ignored);  // half a copy
                throw LibraryError("'" + file.name.string() +
                                   "' could not be kept until it is replaced: " + error.message());
            }
        }
        if (fs::exists(fs::symlink_status(backup, error))) file.backup = backup;
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
