#include "python/native/kernel.h"

#include "generators/formula/tangent.h"
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

Kernel::Kernel(const KernelArguments& arguments, bool tangent)
    : arguments_(arguments),
      tangent_(tangent),
      gram_([this] { return request("gram"); }),
      gram_vjp_([this] { return request("gram_vjp"); }) {
    if (arguments_.name.empty()) arguments_.name = "kernel";
    const KernelRequest described = request("gram");
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

// Parsed anew for each compilation: trees are not shared between threads.
KernelRequest Kernel::request(const std::string& operation) const {
    KernelArguments arguments = arguments_;
    arguments.operations = {"gram", "gram_vjp"};
    KernelRequest request = request_of(arguments);
    if (tangent_) {
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

const hg1_kernel* Kernel::table(const std::string& operation) {
    if (prebuilt_ != nullptr) return prebuilt_;
    return (operation == "gram" ? gram_ : gram_vjp_).kernel();
}

}  // namespace halogram
