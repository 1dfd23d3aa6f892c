// The tree of a formula: immutable nodes, each distinct expression exactly once (hash-consed), so that common
// subexpressions are shared by construction and equality is a comparison of pointers.
#pragma once

#include <gmpxx.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace halogram {

struct Function;  // an entry of the table in generators/math/functions.h
struct Node;
class Pool;

enum class Op : std::uint8_t {
    // Values.
    Constant,  // an exact rational number
    Infinity,  // only in definitions of functions
    Pi,
    FeatureCount,  // D
    X,
    Y,
    VectorParameter,   // name[d]
    ScalarParameter,   // real
    IntegerParameter,  // int32_t in C, no gradient
    // Arithmetic.
    Negate,
    Add,
    Subtract,
    Multiply,
    MultiplyZero,  // a * b, but 0 where either is exactly 0 (NaN stays): products of derivatives at an edge
    Divide,
    Power,
    Minimum,
    Maximum,
    // Conditions.
    Less,
    LessEqual,
    Equal,
    NotEqual,
    And,
    Or,
    Not,
    Where,  // condition, value, otherwise
    Call,   // a scalar function from the table
    // Per-feature to scalar.
    Sum,
    MaximumOver,
    MinimumOver,
};

using Expr = const Node*;

inline constexpr const char* tangent_name = "tangent";

// What an expression depends on, as a set of bits.
enum Dependence : unsigned { on_x = 1, on_y = 2, on_parameters = 4 };

struct Node {
    Pool* pool;
    Op op;
    std::vector<Expr> arguments;
    mpq_class constant;                  // Op::Constant
    std::string name;                    // parameters; tangent_name: the direction of a point
    const Function* function = nullptr;  // Op::Call
    // Derived when the node is made:
    std::uint32_t id = 0;      // arguments have smaller ids than the nodes that use them
    bool per_feature = false;  // one value per feature, else a scalar
    bool boolean = false;
    unsigned depends = 0;  // Dependence bits
    int height = 0;        // of the tree, to limit recursion
    int level = 0;         // nesting of reductions that mix x and y (0: none inside)
    // Provably; see signs.cpp.
    bool integer_valued = false, non_negative = false, non_positive = false, positive = false, singular = false;

    bool is_constant() const { return op == Op::Constant; }
    bool is_constant(long value) const { return op == Op::Constant && constant == value; }
    bool mixes_points() const { return (depends & (on_x | on_y)) == (on_x | on_y); }
    bool is_reduction() const { return op == Op::Sum || op == Op::MaximumOver || op == Op::MinimumOver; }
};

// What may be made of one formula, counted, so that the same text has the same answer everywhere: the nodes of all its
// trees, derivatives and lowered forms included, and the operations of the code for one operation of the kernel, with one
// feature. 6,000 operations compile in seconds; the largest kernel of the catalogue has fewer than a sixth of that.
inline constexpr std::int64_t default_budget = 6000;
inline constexpr std::int64_t nodes_per_operation = 8;  // 350 bytes each, names and numbers aside: 17 MB

// More is made of a formula than its budget allows.
class BudgetError : public std::runtime_error {
public:
    BudgetError(const std::string& found, std::int64_t budget)
        : std::runtime_error("the formula is too large to compile: " + found + "; --budget is " +
                             std::to_string(budget) + ", give a larger one if this is meant") {}
};

// Owns the nodes of one formula and of everything derived from it. Not thread-safe; use one pool per thread.
class Pool {
public:
    Pool();
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    Expr constant(const mpq_class& value);
    Expr infinity() { return leaf(Op::Infinity); }
    Expr pi() { return leaf(Op::Pi); }
    Expr feature_count() { return leaf(Op::FeatureCount); }
    Expr x() { return leaf(Op::X); }
    Expr y() { return leaf(Op::Y); }
    // Directions in which points move (tangent.h): leaves beside x and y.
    Expr x_tangent() { return parameter(Op::X, tangent_name); }
    Expr y_tangent() { return parameter(Op::Y, tangent_name); }
    Expr parameter(Op kind, const std::string& name);

