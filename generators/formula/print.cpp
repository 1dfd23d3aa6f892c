#include "generators/formula/print.h"

#include <algorithm>
#include <set>
#include <vector>

#include "generators/math/functions.h"

namespace halogram {

namespace {

// Binding strength, loosest first.
enum Strength {
    loosest,
    disjunction,
    conjunction,
    negation,
    comparison,
    additive,
    multiplicative,
    unary,
    powers,
    primary
};

struct Text {
    std::string text;
    Strength strength;
};

class Printer {
public:
    explicit Printer(const ExpressionNames& names) : names_(names) {}

    std::string print_whole(Expr root) {
        for (Expr e : topological_order({root})) used_.insert(e->name);
        for (const auto& [e, given] : names_) used_.insert(given);
        std::string lets;
        for (Expr e : repeated_parts(root)) {
            const std::string definition = print(e).text, name = unused_name();
            lets += "let " + name + " = " + definition + " in ";
            names_[e] = name;
        }
        return lets + print(root).text;
    }

    Text print(Expr e) {
        auto named = names_.find(e);
        if (named != names_.end()) return {named->second, primary};
        switch (e->op) {
            case Op::Constant: return constant(e->constant);
            case Op::Infinity: return {"infinity", primary};
            case Op::Pi: return {"pi", primary};
            case Op::FeatureCount: return {"D", primary};
            case Op::X: return {e->name.empty() ? "x" : "x_" + e->name, primary};
            case Op::Y: return {e->name.empty() ? "y" : "y_" + e->name, primary};
            case Op::VectorParameter: return {e->name + "[d]", primary};
            case Op::ScalarParameter:
            case Op::IntegerParameter: return {e->name, primary};
            case Op::Negate: return {signed_text(true, inside(e, 0, unary)), unary};
            case Op::Add: return sum(e);
            case Op::Subtract: return infix(e, " - ", additive);
            // The product rule at an edge is a product to the reader.
            case Op::Multiply:
            case Op::MultiplyZero: return infix(e, " * ", multiplicative);
            case Op::Divide: return infix(e, " / ", multiplicative);
            case Op::Power: return {inside(e, 0, primary) + "^" + inside(e, 1, primary), powers};
            case Op::Minimum: return listed("min", e);
            case Op::Maximum: return listed("max", e);
            case Op::Less: return infix(e, " < ", comparison);
            case Op::LessEqual: return infix(e, " <= ", comparison);
            case Op::Equal: return infix(e, " == ", comparison);
            case Op::NotEqual: return infix(e, " != ", comparison);
            case Op::And: return infix(e, " and ", conjunction);
            case Op::Or: return infix(e, " or ", disjunction);
            case Op::Not: return {"not " + inside(e, 0, comparison), negation};
            case Op::Where: return listed("where", e);
            case Op::Call: return listed(std::string(e->function->name), e);
            case Op::Sum: return listed("sum", e);
            case Op::MaximumOver: return listed("max", e);
            case Op::MinimumOver: return listed("min", e);
        }
        return {"", primary};
    }

private:
    ExpressionNames names_;
    std::set<std::string> used_;  // names that the formula uses itself
    int last_name_ = 0;

    // Parts with more than one user, arguments before users; only what is reached without entering a named expression.
    std::vector<Expr> repeated_parts(Expr root) const {
        std::map<Expr, int> users;
        std::vector<Expr> stack = {root};
        while (!stack.empty()) {
            Expr e = stack.back();
            stack.pop_back();
            if (names_.count(e)) continue;
            for (Expr a : e->arguments)
                if (++users[a] == 1) stack.push_back(a);
        }
        std::vector<Expr> parts;
        for (const auto& [e, count] : users)
            if (count > 1 && e->height >= 2 && !names_.count(e)) parts.push_back(e);
        std::sort(parts.begin(), parts.end(), [](Expr a, Expr b) { return a->id < b->id; });
        return parts;
    }

    // t1, t2, ... without those that are used.
    std::string unused_name() {
        std::string name;
        do name = "t" + std::to_string(++last_name_);
        while (used_.count(name) != 0);
        return name;
    }

    static std::string signed_text(bool negative, const std::string& text) {
        std::string result(negative ? 1 : 0, '-');
        return result.append(text);
    }

    static Text constant(const mpq_class& q) {
        if (q.get_den() == 1) return {q.get_str(), q < 0 ? unary : primary};
        // Finite decimals read better than fractions: the denominator divides a power of ten.
        mpz_class scaled_denominator = q.get_den(), ten_power = 1;
        for (int digits = 1; digits <= 9; ++digits) {
            ten_power *= 10;
            if (ten_power % scaled_denominator != 0) continue;
            const mpz_class scaled = abs(q.get_num()) * (ten_power / scaled_denominator);
            std::string text = scaled.get_str();
            const auto places = static_cast<std::size_t>(digits);
            if (text.size() <= places) text = std::string(places + 1 - text.size(), '0').append(text);
            const std::size_t whole = text.size() - places;
            return {signed_text(q < 0, text.substr(0, whole).append(1, '.').append(text.substr(whole))),
                    q < 0 ? unary : primary};
        }
        return {q.get_num().get_str() + " / " + q.get_den().get_str(), multiplicative};
    }

    std::string inside(Expr e, std::size_t k, Strength at_least) {
        const Text t = print(e->arguments[k]);
        if (t.strength >= at_least) return t.text;
        std::string parenthesized(1, '(');
        return parenthesized.append(t.text).append(1, ')');
    }

    Text infix(Expr e, const char* sign, Strength strength) {
        // Left-associative: the right operand must bind tighter; a comparison does not chain at all.
        const auto next = static_cast<Strength>(strength + 1);
        return {inside(e, 0, strength == comparison ? next : strength) + sign + inside(e, 1, next), strength};
    }

    // a + -2 * b reads better as a - 2 * b.
    Text sum(Expr e) {
        const std::string right = inside(e, 1, multiplicative);
        const bool negative = right[0] == '-';
        return {
            inside(e, 0, additive).append(negative ? " - " : " + ").append(right, negative ? 1 : 0, std::string::npos),
            additive};
    }

    Text listed(const std::string& name, Expr e) {
        std::string text = name;
        text.append(1, '(');
        for (std::size_t k = 0; k < e->arguments.size(); ++k) text.append(k ? ", " : "").append(inside(e, k, loosest));
        return {text.append(1, ')'), primary};
    }
};

}  // namespace

std::string to_text(Expr e, const ExpressionNames& names) { return Printer(names).print_whole(e); }

}  // namespace halogram
