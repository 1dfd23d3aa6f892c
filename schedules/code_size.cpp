#include "schedules/code_size.h"

#include "schedules/software_fma.h"

namespace halogram {

namespace {

// Instructions of a leaf's innermost loop. Functions of AVX-512 leaves stay far below: pow in a tile of 4 x 2 has 1,000.
constexpr int largest_code = 6000;

class Counter : public Halide::Internal::IRGraphVisitor {
public:
    int calls = 0;
    void count(const Halide::Expr& e) { include(e); }

private:
    using IRGraphVisitor::visit;
    void visit(const Halide::Internal::Call* call) override {
        if (call->name.starts_with("llvm.fma.")) ++calls;
        IRGraphVisitor::visit(call);
    }
};

int multiply_adds(const std::vector<Halide::Func>& stages) {
    Counter counter;
    for (const Halide::Func& f : stages) {
        const Halide::Tuple values = f.values();
        for (const Halide::Expr& value : values.as_vector()) counter.count(value);
        for (int k = 0; k < f.num_update_definitions(); ++k) {
            const Halide::Tuple updated = f.update_values(k);
            for (const Halide::Expr& value : updated.as_vector()) counter.count(value);
        }
    }
    return counter.calls;
}

}  // namespace

TileParameters within_code_size(TileParameters p, const LeafPipeline& leaf, const Machine& machine) {
    // Instructions of one: with what stands around it, or the sequences of software_fma.cpp.
    const int cost = has_fused_multiply_add(machine) ? 2 : leaf.type.bits() == 32 ? 45 : 145;
    const int in_reductions = cost * multiply_adds(leaf.pair_reductions);
    const int elsewhere =
        cost * (multiply_adds(leaf.outputs) + multiply_adds(leaf.pair_values) + multiply_adds(leaf.lane_sums));
    auto code = [&] { return p.rows * p.vectors * p.features * (elsewhere + in_reductions * p.unroll); };
    if (code() > largest_code) p.unroll = 1;
    for (int* extent : {&p.features, &p.rows, &p.vectors})
        while (code() > largest_code && *extent > 1) *extent /= 2;
    return p;
}

}  // namespace halogram
