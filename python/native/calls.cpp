#include "python/native/calls.h"

#include "python/native/problem.h"

namespace halogram {

namespace {

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
    problem.expect_apart(k.data, static_cast<std::size_t>(problem.items()) * k.item_bytes);
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
