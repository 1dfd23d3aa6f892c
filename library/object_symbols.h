// Symbols of a relocatable ELF object file that lies in memory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "library/error.h"

namespace halogram {

struct ObjectSymbols {
    std::vector<std::string> defined;    // global and weak symbols that the object defines, sorted
    std::vector<std::string> undefined;  // those that it needs, sorted
};

struct ObjectError : LibraryError {
    ObjectError(const std::string& object_name, const std::string& what);
    std::string reason;  // without the object's name
};

// "x86-64 (64 bits)". Throws as the two below.
std::string object_machine(std::string_view object, const std::string& object_name);

// Both throw ObjectError, naming `object_name`, where the bytes are not a relocatable ELF object of this machine's
// byte order. The architecture and the word size may be others.
ObjectSymbols object_symbols(std::string_view object, const std::string& object_name);

// The object with every global symbol that it defines hidden (STV_HIDDEN): still there for the other members of its
// archive, but neither exported by nor replaceable in a shared object that the archive goes into.
std::string with_hidden_symbols(std::string object, const std::string& object_name);

}  // namespace halogram
