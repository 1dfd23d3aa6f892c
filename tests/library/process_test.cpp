#include "library/process.h"

#include <gtest/gtest.h>

#include "library/error.h"

namespace halogram {
namespace {

using Words = std::vector<std::string>;

TEST(Process, SplitsAtBlanks) {
    EXPECT_EQ(split_command("  ccache gcc\t-m64 "), (Words{"ccache", "gcc", "-m64"}));
    EXPECT_EQ(split_command(" "), Words{});
}

TEST(Process, CapturesOutputAndStatus) {
    const std::string shell = find_program("sh").string();
    ASSERT_FALSE(shell.empty());
    ProcessResult result = run_process({shell, "-c", "pwd; echo error >&2; cat; exit 3"}, "/");
    EXPECT_EQ(result.exit_status, 3);
    EXPECT_EQ(result.output, "/\nerror\n");
    EXPECT_EQ(run_process({shell, "-c", "kill -9 $$"}, "/").exit_status, 137);
    // More than a pipe holds.
    result = run_process({shell, "-c", "head -c 300000 /dev/zero"}, "/");
    EXPECT_EQ(result.output.size(), 300000u);
}

TEST(Process, MissingProgram) {
    EXPECT_TRUE(find_program("no-such-program-anywhere").empty());
    EXPECT_TRUE(find_program("").empty());
    EXPECT_TRUE(find_program("/").empty());
    EXPECT_THROW(run_process({"/no/such/program"}, "/"), LibraryError);
    EXPECT_THROW(run_process({find_program("sh").string()}, "/no/such/directory"), LibraryError);
}

TEST(Process, FirstLines) {
    EXPECT_EQ(first_lines("a\nb\n", 5), "a\nb");
    EXPECT_EQ(first_lines("a\nb\nc\n", 2), "a\nb\n...");
    EXPECT_EQ(first_lines("", 2), "");
    EXPECT_LT(first_lines(std::string(100000, 'x'), 2).size(), 2100u);
}

}  // namespace
}  // namespace halogram
