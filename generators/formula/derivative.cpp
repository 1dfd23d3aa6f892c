#include "generators/formula/derivative.h"

#include <stdexcept>
#include <utility>

#include "generators/formula/selected.h"
#include "generators/math/functions.h"

namespace halogram {

namespace {

class ReverseAccumulation {
public:
    ReverseAccumulation(Expr value, const Kinks* kinks) : value_(value), kinks_(kinks), adjoint_(value->id + 1) {
        adjoint_[value->id] = {number(value, 1)};
    }

    Expr run(Expr variable) {
        const std::vector<Expr> order = topological_order({value_});
        for (auto it = order.rbegin(); it != order.rend(); ++it) {
            Expr e = *it;
            const Selected& adjoint = adjoint_[e->id];
            if (e == variable) return adjoint.value ? adjoint.expression() : number(value_, 0);
            if (e->boolean || adjoint.value == nullptr) continue;
            const auto kink = kinks_ == nullptr ? Kinks::const_iterator() : kinks_->find(e);
            if (kinks_ != nullptr && kink != kinks_->end())
                pass_on_kink(kink->second, adjoint.value);
            else
                pass_on(e, adjoint.value);
        }
        return number(value_, 0);
    }

private:
    Expr value_;
    const Kinks* kinks_;             // nullptr: every kink has the subgradient of the rules
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
            case Op::Maximum: pass_on_extremum(e, a, half(a)); break;
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
            case Op::MinimumOver: pass_on_extremum_over(e, a, nullptr); break;
            default: break;  // leaves
        }
    }

    void pass_on_kink(const Kink& kink, Expr a) {
        Expr e = kink.node;
        const bool extremum = e->op == Op::Minimum || e->op == Op::Maximum;
        if (e->is_reduction()) {
            pass_on_extremum_over(e, a, kink.condition);
        } else if (extremum) {
            pass_on_extremum(e, a, kink.smooth == nullptr ? not_smooth_in(half(a), difference(e)) : half(a));
        } else {
            const std::vector<Expr> local = e->function->derivatives(e->arguments, e);
            for (std::size_t k = 0; k < local.size(); ++k) {
                if (local[k]->is_constant(0)) continue;
                if (kink.smooth != nullptr)
                    contribute(e, e->arguments[k], multiply_zero(a, local[k]), {{kink.condition, false}});
                else
                    contribute(e, e->arguments[k],
                               where(kink.condition, not_smooth_in(multiply_zero(a, local[k]), e->arguments[k]),
                                     multiply_zero(a, local[k])));
            }
        }
        if (kink.curvature == nullptr || kink.curvature->is_constant(0)) return;
        const Selected& outer = adjoint_[kink.smooth->id];
        if (outer.value == nullptr) return;
        const bool root = e->function != nullptr && e->function->name == "sqrt";
        Expr slope = extremum ? multiply(kink.curvature, difference(e))
                     : root   ? kink.curvature
                              : multiply(kink.curvature, e->arguments[0]);
        const std::vector<Literal> at_kink = {{kink.condition, true}};
        contribute(kink.smooth, e->arguments[0], multiply_zero(outer.value, slope), at_kink);
        if (extremum)
            contribute(kink.smooth, e->arguments[1], operator_negate(multiply_zero(outer.value, slope)), at_kink);
    }

    static Expr half(Expr a) { return multiply(number(a, mpq_class(1, 2)), a); }
    static Expr difference(Expr extremum) { return subtract(extremum->arguments[0], extremum->arguments[1]); }

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

    // Every feature that attains the extremum takes an equal share; where that is NaN all of them are NaN. Where `tie` holds
    // the share is not smooth.
    void pass_on_extremum_over(Expr e, Expr a, Expr tie) {
        Expr argument = e->arguments[0], one = number(e, 1);
        const bool largest = e->op == Op::MaximumOver;
        Expr beaten = largest ? compare(Op::Less, argument, e) : compare(Op::Less, e, argument);
        Expr attained = where(compare(Op::Equal, argument, e), one, number(e, 0));
        Expr share = where(compare(Op::Equal, e, e), divide(a, sum(attained)), e);
        if (tie != nullptr) share = where(tie, not_smooth_in(share, argument), share);
        contribute(e, argument, share, {{beaten, false}});
    }

    // Equal arguments take half each. Where one is NaN both are taken, so that it shows.
    void pass_on_extremum(Expr e, Expr a, Expr at_tie) {
        Expr first = e->arguments[0], second = e->arguments[1];
        Expr first_wins = compare(Op::Less, first, second), second_wins = compare(Op::Less, second, first);
        if (e->op == Op::Maximum) std::swap(first_wins, second_wins);
        Expr share = where(compare(Op::Equal, first, second), at_tie, a);
        contribute(e, first, share, {{second_wins, false}});
        contribute(e, second, share, {{first_wins, false}});
    }
};

}  // namespace

static Expr derived(Expr value, Expr variable, const Kinks* kinks) {
    if (value->per_feature || value->boolean)
        throw std::invalid_argument("derivative: the value must be a scalar number");
    if (value == variable) return number(value, 1);
    return ReverseAccumulation(value, kinks).run(variable);
}

Expr derivative(Expr value, Expr variable) { return derived(value, variable, nullptr); }

Expr derivative_to_derive(Expr value, Expr variable, const Kinks& kinks) { return derived(value, variable, &kinks); }

}  // namespace halogram
