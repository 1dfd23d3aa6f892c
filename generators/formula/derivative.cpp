#include "generators/formula/derivative.h"

#include <stdexcept>
#include <utility>

#include "generators/formula/selected.h"
#include "generators/math/functions.h"

namespace halogram {

namespace {

class ReverseAccumulation {
public:
    explicit ReverseAccumulation(Expr value) : value_(value), adjoint_(value->id + 1) {
        adjoint_[value->id] = {number(value, 1)};
    }

    Expr run(Expr variable) {
        const std::vector<Expr> order = topological_order({value_});
        for (auto it = order.rbegin(); it != order.rend(); ++it) {
            Expr e = *it;
            const Selected& adjoint = adjoint_[e->id];
            if (e == variable) return adjoint.value ? adjoint.expression() : number(value_, 0);
            if (e->boolean || adjoint.value == nullptr) continue;
            pass_on(e, adjoint.value);
        }
        return number(value_, 0);
    }

private:
    Expr value_;
    std::vector<Selected> adjoint_;  // by id; derivatives are made later, so no node of `value_` has a larger one

    // d value / d argument grows by adjoint * local, selected as the user is and by `branch`; a scalar that is broadcast over
    // features collects their sum.
    void contribute(Expr user, Expr argument, Expr contribution, const std::vector<Literal>& branch = {}) {
        if (argument->depends == 0 || contribution->is_constant(0)) return;
        Selected part{contribution, adjoint_[user->id].where};
        part.where.insert(part.where.end(), branch.begin(), branch.end());
        if (user->per_feature && !argument->per_feature) part = sum(part);
        Selected& total = adjoint_[argument->id];
        total = total + part;
    }

    void pass_on(Expr e, Expr a) {
        const auto& arguments = e->arguments;
        switch (e->op) {
            case Op::Negate: contribute(e, arguments[0], operator_negate(a)); break;
            case Op::Add:
                contribute(e, arguments[0], a);
                contribute(e, arguments[1], a);
                break;
            case Op::Subtract:
                contribute(e, arguments[0], a);
                contribute(e, arguments[1], operator_negate(a));
                break;
            case Op::Multiply:
            case Op::MultiplyZero:
                contribute(e, arguments[0], multiply_zero(a, arguments[1]));
                contribute(e, arguments[1], multiply_zero(a, arguments[0]));
                break;
            case Op::Divide: {
                Expr by_numerator = divide(number(e, 1), arguments[1]);
                contribute(e, arguments[0], multiply_zero(a, by_numerator));
                contribute(e, arguments[1], operator_negate(multiply_zero(a, divide(e, arguments[1]))));
                break;
            }
            case Op::Power: pass_on_power(e, a); break;
            case Op::Minimum:
            case Op::Maximum: pass_on_extremum(e, a); break;
            case Op::Where:
                contribute(e, arguments[1], a, {{arguments[0], true}});
                contribute(e, arguments[2], a, {{arguments[0], false}});
                break;
            case Op::Call: {
                const std::vector<Expr> local = e->function->derivatives(arguments, e);
                for (std::size_t k = 0; k < arguments.size(); ++k)
                    contribute(e, arguments[k], multiply_zero(a, local[k]));
                break;
            }
            case Op::Sum: contribute(e, arguments[0], a); break;
            case Op::MaximumOver:
            case Op::MinimumOver: {
                // Every feature that attains the extremum takes an equal share; where that is NaN all of them are NaN.
                const bool largest = e->op == Op::MaximumOver;
                Expr beaten = largest ? compare(Op::Less, arguments[0], e) : compare(Op::Less, e, arguments[0]);
                Expr attained = where(compare(Op::Equal, arguments[0], e), number(e, 1), number(e, 0));
                contribute(e, arguments[0], where(compare(Op::Equal, e, e), divide(a, sum(attained)), e),
                           {{beaten, false}});
                break;
            }
            default: break;  // leaves
        }
    }

    void pass_on_power(Expr e, Expr a) {
        Expr base = e->arguments[0], exponent = e->arguments[1], one = number(e, 1);
        Expr by_base = multiply_zero(exponent, power(base, subtract(exponent, one)));
        contribute(e, base, multiply_zero(a, by_base));
        if (is_integer_valued(exponent)) return;
        // At base 0 the derivative by the exponent is 0, although log(0) is infinite.
        Expr at_zero = compare(Op::Equal, base, number(e, 0));
        Expr by_exponent = where(at_zero, number(e, 0), multiply(e, call("log", {base})));
        contribute(e, exponent, multiply_zero(a, by_exponent));
    }

    // Equal arguments take half each. Where one is NaN both are taken, so that it shows.
    void pass_on_extremum(Expr e, Expr a) {
        Expr first = e->arguments[0], second = e->arguments[1];
        Expr first_wins = compare(Op::Less, first, second), second_wins = compare(Op::Less, second, first);
        if (e->op == Op::Maximum) std::swap(first_wins, second_wins);
        Expr share = where(compare(Op::Equal, first, second), multiply(number(e, mpq_class(1, 2)), a), a);
        contribute(e, first, share, {{second_wins, false}});
        contribute(e, second, share, {{first_wins, false}});
    }
};

}  // namespace

Expr derivative(Expr value, Expr variable) {
    if (value->per_feature || value->boolean)
        throw std::invalid_argument("derivative: the value must be a scalar number");
    if (value == variable) return number(value, 1);
    return ReverseAccumulation(value).run(variable);
}

}  // namespace halogram
