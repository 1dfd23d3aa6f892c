#include "schedules/software_fma.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace halogram {

namespace {

using Halide::cast;
using Halide::Expr;
using Halide::Float;
using Halide::reinterpret;
using Halide::select;
using Halide::UInt;
using Halide::Internal::Call;
using Halide::Internal::Let;
using Halide::Internal::Load;
using Halide::Internal::make_const;
using Halide::Internal::Shuffle;
using Halide::Internal::Stmt;
using Halide::Internal::UIntImm;
using Halide::Internal::Variable;

// The sequence as named values: what is used twice is written once, since passes and code generation walk expressions as
// trees. f64 throughout, of any number of lanes.
class Sequence {
public:
    explicit Sequence(int lanes) : number_(Float(64, lanes)), bits_(UInt(64, lanes)) {}

    Expr name(const Expr& value) {
        if (value.as<Variable>() != nullptr) return value;
        Expr variable = Variable::make(value.type(), Halide::Internal::unique_name("fma"));
        values_.emplace_back(variable.as<Variable>()->name, value);
        return variable;
    }

    Expr around(Expr result) const {
        for (auto value = values_.rbegin(); value != values_.rend(); ++value)
            result = Let::make(value->first, value->second, result);
        return result;
    }
    // With every operation strict: the pass runs after Halide made the rest of the code so.
    Expr finish(const Expr& result) const { return Halide::strict_float(around(result)); }

    Expr constant(double value) const { return make_const(number_, value); }
    Expr word(std::uint64_t value) const {
        Expr scalar = UIntImm::make(UInt(64), value);
        return bits_.lanes() == 1 ? scalar : Halide::Internal::Broadcast::make(scalar, bits_.lanes());
    }
    Expr bits(const Expr& a) const { return reinterpret(bits_, a); }
    Expr from_bits(const Expr& a) const { return reinterpret(number_, a); }

    struct Pair {
        Expr high, low;
    };

    Pair two_sum(const Expr& a, const Expr& b) {
        Expr sum = name(a + b);
        Expr b_part = name(sum - a);
        return {sum, name((a - (sum - b_part)) + (b - b_part))};
    }

    // a * b exactly for factors around 1 (Veltkamp, Dekker: 27 and 26 bits).
    Pair two_product(const Expr& a, const Expr& b) {
        Pair x = halves(a), y = halves(b);
        Expr product = name(a * b);
        Expr rest = name(x.high * y.high - product);
        rest = name(rest + x.high * y.low);
        rest = name(rest + x.low * y.high);
        return {product, name(rest + x.low * y.low)};
    }

    // a + b rounded to odd: cut off, and the last bit set where anything was lost. A later rounding to two bits less (or
    // more) then rounds as if it saw all of a + b (Boldo and Melquiond).
    Expr sum_to_odd(const Expr& a, const Expr& b) {
        Pair sum = two_sum(a, b);
        // NaN: neither.
        Expr zero = constant(0);
        Expr negative = name(sum.low < zero), positive = name(zero < sum.low);
        Expr away = (negative && zero < sum.high) || (positive && sum.high < zero);  // the sum was rounded away from 0
        Expr cut = bits(sum.high) - select(away, word(1), word(0));
        return name(from_bits(cut | select(negative || positive, word(1), word(0))));
    }

    // |a| = significand * 2^exponent, the significand in [1, 2) with the sign of a; for a = 0 a significand 0 and some low
    // exponent. Not for infinities and NaN.
    struct Parts {
        Expr significand, exponent;
    };

    Parts split(const Expr& a) {
        const Expr smallest = constant(std::numeric_limits<double>::min());
        Expr size = name(magnitude(a));
        Expr subnormal = name(size < smallest);
        Expr scaled = name(bits(select(subnormal, a * constant(0x1p54), a)));
        // The exponent's field as a number, by way of the bits of 2^52.
        Expr field = ((scaled >> word(52)) & word(0x7FF)) | word(0x4330000000000000);
        Expr exponent = from_bits(field) - constant(0x1p52 + 1023) - select(subnormal, constant(54), constant(0));
        Expr one = from_bits((scaled & word(0x800FFFFFFFFFFFFF)) | word(0x3FF0000000000000));
        return {name(select(size == constant(0), constant(0), one)), name(exponent)};
    }

    Expr magnitude(const Expr& a) const { return from_bits(bits(a) & word(0x7FFFFFFFFFFFFFFF)); }
    Expr with_sign(const Expr& size, const Expr& a) const {
        return from_bits(bits(size) | (bits(a) & word(0x8000000000000000)));
    }
    // 2^n for an integer n from -1022 to 1023: the sum has it in its lowest bits.
    Expr power_of_two(const Expr& n) { return name(from_bits(bits(n + constant(0x1.8p52 + 1023)) << word(52))); }
    Expr smaller(const Expr& a, const Expr& b) { return name(select(a < b, a, b)); }
    Expr larger(const Expr& a, const Expr& b) { return name(select(a < b, b, a)); }

private:
    Halide::Type number_, bits_;
    std::vector<std::pair<std::string, Expr>> values_;

