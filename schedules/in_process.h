// Kernels compiled into this process, for this processor: no file, no compiler, no linker.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "runtime/hg_kernel.h"
#include "schedules/kernel_request.h"

namespace halogram {

// Owns the code of a kernel and the table through which the runtime calls it.
class InProcessKernel {
public:
    virtual ~InProcessKernel() = default;
    virtual const hg1_kernel* kernel() const = 0;
};

// One variant: the best one that this processor has, or the one that HALOGRAM_ISA forces. `request.target` is not read.
// Compiles run one at a time, whichever thread asks; fork() waits for the one that runs. Throws CompileError, also where
// HALOGRAM_ISA names nothing that this processor can run.
std::shared_ptr<const InProcessKernel> compile_in_process(const KernelRequest& request);

// Held while anything is compiled, also by whoever else uses Halide in this process.
std::unique_lock<std::mutex> lock_compiler();

// Compiled when it is first asked for, once, whichever threads ask.
class LazyKernel {
public:
    explicit LazyKernel(std::function<KernelRequest()> request) : request_(std::move(request)) {}
    // Throws as compile_in_process, and what `request` throws.
    const hg1_kernel* kernel();
    // nullptr while it is not compiled.
    const hg1_kernel* if_compiled() const { return kernel_.load(std::memory_order_acquire); }

private:
    std::function<KernelRequest()> request_;
    std::shared_ptr<const InProcessKernel> compiled_;
    std::atomic<const hg1_kernel*> kernel_{nullptr};
};

}  // namespace halogram
