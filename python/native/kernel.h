// A kernel as Python holds it: its description, and its compiled operations, each from the package's prebuilt libraries or
// compiled into this process when it is first called.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "generators/formula/integer_limits.h"
#include "schedules/in_process.h"
#include "tools/kernel_arguments.h"

namespace halogram {

struct KernelParameter {
    std::string name;
    ParameterKind kind;
    IntegerLimits limits;  // of an integer
};

class Kernel {
public:
    // With `tangent` the kernel's derivative along a direction (generators/formula/tangent.h). Throws UsageError,
    // FormulaError.
    Kernel(const KernelArguments& arguments, bool tangent);

    // In signature order; of a tangent the directions of scalar parameters come last.
    const std::vector<KernelParameter>& parameters() const { return parameters_; }
    const std::string& formula() const { return formula_; }
    int features() const { return features_; }  // 0: any
    int element_bits() const { return arguments_.dtype == "f64" ? 64 : 32; }
    bool prebuilt() const { return prebuilt_ != nullptr; }
    int point_planes() const { return tangent_ ? 2 : 1; }

    // "gram" or "gram_vjp", compiled if it is not yet: without the GIL. Throws as compile_in_process, and where a signal's
    // handler raises meanwhile.
    const hg1_kernel* table(const std::string& operation);
    bool is_compiled(const std::string& operation) const { return if_compiled(operation) != nullptr; }

private:
    KernelArguments arguments_;
    bool tangent_;
    int features_;
    std::string formula_;
    std::vector<KernelParameter> parameters_;
    const hg1_kernel* prebuilt_ = nullptr;         // both operations
    std::shared_ptr<LazyKernel> gram_, gram_vjp_;  // shared with the thread that compiles it

    const std::shared_ptr<LazyKernel>& lazy(const std::string& operation) const;
    const hg1_kernel* if_compiled(const std::string& operation) const;
};

// The package's own build of a catalogue kernel for any D, in the direct form and exact; nullptr: there is none that this
// processor runs.
const hg1_kernel* prebuilt_kernel(const std::string& name, const std::string& dtype);

}  // namespace halogram
