#include "generators/formula/tree.h"

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <unordered_set>

#include "generators/math/functions.h"

namespace halogram {

struct Pool::Table {
    std::vector<std::unique_ptr<Node>> nodes;
    std::unordered_multimap<std::size_t, Expr> index;
};

Pool::Pool() : table_(std::make_unique<Table>()) {}
Pool::~Pool() = default;

std::size_t Pool::size() const { return table_->nodes.size(); }

namespace {

std::size_t combine(std::size_t seed, std::size_t value) {
    return seed ^ (value + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2));
}

std::size_t hash_of(const Node& n) {
    std::size_t h = static_cast<std::size_t>(n.op);
    for (Expr a : n.arguments) h = combine(h, a->id);
    h = combine(h, std::hash<std::string>{}(n.name));
    h = combine(h, std::hash<const void*>{}(n.function));
    if (n.op == Op::Constant) h = combine(h, std::hash<std::string>{}(n.constant.get_str(62)));
    return h;
}

bool same(const Node& a, const Node& b) {
    return a.op == b.op && a.arguments == b.arguments && a.name == b.name && a.function == b.function &&
           (a.op != Op::Constant || a.constant == b.constant);
}

void derive_facts(Node& n) {
    switch (n.op) {
        case Op::X: n.depends = on_x, n.per_feature = true; break;
        case Op::Y: n.depends = on_y, n.per_feature = true; break;
        case Op::VectorParameter: n.depends = on_parameters, n.per_feature = true; break;
        case Op::ScalarParameter:
        case Op::IntegerParameter: n.depends = on_parameters; break;
        case Op::Less:
        case Op::LessEqual:
        case Op::Equal:
        case Op::NotEqual:
        case Op::And:
        case Op::Or:
        case Op::Not: n.boolean = true; break;
        default: break;
    }
    for (Expr a : n.arguments) {
        n.depends |= a->depends;
        n.per_feature = n.per_feature || a->per_feature;
        n.height = std::max(n.height, a->height + 1);
        n.level = std::max(n.level, a->level);
    }
    if (n.is_reduction()) {
        n.per_feature = false;
        if (n.mixes_points()) n.level += 1;
    }
    derive_signs(n);
}

}  // namespace

Expr Pool::intern(Node&& candidate) {
    const std::size_t h = hash_of(candidate);
    auto [begin, end] = table_->index.equal_range(h);
    for (auto it = begin; it != end; ++it)
        if (same(*it->second, candidate)) return it->second;
    if (static_cast<std::int64_t>(table_->nodes.size()) >= budget_ * nodes_per_operation)
        throw BudgetError("its trees and their derivatives have more than " +
                              std::to_string(budget_ * nodes_per_operation) + " nodes",
                          budget_);
    candidate.pool = this;
    candidate.id = static_cast<std::uint32_t>(table_->nodes.size());
    derive_facts(candidate);
    table_->nodes.push_back(std::make_unique<Node>(std::move(candidate)));
    Expr made = table_->nodes.back().get();
    table_->index.emplace(h, made);
    return made;
}

Expr Pool::leaf(Op op) {
    Node n{};
    n.op = op;
    return intern(std::move(n));
}

Expr Pool::constant(const mpq_class& value) {
    Node n{};
    n.op = Op::Constant;
    n.constant = value;
    n.constant.canonicalize();
    return intern(std::move(n));
}

Expr Pool::parameter(Op kind, const std::string& name) {
    Node n{};
    n.op = kind;
    n.name = name;
    return intern(std::move(n));
}

Expr Pool::node(Op op, std::vector<Expr> arguments, const Function* function) {
    Node n{};
    n.op = op;
    n.arguments = std::move(arguments);
    n.function = function;
    return intern(std::move(n));
}

Expr number(Expr like, const mpq_class& value) { return like->pool->constant(value); }

// `is_new` says of each node that is met whether it is to be found, the first time only.
template <typename IsNew>
static std::vector<Expr> walk(const std::vector<Expr>& roots, const IsNew& is_new) {
    std::vector<Expr> found, stack;
    auto visit = [&](Expr e) {
        if (is_new(e)) stack.push_back(e);
    };
    for (Expr r : roots) visit(r);
    while (!stack.empty()) {
        Expr e = stack.back();
        stack.pop_back();
        found.push_back(e);
        for (Expr a : e->arguments) visit(a);
    }
    // Ids grow from arguments to users, so sorting by id is a topological order.
    std::sort(found.begin(), found.end(), [](Expr a, Expr b) { return a->id < b->id; });
    return found;
}

std::vector<Expr> topological_order(const std::vector<Expr>& roots) {
    std::vector<bool> seen;
    return walk(roots, [&](Expr e) {
        if (seen.size() <= e->id) seen.resize(e->id + 1, false);
        if (seen[e->id]) return false;
        seen[e->id] = true;
        return true;
    });
}

bool uses_feature_count(Expr root) {
    for (Expr e : topological_order({root}))
        if (e->op == Op::FeatureCount) return true;
    return false;
}

namespace {

using Expanded = std::unordered_map<Expr, Expr>;

// What is below `root` and not in `done`, arguments before users.
std::vector<Expr> topological_order_of_new(Expr root, const Expanded& done) {
    std::unordered_set<Expr> seen;
    return walk({root}, [&](Expr e) { return done.count(e) == 0 && seen.insert(e).second; });
}

// Each node once, however deep definitions nest: what an expanded argument is made of is not gone through again.
Expr expand_definitions(Expr root, Expanded& expanded) {
    for (Expr e : topological_order_of_new(root, expanded)) {
        std::vector<Expr> arguments;
        for (Expr a : e->arguments) arguments.push_back(expanded.at(a));
        const bool defined = e->op == Op::Call && e->function->definition != nullptr;
        Expr made = nullptr;
        if (defined)
            made = expand_definitions(e->function->definition(arguments), expanded);
        else
            made = arguments == e->arguments ? e : rebuild(e, std::move(arguments));
        expanded[e] = made;
        expanded[made] = made;
    }
    return expanded.at(root);
}

}  // namespace

Expr expand_definitions(Expr root) {
    Expanded expanded;
    return expand_definitions(root, expanded);
}

Expr rebuild(Expr node, std::vector<Expr> a) {
    switch (node->op) {
        case Op::Negate: return operator_negate(a[0]);
        case Op::Add: return add(a[0], a[1]);
        case Op::Subtract: return subtract(a[0], a[1]);
        case Op::Multiply: return multiply(a[0], a[1]);
        case Op::MultiplyZero: return multiply_zero(a[0], a[1]);
        case Op::Divide: return divide(a[0], a[1]);
        case Op::Power: return power(a[0], a[1]);
        case Op::Minimum: return minimum(a[0], a[1]);
        case Op::Maximum: return maximum(a[0], a[1]);
        case Op::Less:
        case Op::LessEqual:
        case Op::Equal:
        case Op::NotEqual: return compare(node->op, a[0], a[1]);
        case Op::And:
        case Op::Or: return logical(node->op, a[0], a[1]);
        case Op::Not: return logical(node->op, a[0]);
        case Op::Where: return where(a[0], a[1], a[2]);
        case Op::Call: return call(*node->function, std::move(a));
        case Op::Sum: return sum(a[0]);
        case Op::MaximumOver: return maximum_over(a[0]);
        case Op::MinimumOver: return minimum_over(a[0]);
        default: return node;  // leaves
    }
}

}  // namespace halogram
