#include "generators/pipelines/instruction_count.h"

#include <set>

namespace halogram {

namespace {

class Instructions : public Halide::Internal::IRGraphVisitor {
public:
    explicit Instructions(int of_fused_multiply_add) : of_fused_multiply_add_(of_fused_multiply_add) {}
    int count = 0;
    using Halide::Internal::IRGraphVisitor::visit;
    void include(const Halide::Expr& e) override {
        if (seen_.insert(e.get()).second) count += cost_of(e);
        IRGraphVisitor::include(e);
    }

private:
    const int of_fused_multiply_add_;
    std::set<const void*> seen_;

    // Of indices and names nothing.
    int cost_of(const Halide::Expr& e) const {
        using namespace Halide::Internal;
        const bool number = e.type().is_float() || e.type().is_uint() || e.type().is_bool();
        if (!number || is_const(e) || e.as<Variable>() != nullptr || e.as<Let>() != nullptr) return 0;
        const Call* call = e.as<Call>();
        if (call != nullptr && call->name.starts_with("llvm.fma.")) return of_fused_multiply_add_;
        return e.as<Reinterpret>() == nullptr ? 1 : 0;
    }
};

}  // namespace

int instructions_of(const std::vector<Halide::Expr>& values, int of_fused_multiply_add) {
    Instructions instructions(of_fused_multiply_add);
    for (const Halide::Expr& value : values) instructions.include(value);
    return instructions.count;
}

}  // namespace halogram
