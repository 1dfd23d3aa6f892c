// Whole files read and written at once.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace halogram {

// Both throw LibraryError with the path and the system's reason. write_new_file refuses to touch an existing file.
std::string read_file(const std::filesystem::path& path);
void write_new_file(const std::filesystem::path& path, std::string_view contents);

}  // namespace halogram
