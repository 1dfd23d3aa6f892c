// The table that the runtime reads of a kernel, made in memory: for kernels that were compiled in this process, what the
// generated C file is for those of a library (c_source.h).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "library/kernel_interface.h"
#include "runtime/hg_kernel.h"

namespace halogram {

// Where a leaf's code in the argv convention is, by the leaf's symbol.
using LeafResolver = std::function<hg1_leaf(const std::string& symbol)>;

class KernelTable {
public:
    // Throws LibraryError where the interface is wrong or a leaf that an operation cannot do without is missing.
    KernelTable(const KernelInterface& interface, const std::string& halogram_version, const LeafResolver& resolve);
    ~KernelTable();
    KernelTable(const KernelTable&) = delete;
    KernelTable& operator=(const KernelTable&) = delete;

    const hg1_kernel* kernel() const;

private:
    struct Storage;
    std::unique_ptr<Storage> storage_;
};

}  // namespace halogram
