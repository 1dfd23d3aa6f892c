// Provable facts about values: integers, signs, and where a derivative may become infinite. Each looks one level down
// only and is stored in the node when it is made, so that shared subexpressions cost nothing.
#include "generators/formula/tree.h"
#include "generators/math/functions.h"

namespace halogram {

namespace {

bool is_even_integer_constant(Expr e) {
    return e->is_constant() && e->constant.get_den() == 1 && mpz_even_p(e->constant.get_num_mpz_t()) != 0;
}

bool integer_valued(Expr e) {
    switch (e->op) {
        case Op::Constant: return e->constant.get_den() == 1;
        case Op::IntegerParameter:
        case Op::FeatureCount: return true;
        case Op::Negate:
        case Op::Add:
        case Op::Subtract:
        case Op::Multiply:
        case Op::Minimum:
        case Op::Maximum:
            for (Expr a : e->arguments)
                if (!is_integer_valued(a)) return false;
            return true;
        case Op::Where: return is_integer_valued(e->arguments[1]) && is_integer_valued(e->arguments[2]);
        case Op::Call: return e->function->integer_valued;
        default: return false;
    }
}

bool non_negative(Expr e) {
    switch (e->op) {
        case Op::Constant: return e->constant >= 0;
        case Op::Infinity:
        case Op::Pi:
        case Op::FeatureCount: return true;
        case Op::Add:
        case Op::Divide: return is_non_negative(e->arguments[0]) && is_non_negative(e->arguments[1]);
        case Op::Multiply:
        case Op::MultiplyZero:
            return e->arguments[0] == e->arguments[1] ||
                   (is_non_negative(e->arguments[0]) && is_non_negative(e->arguments[1]));
        case Op::Power: return is_even_integer_constant(e->arguments[1]) || is_non_negative(e->arguments[0]);
        case Op::Minimum: return is_non_negative(e->arguments[0]) && is_non_negative(e->arguments[1]);
        case Op::Maximum: return is_non_negative(e->arguments[0]) || is_non_negative(e->arguments[1]);
        case Op::Where: return is_non_negative(e->arguments[1]) && is_non_negative(e->arguments[2]);
        case Op::Sum:
        case Op::MaximumOver:
        case Op::MinimumOver: return is_non_negative(e->arguments[0]);
        case Op::Call: return e->function->range != Range::Any;
        default: return false;
    }
}

// As computed too: a sign survives rounding. Parameters have none.
bool non_positive(Expr e) {
    auto either_way = [&] {
        Expr a = e->arguments[0], b = e->arguments[1];
        return (is_non_positive(a) && is_non_negative(b)) || (is_non_negative(a) && is_non_positive(b));
    };
    switch (e->op) {
        case Op::Constant: return e->constant <= 0;
        case Op::Negate: return is_non_negative(e->arguments[0]);
        case Op::Add:
        case Op::Maximum: return is_non_positive(e->arguments[0]) && is_non_positive(e->arguments[1]);
        case Op::Subtract: return is_non_positive(e->arguments[0]) && is_non_negative(e->arguments[1]);
        case Op::Multiply:
        case Op::MultiplyZero:
        case Op::Divide: return either_way();
        case Op::Minimum: return is_non_positive(e->arguments[0]) || is_non_positive(e->arguments[1]);
        case Op::Where: return is_non_positive(e->arguments[1]) && is_non_positive(e->arguments[2]);
        case Op::Sum:
        case Op::MaximumOver:
        case Op::MinimumOver: return is_non_positive(e->arguments[0]);
        default: return false;
    }
}

// Never below 1, so that neither its products nor its powers vanish. Found in so many levels, for what is written
// beside a distance: 1 + s, max(1, s), their products.
bool at_least_one(Expr e, int levels = 6) {
    if (levels == 0) return false;
    const auto argument = [&](std::size_t k) { return at_least_one(e->arguments[k], levels - 1); };
    switch (e->op) {
        case Op::Constant: return e->constant >= 1;
        case Op::Pi:
        case Op::FeatureCount: return true;
        case Op::Add:
            return (argument(0) && is_non_negative(e->arguments[1])) ||
                   (argument(1) && is_non_negative(e->arguments[0]));
        case Op::Multiply:
        case Op::Minimum: return argument(0) && argument(1);
        case Op::Maximum: return argument(0) || argument(1);
        case Op::Power: return argument(0) && is_non_negative(e->arguments[1]);
        case Op::Where: return argument(1) && argument(2);
        case Op::Call: return e->function->name == "sqrt" && argument(0);
        default: return false;
    }
}

// As it is rounded: products and powers of positive numbers underflow.
bool positive(Expr e) {
    switch (e->op) {
        case Op::Constant: return e->constant > 0;
        case Op::Infinity:
        case Op::Pi:
        case Op::FeatureCount: return true;
        case Op::Add:
            return (is_positive(e->arguments[0]) && is_non_negative(e->arguments[1])) ||
                   (is_positive(e->arguments[1]) && is_non_negative(e->arguments[0]));
        case Op::Multiply:
            return (at_least_one(e->arguments[0]) && is_positive(e->arguments[1])) ||
                   (at_least_one(e->arguments[1]) && is_positive(e->arguments[0]));
        case Op::Minimum: return is_positive(e->arguments[0]) && is_positive(e->arguments[1]);
        case Op::Maximum: return is_positive(e->arguments[0]) || is_positive(e->arguments[1]);
        case Op::Power: return at_least_one(e);
        case Op::Where: return is_positive(e->arguments[1]) && is_positive(e->arguments[2]);
        case Op::Call:
            return e->function->range == Range::Positive ||
                   (e->function->keeps_positive && is_positive(e->arguments[0]));
        default: return false;
    }
}

bool singular(Expr e) {
    switch (e->op) {
        case Op::Infinity: return true;
        case Op::Divide:
            // A parameter of 0 in a denominator is the caller's choice; points decide the rest.
            if ((e->arguments[1]->depends & (on_x | on_y)) != 0 && !is_positive(e->arguments[1])) return true;
            return may_be_singular(e->arguments[0]);
        case Op::Power: {
            Expr exponent = e->arguments[1];
            if (may_be_singular(e->arguments[0])) return true;
            if (is_positive(e->arguments[0]) || (e->depends & (on_x | on_y)) == 0) return false;
            return !(exponent->is_constant() && exponent->constant >= 0);
        }
        case Op::Call:
            if (e->function->may_be_infinite && (e->depends & (on_x | on_y)) != 0) return true;
            if (e->function->bounded) return false;
            break;
        default: break;
    }
    if (e->boolean) return false;
    for (Expr a : e->arguments)
        if (may_be_singular(a)) return true;
    return false;
}

}  // namespace

void derive_signs(Node& n) {
    n.integer_valued = integer_valued(&n);
    n.non_negative = non_negative(&n);
    n.non_positive = non_positive(&n);
    n.positive = positive(&n);
    n.singular = singular(&n);
}

}  // namespace halogram
