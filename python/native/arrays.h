// Arrays of NumPy, PyTorch and whatever else speaks DLPack or the buffer protocol, as memory with strides.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <string>
#include <vector>

#include "python/native/dlpack.h"

namespace halogram {

namespace nb = nanobind;

// An array that is read or written during one call. `what` names it in errors.
class ArrayView {
public:
    // Throws TypeError for what is no array or of another element type, NotImplementedError for one that is not in the
    // memory of the CPU.
    ArrayView(nb::handle object, const std::string& what, int element_bits);

    int dimensions() const { return tensor_.dimensions; }
    std::int64_t extent(int dimension) const { return tensor_.shape[dimension]; }
    std::int64_t stride(int dimension) const { return strides_[static_cast<std::size_t>(dimension)]; }
    char* data() const { return data_; }
    std::string shape_text() const;  // "(128, 5)"
    // Whether an element may lie in these bytes: those between the first and the last one count.
    bool reaches(const char* begin, std::size_t bytes) const;

private:
    dlpack::Tensor tensor_{};
    std::vector<std::int64_t> shape_, strides_;
    nb::ndarray<nb::ro> kept_;  // of arrays without the C table
    char* data_ = nullptr;

    void read(nb::handle object, const std::string& what);
};

// Raises a Python exception.
[[noreturn]] void fail(PyObject* exception, const std::string& message);

// "(2, 3)"
std::string shape_text(const std::vector<std::int64_t>& shape);

}  // namespace halogram
