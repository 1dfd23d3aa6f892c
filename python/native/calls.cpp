#include "python/native/calls.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "runtime/hg_internal.h"

namespace halogram {

namespace {

using Shape = std::vector<std::int64_t>;

[[noreturn]] void fail(PyObject* exception, const std::string& message) {
    PyErr_SetString(exception, message.c_str());
    throw nb::python_error();
}

[[noreturn]] void fail(hg_status status) {
    PyObject* const exception =
        status == HG_ERROR_OUT_OF_MEMORY ? PyExc_MemoryError
        : status == HG_ERROR_ISA_UNKNOWN || status == HG_ERROR_ISA_UNSUPPORTED || status == HG_ERROR_NO_VARIANT
            ? PyExc_RuntimeError
            : PyExc_ValueError;
    fail(exception, hg_status_string(status));
}

// Broadcasts `own`, the leading dimensions of what `what` names, into `shape`.
void broadcast(Shape& shape, const Shape& own, const std::string& what, const std::string& whole) {
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
            if (value.integer == -1 && PyErr_Occurred()) throw nb::python_error();
            if (value.integer < INT32_MIN || value.integer > INT32_MAX)
                fail(PyExc_ValueError, what + " is beyond the 32-bit integers");
            return;
        }
        const bool vector = parameter.kind == ParameterKind::Vector;
        if (!vector && (PyFloat_Check(object.ptr()) || PyLong_Check(object.ptr()))) {
            value.number = PyFloat_AsDouble(object.ptr());
            if (value.number == -1 && PyErr_Occurred()) throw nb::python_error();
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

nb::object allocated(nb::handle allocate, const Shape& shape) {
    nb::object list = nb::steal(PyTuple_New(static_cast<Py_ssize_t>(shape.size())));
    for (std::size_t k = 0; k < shape.size(); ++k)
        PyTuple_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(k), PyLong_FromLongLong(shape[k]));
    return allocate(list);
}

// A new array, contiguous, whose items of the batch lie one behind the other.
struct Output {
    nb::object object;
    char* data = nullptr;
    std::size_t item_bytes = 0;

