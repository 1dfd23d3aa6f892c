#include "tests/differential/random_formula.h"

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "generators/catalogue/catalogue.h"
#include "generators/formula/lower.h"
#include "generators/math/functions.h"
#include "generators/pipelines/gradient_terms.h"

namespace halogram {
namespace {

// What the code of all pair planes and sums may take; a transcendental function counts by its instructions.
constexpr int largest_cost = 900;

int cost_of(const std::vector<Expr>& roots) {
    int cost = 0;
    for (Expr e : topological_order(roots))
        cost += e->op == Op::Call ? e->function->operations : e->op == Op::Power ? power_operations : 1;
    return cost;
}

int cost_of(const Formula& formula) {
    const GradientTerms terms = gradient_terms(formula);
    std::vector<Expr> roots = {lower(formula.value)};
    for (const PairPlane& plane : terms.planes)
        if (plane.value != nullptr) roots.push_back(plane.value);
    const auto add = [&](const std::vector<GradientTerm>& list) {
        for (const GradientTerm& term : list)
            if (term.feature != nullptr) roots.push_back(term.feature);
    };
    add(terms.x);
    add(terms.y);
    for (const std::vector<GradientTerm>& list : terms.vectors) add(list);
    return cost_of(roots);
}

class Writer {
public:
    explicit Writer(std::mt19937_64& random) : random_(random) {}

    // `depth`: how much may still be nested. `mixing`: whether a reduction may mix x and y here.
    std::string scalar(int depth, bool mixing) {
        if (depth <= 0) return one_of<std::string>({number(), parameter(), reduction(1, mixing)});
        switch (below(12)) {
            case 0: return "(" + scalar(depth - 1, mixing) + sign() + scalar(depth - 1, mixing) + ")";
            case 1:
            case 2: return call(depth, [&](int d) { return scalar(d, mixing); });
            case 3: return power(scalar(depth - 1, mixing));
            case 4:
                return "where(" + condition(depth - 1, [&](int d) { return scalar(d, mixing); }) + ", " +
                       scalar(depth - 1, mixing) + ", " + scalar(depth - 1, mixing) + ")";
            case 5: return mixing ? kernel() : reduction(depth, mixing);
            case 6:
                if (!in_let_) {
                    in_let_ = true;
                    const std::string definition = scalar(depth - 1, mixing);
                    std::string text = "(let r = " + definition + " in r" + sign() + scalar(depth - 1, mixing) + ")";
                    in_let_ = false;
                    return text;
                }
                return reduction(depth, mixing);
            case 7: return extremum(scalar(depth - 1, mixing), scalar(depth - 1, mixing));
            default: return reduction(depth, mixing);
        }
    }

    // One selection among the points' own numbers, where a pass that takes it for decided shows at once.
    std::string selection() {
        const std::string a = leaf(), b = leaf();
        const std::string chosen =
            below(2) == 0 ? extremum(a, b)
                          : "where(" + condition(0, [&](int) { return leaf(); }) + ", " + a + ", " + b + ")";
        return one_of<std::string>({"sum(", "max(", "min(", "mean("}) + chosen + ")";
    }

private:
    std::mt19937_64& random_;
    bool in_let_ = false;

    std::string leaf() { return one_of<std::string>({"x", "x", "y", "y", "(x - y)", "x^2", "0", "w[d]"}); }

    int below(int count) { return static_cast<int>(random_() % static_cast<std::uint64_t>(count)); }

    template <typename T>
    T one_of(const std::vector<T>& choices) {
        return choices[static_cast<std::size_t>(below(static_cast<int>(choices.size())))];
    }

    std::string number() { return one_of<std::string>({"0", "1", "2", "0.5", "3", "1e-3", "40", "pi", "D", "1e30"}); }
    std::string parameter() { return one_of<std::string>({"g", "h"}); }
    std::string sign() { return one_of<std::string>({" + ", " - ", " * ", " / "}); }
    std::string extremum(const std::string& a, const std::string& b) {
        return one_of<std::string>({"min(", "max("}) + a + ", " + b + ")";
    }
    std::string power(const std::string& base) {
        return "(" + base + ")^" +
               one_of<std::string>({"2", "3", "4", "0.5", "1.5", "2.5", "1.3", "(-1)", "(-2)", "g"});
    }

