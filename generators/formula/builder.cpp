#include "generators/formula/builder.h"

#include <algorithm>
#include <map>

#include "generators/formula/grammar.h"

namespace halogram {

namespace {

const char* kind_name(Op kind) {
    return kind == Op::VectorParameter ? "a per-feature" : kind == Op::IntegerParameter ? "an integer" : "a real";
}

}  // namespace

void FormulaBuilder::fail(FormulaErrorCode code, std::size_t offset, const std::string& message) const {
    throw FormulaError(code, formula_.text, offset, message);
}

void FormulaBuilder::build(const ParseNode& root) {
    Expr value = value_of(*root.children.front());
    if (value->per_feature)
        fail(FormulaErrorCode::ResultPerFeature, 0,
             "the result has one value per feature; a kernel is a scalar: put sum(...), mean(...), max(...) around it");
    if (value->height > formula_depth_limit * 4)
        fail(FormulaErrorCode::TooDeep, 0,
             "more than " + std::to_string(formula_depth_limit * 4) +
                 " operations, each on the result of the one before; put parentheses around parts of a long sum");
    formula_.value = value;
    std::stable_sort(formula_.uses.begin(), formula_.uses.end(),
                     [](const NameUse& a, const NameUse& b) { return a.offset < b.offset; });
    check_settings();
    if (options_.of_points) check_points();
}

// Papers write k(p, q), and so do people: p and q would be parameters, K one number. A constant that is meant, such as
// `bias` or 2, calls nothing and has one parameter at most.
void FormulaBuilder::check_points() const {
    const std::size_t count = formula_.parameters.size();
    if (names_points_ || (!calls_ && !names_features_ && count < 2)) return;
    std::string names;
    for (std::size_t k = 0; k < std::min<std::size_t>(count, 4); ++k)
        names += (k == 0 ? "'" : k + 1 == count ? " and '" : ", '") + formula_.parameters[k].name.substr(0, 64) + "'";
    if (count > 4) names += ", ...";
    const std::string found =
        count == 0 ? "" : " (" + names + (count == 1 ? " is a parameter here)" : " are parameters here)");
    const auto first = std::find_if(formula_.uses.begin(), formula_.uses.end(),
                                    [](const NameUse& use) { return use.kind == NameUse::Kind::Parameter; });
    fail(FormulaErrorCode::NoPoints, first == formula_.uses.end() ? 0 : first->offset,
         "the formula names neither x nor y, so that K would be one number: the two points are called x and y" + found);
}

void FormulaBuilder::check_settings() const {
    for (const auto& [name, value] : options_.settings) {
        std::vector<std::string> known;
        for (const FormulaParameter& p : formula_.parameters) known.push_back(p.name);
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        const std::string near = nearest_name(name, known);
        fail(FormulaErrorCode::UnknownSetting, 0,
             "the formula has no parameter '" + name + "' to set" +
                 (near.empty() ? "" : "; did you mean '" + near + "'?"));
    }
}

Expr FormulaBuilder::value_of(const ParseNode& n) {
    Expr e = visit(n);
    if (e->boolean)
        fail(FormulaErrorCode::NumberExpected, offset_of(n),
             "expected a number, this is a condition; use where(condition, a, b)");
    return e;
}

Expr FormulaBuilder::condition_of(const ParseNode& n) {
    Expr e = visit(n);
    if (!e->boolean)
        fail(FormulaErrorCode::ConditionExpected, offset_of(n), "expected a condition such as x < y, this is a number");
    return e;
}

Expr FormulaBuilder::visit(const ParseNode& n) {
    if (pool_.size() > formula_node_limit)
        fail(FormulaErrorCode::TooManyNodes, offset_of(n),
             "more than " + std::to_string(formula_node_limit) + " operations");
    if (n.is_type<grammar::number>()) return number_at(n.string(), offset_of(n));
    if (n.is_type<grammar::variable>()) return name_at(n.string(), offset_of(n), false);
    if (n.is_type<grammar::indexed>()) return name_at(n.children[0]->string(), offset_of(n), true);
    if (n.is_type<grammar::call>()) return call_at(n);
    if (n.is_type<grammar::let>()) return let_in(n);
    if (n.children.size() == 1) return visit(*n.children.front());
    if (n.is_type<grammar::power>()) {
        Expr base = value_of(*n.children[0]);  // first: parameters come in the order of the text
        return power(base, value_of(*n.children[1]));
    }
    if (n.is_type<grammar::unary>() || n.is_type<grammar::exponent>()) return signed_operand(n);
    if (n.is_type<grammar::product>() || n.is_type<grammar::addition>()) return binary_chain(n);
    if (n.is_type<grammar::comparison>()) return comparison_chain(n);
    if (n.is_type<grammar::negation>()) {
        Expr e = condition_of(*n.children.back());
        return n.children.size() % 2 == 0 ? logical(Op::Not, e) : e;
    }
    const bool conjunction = n.is_type<grammar::conjunction>();
    Expr e = nullptr;
    for (const auto& child : n.children) {
        Expr next = condition_of(*child);
        e = e == nullptr ? next : logical(conjunction ? Op::And : Op::Or, e, next);
    }
    return e;
}

Expr FormulaBuilder::signed_operand(const ParseNode& n) {
    Expr e = value_of(*n.children.back());
    for (const auto& child : n.children)
        if (child->is_type<grammar::minus_sign>()) e = operator_negate(e);
    return e;
}

Expr FormulaBuilder::binary_chain(const ParseNode& n) {
    Expr e = value_of(*n.children[0]);
    for (std::size_t k = 1; k + 1 < n.children.size(); k += 2) {
        Expr next = value_of(*n.children[k + 1]);
        switch (n.children[k]->string_view().front()) {
            case '+': e = add(e, next); break;
            case '-': e = subtract(e, next); break;
            case '*': e = multiply(e, next); break;
            default:
                if (next->is_constant(0))
                    fail(FormulaErrorCode::DivisionByZero, offset_of(*n.children[k]), "division by zero");
                e = divide(e, next);
        }
    }
    return e;
}

Expr FormulaBuilder::comparison_chain(const ParseNode& n) {
    if (n.children.size() > 3)
        fail(FormulaErrorCode::ChainedComparison, offset_of(*n.children[3]),
             "comparisons do not chain: write a < b and b < c");
    Expr a = value_of(*n.children[0]), b = value_of(*n.children[2]);
    std::string sign = n.children[1]->string();
    sign.erase(sign.find_last_not_of(" \t\r\n") + 1);
    if (sign == "<") return compare(Op::Less, a, b);
    if (sign == "<=") return compare(Op::LessEqual, a, b);
    if (sign == ">") return compare(Op::Less, b, a);
    if (sign == ">=") return compare(Op::LessEqual, b, a);
    return compare(sign == "==" ? Op::Equal : Op::NotEqual, a, b);
}

Expr FormulaBuilder::number_at(const std::string& text, std::size_t offset) {
    const std::size_t e = text.find_first_of("eE");
    std::string digits = text.substr(0, e);
    long exponent = 0;
    if (e != std::string::npos) {
        const std::string after = text.substr(e + 1);
        exponent = after.size() > 6 ? (after[0] == '-' ? -100000 : 100000) : std::stol(after);
    }
    const std::size_t point = digits.find('.');
    if (point != std::string::npos) {
        exponent -= static_cast<long>(digits.size() - point - 1);
        digits.erase(point, 1);
    }
    mpz_class mantissa(digits, 10);
    const bool beyond = exponent > 5000 || exponent < -20000;
    mpz_class ten_power;
    mpz_ui_pow_ui(ten_power.get_mpz_t(), 10, beyond ? 0 : static_cast<unsigned long>(std::labs(exponent)));
    mpq_class value = exponent < 0 ? mpq_class(mantissa, ten_power) : mpq_class(mantissa * ten_power);
    value.canonicalize();
    if (mantissa != 0 && ((beyond && exponent > 0) || value > mpq_class(options_.largest_number)))
        fail(FormulaErrorCode::NumberNotFinite, offset, "this number is not finite in the dtype");
    return pool_.constant(beyond ? mpq_class(0) : value);
}

Expr FormulaBuilder::name_at(const std::string& name, std::size_t offset, bool indexed) {
    if (name == "x" || name == "y") {
        names_points_ = true;
        return name == "x" ? pool_.x() : pool_.y();
    }
    if (std::find(lets_being_defined_.begin(), lets_being_defined_.end(), name) != lets_being_defined_.end())
        fail(FormulaErrorCode::LetUsesItself, offset, "'" + name + "' is used inside its own definition");
    auto let = lets_.find(name);
    const bool constant = name == "pi" || name == "D";
    if (indexed && (constant || let != lets_.end()))
        fail(FormulaErrorCode::NotAParameter, offset, "'" + name + "' is not a parameter and takes no [d]");
    if (!constant)
        formula_.uses.push_back(
            {offset, name.size(), name, let != lets_.end() ? NameUse::Kind::Let : NameUse::Kind::Parameter});
    if (let != lets_.end()) return let->second;
    names_features_ = names_features_ || name == "D";
    if (constant) return name == "pi" ? pool_.pi() : pool_.feature_count();
    if (indexed) return parameter(name, Op::VectorParameter, offset);
    auto declared = options_.declared.find(name);
    return parameter(name, declared == options_.declared.end() ? Op::ScalarParameter : declared->second, offset);
}

Expr FormulaBuilder::parameter(const std::string& name, Op kind, std::size_t offset) {
    for (const FormulaParameter& p : formula_.parameters) {
        if (p.name != name) continue;
        if (p.kind == kind || kind == Op::ScalarParameter) {
            if (p.kind == Op::VectorParameter && kind == Op::ScalarParameter)
                fail(FormulaErrorCode::ParameterShape, offset,
                     "'" + name + "' is per feature elsewhere: write " + name + "[d]");
            return p.node;
        }
        fail(FormulaErrorCode::ParameterShape, offset,
             "'" + name + "' is used both as " + kind_name(p.kind) + " parameter and as " + kind_name(kind) + " one");
    }
    Expr node = nullptr;
    auto setting = options_.settings.find(name);
    if (setting != options_.settings.end()) {
        const std::string& text = setting->second;
        const bool negative = !text.empty() && text[0] == '-';
        try {
            ParseOptions plain;
            plain.largest_number = options_.largest_number;
            Formula value = parse_formula(negative ? text.substr(1) : text, plain);
            if (!value.value->is_constant()) throw std::invalid_argument(text);
            node = pool_.constant(negative ? mpq_class(-value.value->constant) : value.value->constant);
        } catch (const std::exception&) {
            fail(FormulaErrorCode::ParameterValue, offset,
                 "'" + name + "' is set to '" + text.substr(0, 40) + "', which is not a finite number");
        }
        if (kind == Op::IntegerParameter && !is_integer_valued(node))
            fail(FormulaErrorCode::ParameterValue, offset,
                 "'" + name + "' is an integer, but is set to " + text.substr(0, 40));
        formula_.constants[name] = text;
    } else {
        node = pool_.parameter(kind, name);
    }
    formula_.parameters.push_back({name, kind, node});
    return node;
}

Expr FormulaBuilder::let_in(const ParseNode& n) {
    const std::string name = n.children[0]->string();
    const std::size_t offset = offset_of(*n.children[0]);
    const bool parameter_taken = std::any_of(formula_.parameters.begin(), formula_.parameters.end(),
                                             [&](const FormulaParameter& p) { return p.name == name; });
    if (name == "x" || name == "y" || name == "pi" || name == "D" || name == "d" || parameter_taken ||
        lets_.count(name))
        fail(FormulaErrorCode::LetShadows, offset, "'" + name + "' already has a meaning here; choose another name");
    formula_.uses.push_back({offset, name.size(), name, NameUse::Kind::Let});
    lets_being_defined_.push_back(name);
    Expr definition = value_of(*n.children[1]);
    lets_being_defined_.pop_back();
    lets_[name] = definition;
    Expr body = visit(*n.children[2]);
    lets_.erase(name);
    return body;
}

}  // namespace halogram
