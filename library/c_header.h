// The header of a generated library: the shared runtime block and the documented declarations of every kernel.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "library/kernel_interface.h"

namespace halogram {

// For C99 and later, C++11 and later. `runtime_header` is the text of runtime/hg.h, which is repeated unchanged:
// several generated headers may be included in one translation unit.
std::string c_header(const std::vector<KernelInterface>& kernels, const std::string& library_name,
                     const std::string& halogram_version, std::string_view runtime_header);

// The same with the runtime's header that the program carries.
std::string c_header(const std::vector<KernelInterface>& kernels, const std::string& library_name,
                     const std::string& halogram_version);

}  // namespace halogram