    template <typename Operand>
    std::string condition(int depth, Operand operand) {
        const std::string a = operand(depth - 1), b = below(4) == 0 ? a : operand(depth - 1);
        std::string text = a + one_of<std::string>({" < ", " <= ", " > ", " >= ", " == ", " != "}) + b;
        switch (below(5)) {
            case 0: return "not (" + text + ")";
            case 1: return text + one_of<std::string>({" and ", " or "}) + operand(0) + " <= " + operand(0);
            default: return text;
        }
    }

    template <typename Operand>
    std::string call(int depth, Operand operand) {
        const Function& f = functions()[random_() % functions().size()];
        std::string text = std::string(f.name) + "(";
        for (int k = 0; k < f.arity; ++k) {
            const bool integer = k >= f.arity - f.integers;
            text += (k > 0 ? ", " : "") + (integer ? std::to_string(f.least + below(f.most - f.least + 1))
                                                   : operand(depth - (f.arity > 1 ? 2 : 1)));
        }
        return text + ")";
    }

    std::string kernel() {
        const CatalogueEntry& entry = catalogue()[random_() % catalogue().size()];
        std::string text = entry.name + "(x, y";
        for (const CatalogueParameter& p : entry.parameters)
            text += ", " + p.name + "=" + (p.integer ? "2" : p.per_feature ? "w[d]" : number_of(p));
        return text + ")";
    }
    std::string number_of(const CatalogueParameter& p) {
        return below(2) == 0 ? "g" : std::to_string((p.minimum + p.maximum) / 2);
    }

    std::string reduction(int depth, bool mixing) {
        if (!mixing) {
            const std::string point = one_of<std::string>({"x", "y"});
            return one_of<std::string>({"mean(" + point + ")", "sum(" + point + "^2)", "max(" + point + ")"});
        }
        if (below(4) == 0)
            return one_of<std::string>({"dot(x, y)", "sqdist(x, y)", "l1(x, y)", "linf(x, y)", "norm(x - y)"});
        return one_of<std::string>({"sum(", "sum(", "max(", "min(", "mean("}) + feature(depth) + ")";
    }

    std::string feature(int depth) {
        if (depth <= 0) return one_of<std::string>({"x", "x", "y", "y", "(x - y)", "abs(x - y)", "w[d]", number()});
        // Selections are what passes decide wrongly: those of one operation more often than deep ones.
        const int selected = below(2) == 0 ? 0 : depth - 1;
        switch (below(12)) {
            case 0:
            case 1: return "(" + feature(depth - 1) + sign() + feature(depth - 1) + ")";
            case 2: return call(depth, [&](int d) { return feature(d); });
            case 3: return power(feature(depth - 1));
            case 4:
            case 5:
            case 6:
                return "where(" + condition(selected, [&](int d) { return feature(d); }) + ", " + feature(selected) +
                       ", " + feature(selected) + ")";
            case 7:
            case 8:
            case 9: return extremum(feature(selected), feature(selected));
            case 10: return "(" + feature(depth - 1) + sign() + scalar(0, false) + ")";
            default: return feature(0);
        }
    }
};

}  // namespace

RandomFormula random_formula(std::mt19937_64& random) {
    for (;;) {
        const int depth = static_cast<int>(random() % 5);
        const std::string text = depth < 2 ? Writer(random).selection() : Writer(random).scalar(depth - 1, true);
        try {
            RandomFormula result{text, parse_formula(text)};
            if (!result.formula.value->mixes_points()) continue;
            result.cost = cost_of(result.formula);
            if (result.cost <= largest_cost) return result;
        } catch (const FormulaError&) {
            // A reduction within another, say: the next one will do.
        }
    }
}

}  // namespace halogram
