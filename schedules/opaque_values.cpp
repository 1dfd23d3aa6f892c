#include "schedules/opaque_values.h"

#include <array>

namespace halogram {

namespace {

using Halide::Expr;
using Halide::Internal::Call;
using Halide::Internal::IRMutator;

struct Comparison {
    const char* opaque;
    Call::IntrinsicOp strict;
};

constexpr std::array comparisons = {Comparison{"halogram_less", Call::strict_lt},
                                    Comparison{"halogram_less_equal", Call::strict_le},
                                    Comparison{"halogram_equal", Call::strict_eq}};
constexpr const Comparison &less = comparisons[0], &less_equal = comparisons[1], &equal = comparisons[2];

class Hide : public IRMutator {
    using IRMutator::visit;

    static Expr opaque(const Comparison& comparison, const Expr& a, const Expr& b) {
        return Call::make(Halide::Bool(a.type().lanes()), comparison.opaque, {a, b}, Call::PureExtern);
    }

    template <typename Operation>
    Expr replaced(const Operation* op, const Comparison& comparison, bool exchanged) {
        if (!op->a.type().is_float()) return IRMutator::visit(op);
        const Expr a = mutate(op->a), b = mutate(op->b);
        return exchanged ? opaque(comparison, b, a) : opaque(comparison, a, b);
    }

    Expr visit(const Halide::Internal::LT* op) override { return replaced(op, less, false); }
    Expr visit(const Halide::Internal::GT* op) override { return replaced(op, less, true); }
    Expr visit(const Halide::Internal::LE* op) override { return replaced(op, less_equal, false); }
    Expr visit(const Halide::Internal::GE* op) override { return replaced(op, less_equal, true); }
    Expr visit(const Halide::Internal::EQ* op) override { return replaced(op, equal, false); }
    Expr visit(const Halide::Internal::NE* op) override {
        return op->a.type().is_float() ? !replaced(op, equal, false) : IRMutator::visit(op);
    }
    Expr visit(const Call* op) override {
        for (const Comparison& comparison : comparisons)
            if (op->is_intrinsic(comparison.strict))
                return opaque(comparison, mutate(op->args[0]), mutate(op->args[1]));
        return IRMutator::visit(op);
    }
};

// What an update stores. Where nothing is added to a number but what an algebra without NaN takes for 0, such as x - x, a
// pass leaves the store out.
constexpr const char* stored = "halogram_stored";

// A selection is by a comparison, through which no pass sees.
Expr hidden(const Expr& value) {
    Expr inner = value;
    while (const auto* let = inner.as<Halide::Internal::Let>()) inner = let->body;
    const bool selected = inner.as<Halide::Internal::Select>() != nullptr;
    return value.type().is_float() && !selected ? Call::make(value.type(), stored, {value}, Call::PureExtern) : value;
}

class Show : public IRMutator {
    using IRMutator::visit;

    Expr visit(const Call* op) override {
        if (op->name == stored) return mutate(op->args[0]);
        for (const Comparison& comparison : comparisons)
            if (op->name == comparison.opaque)
                return Call::make(op->type, comparison.strict, {mutate(op->args[0]), mutate(op->args[1])},
                                  Call::PureIntrinsic);
        return IRMutator::visit(op);
    }
};

}  // namespace

void make_values_opaque(Halide::Pipeline& pipeline) {
    std::map<std::string, Halide::Internal::Function> functions;
    for (const Halide::Func& output : pipeline.outputs()) {
        functions.emplace(output.name(), output.function());
        functions.merge(Halide::Internal::find_transitive_calls(output.function()));
    }
    Hide hide;
    for (auto& [name, function] : functions) {
        function.mutate(&hide);
        for (std::size_t k = 0; k < function.updates().size(); ++k)
            for (Expr& value : function.update(static_cast<int>(k)).values()) value = hidden(value);
    }
    pipeline.add_custom_lowering_pass(new Show);
}

}  // namespace halogram
