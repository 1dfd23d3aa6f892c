#include "python/native/kernel.h"

#include "generators/formula/tangent.h"
#include "python/native/interruptible.h"
#include "runtime/hg_internal.h"
#include "schedules/operation_module.h"

extern "C" {
extern const hg1_kernel* const prebuilt_f32_kernels[];
extern const hg1_kernel* const prebuilt_f64_kernels[];
}

namespace halogram {

const hg1_kernel* prebuilt_kernel(const std::string& name, const std::string& dtype) {
    const auto* kernels = dtype == "f64" ? prebuilt_f64_kernels : prebuilt_f32_kernels;
    for (; *kernels != nullptr; ++kernels) {
        const hg1_variant* variant = nullptr;
        if (name + "_" + dtype == (*kernels)->name)
            return hg1_choose_variant(*kernels, &variant) == HG_OK ? *kernels : nullptr;
    }
    return nullptr;
}

// Parsed anew for each compilation: trees are not shared between threads.
static KernelRequest request_for(KernelArguments arguments, bool tangent, const std::string& operation) {
    arguments.operations = {"gram", "gram_vjp"};
    KernelRequest request = request_of(arguments);
    if (tangent) {
        request.formula = tangent_of(request.formula);
        request.tolerance.reset();
    }
    request.operations = {operation};
    // The error bound chooses a form for K alone.
    if (request.tolerance && operation != "gram") {
        request.formula.expanded.reset();
        request.tolerance.reset();
    }
    return request;
}

Kernel::Kernel(const KernelArguments& arguments, bool tangent) : arguments_(arguments), tangent_(tangent) {
    if (arguments_.name.empty()) arguments_.name = "kernel";
    const auto compiled_later = [this](const std::string& operation) {
        return std::make_shared<LazyKernel>([arguments = arguments_, tangent_too = tangent_, operation] {
            return request_for(arguments, tangent_too, operation);
        });
    };
    gram_ = compiled_later("gram");
    gram_vjp_ = compiled_later("gram_vjp");
    const KernelRequest described = request_for(arguments_, tangent, "gram");
    features_ = described.features;
    formula_ = described.formula.text;
    for (const FormulaParameter& p : described.formula.parameters) {
        if (p.node->is_constant()) continue;
        // The tangent's formula takes orders of smoothness that lie below those of the kernel: its limits are not asked.
        const IntegerLimits limits = tangent ? IntegerLimits() : integer_limits(described.formula.value, p.name);
        parameters_.push_back({p.name, kind_of(p), limits});
    }
    const bool as_built = !tangent && features_ == 0 && arguments.form == "direct" && arguments.math == "exact" &&
                          arguments.settings.empty() && !arguments.kernel.empty();
    if (as_built) prebuilt_ = prebuilt_kernel(arguments.kernel, arguments.dtype);
}

const std::shared_ptr<LazyKernel>& Kernel::lazy(const std::string& operation) const {
    return operation == "gram" ? gram_ : gram_vjp_;
}

const hg1_kernel* Kernel::if_compiled(const std::string& operation) const {
    return prebuilt_ != nullptr ? prebuilt_ : lazy(operation)->if_compiled();
}

const hg1_kernel* Kernel::table(const std::string& operation) {
    const hg1_kernel* ready = if_compiled(operation);
    if (ready != nullptr) return ready;
    return interruptible<const hg1_kernel*>([kernel = lazy(operation)] { return kernel->kernel(); });
}

}  // namespace halogram