    // The node with these parts exactly: no simplification.
    Expr node(Op op, std::vector<Expr> arguments, const Function* function = nullptr);

    std::size_t size() const;

    // Of what may be made of the formula; a node beyond it throws BudgetError.
    void set_budget(std::int64_t operations) { budget_ = operations; }
    std::int64_t budget() const { return budget_; }

private:
    struct Table;
    std::unique_ptr<Table> table_;
    std::int64_t budget_ = default_budget;
    Expr leaf(Op op);
    Expr intern(Node&& candidate);
};

// Simplifying constructors. Rules are exact in real arithmetic; they drop neutral elements, fold rational constants,
// move signs and constants outwards, and pull scalar factors out of sums.
Expr operator_negate(Expr a);
Expr add(Expr a, Expr b);
Expr subtract(Expr a, Expr b);
Expr multiply(Expr a, Expr b);
Expr multiply_zero(Expr a,
                   Expr b);  // the product rule at an edge; a plain product where neither factor can be infinite
Expr divide(Expr a, Expr b);
Expr power(Expr base, Expr exponent);
Expr minimum(Expr a, Expr b);
Expr maximum(Expr a, Expr b);
Expr compare(Op op, Expr a, Expr b);
Expr logical(Op op, Expr a, Expr b = nullptr);
Expr where(Expr condition, Expr value, Expr otherwise);
Expr call(const Function& function, std::vector<Expr> arguments);
Expr call(std::string_view function, std::vector<Expr> arguments);
Expr sum(Expr per_feature);
Expr maximum_over(Expr per_feature);
Expr minimum_over(Expr per_feature);
// The node's own constructor applied to new arguments.
Expr rebuild(Expr node, std::vector<Expr> arguments);

// Arithmetic on expressions for code that derives new ones. `number` takes its pool from `like`.
Expr number(Expr like, const mpq_class& value);

struct Term {  // a thin wrapper that gives expressions operators
    Expr expr;
    Term(Expr e) : expr(e) {}
    operator Expr() const { return expr; }
};
inline Term operator+(Term a, Term b) { return add(a, b); }
inline Term operator-(Term a, Term b) { return subtract(a, b); }
inline Term operator-(Term a, Expr b) { return subtract(a, b); }  // else the difference of two pointers competes
inline Term operator-(Expr a, Term b) { return subtract(a, b); }
inline Term operator*(Term a, Term b) { return multiply(a, b); }
inline Term operator/(Term a, Term b) { return divide(a, b); }
inline Term operator-(Term a) { return operator_negate(a); }
inline Term operator*(long c, Term b) { return multiply(number(b, c), b); }
inline Term operator+(long c, Term b) { return add(number(b, c), b); }
inline Term operator-(long c, Term b) { return subtract(number(b, c), b); }
inline Term operator/(long c, Term b) { return divide(number(b, c), b); }
inline Term operator/(Term a, long c) { return divide(a, number(a, c)); }

// Everything below `roots`, arguments before users, each node once.
std::vector<Expr> topological_order(const std::vector<Expr>& roots);

bool uses_feature_count(Expr root);

// Replaces every call of a function that is defined by other operations with its definition, all the way down.
Expr expand_definitions(Expr root);

// Provably an integer: made of integer parameters, integer constants, floor and D.
inline bool is_integer_valued(Expr e) { return e->integer_valued; }
// Provable signs, for finite arguments: they decide where a derivative can be infinite.
inline bool is_non_negative(Expr e) { return e->non_negative; }
inline bool is_non_positive(Expr e) { return e->non_positive; }
inline bool is_positive(Expr e) { return e->positive; }
// Whether the value may be infinite at an edge of the domain although all inputs are finite and moderate.
inline bool may_be_singular(Expr e) { return e->singular; }
void derive_signs(Node& node);

}  // namespace halogram
