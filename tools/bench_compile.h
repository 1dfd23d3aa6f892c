// halogram bench --compile: how long it takes to compile kernels.
#pragma once

#include "tools/kernel_arguments.h"

namespace halogram {

// Of the kernel that the arguments name, or of the whole catalogue where they name none.
void bench_compile(const KernelArguments& kernel, const std::vector<std::string>& variants, bool json, bool quiet);

}  // namespace halogram
