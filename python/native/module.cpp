// The native half of the package `halogram`.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <limits>
#include <memory>
#include <regex>
#include <sstream>

#include "generators/catalogue/catalogue.h"
#include "generators/formula/diagnostics.h"
#include "generators/formula/parser.h"
#include "library/error.h"
#include "python/native/calls.h"
#include "python/native/interruptible.h"
#include "tools/build_library.h"
#include "tools/explanation.h"

namespace halogram {

namespace {

using Texts = std::vector<std::string>;

KernelArguments arguments_of(const std::string& kernel, const std::string& formula, const std::string& features,
                             const std::string& dtype, const Texts& settings, const std::string& form,
                             const std::string& tolerance, const std::string& math, const std::string& budget,
                             const std::string& name) {
    KernelArguments a;
    a.kernel = kernel;
    a.formula = formula;
    a.features = features;
    a.dtype = dtype;
    a.settings = settings;
    a.form = form;
    a.tolerance = tolerance;
    a.math = math;
    a.budget = budget;
    a.name = name;
    return a;
}

const char* text_of(ParameterKind kind) {
    switch (kind) {
        case ParameterKind::Scalar: return "scalar";
        case ParameterKind::Integer: return "integer";
        case ParameterKind::Vector: return "vector";
    }
    return "";
}

nb::list catalogue_list() {
    nb::list result;
    for (const CatalogueEntry& entry : catalogue()) {
        nb::list parameters;
        for (const CatalogueParameter& p : entry.parameters) {
            nb::dict described;
            described["name"] = p.name;
            described["description"] = p.description;
            described["kind"] = p.integer ? "integer" : p.per_feature ? "vector" : "scalar";
            described["minimum"] = p.minimum;
            described["maximum"] = p.maximum;
            parameters.append(described);
        }
        nb::dict described;
        described["name"] = entry.name;
        described["kind"] = entry.kind == EntryKind::Distance ? "distance" : "kernel";
        described["formula"] = entry.formula;
        described["parameters"] = parameters;
        described["domain"] = std::string(domain_name(entry.domain));
        described["summary"] = entry.summary;
        described["at_zero_by_zero"] = entry.at_zero_by_zero;
        described["boundary_gradient"] = entry.boundary_gradient;
        described["source"] = entry.source;
        result.append(described);
    }
    return result;
}

const char* text_of(NameUse::Kind kind) {
    switch (kind) {
        case NameUse::Kind::Parameter: return "parameter";
        case NameUse::Kind::Let: return "let";
        case NameUse::Kind::Open: return "open";
        case NameUse::Kind::OpenVector: return "open[d]";
    }
    return "";
}

// Where names stand in a formula, for putting formulas together: (offset, length, name, kind).
nb::list name_uses(const std::string& text) {
    ParseOptions options;
    options.largest_number = std::numeric_limits<double>::max();
    nb::list result;
    for (const NameUse& use : parse_formula(text, options).uses)
        result.append(nb::make_tuple(use.offset, use.length, use.name, text_of(use.kind)));
    return result;
}

std::string explain_text(const KernelArguments& arguments) {
    const nb::gil_scoped_release others_may_run;
    std::ostringstream out;
    explain(arguments, out);
    return out.str();
}

void build(KernelArguments arguments, const Texts& operations, const std::string& target, const std::string& compiler,
           const std::string& directory) {
    const nb::gil_scoped_release others_may_run;
    arguments.operations = operations;
    arguments.targets = {target};
    LibraryOptions options;
    options.compiler = compiler;
    const KernelRequest request = request_of(arguments);
    expect_writable(directory, options);
    // What an interruption leaves behind ends before its next operation. It parses for itself: a tree belongs to one thread.
    const auto wanted = std::make_shared<std::atomic<bool>>(true);
    const auto compile = [arguments, wanted] {
        const KernelRequest own = request_of(arguments);
        return compiled_library(own.c_name, {own}, [&wanted](int, int, const std::string&) {
            if (!*wanted) throw LibraryError("interrupted");
        });
    };
    try {
        write_library(interruptible<LibraryInput>(compile), directory, options);
    } catch (const nb::python_error&) {
        *wanted = false;
        throw;
    }
}

// A message about options of the command line says "--form auto"; arguments have the same names without the dashes.
std::string without_dashes(const std::string& message) {
    static const std::regex dashes("(^|[^A-Za-z0-9-])--([a-z])");
    return std::regex_replace(message, dashes, "$1$2");
}

}  // namespace

}  // namespace halogram

