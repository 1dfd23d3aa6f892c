// Names for shared subexpressions.
#include <map>
#include <string>
#include <utility>

#include "generators/math/bits.h"

namespace halogram::code {

namespace {

using Halide::Internal::IRGraphMutator;
using Halide::Internal::IRGraphVisitor;
using Halide::Internal::IRNode;
using Halide::Internal::Let;
using Halide::Internal::Variable;

class Uses : public IRGraphVisitor {
public:
    std::map<const IRNode*, int> count;
    void of(const Expr& e) { include(e); }

private:
    void include(const Expr& e) override {
        ++count[e.get()];
        IRGraphVisitor::include(e);
    }
};

// There are no names in `e` yet but the arguments', so that any order of binding is right; arguments come first.
class Namer : public IRGraphMutator {
public:
    explicit Namer(const std::map<const IRNode*, int>& uses) : uses_(uses) {}

    Expr mutate(const Expr& e) override {
        const auto known = named_.find(e.get());
        if (known != named_.end()) return known->second;
        Expr result = IRGraphMutator::mutate(e);
        const auto uses = uses_.find(e.get());
        if (uses == uses_.end() || uses->second < 2 || is_trivial(e)) return result;
        const std::string name = Halide::Internal::unique_name("m");
        bindings_.emplace_back(name, result);
        return named_[e.get()] = Variable::make(e.type(), name);
    }

    Expr bind(Expr body) const {
        for (auto b = bindings_.rbegin(); b != bindings_.rend(); ++b) body = Let::make(b->first, b->second, body);
        return body;
    }

private:
    const std::map<const IRNode*, int>& uses_;
    std::map<const IRNode*, Expr> named_;
    std::vector<std::pair<std::string, Expr>> bindings_;

    static bool is_trivial(const Expr& e) { return Halide::Internal::is_const(e) || e.as<Variable>() != nullptr; }
};

Expr shared(const Expr& e) {
    Uses uses;
    uses.of(e);
    Namer namer(uses.count);
    return namer.bind(namer.mutate(e));
}

}  // namespace

Expr with_names(const Expr& a, const std::function<Expr(const Expr&)>& function) {
    const std::string name = Halide::Internal::unique_name("a");
    return Let::make(name, a, shared(function(Variable::make(a.type(), name))));
}

Expr with_names(const Expr& a, const Expr& b, const std::function<Expr(const Expr&, const Expr&)>& function) {
    const std::string first = Halide::Internal::unique_name("a"), second = Halide::Internal::unique_name("b");
    Expr body = shared(function(Variable::make(a.type(), first), Variable::make(b.type(), second)));
    return Let::make(first, a, Let::make(second, b, body));
}

}  // namespace halogram::code
