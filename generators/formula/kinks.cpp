#include "generators/formula/kinks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "generators/formula/taylor.h"
#include "generators/math/functions.h"

namespace halogram {

namespace {

// What is spent on proofs of one formula, in products of terms. Those of tests/formula/kinks_test.cpp take 2,540 at most.
constexpr long work_limit = 300000;

bool is_call(Expr e, const char* name) { return e->op == Op::Call && e->function->name == name; }
bool is_extremum(Expr e) { return e->op == Op::Minimum || e->op == Op::Maximum; }
bool is_root(Expr e) { return is_call(e, "sqrt"); }

// Never negative as long as parameters are not: where it is 0, it has no slope.
bool has_minimum_zero(Expr e) {
    switch (e->op) {
        case Op::ScalarParameter:
        case Op::VectorParameter: return true;
        case Op::Sum: return has_minimum_zero(e->arguments[0]);
        case Op::Add:
        case Op::Multiply:
        case Op::Divide:
            return is_non_negative(e) || (has_minimum_zero(e->arguments[0]) && has_minimum_zero(e->arguments[1]));
        default: return is_non_negative(e);
    }
}

// e = scale * base, with a scale that does not move with points.
std::pair<Expr, Expr> scale_and_base(Expr e) {
    Expr scale = number(e, 1);
    const auto fixed = [](Expr a) { return (a->depends & (on_x | on_y)) == 0; };
    for (;;) {
        if (e->op == Op::Negate) {
            scale = operator_negate(scale);
            e = e->arguments[0];
        } else if (e->op == Op::Multiply && fixed(e->arguments[0])) {
            scale = multiply(scale, e->arguments[0]);
            e = e->arguments[1];
        } else if (e->op == Op::Multiply && fixed(e->arguments[1])) {
            scale = multiply(scale, e->arguments[1]);
            e = e->arguments[0];
        } else if (e->op == Op::Divide && fixed(e->arguments[1])) {
            scale = divide(scale, e->arguments[1]);
            e = e->arguments[0];
        } else {
            return {scale, e};
        }
    }
}

struct Part {
    Expr node, scale;
};

// Parts whose kinks are at the same place: at u = 0 with u = a - b, of roots at a = u^2 = 0.
struct Group {
    Expr a, b;  // b is nullptr where there is none
    bool root;
    std::vector<Part> parts;
};

class Proofs {
public:
    explicit Proofs(Expr root) : root_(root), pool_(*root->pool), order_(topological_order({root})) {
        // By id: the last user of each. Nothing is longer used than the formula.
        last_user_.assign(root->id + 1, 0);
        for (Expr e : order_)
            for (Expr argument : e->arguments) last_user_[argument->id] = e->id;
    }

    Kinks find() {
        Kinks found;
        std::map<std::tuple<unsigned, unsigned, bool>, Group> groups;
        const std::vector<bool> counts = passed_by_derivatives();
        for (Expr e : order_) {
            if ((e->depends & (on_x | on_y)) == 0 || !counts[e->id]) continue;
            if (is_extremum(e) || is_root(e) || is_call(e, "abs")) {
                found[e] = {e, condition_of(e)};
                if (is_root(e) && !has_minimum_zero(e->arguments[0])) continue;  // 0 is the end of the domain
                const Group group = group_of(e);
                const auto key =
                    std::make_tuple(group.a->id, group.b == nullptr ? group.a->id : group.b->id, group.root);
                auto place = groups.emplace(key, Group{group.a, group.b, group.root, {}}).first;
                place->second.parts.push_back(group.parts[0]);
            } else if (e->is_reduction() && e->op != Op::Sum) {
                Expr one = number(e, 1), attained = where(compare(Op::Equal, e->arguments[0], e), one, number(e, 0));
                found[e] = {e, compare(Op::Less, one, sum(attained))};
            } else if (e->op == Op::Call && e->function->kink != nullptr) {
                found[e] = {e, e->function->kink(e->arguments)};
            }
        }
        for (auto& [key, group] : groups) prove(group, found);
        return found;
    }

private:
    Expr root_;
    Pool& pool_;
    std::vector<Expr> order_;
    std::vector<unsigned> last_user_;
    long work_ = work_limit;

