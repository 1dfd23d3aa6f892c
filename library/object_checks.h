// What a user's C compiler and archiver left: a command that exits with 0 may have made nothing, or something else.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "library/kernel_interface.h"

namespace halogram {

// The objects of one library, in the order in which they are made.
class ObjectChecks {
public:
    explicit ObjectChecks(std::string compiler) : compiler_(std::move(compiler)) {}
    // A leaf object; the machine of the first one is that of all.
    void add_leaf(const std::string& name, const std::string& bytes);
    // Made by the compiler from `source`. Throws LibraryError where it is no object of the leaves' machine.
    void add_compiled(const std::string& source, const std::string& bytes);
    // After the last one. Throws LibraryError where a symbol that the library is about is not defined, or one is needed
    // that neither the library nor the system has.
    void expect_whole(const std::vector<KernelInterface>& kernels) const;

private:
    std::string compiler_, machine_;
    std::set<std::string> defined_;
    std::vector<std::pair<std::string, std::vector<std::string>>> needed_;  // source, symbols

    [[noreturn]] void fail(const std::string& source, const std::string& what) const;
};

// Throws LibraryError for what is no archive that holds so many bytes of members.
void expect_archive(const std::string& archiver, const std::string& bytes, std::size_t least);

}  // namespace halogram
