// How much arithmetic a pair of points takes, counted on the trees that are evaluated.
#pragma once

#include <cstdint>
#include <string>

#include "generators/formula/parser.h"

namespace halogram {

// Vector instructions: one for an operation or a fused multiply-add, the table's number for a function. What depends on
// one point only is computed once per point and counts nothing.
struct OperationCount {
    std::int64_t per_feature = 0, per_pair = 0;  // thirty powers of 2^20 features pass 2^31
    int features = 0;
    std::int64_t total() const { return per_feature * features + per_pair; }
};

// `operation` is "gram" or "gram_vjp".
OperationCount operation_count(const Formula& formula, const std::string& operation, int features);

// Throws BudgetError where the code of `operation`, with one feature, takes more operations than the formula's budget has;
// before anything is made for Halide, whose time grows with them.
void expect_within_budget(const Formula& formula, const std::string& operation);

}  // namespace halogram