    Pair halves(const Expr& a) {
        Expr scaled = name(a * constant(0x1p27 + 1));
        Expr high = name(scaled - name(scaled - a));
        return {high, name(a - high)};
    }
};

// The product of two f32 is exact in f64, and the sum rounded to odd has 29 bits more than the result needs.
Expr fma_f32(const Expr& a, const Expr& b, const Expr& c) {
    const Halide::Type wide = Float(64, a.type().lanes());
    Sequence s(a.type().lanes());
    Expr product = s.name(cast(wide, a) * cast(wide, b));
    Expr sum = s.sum_to_odd(product, s.name(cast(wide, c)));
    return s.finish(cast(a.type(), sum));
}

// Boldo and Melquiond's sum of the product's two parts and c, on significands around 1, so that nothing over- or underflows
// inside; a magic number of the size of the subnormal range makes the one rounding fall where a subnormal result has its last
// bit.
Expr fma_f64(const Expr& given_a, const Expr& given_b, const Expr& given_c) {
    Sequence s(given_a.type().lanes());
    const Expr a = s.name(given_a), b = s.name(given_b), c = s.name(given_c);
    const Expr zero = s.constant(0), infinity = s.constant(std::numeric_limits<double>::infinity());
    Sequence::Parts x = s.split(a), y = s.split(b), z = s.split(c);

    // The sum is scaled by the larger of both exponents; what is 2^200 below the other is no more than a trace (products have
    // 106 bits), so that its exponent does not matter.
    Expr product_exponent = s.name(x.exponent + y.exponent);
    Expr c_exponent = s.name(select(c == zero, product_exponent, z.exponent));
    Expr exponent = s.larger(product_exponent, c_exponent);
    Expr product_scale = s.power_of_two(s.larger(product_exponent - exponent, s.constant(-200)));
    Expr c_scale = s.power_of_two(s.larger(c_exponent - exponent, s.constant(-200)));
    Sequence::Pair product = s.two_product(x.significand, y.significand);
    Expr high = s.name(product.high * product_scale), low = s.name(product.low * product_scale);
    Expr third = s.name(z.significand * c_scale);

    Sequence::Pair inner = s.two_sum(third, low);
    Sequence::Pair outer = s.two_sum(high, inner.high);
    // The parts may have cancelled: the exact sum anew, the larger part first.
    Sequence::Pair sum = s.two_sum(outer.high, s.sum_to_odd(inner.low, outer.low));

    // Results far out of range round to 0 and infinity just the same; 2^least is the smallest normal number on this scale.
    exponent = s.smaller(s.larger(exponent, s.constant(-1300)), s.constant(1200));
    Expr least = s.power_of_two(s.larger(s.constant(-1022) - exponent, s.constant(-900)));
    Expr subnormal = s.name(s.magnitude(sum.high) <= least);
    Expr magic = s.name(select(subnormal, s.with_sign(least, sum.high), zero));
    Sequence::Pair shifted = s.two_sum(magic, sum.high);
    Expr value = s.name((shifted.high + s.sum_to_odd(shifted.low, sum.low)) - magic);
    value = s.name(select(subnormal, s.with_sign(s.magnitude(value), sum.high), value));
    // Exact, or infinite: 2^exponent in two factors, the first of an integer about half of it.
    const Expr round = s.constant(0x1.8p52);
    Expr half = s.name((exponent * s.constant(0.5) + round) - round);
    value = s.name((value * s.power_of_two(half)) * s.power_of_two(s.name(exponent - half)));

    // Zeros, infinities and NaN need no care but this: a finite a * b may not overflow beside an infinite c.
    Expr finite_product = s.name(s.magnitude(a) < infinity && s.magnitude(b) < infinity);
    Expr finite_c = s.name(s.magnitude(c) < infinity);
    Expr plain = s.name(!finite_product || !finite_c || a == zero || b == zero);
    Expr simple = select(finite_product && !finite_c, c, a * b + c);
    return s.finish(select(plain, simple, value));
}

// `fused(a, b, c)` instead of each.
template <typename Fused>
class ReplaceFma : public Halide::Internal::IRMutator {
public:
    explicit ReplaceFma(Fused fused) : fused_(std::move(fused)) {}
    using IRMutator::mutate;

private:
    Fused fused_;
    using IRMutator::visit;

