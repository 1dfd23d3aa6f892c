// One call on arrays: shapes are broadcast and checked, rows are found or copied, parameters read.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>

#include "python/native/arrays.h"
#include "python/native/kernel.h"
#include "runtime/hg_kernel.h"

namespace halogram {

using Shape = std::vector<std::int64_t>;

[[noreturn]] inline void fail(hg_status status) {
    PyObject* const exception =
        status == HG_ERROR_OUT_OF_MEMORY ? PyExc_MemoryError
        : status == HG_ERROR_ISA_UNKNOWN || status == HG_ERROR_ISA_UNSUPPORTED || status == HG_ERROR_NO_VARIANT
            ? PyExc_RuntimeError
            : PyExc_ValueError;
    fail(exception, hg_status_string(status));
}

// Broadcasts `own`, the leading dimensions of what `what` names, into `shape`.
inline void broadcast(Shape& shape, const Shape& own, const std::string& what, const std::string& whole) {
    if (own.size() > shape.size()) shape.insert(shape.begin(), own.size() - shape.size(), 1);
    const std::size_t before = shape.size() - own.size();
    for (std::size_t k = 0; k < own.size(); ++k) {
        std::int64_t& extent = shape[before + k];
        if (extent == 1)
            extent = own[k];
        else if (own[k] != 1 && own[k] != extent)
            fail(PyExc_ValueError, what + " has shape " + whole + ": its batch dimensions " + shape_text(own) +
                                       " cannot be broadcast with " + shape_text(shape));
    }
}

// An array of which each item of the batch has a block of `inner` dimensions.
struct Batched {
    ArrayView view;
    int inner;

    Batched(nb::handle object, const std::string& what, int bits, int inner_dimensions)
        : view(object, what, bits), inner(inner_dimensions) {
        if (view.dimensions() < inner)
            fail(PyExc_ValueError, what + " has shape " + view.shape_text() + ": it needs at least " +
                                       std::to_string(inner) + " dimension" + (inner == 1 ? "" : "s"));
    }
    std::int64_t extent(int k) const { return view.extent(view.dimensions() - inner + k); }
    std::int64_t stride(int k) const { return view.stride(view.dimensions() - inner + k); }
    Shape leading() const {
        Shape shape;
        for (int k = 0; k < view.dimensions() - inner; ++k) shape.push_back(view.extent(k));
        return shape;
    }
    // Of the item at `index` of the batch, in elements.
    std::int64_t offset(const Shape& index) const {
        std::int64_t result = 0;
        const int count = view.dimensions() - inner;
        for (int k = 0; k < count; ++k)
            if (view.extent(k) != 1)
                result += index[index.size() - static_cast<std::size_t>(count - k)] * view.stride(k);
        return result;
    }
};

// A block of rows that the runtime can read: the array's own memory, or a copy where its elements do not lie side by side.
template <typename T>
struct Rows {
    const T* data = nullptr;
    std::int64_t ld = 0;
    std::vector<T> copy;

    void set(const Batched& array, const Shape& index, std::int64_t rows, std::int64_t width, std::int64_t row_stride,
             std::int64_t stride) {
        const char* begin = array.view.data() + array.offset(index) * static_cast<std::int64_t>(sizeof(T));
        const bool side_by_side = (stride == 1 || width == 1) && (row_stride >= width || rows <= 1);
        if (side_by_side && reinterpret_cast<std::uintptr_t>(begin) % sizeof(T) == 0) {
            data = reinterpret_cast<const T*>(begin);
            ld = std::max(row_stride, width);
            return;
        }
        copy.resize(static_cast<std::size_t>(rows * width));
        for (std::int64_t i = 0; i < rows; ++i)
            for (std::int64_t d = 0; d < width; ++d)
                std::memcpy(&copy[static_cast<std::size_t>(i * width + d)],
                            begin + (i * row_stride + d * stride) * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
        data = copy.data();
        ld = width;
    }
    void set(const Batched& array, const Shape& index) {
        set(array, index, array.extent(0), array.extent(1), array.stride(0), array.stride(1));
    }
};

struct Value {
    std::optional<Batched> array;  // else the number
    double number = 0;
    long integer = 0;
};

// Everything that gram, gram_vjp and error_bound have in common.
template <typename T>
class Problem {
public:
    Problem(Kernel& kernel, nb::handle x, nb::handle y, nb::tuple values)
        : kernel_(kernel), x_(x, "x", kernel.element_bits(), 2) {
        if (!y.is_none()) y_.emplace(y, "y", kernel.element_bits(), 2);
        n = x_.extent(0);
        m = y_ ? y_->extent(0) : n;
        width = x_.extent(1);
        const int planes = kernel.point_planes();
        d = width / planes;
        if (kernel.features() != 0 && d != kernel.features())
            fail(PyExc_ValueError, "x has shape " + x_.view.shape_text() + ", but the kernel was compiled for " +
                                       std::to_string(kernel.features()) + " features (its last dimension)");
        if (width == 0) fail(PyExc_ValueError, "x has shape " + x_.view.shape_text() + ": it has no features");
        if (y_ && y_->extent(1) != width)
            fail(PyExc_ValueError, "x has shape " + x_.view.shape_text() + " and y " + y_->view.shape_text() +
                                       ": their last dimensions, the features, differ");
        batch = x_.leading();
        if (y_) broadcast(batch, y_->leading(), "y", y_->view.shape_text());
        if (nb::len(values) != kernel.parameters().size())
            fail(PyExc_TypeError, "the kernel has " + std::to_string(kernel.parameters().size()) + " parameters");
        values_.resize(kernel.parameters().size());
        for (std::size_t p = 0; p < values_.size(); ++p) read_value(p, values[p]);
    }

