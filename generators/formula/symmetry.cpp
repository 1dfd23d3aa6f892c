#include "generators/formula/symmetry.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "generators/math/functions.h"

namespace halogram {

namespace {

// A canonical form: equal numbers mean equal values, bit for bit, up to the sign, which is kept apart because negation
// is exact and rounding to nearest is symmetric. Operands of commuting operations are sorted; with `associative` whole
// chains of sums and products are, which holds only in real arithmetic.
class Canonical {
public:
    explicit Canonical(bool associative) : associative_(associative) {}

    struct Form {
        std::size_t number;
        bool negative;
        bool operator==(const Form& other) const { return number == other.number && negative == other.negative; }
        bool operator<(const Form& other) const {
            return number != other.number ? number < other.number : negative < other.negative;
        }
    };

    // The form of `root` with x and y exchanged where `exchanged` is set.
    Form of(Expr root, bool exchanged) {
        std::map<Expr, Form> forms;
        for (Expr e : topological_order({root})) {
            std::vector<Form> a;
            for (Expr argument : e->arguments) a.push_back(forms.at(argument));
            forms[e] = form(*e, a, exchanged);
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

    Form sum(std::vector<Form> terms) {
        if (associative_) terms = joined(terms, sums_, true);
        std::sort(terms.begin(), terms.end());
        const bool negative = terms[0].negative;  // -a - b = -(a + b), exactly
        for (Form& t : terms) t.negative = t.negative != negative;
        const Form result = intern("+", terms, negative);
        sums_[result.number] = terms;
        return result;
    }

    Form product(const std::string& kind, std::vector<Form> factors) {
        if (associative_) factors = joined(factors, products_, false);
        bool negative = false;
        for (Form& f : factors) {
            negative = negative != f.negative;
            f.negative = false;
        }
        std::sort(factors.begin(), factors.end());
        const Form result = intern(kind, factors, negative);
        products_[result.number] = factors;
        return result;
    }

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
            for (std::size_t k = 0; k < chain->second.size(); ++k) {
                Form inner = chain->second[k];
                if (o.negative && (every || k == 0)) inner.negative = !inner.negative;
                all.push_back(inner);
            }
        }
        return all;
    }

    Form form(const Node& e, std::vector<Form> a, bool exchanged) {
        const std::string kind = std::to_string(static_cast<int>(e.op));
        switch (e.op) {
            case Op::X: return intern(exchanged ? "y" : "x", {}, false);
            case Op::Y: return intern(exchanged ? "x" : "y", {}, false);
            case Op::Constant: return intern(kind + " " + e.constant.get_str(), {}, false);
            case Op::VectorParameter:
            case Op::ScalarParameter:
            case Op::IntegerParameter: return intern(kind + " " + e.name, {}, false);
            case Op::Negate: return {a[0].number, !a[0].negative};
            case Op::Subtract: a[1].negative = !a[1].negative; return sum(a);
            case Op::Add: return sum(a);
            case Op::Multiply: return product(kind, a);
            case Op::Divide: {
                const bool negative = a[0].negative != a[1].negative;
                a[0].negative = a[1].negative = false;
                return intern(kind, a, negative);
            }
            case Op::Minimum:
            case Op::Maximum:
            case Op::Equal:
            case Op::NotEqual:
            case Op::And:
            case Op::Or: std::sort(a.begin(), a.end()); return intern(kind, a, false);
            case Op::Sum: {
                const bool negative = a[0].negative;
                a[0].negative = false;
                return intern(kind, a, negative);
            }
            case Op::Call: {
                const std::string called = kind + std::string(e.function->name);
                const bool negative = a[0].negative;
                if (e.function->parity != Parity::None) a[0].negative = false;
                return intern(called, a, e.function->parity == Parity::Odd && negative);
            }
            default: return intern(kind, a, false);  // order and signs of the operands matter
        }
    }
};

}  // namespace

Symmetry symmetry_of(Expr lowered) {
    for (const bool associative : {false, true}) {
        Canonical canonical(associative);
        if (canonical.of(lowered, false) == canonical.of(lowered, true))
            return associative ? Symmetry::Mathematical : Symmetry::Bits;
    }
    return Symmetry::None;
}

}  // namespace halogram
