#include "schedules/compile_kernel.h"

#include "generators/formula/derivative.h"
#include "generators/formula/print.h"
#include "schedules/in_process.h"
#include "schedules/operation_module.h"

namespace halogram {

namespace {

// As text, for the manifest and the header.
void add_derivatives(const Formula& formula, KernelInterface& interface) {
    const auto add = [&](const std::string& name, Expr variable) {
        interface.derivatives[name] = to_text(derivative(formula.value, variable));
    };
    add("x", formula.pool->x());
    add("y", formula.pool->y());
    for (const FormulaParameter& p : formula.parameters)
        if (!p.node->is_constant() && p.node->op != Op::IntegerParameter) add(p.name, p.node);
}

using Progress = std::function<void(const std::string& what)>;  // before each operation of each machine

// One form of a kernel: the one that the formula says.
KernelInterface compile_form(const KernelRequest& request, const std::vector<Machine>& machines, CompiledKernel& result,
                             const Progress& progress) {
    KernelInterface interface = interface_of(request);
    add_derivatives(request.formula, interface);
    for (const Machine& machine : machines) {
        InterfaceVariant& variant = add_variant(request, machine, interface);
        for (const std::string& operation : request.operations) {
            const std::string name = name_in_form(request.formula, operation);
            progress(request.c_name + " " + name + " for " + machine.isa);
            const auto lock = lock_compiler();  // for each anew: others get their turn between
            OperationModule compiled = operation_module(request, operation, machine, machines.back());
            result.schedules[machine.isa][name] = std::move(compiled.schedules);
            result.leaf_objects[compiled.module.name() + ".o"] = compiled.object();
            compiled.describe_in(interface, variant);
        }
    }
    return interface;
}

}  // namespace

CompiledKernel compile_kernel(const KernelRequest& request,
                              const std::function<void(int, int, const std::string&)>& progress) {
    return translate_errors([&] {
        CompiledKernel result;
        const std::vector<Machine> machines = machines_of(request.target);
        const std::vector<KernelRequest> forms = forms_of(request);
        std::size_t objects = 0;
        for (const KernelRequest& form : forms) objects += machines.size() * form.operations.size();
        const int total = static_cast<int>(objects);
        int done = 0;
        const Progress step = [&](const std::string& what) {
            if (progress) progress(done++, total, what);
        };
        result.interface = compile_form(forms[0], machines, result, step);
        if (!request.tolerance) return result;
        result.interface.expanded = {compile_form(forms[1], machines, result, step)};
        result.interface.form = "auto";
        result.interface.tolerance = *request.tolerance;
        return result;
    });
}

}  // namespace halogram
