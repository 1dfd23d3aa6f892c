#include "library/kernel_table.h"

#include <deque>
#include <map>
#include <vector>

#include "library/error.h"
#include "library/joined.h"
#include "library/leaf_roles.h"
#include "library/signature.h"

namespace halogram {

struct KernelTable::Storage {
    hg1_kernel kernel{};
    std::string name, version, formula, dtype, operations, variants_text, form;
    std::vector<hg1_parameter_kind> parameter_kinds;
    std::vector<hg1_variant> variants;
    std::deque<std::string> isas;  // these three keep their places
    std::deque<hg1_gram_leaves> gram;
    std::deque<hg1_gram_vjp_leaves> gram_vjp;
    std::unique_ptr<KernelTable> expanded;
};

namespace {

hg1_counts counts_of(const KernelInterface& interface, const std::string& operation) {
    const auto found = interface.counts.find(operation);
    if (found == interface.counts.end()) return {};
    const PreparedCounts& c = found->second;
    return {c.ps, c.pf, c.xs, c.xf, c.ys, c.yf};
}

// The fields of both structures by the names in leaf_roles.
std::map<std::string, hg1_leaf*> fields_of(hg1_gram_leaves& leaves) {
    return {{"prepare.parameters", &leaves.prepare.parameters},
            {"prepare.x", &leaves.prepare.x},
            {"prepare.y", &leaves.prepare.y},
            {"tile", &leaves.tile},
            {"error_bound", &leaves.error_bound}};
}

std::map<std::string, hg1_leaf*> fields_of(hg1_gram_vjp_leaves& leaves) {
    return {{"prepare.parameters", &leaves.prepare.parameters},
            {"prepare.x", &leaves.prepare.x},
            {"prepare.y", &leaves.prepare.y},
            {"pairs", &leaves.pairs},
            {"scalars", &leaves.scalars},
            {"rows", &leaves.rows},
            {"columns", &leaves.columns},
            {"vectors", &leaves.vectors}};
}

template <typename Leaves>
const Leaves* leaves_of(std::deque<Leaves>& kept, const std::string& operation, const InterfaceVariant& variant,
                        const LeafResolver& resolve) {
    const auto symbols = variant.leaves.find(operation);
    if (symbols == variant.leaves.end()) return nullptr;
    kept.push_back({});
    const std::map<std::string, hg1_leaf*> fields = fields_of(kept.back());
    for (const LeafRole& role : leaf_roles(operation)) {
        const auto symbol = symbols->second.find(role.name);
        if (symbol != symbols->second.end()) *fields.at(role.field) = resolve(symbol->second);
        if (role.required && *fields.at(role.field) == nullptr)
            throw LibraryError("operation " + operation + " has no leaf " + role.name);
    }
    return &kept.back();
}

hg1_parameter_kind kind_of(ParameterKind kind) {
    switch (kind) {
        case ParameterKind::Scalar: return HG1_SCALAR;
        case ParameterKind::Integer: return HG1_INTEGER;
        case ParameterKind::Vector: return HG1_VECTOR;
    }
    return HG1_SCALAR;
}

hg1_symmetry symmetry_of(Symmetry symmetry) {
    switch (symmetry) {
        case Symmetry::None: return HG1_NOT_SYMMETRIC;
        case Symmetry::Mathematical: return HG1_SYMMETRIC;
        case Symmetry::Bits: return HG1_BIT_SYMMETRIC;
    }
    return HG1_NOT_SYMMETRIC;
}

}  // namespace

KernelTable::KernelTable(const KernelInterface& interface, const std::string& halogram_version,
                         const LeafResolver& resolve)
    : storage_(std::make_unique<Storage>()) {
    check_kernel_interface(interface);
    Storage& s = *storage_;
    s.name = interface.c_name;
    s.version = halogram_version;
    s.formula = formula_with_constants(interface);
    s.dtype = interface.dtype;
    s.operations = joined(interface.operations, ",");
    s.form = interface.form;
    for (const InterfaceParameter& parameter : interface.parameters)
        s.parameter_kinds.push_back(kind_of(parameter.kind));
    std::vector<std::string> isas;
    for (const InterfaceVariant& variant : interface.variants) {
        isas.push_back(s.isas.emplace_back(variant.isa));
        s.variants.push_back({s.isas.back().c_str(), variant.vector_bytes, variant.row_multiple,
                              variant.column_multiple, leaves_of(s.gram, "gram", variant, resolve),
                              leaves_of(s.gram_vjp, "gram_vjp", variant, resolve)});
    }
    s.variants_text = joined(isas, ",");
    if (!interface.expanded.empty())
        s.expanded = std::make_unique<KernelTable>(interface.expanded[0], halogram_version, resolve);
    hg1_kernel& k = s.kernel;
    k.name = s.name.c_str();
    k.version = s.version.c_str();
    k.formula = s.formula.c_str();
    k.dtype = s.dtype.c_str();
    k.operations = s.operations.c_str();
    k.variants_text = s.variants_text.c_str();
    k.features = interface.features;
    k.point_planes = interface.point_planes;
    k.element_size = c_element_size(interface);
    k.parameter_count = static_cast<std::int32_t>(s.parameter_kinds.size());
    k.parameter_kinds = s.parameter_kinds.data();
    k.symmetry = symmetry_of(interface.symmetry);
    k.form = s.form.c_str();
    k.centred = interface.centred ? 1 : 0;
    k.bound_x = interface.bound_x;
    k.bound_y = interface.bound_y;
    k.expanded = s.expanded ? s.expanded->kernel() : nullptr;
    k.tolerance = interface.tolerance;
    k.gram_counts = counts_of(interface, "gram");
    k.gram_vjp_counts = counts_of(interface, "gram_vjp");
    k.pair_planes = interface.pair_planes;
    k.operations_per_pair = interface.operations_per_pair;
    k.gram_operations = interface.gram_operations;
    k.variant_count = static_cast<std::int32_t>(s.variants.size());
    k.variants = s.variants.data();
}

KernelTable::~KernelTable() = default;

const hg1_kernel* KernelTable::kernel() const { return &storage_->kernel; }

}  // namespace halogram
