// What build would make of a kernel, to read.
#pragma once

#include <ostream>

#include "tools/kernel_arguments.h"

namespace halogram {

// Structure, derivatives, operations per pair, strategies and loops. Throws UsageError, FormulaError, CompileError.
void explain(const KernelArguments& arguments, std::ostream& out);

}  // namespace halogram
