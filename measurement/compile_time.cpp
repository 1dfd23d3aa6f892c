#include "measurement/compile_time.h"

#include <sys/resource.h>

#include "schedules/operation_module.h"

namespace halogram {

const char* const compile_reference = "exp(-gamma * sum((x - y)^2))";

namespace {

double processor_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return double(usage.ru_utime.tv_sec) + 1e-6 * double(usage.ru_utime.tv_usec);
}

}  // namespace

CompileTime compile_time_of(const KernelRequest& request, const std::string& operation, const Machine& machine) {
    const double before = processor_seconds();
    const std::size_t bytes = operation_module(request, operation, machine, machine).object().size();
    return {processor_seconds() - before, bytes};
}

ComparedCompileTime compare_compile_time(const KernelRequest& request, const std::string& operation,
                                         const Machine& machine) {
    const KernelRequest reference{"reference", parse_formula(compile_reference), "", request.dtype, request.features,
                                  {"gram"}};
    return translate_errors([&] {
        const CompileTime before = compile_time_of(reference, "gram", machine);
        return ComparedCompileTime{before, compile_time_of(request, operation, machine)};
    });
}

}  // namespace halogram
