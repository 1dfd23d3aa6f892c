#include "python/native/arrays.h"

#include <optional>
#include <unordered_map>

namespace halogram {

namespace {

// The type's table of functions; nullptr: it has none that is understood.
const dlpack::ExchangeApi* exchange_api(nb::handle object) {
    // Guarded by the interpreter's lock. A type that is known is kept, so that no other one gets its address.
    static std::unordered_map<PyTypeObject*, const dlpack::ExchangeApi*> known;
    PyTypeObject* type = Py_TYPE(object.ptr());
    const auto found = known.find(type);
    if (found != known.end()) return found->second;
    const dlpack::ExchangeApi* api = nullptr;
    nb::object capsule =
        nb::getattr(nb::handle(reinterpret_cast<PyObject*>(type)), "__dlpack_c_exchange_api__", nb::none());
    if (PyCapsule_IsValid(capsule.ptr(), dlpack::exchange_capsule)) {
        api = static_cast<const dlpack::ExchangeApi*>(PyCapsule_GetPointer(capsule.ptr(), dlpack::exchange_capsule));
        if (api->header.version.major != dlpack::known_major || api->tensor_from_object == nullptr) api = nullptr;
    }
    if (api != nullptr && known.emplace(type, api).second) Py_INCREF(type);
    return api;
}

// A number that a method without arguments returns; nothing where there is none: a tensor that wraps another has no storage.
std::optional<std::int64_t> number_of(nb::handle object, const char* method) {
    const nb::object result = nb::steal(PyObject_CallMethodNoArgs(object.ptr(), nb::str(method).ptr()));
    const long long number = result.is_valid() ? PyLong_AsLongLong(result.ptr()) : -1;
    if (PyErr_Occurred() == nullptr) return number;
    PyErr_Clear();
    return std::nullopt;
}

// torch lets a storage shrink under the tensors that lie in it, and tells DLPack their old shape.
void expect_whole_storage(nb::handle tensor, const ArrayView& view, std::int64_t element, const std::string& what) {
    static const nb::handle untyped_storage = PyUnicode_InternFromString("untyped_storage");
    const nb::object storage = nb::steal(PyObject_CallMethodNoArgs(tensor.ptr(), untyped_storage.ptr()));
    if (!storage.is_valid()) {  // of another library
        PyErr_Clear();
        return;
    }
    const std::optional<std::int64_t> bytes = number_of(storage, "nbytes"),
                                      offset = number_of(tensor, "storage_offset");
    std::int64_t last = offset.value_or(0);
    for (int k = 0; k < view.dimensions(); ++k) {
        if (view.extent(k) == 0) return;
        last += (view.extent(k) - 1) * view.stride(k);
    }
    if (bytes && *bytes / element <= last)
        fail(PyExc_ValueError, what + " has no memory for " + std::to_string(last + 1 - *bytes / element) +
                                   " of its numbers: its storage was resized");
}

std::string type_text(const dlpack::DataType& type) {
    const std::string bits = std::to_string(type.bits);
    switch (type.code) {
        case dlpack::integer: return "int" + bits;
        case dlpack::unsigned_integer: return "uint" + bits;
        case dlpack::floating: return "float" + bits;
        case dlpack::brain_floating: return "bfloat" + bits;
        case dlpack::complex: return "complex" + bits;
        case dlpack::boolean: return "bool";
        default: return "an unknown element type";
    }
}

}  // namespace

void fail(PyObject* exception, const std::string& message) {
    PyErr_SetString(exception, message.c_str());
    throw nb::python_error();
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
    std::string text = "(";
    for (std::size_t k = 0; k < shape.size(); ++k) text += (k == 0 ? "" : ", ") + std::to_string(shape[k]);
    return text + (shape.size() == 1 ? ",)" : ")");
}

void ArrayView::read(nb::handle object, const std::string& what) {
    if (const dlpack::ExchangeApi* api = exchange_api(object)) {
        if (api->tensor_from_object(object.ptr(), &tensor_) == 0) return;
        // torch's own message ends in a page of its calls.
        PyErr_Clear();
        fail(PyExc_TypeError,
             what + " has no dense memory of the CPU: it is sparse, nested or of a device without memory");
    }
    if (!nb::try_cast<nb::ndarray<nb::ro>>(object, kept_) || !kept_.is_valid()) {
        PyErr_Clear();
        fail(PyExc_TypeError,
             what + " is " + nb::type_name(nb::handle(reinterpret_cast<PyObject*>(Py_TYPE(object.ptr())))).c_str() +
                 ", not an array (NumPy, PyTorch or DLPack)");
    }
    tensor_.data = const_cast<void*>(kept_.data());  // written only where this package allocated it
    tensor_.device = {kept_.device_type(), kept_.device_id()};
    tensor_.dimensions = static_cast<std::int32_t>(kept_.ndim());
    tensor_.type = {kept_.dtype().code, kept_.dtype().bits, kept_.dtype().lanes};
    for (std::size_t k = 0; k < kept_.ndim(); ++k) {
        shape_.push_back(static_cast<std::int64_t>(kept_.shape(k)));
        strides_.push_back(kept_.stride(k));
    }
    tensor_.shape = shape_.data();
    tensor_.strides = strides_.data();
}

ArrayView::ArrayView(nb::handle object, const std::string& what, int element_bits) {
    read(object, what);
    if (tensor_.device.type != dlpack::cpu)
        fail(PyExc_NotImplementedError,
             what + " is not in the memory of the CPU, the only device there are kernels for: move it with .cpu()");
    if (tensor_.type.code != dlpack::floating || tensor_.type.bits != element_bits || tensor_.type.lanes != 1)
        fail(PyExc_TypeError, what + " has elements of type " + type_text(tensor_.type) + ", not float" +
                                  std::to_string(element_bits) + " as x");
    const auto dimensions = static_cast<std::size_t>(tensor_.dimensions);
    if (strides_.size() != dimensions || dimensions == 0) {
        strides_.assign(dimensions, 1);
        if (tensor_.strides != nullptr)
            strides_.assign(tensor_.strides, tensor_.strides + dimensions);
        else
            for (std::size_t k = dimensions; k-- > 1;) strides_[k - 1] = strides_[k] * tensor_.shape[k];
    }
    std::int64_t elements = 1;
    for (std::size_t k = 0; k < dimensions; ++k) elements *= tensor_.shape[k];
    // torch adds the offset of a view to the null pointer of a storage that was freed: no address below is ever mapped.
    constexpr std::uintptr_t lowest_address = 65536;
    if (reinterpret_cast<std::uintptr_t>(tensor_.data) < lowest_address) {
        if (elements != 0)
            fail(PyExc_ValueError, what + " has no memory: it is a fake tensor, or its storage was freed");
        return;
    }
    data_ = static_cast<char*>(tensor_.data) + tensor_.byte_offset;
    if (!kept_.is_valid()) expect_whole_storage(object, *this, element_bits / 8, what);
}

bool ArrayView::reaches(const char* begin, std::size_t bytes) const {
    const std::int64_t element = tensor_.type.bits / 8;
    std::int64_t first = 0, end = element;
    for (int k = 0; k < dimensions(); ++k) {
        if (extent(k) == 0) return false;
        const std::int64_t span = (extent(k) - 1) * stride(k) * element;
        (span < 0 ? first : end) += span;
    }
    return bytes > 0 && data_ + first < begin + bytes && begin < data_ + end;
}

std::string ArrayView::shape_text() const {
    return halogram::shape_text({tensor_.shape, tensor_.shape + tensor_.dimensions});
}

}  // namespace halogram
