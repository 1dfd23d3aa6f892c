#include "generators/formula/symmetry.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "generators/math/functions.h"

namespace halogram {

namespace {

// A canonical form of an expression: equal forms mean equal values. Operands of commuting operations are sorted.
struct Form {
    std::size_t number;
    bool negative;
    bool operator==(const Form& other) const { return number == other.number && negative == other.negative; }
    bool operator<(const Form& other) const {
        return number != other.number ? number < other.number : negative < other.negative;
    }
};

// Two forms side by side. `bits`: the same bits, signs of zeros included; a sign moves through products and odd
// functions, where negation is exact, and not through sums: x - y and y - x are both +0 where they are equal. `magnitude`:
// the same magnitude; a sign moves through sums, too. What forgets the sign of its operand (a square, an even function)
// takes the magnitude's form over into the bits'. With `associative` chains of sums and products are joined and sorted as
// a whole, which holds in real arithmetic only; then magnitude and sign together are the form that counts.
class Canonical {
public:
    explicit Canonical(bool associative) : associative_(associative) {}

    struct Forms {
        Form bits, magnitude;
    };

    // The forms of `root` with x and y exchanged where `exchanged` is set.
    Forms of(Expr root, bool exchanged) {
        std::map<Expr, Forms> forms;
        for (Expr e : topological_order({root})) {
            std::vector<Form> bits, magnitudes;
            for (Expr argument : e->arguments) {
                bits.push_back(forms.at(argument).bits);
                magnitudes.push_back(forms.at(argument).magnitude);
            }
            forms[e] = {bits_form(*e, bits, magnitudes, exchanged), magnitude_form(*e, magnitudes, exchanged)};
        }
        return forms.at(root);
    }

private:
    const bool associative_;
    std::map<std::string, std::size_t> numbers_;
    std::map<std::size_t, std::vector<Form>> sums_, products_;  // operands of a chain, to be joined into a longer one

    Form intern(const std::string& kind, const std::vector<Form>& operands, bool negative) {
        std::string key = kind;
        for (const Form& o : operands) key.append(o.negative ? " -" : " +").append(std::to_string(o.number));
        return {numbers_.emplace(key, numbers_.size()).first->second, negative};
    }

    static std::vector<Form> without_signs(std::vector<Form> operands) {
        for (Form& o : operands) o.negative = false;
        return operands;
    }

    static bool odd_number_of_signs(const std::vector<Form>& operands) {
        return std::count_if(operands.begin(), operands.end(), [](const Form& o) { return o.negative; }) % 2 != 0;
    }

    Form sum(std::vector<Form> terms) {
        if (associative_) terms = joined(terms, sums_, true);
        std::sort(terms.begin(), terms.end());
        const bool negative = terms[0].negative;  // -a - b = -(a + b), but for the sign of 0
        for (Form& t : terms) t.negative = t.negative != negative;
        const Form result = intern("+", terms, negative);
        sums_[result.number] = terms;
        return result;
    }

    Form product(const std::string& kind, std::vector<Form> factors) {
        if (associative_) factors = joined(factors, products_, false);
        const bool negative = odd_number_of_signs(factors);
        factors = without_signs(factors);
        std::sort(factors.begin(), factors.end());
        const Form result = intern(kind, factors, negative);
        products_[result.number] = factors;
        return result;
    }

    // Beyond it a chain stays one operand of the next: r * r of r * r has twice the operands at every level.
    static constexpr std::size_t longest_chain = 4096;

    // A negated chain: every term of a sum changes its sign, exactly one factor of a product does.
    static std::vector<Form> joined(const std::vector<Form>& operands,
                                    const std::map<std::size_t, std::vector<Form>>& chains, bool every) {
        std::vector<Form> all;
        for (const Form& o : operands) {
            auto chain = chains.find(o.number);
            if (chain == chains.end()) {
                all.push_back(o);
                continue;
            }
            if (all.size() + chain->second.size() > longest_chain) return operands;
            for (std::size_t k = 0; k < chain->second.size(); ++k) {
                Form inner = chain->second[k];
                if (o.negative && (every || k == 0)) inner.negative = !inner.negative;
                all.push_back(inner);
            }
        }
        return all;
    }

    static std::string kind_of(const Node& e) { return std::to_string(static_cast<int>(e.op)); }

    Form leaf(const Node& e, bool exchanged) {
        switch (e.op) {
            case Op::X: return intern((exchanged ? "y" : "x") + e.name, {}, false);
            case Op::Y: return intern((exchanged ? "x" : "y") + e.name, {}, false);
            case Op::Constant: return intern(kind_of(e) + " " + e.constant.get_str(), {}, false);
            default: return intern(kind_of(e) + " " + e.name, {}, false);
        }
    }

    // What both forms treat alike.
    Form common(const Node& e, std::vector<Form> a) {
        switch (e.op) {
            case Op::Negate: return {a[0].number, !a[0].negative};
            case Op::Multiply: return product(kind_of(e), a);
            case Op::Divide: return intern(kind_of(e), without_signs(a), odd_number_of_signs(a));
            case Op::Minimum:
            case Op::Maximum:
            case Op::Equal:
            case Op::NotEqual:
            case Op::And:
            case Op::Or: std::sort(a.begin(), a.end()); return intern(kind_of(e), a, false);
            case Op::Call: {
                const std::string called = kind_of(e) + std::string(e.function->name);
                if (e.function->parity == Parity::None) return intern(called, a, false);
                return intern(called, without_signs(a), e.function->parity == Parity::Odd && a[0].negative);
            }
            default: return intern(kind_of(e), a, false);  // order and signs of the operands matter
        }
    }

    Form magnitude_form(const Node& e, std::vector<Form> a, bool exchanged) {
        if (a.empty()) return leaf(e, exchanged);
        switch (e.op) {
            case Op::Subtract: a[1].negative = !a[1].negative; return sum(a);
            case Op::Add: return sum(a);
            case Op::Sum: return intern(kind_of(e), without_signs(a), a[0].negative);
            default: return common(e, a);
        }
    }

    Form bits_form(const Node& e, std::vector<Form> a, const std::vector<Form>& magnitudes, bool exchanged) {
        if (a.empty()) return leaf(e, exchanged);
        const bool square = e.op == Op::Multiply && e.arguments[0] == e.arguments[1];
        if (square || (e.op == Op::Call && e.function->parity == Parity::Even))
            return common(e, without_signs(magnitudes));
        switch (e.op) {
            case Op::Subtract: a[1].negative = !a[1].negative; [[fallthrough]];
            case Op::Add: std::sort(a.begin(), a.end()); return intern("bits +", a, false);
            default: return common(e, a);
        }
    }
};

}  // namespace

Symmetry symmetry_of(Expr lowered) {
    Canonical exact(false), associative(true);
    if (exact.of(lowered, false).bits == exact.of(lowered, true).bits) return Symmetry::Bits;
    if (associative.of(lowered, false).magnitude == associative.of(lowered, true).magnitude)
        return Symmetry::Mathematical;
    return Symmetry::None;
}

}  // namespace halogram
