// What compiling costs: processor time, which other work on the machine stretches less than the clock's.
#pragma once

#include <cstddef>

#include "schedules/kernel_request.h"
#include "schedules/machine.h"

namespace halogram {

struct CompileTime {
    double seconds = 0;     // of this process
    std::size_t bytes = 0;  // of the object file
};

// Of all leaves of one operation for one machine, from a parsed formula to an object file.
CompileTime compile_time_of(const KernelRequest& request, const std::string& operation, const Machine& machine);

struct ComparedCompileTime {
    CompileTime reference, own;
    double ratio() const { return own.seconds / reference.seconds; }
};

// Beside gram of a Gaussian kernel with the same features and type on the same machine, which is compiled just before.
ComparedCompileTime compare_compile_time(const KernelRequest& request, const std::string& operation,
                                         const Machine& machine);
extern const char* const compile_reference;  // its formula

}  // namespace halogram
