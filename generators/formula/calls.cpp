// Calls in a formula: functions of the table, reductions, kernels and distances of the catalogue.
#include <algorithm>
#include <unordered_map>

#include "generators/catalogue/catalogue.h"
#include "generators/formula/builder.h"
#include "generators/formula/grammar.h"
#include "generators/formula/integer_limits.h"
#include "generators/formula/normalized_product.h"
#include "generators/math/function_terms.h"
#include "generators/math/functions.h"

namespace halogram {

namespace {

using Arguments = std::vector<Expr>;

// Calls that the language spells out itself, beside the table of functions: reductions, sugar, two-argument forms.
struct Builtin {
    std::string_view name;
    std::size_t arity;
    Expr (*make)(const Arguments&);
    bool reduces = false;
};

using function_terms::squared;

Expr mean(Expr a) { return divide(sum(a), a->pool->feature_count()); }
Expr difference(const Arguments& a) { return subtract(a[0], a[1]); }

// A power of two that brings the point's largest feature into [1, 2): dividing by it rounds nothing, and squares and
// products of what comes out neither overflow nor vanish together. 1 where its inverse, which gradients meet, is no
// number of the type: subnormal points stay as they are.
Expr scale_of(Expr a) {
    Expr largest = call("binade", {maximum_over(call("abs", {a}))}), one = number(a, 1);
    return where(compare(Op::Less, divide(one, largest), a->pool->infinity()), largest, one);
}

const std::vector<Builtin>& builtins() {
    static const std::vector<Builtin> table = {
        {"sum", 1, [](const Arguments& a) { return sum(a[0]); }, true},
        {"mean", 1, [](const Arguments& a) { return mean(a[0]); }, true},
        {"max", 1, [](const Arguments& a) { return maximum_over(a[0]); }, true},
        {"min", 1, [](const Arguments& a) { return minimum_over(a[0]); }, true},
        {"max", 2, [](const Arguments& a) { return maximum(a[0], a[1]); }},
        {"min", 2, [](const Arguments& a) { return minimum(a[0], a[1]); }},
        {"pow", 2, [](const Arguments& a) { return power(a[0], a[1]); }},
        {"dot", 2, [](const Arguments& a) { return sum(multiply(a[0], a[1])); }, true},
        {"sqdist", 2, [](const Arguments& a) { return sum(squared(difference(a))); }, true},
        {"l1", 2, [](const Arguments& a) { return sum(call("abs", {difference(a)})); }, true},
        {"linf", 2, [](const Arguments& a) { return maximum_over(call("abs", {difference(a)})); }, true},
        {"scale_of", 1, [](const Arguments& a) { return scale_of(a[0]); }, true},
        {"scaled", 1, [](const Arguments& a) { return divide(a[0], scale_of(a[0])); }, true},
        {"norm", 1, [](const Arguments& a) { return call("sqrt", {sum(squared(a[0]))}); }, true},
    };
    return table;
}

// Copies a tree of another pool into `pool`: x, y and parameters become what they are bound to.
Expr transplant(Expr root, Pool& pool, Expr x, Expr y, const std::map<std::string, Expr>& parameters) {
    std::map<Expr, Expr> made;
    for (Expr e : topological_order({root})) {
        Expr result = nullptr;
        switch (e->op) {
            case Op::Constant: result = pool.constant(e->constant); break;
            case Op::Infinity: result = pool.infinity(); break;
            case Op::Pi: result = pool.pi(); break;
            case Op::FeatureCount: result = pool.feature_count(); break;
            case Op::X: result = x; break;
            case Op::Y: result = y; break;
            case Op::VectorParameter:
            case Op::ScalarParameter:
            case Op::IntegerParameter: result = parameters.at(e->name); break;
            default: {
                Arguments arguments;
                for (Expr a : e->arguments) arguments.push_back(made.at(a));
                result = rebuild(e, std::move(arguments));
            }
        }
        made[e] = result;
    }
    return made.at(root);
}

}  // namespace

std::vector<std::string> callable_names() {
    std::vector<std::string> names = {"where"};
    for (const Builtin& b : builtins()) names.emplace_back(b.name);
    for (const Function& f : functions()) names.emplace_back(f.name);
    for (const CatalogueEntry& e : catalogue()) names.push_back(e.name);
    return names;
}

// Only what the catalogue has knows its arguments by name. Before any of them is read: the value of `a = b < c` may be what
// no argument is.
void FormulaBuilder::expect_positions(const std::string& name, const ParseNode& call) const {
    for (const auto& child : call.children)
        if (child->is_type<grammar::named>())
            fail(FormulaErrorCode::UnexpectedName, offset_of(*child),
                 name.substr(0, 64) + " takes its arguments by position; a comparison is written '" +
                     child->children[0]->string().substr(0, 64) + " == ...'");
}

Expr FormulaBuilder::call_at(const ParseNode& n) {
    const std::string name = n.children[0]->string();
    const std::size_t offset = offset_of(n);
    const CatalogueEntry* entry = find_in_catalogue(name);
    calls_ = true;
    if (entry == nullptr) expect_positions(name, n);
    if (name == "where") {
        if (n.children.size() != 4)
            fail(FormulaErrorCode::WrongArgumentCount, offset, "where(condition, a, b) takes 3 arguments");
        Expr condition = condition_of(*n.children[1]);
        Expr a = value_of(*n.children[2]);
        return where(condition, a, value_of(*n.children[3]));
    }
    std::vector<Argument> arguments;
    for (std::size_t k = 1; k < n.children.size(); ++k) {
        const ParseNode& child = *n.children[k];
        if (child.is_type<grammar::named>())
            arguments.push_back({child.children[0]->string(), value_of(*child.children[1]), offset_of(child)});
        else
            arguments.push_back({"", value_of(child), offset_of(child)});
    }
    const bool by_position =
        std::all_of(arguments.begin(), arguments.end(), [](const Argument& a) { return a.name.empty(); });
    std::string arities;
    for (const Builtin& b : builtins()) {
        if (b.name != name || !by_position) continue;
        if (b.arity == arguments.size()) return reduction(name, arguments, offset);
        arities += (arities.empty() ? "" : " or ") + std::to_string(b.arity);
    }
    const Function* function = find_function(name);
    if (function != nullptr && by_position && static_cast<std::size_t>(function->arity) == arguments.size()) {
        Arguments values;
        for (const Argument& a : arguments) {
            values.push_back(a.value);
            if (values.size() > arguments.size() - static_cast<std::size_t>(function->integers) &&
                !is_integer_valued(a.value))
                fail(FormulaErrorCode::ParameterValue, a.offset, name + " takes an integer here");
        }
        const Expr last = values.back();
        if (function->integers > 0 && last->is_constant() &&
            (last->constant < function->least || last->constant > function->most))
            fail(FormulaErrorCode::ParameterValue, arguments.back().offset,
                 name + " takes an integer from " + std::to_string(function->least) + " to " +
                     std::to_string(function->most) + " here");
        return function->name == "acos" ? arc_cosine(*function, values[0]) : call(*function, values);
    }
    if (entry != nullptr) return catalogue_call(*entry, arguments, offset, offset + n.string_view().rfind(')'));
    if (function != nullptr) arities = std::to_string(function->arity);
    if (!arities.empty())
        fail(FormulaErrorCode::WrongArgumentCount, offset,
             name + " takes " + arities + " argument(s), here are " + std::to_string(arguments.size()));
    const std::string near = nearest_name(name, callable_names());
    fail(FormulaErrorCode::UnknownFunction, offset,
         "there is no function or kernel '" + name.substr(0, 64) + "'" +
             (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

Expr FormulaBuilder::reduction(const std::string& name, const std::vector<Argument>& arguments, std::size_t offset) {
    const Builtin& builtin = *std::find_if(builtins().begin(), builtins().end(), [&](const Builtin& b) {
        return b.name == name && b.arity == arguments.size();
    });
    Arguments values;
    for (const Argument& a : arguments) {
        if (builtin.reduces && a.value->level > 0 && !options_.nested_reductions)
            fail(FormulaErrorCode::NestedReduction, offset,
                 name +
                     "(...) contains a reduction that mixes x and y; only statistics of one point, such as mean(x), "
                     "may stand there");
        values.push_back(a.value);
    }
    return builtin.make(values);
}

Formula FormulaBuilder::entry_formula(const std::string& name) const {
    ParseOptions inner;
    inner.largest_number = options_.largest_number;
    inner.budget = options_.budget;
    return catalogue_formula(name, inner);
}

// `close` is the place of the call's ')'.
Expr FormulaBuilder::catalogue_call(const CatalogueEntry& entry, const std::vector<Argument>& arguments,
                                    std::size_t offset, std::size_t close) {
    const std::size_t positional = static_cast<std::size_t>(
        std::find_if(arguments.begin(), arguments.end(), [](const Argument& a) { return !a.name.empty(); }) -
        arguments.begin());
    if (positional < 2 && positional < arguments.size())
        fail(FormulaErrorCode::UnexpectedName, arguments[positional].offset,
             entry.name + " takes its two points by position: " + entry.name + "(x, y, ...)");
    if (positional < 2 || positional > 2 + entry.parameters.size())
        fail(FormulaErrorCode::WrongArgumentCount, offset,
             entry.name + " takes x, y and at most " + std::to_string(entry.parameters.size()) + " parameter(s)");
    const Formula definition = entry_formula(entry.name);
    std::map<std::string, const Argument*> given;
    for (std::size_t k = 0; k < arguments.size(); ++k) {
        const Argument& a = arguments[k];
        if (k < 2) {
            if (a.value->level > 0)
                fail(FormulaErrorCode::NestedReduction, a.offset,
                     "the points of " + entry.name + " may not mix x and y");
            continue;
        }
        if (a.name.empty() && k >= positional)
            fail(FormulaErrorCode::UnexpectedName, a.offset, "a positional argument after a named one");
        const std::string name = a.name.empty() ? entry.parameters[k - 2].name : a.name;
        const bool known = std::any_of(entry.parameters.begin(), entry.parameters.end(),
                                       [&](const CatalogueParameter& p) { return p.name == name; });
        if (!known) {
            std::vector<std::string> names;
            std::string all;
            for (const CatalogueParameter& p : entry.parameters) {
                names.push_back(p.name);
                all += (all.empty() ? "" : ", ") + p.name;
            }
            const std::string near = nearest_name(name, names);
            fail(FormulaErrorCode::UnknownArgument, a.offset,
                 entry.name + " has no parameter '" + name.substr(0, 64) + "'" +
                     (near.empty() ? "; it has " + (all.empty() ? "none" : all) : "; did you mean '" + near + "'?"));
        }
        if (!given.emplace(name, &a).second)
            fail(FormulaErrorCode::RepeatedArgument, a.offset, "'" + name + "' is given twice");
    }
    std::map<std::string, Expr> bound;
    for (const FormulaParameter& p : definition.parameters) {
        auto it = given.find(p.name);
        if (it == given.end()) {
            if (lets_.count(p.name) ||
                std::find(lets_being_defined_.begin(), lets_being_defined_.end(), p.name) != lets_being_defined_.end())
                fail(FormulaErrorCode::LetShadows, offset,
                     entry.name + " needs its parameter '" + p.name + "', which is another thing here: write " +
                         p.name + "=" + p.name + " in the call, or choose another name for the let");
            bound[p.name] = parameter(p.name, p.kind, offset);
            formula_.uses.push_back(
                {close, 0, p.name, p.kind == Op::VectorParameter ? NameUse::Kind::OpenVector : NameUse::Kind::Open});
            continue;
        }
        Expr value = it->second->value;
        if (p.kind != Op::VectorParameter && value->per_feature)
            fail(FormulaErrorCode::ParameterShape, it->second->offset,
                 "'" + p.name + "' of " + entry.name + " is a scalar");
        if (p.kind == Op::IntegerParameter && !is_integer_valued(value))
            fail(FormulaErrorCode::ParameterValue, it->second->offset,
                 "'" + p.name + "' of " + entry.name + " is an integer");
        if (p.kind == Op::IntegerParameter && value->is_constant()) {
            const IntegerLimits limits = integer_limits(definition.value, p.name);
            if (!limits.contain(value->constant))
                fail(FormulaErrorCode::ParameterValue, it->second->offset,
                     "'" + p.name + "' of " + entry.name + " is an integer " + limits.text());
        }
        bound[p.name] = value;
    }
    Expr result = transplant(definition.value, pool_, arguments[0].value, arguments[1].value, bound);
    if (!entry.arc_cosine.empty()) cosines_[result] = {&entry, arguments[0].value, arguments[1].value};
    return result;
}

// The angle itself, where it is known whose cosine this is: acos would only have its rounding.
Expr FormulaBuilder::arc_cosine(const Function& acos, Expr cosine) {
    const auto known = cosines_.find(cosine);
    if (known == cosines_.end())
        return call(acos, {is_normalized_product(cosine) ? call("unit_clamp", {cosine}) : cosine});
    const Formula angle = entry_formula(known->second.entry->arc_cosine);
    return transplant(angle.value, pool_, known->second.x, known->second.y, {});
}

}  // namespace halogram
