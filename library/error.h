// The error of everything under library/: one clear line that names what could not be made and why.
#pragma once

#include <stdexcept>

namespace halogram {

class LibraryError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace halogram
