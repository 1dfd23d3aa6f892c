// Several files that appear in a directory together: all of them, or, after any failure, none.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace halogram {

class AtomicOutput {
public:
    // Creates the directory (and its parents) where it is missing; directories made here go away again on failure.
    // `link` gives a file a second name; tests put a file system in its place that cannot.
    using Link = std::function<void(const std::filesystem::path&, const std::filesystem::path&, std::error_code&)>;
    explicit AtomicOutput(const std::filesystem::path& directory, Link link = hard_link());
    // Without a successful commit: removes everything that was made.
    ~AtomicOutput();
    AtomicOutput(const AtomicOutput&) = delete;
    AtomicOutput& operator=(const AtomicOutput&) = delete;

    // Writes the contents under a temporary name in the directory.
    void add(const std::string& file_name, std::string_view contents);
    // Renames all files to their names, in the order of `add`, over older ones. If one rename fails, the older files
    // are put back.
    void commit();

private:
    struct File {
        std::filesystem::path name, temporary, backup;  // backup is empty where no older file was kept
        bool renamed = false;
    };
    static Link hard_link();
    std::filesystem::path temporary_name(const std::filesystem::path& name, const char* suffix) const;
    void roll_back() noexcept;

    std::filesystem::path directory_;
    Link link_;
    std::vector<std::filesystem::path> made_directories_;  // outermost first
    std::vector<File> files_;
    bool committed_ = false;
};

}  // namespace halogram