    // By id: not what stands in conditions alone, or in steps such as floor, whose derivative is 0.
    std::vector<bool> passed_by_derivatives() const {
        std::vector<bool> result(root_->id + 1, false);
        result[root_->id] = true;
        for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
            Expr e = *it;
            if (!result[e->id]) continue;
            std::vector<Expr> local;
            if (e->op == Op::Call) local = e->function->derivatives(e->arguments, e);
            for (std::size_t k = 0; k < e->arguments.size(); ++k)
                if (!e->arguments[k]->boolean && (local.empty() || !local[k]->is_constant(0)))
                    result[e->arguments[k]->id] = true;
        }
        return result;
    }

    static Expr condition_of(Expr e) {
        return compare(Op::Equal, e->arguments[0], is_extremum(e) ? e->arguments[1] : number(e, 0));
    }

    static Group group_of(Expr e) {
        if (is_root(e)) {
            const auto [scale, base] = scale_and_base(e->arguments[0]);
            return {base, nullptr, true, {{e, scale}}};
        }
        Expr scale = number(e, 1), a = e->arguments[0], b = is_extremum(e) ? e->arguments[1] : nullptr;
        if (!is_extremum(e)) {
            std::tie(scale, a) = scale_and_base(a);
            if (a->op == Op::Subtract) {
                b = a->arguments[1];
                a = a->arguments[0];
            }
        }
        // a is what is written as b + u.
        if (b != nullptr && (a->is_constant() || (!b->is_constant() && b->id < a->id))) std::swap(a, b);
        return {a, b, false, {{e, scale}}};
    }

    // The expansions of what depends on u, on one side.
    std::unordered_map<Expr, Series> known(const Group& group, Side side) {
        std::unordered_map<Expr, Series> result;
        const long sign = side == Side::Above ? 1 : side == Side::Below ? -1 : 0;
        const Polynomial other = group.b == nullptr ? Polynomial() : Polynomial::atom(group.b);
        const Series u = Taylor::variable(Polynomial(1));
        Series a = u;
        if (group.root) {
            a = Taylor::constant(Polynomial());
            a.low = 2;
            a.c.assign(static_cast<std::size_t>(a.end - 2), Polynomial());
            a.c[0] = Polynomial(1);
        } else if (group.b != nullptr) {
            a = Taylor::constant(other);
            if (a.c.empty())
                a = u;
            else
                a.c[1] = Polynomial(1);
            if (!group.b->is_constant()) result[group.b] = Taylor::constant(other);
        }
        result[group.a] = a;
        for (const Part& part : group.parts) {
            if (!is_extremum(part.node)) {
                result[part.node] = Taylor::variable(magnitude(part) * Polynomial(sign));
                continue;
            }
            // u = a - b is above 0, below, or in the middle.
            const bool largest = part.node->op == Op::Maximum;
            const mpq_class share = sign == 0 ? mpq_class(1, 2) : mpq_class((sign > 0) == largest ? 1 : 0);
            Series s = Taylor::constant(other);
            if (s.c.empty())
                s = Taylor::variable(Polynomial(share));
            else
                s.c[1] = Polynomial(share);
            result[part.node] = s;
        }
        return result;
    }

    // abs(scale) of an absolute value, the scale's root of a root.
    Polynomial magnitude(const Part& part) {
        if (part.scale->is_constant(1)) return Polynomial(1);
        Expr value = call(is_root(part.node) ? "sqrt" : "abs", {part.scale});
        if (value->is_constant()) return Polynomial(value->constant);
        if (part.scale->is_constant() && !is_root(part.node)) return Polynomial(abs(part.scale->constant));
        return Polynomial::atom(value);
    }

    // What all paths from the parts lead through, the nearest first, of the parts' shape. A where() that looks at the kink is
    // not left out: what it selects at u = 0 counts.
    std::vector<Expr> gates(const Group& group) const {
        std::vector<bool> affected(root_->id + 1, false), looks(root_->id + 1, false);
        for (const Part& part : group.parts) affected[part.node->id] = true;
        if (group.a->id < looks.size()) looks[group.a->id] = true;
        unsigned least = group.parts.back().node->id;
        for (Expr e : order_) {
            for (Expr argument : e->arguments) looks[e->id] = looks[e->id] || looks[argument->id];
            if (e->op == Op::Where && looks[e->arguments[0]->id]) least = e->id;
        }
        std::vector<Expr> result;
        unsigned open_to = 0;  // the last user of what was seen
        for (Expr e : order_) {
            for (Expr argument : e->arguments) affected[e->id] = affected[e->id] || affected[argument->id];
            if (!affected[e->id]) continue;
            if (open_to <= e->id && e->id >= least && e->per_feature == group.parts[0].node->per_feature)
                result.push_back(e);
            open_to = std::max(open_to, last_user_[e->id]);
        }
        return result;
    }

