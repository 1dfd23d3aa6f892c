#include "schedules/in_process.h"

#include <pthread.h>

#include <mutex>

#include "library/kernel_table.h"
#include "library/library.h"
#include "runtime/hg_internal.h"
#include "schedules/loaded_code.h"
#include "schedules/operation_module.h"

namespace halogram {

namespace {

// Halide counts the names of stages in one place per process. Held across fork(), so that a child never inherits it taken.
std::mutex& compiler() {
    static std::mutex mutex;
    static const bool held_across_fork = [] {
        pthread_atfork([] { compiler().lock(); }, [] { compiler().unlock(); }, [] { compiler().unlock(); });
        return true;
    }();
    (void)held_across_fork;
    return mutex;
}

// The runtime decides, as it does among the variants of a library.
Machine this_machine() {
    const std::vector<Machine> machines = machines_of("host");
    std::vector<hg1_variant> variants;
    for (const Machine& machine : machines)
        variants.push_back({machine.isa.c_str(), machine.vector_bits / 8, 1, 1, nullptr, nullptr});
    hg1_kernel kernel{};
    kernel.variant_count = static_cast<std::int32_t>(variants.size());
    kernel.variants = variants.data();
    const hg1_variant* chosen = nullptr;
    const hg_status status = hg1_choose_variant(&kernel, &chosen);
    if (status != HG_OK) throw CompileError(hg_status_string(status));
    return machines[static_cast<std::size_t>(chosen - variants.data())];
}

class Compiled : public InProcessKernel {
public:
    explicit Compiled(const KernelRequest& request) {
        const Machine machine = this_machine();
        const std::vector<KernelRequest> forms = forms_of(request);
        KernelInterface interface = compile_form(forms[0], machine);
        if (request.tolerance) {
            interface.expanded = {compile_form(forms[1], machine)};
            interface.form = "auto";
            interface.tolerance = *request.tolerance;
        }
        table_ = std::make_unique<KernelTable>(interface, halogram_version(), [this](const std::string& symbol) {
            void* address = nullptr;
            for (const auto& code : code_)
                if (address == nullptr) address = code->function(symbol + "_argv");
            return reinterpret_cast<hg1_leaf>(address);
        });
    }

    const hg1_kernel* kernel() const override { return table_->kernel(); }

private:
    std::vector<std::unique_ptr<LoadedCode>> code_;
    std::unique_ptr<KernelTable> table_;

    KernelInterface compile_form(const KernelRequest& request, const Machine& machine) {
        KernelInterface interface = interface_of(request);
        InterfaceVariant& variant = add_variant(request, machine, interface);
        for (const std::string& operation : request.operations) {
            const OperationModule compiled = operation_module(request, operation, machine, machine);
            code_.push_back(std::make_unique<LoadedCode>(compiled.object()));
            compiled.describe_in(interface, variant);
        }
        return interface;
    }
};

}  // namespace

std::unique_lock<std::mutex> lock_compiler() { return std::unique_lock<std::mutex>(compiler()); }

static std::shared_ptr<const InProcessKernel> compile_locked(const KernelRequest& request) {
    return translate_errors(
        [&]() -> std::shared_ptr<const InProcessKernel> { return std::make_shared<Compiled>(request); });
}

std::shared_ptr<const InProcessKernel> compile_in_process(const KernelRequest& request) {
    const auto lock = lock_compiler();
    return compile_locked(request);
}

const hg1_kernel* LazyKernel::kernel() {
    const hg1_kernel* ready = if_compiled();
    if (ready != nullptr) return ready;
    // Parsed and derived by the thread that asks, beside others that compile. A tree belongs to one thread: each has its own.
    const KernelRequest request = request_();
    for (const KernelRequest& form : forms_of(request))
        for (const std::string& operation : form.operations) expect_within_budget(form.formula, operation);
    // The same lock as the compiler's: a child of fork() finds either nothing or the whole.
    const auto lock = lock_compiler();
    ready = kernel_.load(std::memory_order_relaxed);
    if (ready != nullptr) return ready;
    compiled_ = compile_locked(request);
    kernel_.store(compiled_->kernel(), std::memory_order_release);
    return compiled_->kernel();
}

}  // namespace halogram
