#include "library/object_symbols.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "library/error.h"
#include "library/files.h"
#include "library/temporary_directory.h"
#include "tests/library/demo_kernel.h"

namespace halogram::test {
namespace {

class ObjectSymbolsTest : public testing::Test {
protected:
    std::string compile(const std::string& source, const std::string& flags) {
        write_new_file(directory_.path() / "object.c", source);
        run(directory_.path(), "gcc -fPIC " + flags + " -c object.c -o object.o");
        return read_file(directory_.path() / "object.o");
    }
    TemporaryDirectory directory_;
};

const char* const source = R"(
extern int needed(void);
int visible = 3;
static int local(void) { return visible; }
int function(void) { return needed() + local(); }
__attribute__((weak)) int replaceable(void) { return 2; }
)";

using Names = std::vector<std::string>;

TEST_F(ObjectSymbolsTest, ListsDefinedAndUndefined) {
    const ObjectSymbols symbols = object_symbols(compile(source, "-O0"), "object.o");
    EXPECT_EQ(symbols.defined, (Names{"function", "replaceable", "visible"}));
    EXPECT_NE(std::find(symbols.undefined.begin(), symbols.undefined.end(), "needed"), symbols.undefined.end());
}

TEST_F(ObjectSymbolsTest, HiddenSymbolsLeaveASharedObjectButNotALink) {
    const std::string object = compile(source, "-O2");
    const std::string hidden = with_hidden_symbols(object, "object.o");
    EXPECT_EQ(hidden.size(), object.size());
    EXPECT_EQ(object_symbols(hidden, "object.o").defined, object_symbols(object, "object.o").defined);
    write_new_file(directory_.path() / "hidden.o", hidden);
    write_new_file(directory_.path() / "user.c",
                   "extern int function(void);\nint needed(void) { return 39; }\n"
                   "int entry(void) { return function(); }\n");
    run(directory_.path(), "gcc -shared -fPIC user.c hidden.o -o libuser.so");
    const std::string exported = run(directory_.path(), "nm -D --defined-only libuser.so");
    EXPECT_NE(exported.find("entry"), std::string::npos) << exported;
    for (const char* name : {"function", "visible", "replaceable"})
        EXPECT_EQ(exported.find(name), std::string::npos) << exported;
}

TEST_F(ObjectSymbolsTest, ThirtyTwoBits) {
    // No C library for 32 bits is needed to compile.
    const std::string object = compile(source, "-m32 -ffreestanding");
    EXPECT_EQ(object[4], 1);
    const std::string hidden = with_hidden_symbols(object, "object.o");
    EXPECT_NE(hidden, object);
    EXPECT_EQ(object_symbols(hidden, "object.o").defined, object_symbols(object, "object.o").defined);
}

TEST_F(ObjectSymbolsTest, DamagedFilesAreErrorsAndNothingWorse) {
    const std::string object = compile(source, "-O2");
    EXPECT_THROW(object_symbols("", "empty.o"), LibraryError);
    EXPECT_THROW(object_symbols("not an object file, but long enough", "text.o"), LibraryError);
    EXPECT_THROW(object_symbols(read_file("/proc/self/exe"), "program"), LibraryError);
    for (std::size_t length = 0; length < object.size(); ++length)
        EXPECT_THROW(with_hidden_symbols(object.substr(0, length), "cut.o"), LibraryError) << length;
    // Any single damaged byte gives an error or an answer.
    for (std::size_t at = 0; at < object.size(); ++at) {
        std::string damaged = object;
        damaged[at] = static_cast<char>(~damaged[at]);
        try {
            with_hidden_symbols(damaged, "damaged.o");
        } catch (const LibraryError&) {
        }
    }
}

}  // namespace
}  // namespace halogram::test