    Expr visit(const Call* call) override {
        if (call->name != "llvm.fma.f32" && call->name != "llvm.fma.f64") return IRMutator::visit(call);
        const Expr a = mutate(call->args[0]), b = mutate(call->args[1]), c = mutate(call->args[2]);
        return fused_(a, b, c);
    }
};

// Two lanes: the numbers travel in registers, the results by way of a place in memory, since functions of Halide return nothing
// but a status. Halide inlines what is in the same module, but for calls of a function by its wrapper for argument arrays: that
// one is inlined, the array dissolved, and the call in it stays.
constexpr int lanes_of_function = 2;
const std::string place = "fused_multiply_add";
constexpr const char* arguments_of_function[] = {"a", "b", "c"};

Expr place_of_lanes(int lanes) { return lanes == 1 ? Expr(0) : Halide::Internal::Ramp::make(0, 1, lanes); }

Expr structure(const std::vector<Expr>& members) {
    return Call::make(Halide::Handle(), Call::make_struct, members, Call::Intrinsic);
}

// Of the lanes from `first` on; what is missing is the last once more.
Expr lanes_from(const Expr& a, int first) {
    if (a.type().is_scalar()) return Halide::Internal::Broadcast::make(a, lanes_of_function);
    if (first + lanes_of_function <= a.type().lanes()) return Shuffle::make_slice(a, first, 1, lanes_of_function);
    return Halide::Internal::Broadcast::make(Shuffle::make_extract_element(a, first), lanes_of_function);
}

Expr called(const std::string& function, const Expr& a, const Expr& b, const Expr& c) {
    const int all = a.type().lanes();
    Sequence s(all);
    const Expr factors[] = {s.name(a), s.name(b), s.name(c)};
    std::vector<Expr> results;
    for (int first = 0; first < all; first += lanes_of_function) {
        std::vector<Expr> arguments;
        for (const Expr& factor : factors) arguments.push_back(structure({lanes_from(factor, first)}));
        arguments.push_back(structure({Variable::make(Halide::Handle(), place)}));
        const Expr done = Call::make(Halide::Int(32), function + "_argv", {structure(arguments)}, Call::Extern);
        const int lanes = std::min(lanes_of_function, all - first);
        const Expr result =
            Load::make(Float(64, lanes), place, place_of_lanes(lanes), {}, {}, Halide::Internal::const_true(lanes), {});
        results.push_back(Let::make(Halide::Internal::unique_name("fma"), done, result));
    }
    return s.around(results.size() == 1 ? results[0] : Shuffle::make_concat(results));
}

// The place is one per leaf function.
Stmt with_calls(const std::string& function, const Stmt& body) {
    ReplaceFma replace([&](const Expr& a, const Expr& b, const Expr& c) { return called(function, a, b, c); });
    const Expr numbers = make_const(Float(64, lanes_of_function), 0);
    return Halide::Internal::LetStmt::make(place, structure({numbers}), replace.mutate(body));
}

// The pass of a pipeline for a given way.
class AddSoftwareFma : public Halide::Internal::IRMutator {
public:
    AddSoftwareFma(SoftwareFma how, std::string function) : how_(how), function_(std::move(function)) {}
    using IRMutator::mutate;

    Stmt mutate(const Stmt& body) override {
        switch (how_) {
            case SoftwareFma::Unrolled: return ReplaceFma(software_fused_multiply_add).mutate(body);
            case SoftwareFma::Called: return with_calls(function_, body);
            case SoftwareFma::Twice:
                return ReplaceFma([](const Expr& a, const Expr& b, const Expr& c) { return a * b + c; }).mutate(body);
        }
        return body;
    }

private:
    SoftwareFma how_;
    std::string function_;
};

}  // namespace

bool has_fused_multiply_add(const Machine& machine) {
    return machine.target.arch != Halide::Target::X86 || machine.target.has_feature(Halide::Target::FMA);
}

int instructions_of_software_fma(SoftwareFma how, Halide::Type type) {
    switch (how) {
        case SoftwareFma::Unrolled: return type.bits() == 32 ? 45 : 145;
        case SoftwareFma::Called: return 12;
        case SoftwareFma::Twice: return 2;
    }
    return 0;
}

void add_software_fma(Halide::Pipeline& pipeline, const Machine& machine, SoftwareFma how,
                      const std::string& function) {
    if (!has_fused_multiply_add(machine)) pipeline.add_custom_lowering_pass(new AddSoftwareFma(how, function));
}

Halide::Internal::LoweredFunc software_fma_function(const std::string& name) {
    const Halide::Type numbers = Float(64, lanes_of_function);
    std::vector<Halide::Internal::LoweredArgument> arguments;
    std::vector<Expr> factors;
    const auto add = [&](const std::string& argument, Halide::Type type) {
        arguments.emplace_back(argument, Halide::Argument::InputScalar, type, 0, Halide::ArgumentEstimates{});
    };
    for (const char* argument : arguments_of_function) {
        add(argument, numbers);
        factors.push_back(Variable::make(numbers, argument));
    }
    add(place, Halide::Handle());
    const Stmt body = Halide::Internal::Store::make(
        place, software_fused_multiply_add(factors[0], factors[1], factors[2]), place_of_lanes(lanes_of_function), {},
        Halide::Internal::const_true(lanes_of_function), {});
    return {name, arguments, body, Halide::LinkageType::ExternalPlusArgv};
}

Expr software_fused_multiply_add(const Expr& a, const Expr& b, const Expr& c) {
    return a.type().bits() == 32 ? fma_f32(a, b, c) : fma_f64(a, b, c);
}

}  // namespace halogram
