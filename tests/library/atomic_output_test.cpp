#include "library/atomic_output.h"

#include <gtest/gtest.h>

#include "library/error.h"
#include "library/files.h"
#include "library/temporary_directory.h"

namespace halogram {
namespace {

namespace fs = std::filesystem;

std::size_t entries(const fs::path& directory) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

TEST(AtomicOutput, FilesAppearTogether) {
    const TemporaryDirectory temporary;
    const fs::path directory = temporary.path() / "a/b/";
    {
        AtomicOutput output(directory);
        output.add("one", "1");
        output.add("two", std::string("2\0", 2));
        EXPECT_FALSE(fs::exists(directory / "one"));
        output.commit();
    }
    EXPECT_EQ(read_file(directory / "one"), "1");
    EXPECT_EQ(read_file(directory / "two"), std::string("2\0", 2));
    EXPECT_EQ(entries(directory), 2u);
}

TEST(AtomicOutput, WithoutCommitNothingRemains) {
    const TemporaryDirectory temporary;
    {
        AtomicOutput output(temporary.path() / "a/b");
        output.add("one", "1");
    }
    EXPECT_EQ(entries(temporary.path()), 0u);
}

TEST(AtomicOutput, OlderFilesAreReplacedOrKept) {
    const TemporaryDirectory temporary;
    write_new_file(temporary.path() / "one", "old");
    {
        AtomicOutput output(temporary.path());
        output.add("one", "new");
    }
    EXPECT_EQ(read_file(temporary.path() / "one"), "old");
    {
        AtomicOutput output(temporary.path());
        output.add("one", "new");
        output.add("two", "new");
        // A directory takes the second name between `add` and `commit`: the first file must come back.
        fs::create_directories(temporary.path() / "two/inside");
        EXPECT_THROW(output.commit(), LibraryError);
    }
    EXPECT_EQ(read_file(temporary.path() / "one"), "old");
    EXPECT_EQ(entries(temporary.path()), 2u);
    {
        AtomicOutput output(temporary.path());
        output.add("one", "new");
        output.commit();
    }
    EXPECT_EQ(read_file(temporary.path() / "one"), "new");
    EXPECT_EQ(entries(temporary.path()), 2u);
}

// FAT, exFAT, some network and shared folders.
TEST(AtomicOutput, OlderFilesComeBackWithoutHardLinks) {
    const auto no_links = [](const fs::path&, const fs::path&, std::error_code& error) {
        error = std::make_error_code(std::errc::operation_not_supported);
    };
    const TemporaryDirectory temporary;
    write_new_file(temporary.path() / "one", "old");
    fs::create_symlink("one", temporary.path() / "link");
    {
        AtomicOutput output(temporary.path(), no_links);
        for (const char* name : {"one", "link", "two"}) output.add(name, "new");
        fs::create_directories(temporary.path() / "two/inside");
        EXPECT_THROW(output.commit(), LibraryError);
    }
    EXPECT_EQ(read_file(temporary.path() / "one"), "old");
    EXPECT_EQ(fs::read_symlink(temporary.path() / "link"), "one");
    EXPECT_EQ(entries(temporary.path()), 3u);
    {
        AtomicOutput output(temporary.path(), no_links);
        output.add("one", "new");
        output.commit();
    }
    EXPECT_EQ(read_file(temporary.path() / "one"), "new");
    EXPECT_EQ(entries(temporary.path()), 3u);
}

TEST(AtomicOutput, RefusesWhatIsNoDirectory) {
    const TemporaryDirectory temporary;
    write_new_file(temporary.path() / "file", "");
    EXPECT_THROW(AtomicOutput(temporary.path() / "file"), LibraryError);
    EXPECT_THROW(AtomicOutput(temporary.path() / "file/below"), LibraryError);
    EXPECT_EQ(entries(temporary.path()), 1u);
}

}  // namespace
}  // namespace halogram