    // Calls `work` for each item of the batch with the item's number and the arguments of the call.
    template <typename Work>
    void for_each_item(const Work& work) {
        Shape index(batch.size(), 0);
        const std::int64_t count = items();
        std::vector<hg1_value> numbers(values_.size());
        std::vector<Rows<T>> vectors(values_.size());
        Rows<T> x_rows, y_rows;
        for (std::int64_t item = 0; item < count; ++item) {
            hg1_call call{};
            call.n = n;
            call.m = m;
            call.d = d;
            x_rows.set(x_, index);
            call.x = x_rows.data;
            call.ldx = x_rows.ld;
            if (y_) {
                static const T none = 0;  // an empty array may have no memory, and NULL means y = x
                y_rows.set(*y_, index);
                call.y = y_rows.data != nullptr ? y_rows.data : &none;
                call.ldy = y_rows.ld;
            }
            for (std::size_t p = 0; p < values_.size(); ++p) set_number(numbers[p], vectors[p], p, index);
            call.parameters = numbers.data();
            work(item, index, call);
            for (std::size_t k = index.size(); k-- > 0;) {
                if (++index[k] < batch[k]) break;
                index[k] = 0;
            }
        }
    }

    // Items of a batch are computed one after the other: where the memory for all of K overlapped an input, one item would read
    // what another one wrote.
    void expect_apart(const char* out, std::size_t bytes) const {
        const auto expect = [&](const Batched& input, const std::string& what) {
            if (input.view.reaches(out, bytes)) fail(PyExc_ValueError, "out overlaps " + what);
        };
        expect(x_, "x");
        if (y_) expect(*y_, "y");
        for (std::size_t p = 0; p < values_.size(); ++p)
            if (values_[p].array) expect(*values_[p].array, "the parameter " + kernel_.parameters()[p].name);
    }

    std::int64_t items() const {
        std::int64_t count = 1;
        for (std::int64_t extent : batch) count *= extent;
        return count;
    }
    Shape with_batch(std::initializer_list<std::int64_t> inner) const {
        Shape shape = batch;
        shape.insert(shape.end(), inner);
        return shape;
    }
    int bits() const { return kernel_.element_bits(); }
    bool self() const { return !y_; }

    Shape batch;
    std::int64_t n, m, d, width;

private:
    Kernel& kernel_;
    Batched x_;
    std::optional<Batched> y_;
    std::vector<Value> values_;

    void read_value(std::size_t p, nb::handle object) {
        const KernelParameter& parameter = kernel_.parameters()[p];
        Value& value = values_[p];
        const std::string what = "parameter " + parameter.name;
        if (parameter.kind == ParameterKind::Integer) {
            if (!PyIndex_Check(object.ptr())) fail(PyExc_TypeError, what + " is a whole number (an int)");
            value.integer = PyLong_AsLong(object.ptr());
            const bool beyond = value.integer == -1 && PyErr_Occurred() != nullptr;
            PyErr_Clear();
            if (beyond || !parameter.limits.contain(value.integer))
                fail(PyExc_ValueError, what + " is beyond the integers it has a value for, " + parameter.limits.text());
            return;
        }
        const bool vector = parameter.kind == ParameterKind::Vector;
        if (!vector && (PyFloat_Check(object.ptr()) || PyLong_Check(object.ptr()))) {
            value.number = PyFloat_AsDouble(object.ptr());
            if (value.number == -1 && PyErr_Occurred() != nullptr) {
                PyErr_Clear();
                fail(PyExc_ValueError, what + " is beyond the numbers of float64");
            }
            return;
        }
        value.array.emplace(object, what, kernel_.element_bits(), vector ? 1 : 0);
        if (vector && value.array->extent(0) != width)
            fail(PyExc_ValueError, what + " has shape " + value.array->view.shape_text() +
                                       ": it needs one number for each of the " + std::to_string(d) + " features");
        broadcast(batch, value.array->leading(), what, value.array->view.shape_text());
    }

    void set_number(hg1_value& out, Rows<T>& rows, std::size_t p, const Shape& index) const {
        const Value& value = values_[p];
        if (kernel_.parameters()[p].kind == ParameterKind::Integer) {
            out.integer = static_cast<std::int32_t>(value.integer);
            return;
        }
        if (kernel_.parameters()[p].kind == ParameterKind::Vector) {
            rows.set(*value.array, index, 1, width, width, value.array->stride(0));
            out.vector = rows.data;
            return;
        }
        T number = static_cast<T>(value.number);
        if (value.array)
            std::memcpy(&number,
                        value.array->view.data() + value.array->offset(index) * static_cast<std::int64_t>(sizeof(T)),
                        sizeof(T));
        if constexpr (sizeof(T) == 4)
            out.f32 = number;
        else
            out.f64 = number;
    }
};

}  // namespace halogram
