#include "tools/kernel_arguments.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "generators/catalogue/catalogue.h"
#include "generators/formula/lower.h"
#include "library/joined.h"
#include "library/names.h"
#include "schedules/machine.h"

namespace halogram {

void require_one_of(const std::string& option, const std::string& value, const std::vector<std::string>& built,
                    const std::vector<std::string>& planned) {
    if (std::find(built.begin(), built.end(), value) != built.end()) return;
    std::string list;
    for (const std::string& b : built) list += (list.empty() ? "" : ", ") + b;
    const bool later = std::find(planned.begin(), planned.end(), value) != planned.end();
    throw UsageError("--" + option + " " + value +
                     (later ? " is not built yet; there is: " : " is not known; there is: ") + list);
}

namespace {

constexpr int largest_features = 1 << 20;  // the runtime's limit, HG_LARGEST_D

int features_of(const std::string& text) {
    if (text == "any") return 0;
    const bool digits = !text.empty() && text.size() <= 7 && text.find_first_not_of("0123456789") == std::string::npos;
    const int value = digits ? std::stoi(text) : 0;
    if (value < 1 || value > largest_features)
        throw UsageError("--features takes a number from 1 to " + std::to_string(largest_features) +
                         " or 'any', not '" + text + "'");
    return value;
}

std::vector<std::string> split(const std::string& text, char delimiter) {
    std::vector<std::string> parts(1);
    for (char c : text) {
        if (c == delimiter)
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

double tolerance_of(const std::string& text) {
    double value = 0;
    if (!CLI::detail::lexical_cast(text, value) || !(value > 0) || !std::isfinite(value))
        throw UsageError("--tolerance takes a positive number, not '" + text + "'");
    return value;
}

std::int64_t budget_of(const std::string& text) {
    const bool digits = !text.empty() && text.size() <= 9 && text.find_first_not_of("0123456789") == std::string::npos;
    const std::int64_t value = digits ? std::stoll(text) : 0;
    if (value < 1) throw UsageError("--budget takes a number of operations from 1 to 999999999, not '" + text + "'");
    return value;
}

ExpandedForm expanded_form_of(const std::string& name, const Formula& formula) {
    const std::optional<ExpandedForm> form = ExpandedForm::of(lower(formula.value));
    if (!form)
        throw UsageError("--form " + name +
                         " needs a kernel of one squared distance: its only sum over features of both points must be "
                         "sum(w * (f(x) - f(y))^2), w free of points (halogram explain shows the sums)");
    return *form;
}

}  // namespace

void add_kernel_options(CLI::App& command, KernelArguments& a) {
    command.add_option("--kernel", a.kernel, "A kernel or distance of the catalogue (halogram list)")
        ->type_name("NAME");
    command.add_option("--formula", a.formula, "A formula, e.g. \"exp(-gamma * sum(abs(x - y)))\"")->type_name("TEXT");
    command.add_option("--features", a.features, "Number of features D, or 'any' for an argument of the C functions")
        ->type_name("D");
    command.add_option("--name", a.name, "Name of the kernel in C; default: the catalogue's name")->type_name("C_NAME");
    // Split here: the library's own delimiter drops what is empty, so that "gram,,gram_vjp" would pass.
    command
        .add_option_function<std::string>(
            "--ops", [&a](const std::string& text) { a.operations = split(text, ','); },
            "Operations, separated by commas")
        ->type_name("LIST")
        ->default_str(joined(a.operations, ","));
    command.add_option("--dtype", a.dtype, "f32 or f64")->type_name("TYPE")->capture_default_str();
    command.add_option("--target", a.targets, "Where the library will run: x86-64-linux, host")
        ->type_name("TARGET")
        ->capture_default_str();
    command
        .add_option("--form", a.form,
                    "How squared distances are computed: direct (from differences), expanded (from matrix products: "
                    "faster for many "
                    "features, but it cancels where points are close), or auto (expanded where an error bound, "
                    "computed from the "
                    "points, is within --tolerance, else direct)")
        ->type_name("FORM")
        ->capture_default_str();
    command
        .add_option("--tolerance", a.tolerance,
                    "Largest error bound of an entry of K for which --form auto takes the expanded form")
        ->type_name("T");
    command
        .add_option("--math", a.math,
                    "Accuracy of scalar functions: exact (1 ulp), or fast (exp in f32: 4 ulp, one operation less)")
        ->type_name("MATH")
        ->capture_default_str();
    command
        .add_option("--budget", a.budget,
                    "Operations that an operation of the kernel may take, with one feature; its trees may have " +
                        std::to_string(nodes_per_operation) + " times as many nodes. What is larger is refused")
        ->type_name("N")
        ->default_str(std::to_string(default_budget));
    command.add_option("--set", a.settings, "PARAM=VALUE: a constant instead of a parameter")->type_name("PARAM=VALUE");
    command.add_option("--schedules", a.schedules, "Tuned schedules of a machine")->type_name("DIR")->group("");
}

std::string* KernelArguments::text(const std::string& option) {
    const std::map<std::string, std::string*> fields = {
        {"kernel", &kernel}, {"formula", &formula},    {"features", &features},   {"name", &name},
        {"dtype", &dtype},   {"form", &form},          {"tolerance", &tolerance}, {"math", &math},
        {"budget", &budget}, {"schedules", &schedules}};
    auto found = fields.find(option);
    return found == fields.end() ? nullptr : found->second;
}

std::vector<std::string>* KernelArguments::list(const std::string& option) {
    return option == "ops" ? &operations : option == "target" ? &targets : option == "set" ? &settings : nullptr;
}

KernelRequest request_of(const KernelArguments& a) {
    if (a.kernel.empty() == a.formula.empty()) throw UsageError("give either --kernel NAME or --formula TEXT");
    if (a.features.empty()) throw UsageError("--features is missing: the number of features D, or 'any'");
    require_one_of("dtype", a.dtype, {"f32", "f64"}, {"f16", "bf16"});
    require_one_of("form", a.form, {"direct", "expanded", "auto"}, {});
    if (!a.tolerance.empty() && a.form != "auto") throw UsageError("--tolerance belongs to --form auto");
    if (a.tolerance.empty() && a.form == "auto")
        throw UsageError(
            "--form auto needs --tolerance T, the largest error of an entry of K that the expanded form may have");
    if (!a.schedules.empty()) throw UsageError("--schedules is not built yet: schedules follow from the machine alone");
    require_one_of("math", a.math, {"exact", "fast"}, {});
    if (std::all_of(a.operations.begin(), a.operations.end(), [](const std::string& o) { return o.empty(); }))
        throw UsageError("--ops names no operation");
    for (const std::string& operation : a.operations) {
        if (operation.empty()) throw UsageError("--ops " + joined(a.operations, ",") + " has an empty place");
        require_one_of("ops", operation, {"gram", "gram_vjp"}, {"apply", "logsumexp"});
    }
    if (a.targets.size() != 1) throw UsageError("more than one --target in one library is not built yet");

    KernelRequest request;
    request.features = features_of(a.features);
    request.dtype = a.dtype;
    request.target = a.targets[0];
    try {
        machines_of(request.target);
    } catch (const std::invalid_argument& e) {
        throw UsageError(e.what());
    }
    for (const char* operation : {"gram", "gram_vjp"})  // each once, in a fixed order
        if (std::count(a.operations.begin(), a.operations.end(), operation)) request.operations.push_back(operation);

    ParseOptions options;
    options.of_points = true;
    if (!a.budget.empty()) options.budget = budget_of(a.budget);
    if (a.dtype == "f64") options.largest_number = 1.7976931348623157e308;
    for (const std::string& setting : a.settings) {
        const std::size_t equals = setting.find('=');
        if (equals == std::string::npos || equals == 0)
            throw UsageError("--set takes PARAM=VALUE, not '" + setting + "'");
        if (!options.settings.emplace(setting.substr(0, equals), setting.substr(equals + 1)).second)
            throw UsageError("--set names '" + setting.substr(0, equals) + "' twice");
    }
    if (!a.kernel.empty()) {
        const CatalogueEntry* entry = find_in_catalogue(a.kernel);
        if (entry == nullptr) {
            std::vector<std::string> names;
            for (const CatalogueEntry& e : catalogue()) names.push_back(e.name);
            const std::string near = nearest_name(a.kernel, names);
            throw UsageError("the catalogue has no '" + a.kernel + "'" +
                             (near.empty() ? "" : "; did you mean '" + near + "'?") + " (halogram list shows all)");
        }
        request.formula = catalogue_formula(a.kernel, options);
        request.description = entry->summary;
        for (const CatalogueParameter& p : entry->parameters) request.parameter_descriptions[p.name] = p.description;
    } else {
        request.formula = parse_formula(a.formula, options);
    }
    if (a.form != "direct") {
        request.formula.expanded = expanded_form_of(a.form, request.formula);
        if (request.operations[0] != "gram")
            throw UsageError("--form " + a.form + " needs gram among --ops: the error bound belongs to it");
    }
    request.formula.fast = a.math == "fast";
    if (a.form == "auto") request.tolerance = tolerance_of(a.tolerance);
    // Before anything is printed or made; what the catalogue has is known to be small.
    if (a.kernel.empty())
        for (const KernelRequest& form : forms_of(request))
            for (const std::string& operation : form.operations) expect_within_budget(form.formula, operation);
    request.c_name = a.name.empty() ? a.kernel : a.name;
    if (request.c_name.empty()) throw UsageError("--formula needs --name, the kernel's name in C");
    const std::string problem = c_name_problem(request.c_name);
    if (!problem.empty()) throw UsageError("--name " + request.c_name + ": " + problem);
    return request;
}

}  // namespace halogram