NB_MODULE(_native, module) {
    using namespace halogram;
    nb::set_leak_warnings(false);  // kernels live as long as the process
    static nb::exception<FormulaError> formula_error(module, "FormulaError", PyExc_ValueError);
    nb::register_exception_translator([](const std::exception_ptr& raised, void*) {
        try {
            std::rethrow_exception(raised);
        } catch (const UsageError& e) {
            PyErr_SetString(PyExc_ValueError, without_dashes(e.what()).c_str());
        } catch (const BudgetError& e) {
            PyErr_SetString(PyExc_ValueError, without_dashes(e.what()).c_str());
        } catch (const CompileError& e) {
            PyErr_SetString(PyExc_RuntimeError, e.what());
        } catch (const LibraryError& e) {
            PyErr_SetString(PyExc_OSError, e.what());
        }
    });
    nb::class_<KernelArguments>(module, "Arguments")
        .def(
            "__init__",
            [](KernelArguments* self, const std::string& kernel, const std::string& formula,
               const std::string& features, const std::string& dtype, const Texts& settings, const std::string& form,
               const std::string& tolerance, const std::string& math, const std::string& budget,
               const std::string& name) {
                new (self) KernelArguments(
                    arguments_of(kernel, formula, features, dtype, settings, form, tolerance, math, budget, name));
            },
            nb::kw_only(), nb::arg("kernel"), nb::arg("formula"), nb::arg("features"), nb::arg("dtype"),
            nb::arg("settings"), nb::arg("form"), nb::arg("tolerance"), nb::arg("math"), nb::arg("budget"),
            nb::arg("name"));
    nb::class_<Kernel>(module, "Kernel")
        .def(nb::init<const KernelArguments&, bool>(), nb::arg("arguments"), nb::arg("tangent") = false)
        .def_prop_ro("formula", &Kernel::formula)
        .def_prop_ro("features", &Kernel::features)
        .def_prop_ro("prebuilt", &Kernel::prebuilt)
        .def_prop_ro("parameters",
                     [](const Kernel& kernel) {
                         nb::list result;
                         for (const KernelParameter& p : kernel.parameters())
                             result.append(nb::make_tuple(p.name, text_of(p.kind)));
                         return result;
                     })
        .def("compile",
             [](Kernel& kernel, const std::string& operation) {
                 const nb::gil_scoped_release others_may_run;
                 kernel.table(operation);
             })
        .def("is_compiled", &Kernel::is_compiled)
        .def("gram", &gram, nb::arg("x"), nb::arg("y").none(), nb::arg("values"), nb::arg("allocate"),
             nb::arg("threads"))
        .def("gram_vjp", &gram_vjp, nb::arg("x"), nb::arg("y").none(), nb::arg("values"), nb::arg("g"),
             nb::arg("wanted"), nb::arg("allocate"), nb::arg("threads"))
        .def("error_bound", &error_bound, nb::arg("x"), nb::arg("y").none(), nb::arg("values"));
    nb::module_::import_("atexit").attr("register")(nb::cpp_function([] {
        const nb::gil_scoped_release others_may_run;
        wait_for_running_work();
    }));
    module.def("catalogue", &catalogue_list);
    module.def("name_uses", &name_uses);
    module.def("explain", &explain_text);
    module.def("build", &build);
    module.def("set_num_threads", [](int threads) {
        if (hg_set_num_threads(threads) != HG_OK) throw nb::value_error("the number of threads is not from 0 to 65536");
    });
    module.def("version", &halogram_version);
}
