#include "tests/numerics/stored_bits.h"

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "library/files.h"
#include "library/sha256.h"

namespace halogram {

void expect_stored_bits(const std::string& dtype, const std::string& name, const std::string& bytes) {
    const std::filesystem::path path = HALOGRAM_BITS_FILE;
    nlohmann::json stored =
        std::filesystem::exists(path) ? nlohmann::json::parse(read_file(path)) : nlohmann::json::object();
    const std::string digest = sha256(bytes);
    if (std::getenv("HALOGRAM_WRITE_BITS") != nullptr) {
        stored[dtype][name] = digest;
        std::filesystem::remove(path);
        write_new_file(path, stored.dump(2) + "\n");
        return;
    }
    EXPECT_EQ(stored.value(dtype, nlohmann::json::object()).value(name, ""), digest)
        << name << ", " << dtype
        << ": the bits changed. Where that is meant, say so in CHANGELOG.md and store them anew: "
        << "HALOGRAM_WRITE_BITS=1 build/bin/tests/catalogue_library_test --gtest_filter='*fixed*'";
}

}  // namespace halogram
