// --spec FILE.json: several kernels in one library. The file's layout stands in tools/specification.schema.json.
#pragma once

#include <string>
#include <vector>

#include "tools/kernel_arguments.h"

namespace halogram {

struct Specification {
    std::string name;  // of the library
    std::vector<KernelArguments> kernels;
};

// What a kernel leaves out keeps the value of `defaults`. Throws UsageError with the file, the place in it and what is
// wrong there.
Specification read_specification(const std::string& path, const KernelArguments& defaults);

}  // namespace halogram
