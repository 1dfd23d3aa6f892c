// The oracle: evaluates a tree in 256-bit floating point. Shares nothing with the generated code but the tree itself.
#pragma once

#include <mpfr.h>

#include <map>
#include <string>
#include <vector>

#include "generators/formula/tree.h"

namespace halogram {

// A 256-bit number with value semantics; relative rounding error 2^-256, no overflow in any use here.
class Real {
public:
    static constexpr mpfr_prec_t precision = 256;

    Real(double value = 0) {
        mpfr_init2(value_, precision);
        mpfr_set_d(value_, value, MPFR_RNDN);
    }
    explicit Real(const mpq_class& value) : Real() { mpfr_set_q(value_, value.get_mpq_t(), MPFR_RNDN); }
    explicit Real(const std::string& decimal) : Real() { mpfr_set_str(value_, decimal.c_str(), 10, MPFR_RNDN); }
    Real(const Real& other) : Real() { mpfr_set(value_, other.value_, MPFR_RNDN); }
    Real& operator=(const Real& other) {
        mpfr_set(value_, other.value_, MPFR_RNDN);
        return *this;
    }
    ~Real() { mpfr_clear(value_); }

    mpfr_ptr get() { return value_; }
    mpfr_srcptr get() const { return value_; }
    double to_double() const { return mpfr_get_d(value_, MPFR_RNDN); }
    bool is_nan() const { return mpfr_nan_p(value_) != 0; }
    bool is_infinite() const { return mpfr_inf_p(value_) != 0; }

private:
    mpfr_t value_;
};

Real operator+(const Real& a, const Real& b);
Real operator-(const Real& a, const Real& b);
Real operator*(const Real& a, const Real& b);
Real operator/(const Real& a, const Real& b);
Real abs(const Real& a);
bool operator<(const Real& a, const Real& b);

// One operation of the tree (not a leaf, not a reduction) on exact arguments.
Real operation_value(const Node& operation, const std::vector<Real>& arguments);

struct Inputs {
    std::vector<Real> x, y;                               // D features each
    std::map<std::string, std::vector<Real>> parameters;  // one value, or D for a per-feature parameter
};

// The value of `root`: D numbers when it is per feature, else one. A condition gives 0 or 1.
// Throws std::invalid_argument when an input is missing or has the wrong length.
std::vector<Real> evaluate(Expr root, const Inputs& inputs);
// Several roots at once: what they share is evaluated once.
std::vector<std::vector<Real>> evaluate_all(const std::vector<Expr>& roots, const Inputs& inputs);

}  // namespace halogram