    Output() = default;
    Output(nb::handle allocate, const Shape& batch, const Shape& whole, int bits) : object(allocated(allocate, whole)) {
        std::size_t elements = 1;
        for (std::size_t k = batch.size(); k < whole.size(); ++k) elements *= static_cast<std::size_t>(whole[k]);
        item_bytes = elements * static_cast<std::size_t>(bits / 8);
        const ArrayView view(object, "out", bits);
        std::int64_t stride = 1;
        const bool empty = std::count(whole.begin(), whole.end(), 0) != 0;  // then no stride matters
        bool fits = view.dimensions() == static_cast<int>(whole.size());
        for (int k = static_cast<int>(whole.size()); fits && k-- > 0;) {
            const std::int64_t extent = whole[static_cast<std::size_t>(k)];
            fits = view.extent(k) == extent && (view.stride(k) == stride || extent <= 1 || empty);
            stride *= extent;
        }
        if (!fits)
            fail(PyExc_ValueError,
                 "out has shape " + view.shape_text() + ": it must be contiguous, of shape " + shape_text(whole));
        data = view.data();
    }
    void* item(std::int64_t index) const {
        return data == nullptr ? nullptr : data + static_cast<std::size_t>(index) * item_bytes;
    }
};

hg_options options_for(int threads) {
    hg_options options{};
    options.size = sizeof options;
    options.threads = threads;
    return options;
}

template <typename T>
nb::object gram_of(Kernel& kernel, nb::handle x, nb::handle y, nb::tuple values, nb::handle allocate, int threads) {
    Problem<T> problem(kernel, x, y, values);
    const Output k(allocate, problem.batch, problem.with_batch({problem.n, problem.m}), problem.bits());
    const hg_options options = options_for(threads);
    hg_status status = HG_OK;
    {
        const nb::gil_scoped_release others_may_run;
        const hg1_kernel* table = kernel.table("gram");
        problem.for_each_item([&](std::int64_t item, const Shape&, hg1_call& call) {
            call.k = k.item(item);
            call.ldk = problem.m;
            if (status == HG_OK) status = hg1_gram(table, &options, &call);
        });
    }
    if (status != HG_OK) fail(status);
    return k.object;
}

template <typename T>
nb::tuple gram_vjp_of(Kernel& kernel, nb::handle x, nb::handle y, nb::tuple values, nb::handle g, nb::tuple wanted,
                      nb::handle allocate, int threads) {
    Problem<T> problem(kernel, x, y, values);
    const std::size_t parameters = kernel.parameters().size();
    const Batched cotangent(g, "g, the cotangent of K,", problem.bits(), 2);
    if (cotangent.extent(0) != problem.n || cotangent.extent(1) != problem.m)
        fail(PyExc_ValueError, "g, the cotangent of K, has shape " + cotangent.view.shape_text() +
                                   ", not that of K: " + shape_text(problem.with_batch({problem.n, problem.m})));
    broadcast(problem.batch, cotangent.leading(), "g, the cotangent of K,", cotangent.view.shape_text());
    if (nb::len(wanted) != parameters + 2) fail(PyExc_TypeError, "wanted has one entry for x, y and each parameter");
    const auto wants = [&](std::size_t k) { return nb::cast<bool>(wanted[k]); };
    const auto output = [&](bool needed, std::initializer_list<std::int64_t> inner) {
        return needed ? Output(allocate, problem.batch, problem.with_batch(inner), problem.bits()) : Output();
    };
    const Output gx = output(wants(0), {problem.n, problem.d});
    const Output gy = output(wants(1) && !problem.self(), {problem.m, problem.d});
    std::vector<Output> of_parameters;
    for (std::size_t p = 0; p < parameters; ++p) {
        const ParameterKind kind = kernel.parameters()[p].kind;
        if (kind == ParameterKind::Vector)
            of_parameters.push_back(output(wants(p + 2), {problem.d}));
        else
            of_parameters.push_back(output(wants(p + 2) && kind == ParameterKind::Scalar, {}));
    }
    const hg_options options = options_for(threads);
    hg_status status = HG_OK;
    {
        const nb::gil_scoped_release others_may_run;
        const hg1_kernel* table = kernel.table("gram_vjp");
        Rows<T> g_rows;
        std::vector<void*> gparameters(parameters);
        problem.for_each_item([&](std::int64_t item, const Shape& index, hg1_call& call) {
            g_rows.set(cotangent, index);
            call.g = g_rows.data;
            call.ldg = g_rows.ld;
            call.gx = gx.item(item);
            call.gy = gy.item(item);
            call.ldgx = call.ldgy = problem.d;
            for (std::size_t p = 0; p < parameters; ++p) gparameters[p] = of_parameters[p].item(item);
            call.gparameters = gparameters.data();
            if (status == HG_OK) status = hg1_gram_vjp(table, &options, &call);
        });
    }
    if (status != HG_OK) fail(status);
    nb::object result = nb::steal(PyTuple_New(static_cast<Py_ssize_t>(parameters + 2)));
    const auto put = [&](std::size_t k, const Output& out) {
        nb::object object = out.object.is_valid() ? out.object : nb::none();
        PyTuple_SET_ITEM(result.ptr(), static_cast<Py_ssize_t>(k), object.release().ptr());
    };
    put(0, gx);
    put(1, gy);
    for (std::size_t p = 0; p < parameters; ++p) put(p + 2, of_parameters[p]);
    return nb::cast<nb::tuple>(result);
}

template <typename T>
double error_bound_of(Kernel& kernel, nb::handle x, nb::handle y, nb::tuple values) {
    Problem<T> problem(kernel, x, y, values);
    T largest = 0;
    hg_status status = HG_OK;
    {
        const nb::gil_scoped_release others_may_run;
        const hg1_kernel* table = kernel.table("gram");
        const hg1_kernel* expanded = table->expanded != nullptr ? table->expanded : table;
        problem.for_each_item([&](std::int64_t, const Shape&, hg1_call& call) {
            T bound = 0;
            if (status == HG_OK) status = hg1_gram_error_bound(expanded, &call, &bound);
            if (!(bound <= largest)) largest = bound;
        });
    }
    if (status != HG_OK) fail(status);
    return static_cast<double>(largest);
}

}  // namespace

nb::object gram(Kernel& kernel, nb::handle x, nb::handle y, nb::tuple values, nb::handle allocate, int threads) {
    return kernel.element_bits() == 64 ? gram_of<double>(kernel, x, y, values, allocate, threads)
                                       : gram_of<float>(kernel, x, y, values, allocate, threads);
}

nb::tuple gram_vjp(Kernel& kernel, nb::handle x, nb::handle y, nb::tuple values, nb::handle g, nb::tuple wanted,
                   nb::handle allocate, int threads) {
    return kernel.element_bits() == 64 ? gram_vjp_of<double>(kernel, x, y, values, g, wanted, allocate, threads)
                                       : gram_vjp_of<float>(kernel, x, y, values, g, wanted, allocate, threads);
}

double error_bound(Kernel& kernel, nb::handle x, nb::handle y, nb::tuple values) {
    return kernel.element_bits() == 64 ? error_bound_of<double>(kernel, x, y, values)
                                       : error_bound_of<float>(kernel, x, y, values);
}

}  // namespace halogram