    void prove(Group& group, Kinks& found) {
        const auto leads = std::find_if(group.parts.begin(), group.parts.end(),
                                        [](const Part& part) { return is_extremum(part.node); });
        const Part lead = leads == group.parts.end() ? group.parts.front() : *leads;
        const std::vector<Expr> all = gates(group);
        try {
            Taylor above(pool_, Side::Above, known(group, Side::Above), work_);
            Taylor below(pool_, Side::Below, known(group, Side::Below), work_);
            Taylor at(pool_, Side::At, known(group, Side::At), work_);
            // As if u entered through the parts alone.
            auto parts = known(group, Side::Above);
            if (group.root) parts.erase(group.a);
            Taylor parts_alone(pool_, Side::Above, parts, work_);
            for (const bool has_middle : {true, false})
                for (Expr gate : all) {
                    Polynomial change;
                    if (gate->boolean || !agree(gate, above, below)) continue;
                    if (!(has_middle ? difference(gate, above, at, change)
                                     : is_all(gate, above, at, parts_alone, change)))
                        continue;
                    for (const Part& part : group.parts) found[part.node].smooth = gate;
                    found[lead.node].curvature = per_scale(change, lead);
                    return;
                }
        } catch (const NoProof&) {
            return;
        }
    }

    // Up to the square of u.
    static bool agree(Expr e, Taylor& one, Taylor& other) {
        const std::optional<Series> a = expansion(one, e), b = expansion(other, e);
        return a && b && a->at(0) == b->at(0) && a->at(1) == b->at(1) && a->at(2) == b->at(2);
    }

    // What is to be added to the curvature that is computed at u = 0, where the value is the limit.
    static bool difference(Expr e, Taylor& above, Taylor& at, Polynomial& change) {
        const std::optional<Series> limit = expansion(above, e), there = expansion(at, e);
        if (!limit || !there || !(limit->at(0) == there->at(0))) return false;
        change = (limit->at(2) - there->at(2)) * Polynomial(2);
        return true;
    }

    // No number at u = 0, as sin(r) / r, and no derivative: all of it is to be added.
    static bool is_all(Expr e, Taylor& above, Taylor& at, Taylor& parts_alone, Polynomial& change) {
        if (expansion(at, e) || !agree(e, above, parts_alone)) return false;
        change = expansion(above, e)->at(2) * Polynomial(2);
        return true;
    }

    static std::optional<Series> expansion(Taylor& taylor, Expr e) {
        try {
            const Series s = taylor.of(e);
            if (s.low >= 0 && s.end > 2) return s;
        } catch (const NoProof&) {
        }
        return std::nullopt;
    }

    // d / du as d / d(what stands in the part).
    Expr per_scale(const Polynomial& change, const Part& part) {
        Expr curvature = change.expression(pool_);
        if (is_extremum(part.node)) return curvature;  // u may be the negated difference: the square is the same
        if (is_root(part.node)) return divide(multiply(pool_.constant(mpq_class(1, 2)), curvature), part.scale);
        return divide(curvature, multiply(part.scale, part.scale));
    }
};

const Function& unproved() {
    static const Function function = [] {
        Function f;
        f.name = "not_smooth";
        f.arity = 2;
        f.derivatives = [](const std::vector<Expr>& a, Expr) {
            const Term infinite = a[0]->pool->infinity();
            return std::vector<Expr>{number(a[0], 1), infinite - infinite};
        };
        f.definition = [](const std::vector<Expr>& a) { return a[0]; };
        return f;
    }();
    return function;
}

}  // namespace

Expr not_smooth_in(Expr value, Expr u) { return value->pool->node(Op::Call, {value, u}, &unproved()); }

Expr with_kinks_written_out(Expr value) {
    std::unordered_map<Expr, Expr> made;
    for (Expr e : topological_order({value})) {
        std::vector<Expr> arguments;
        for (Expr a : e->arguments) arguments.push_back(made.at(a));
        const bool opens = e->op == Op::Call && e->function->kink_in_definition;
        made[e] = opens                       ? e->function->definition(arguments)
                  : arguments == e->arguments ? e
                                              : rebuild(e, std::move(arguments));
    }
    return made.at(value);
}

Kinks kinks_of(Expr value) { return Proofs(value).find(); }

}  // namespace halogram
