#include "generators/math/double_float.h"

#include "generators/math/bits.h"
#include "generators/math/code.h"

namespace halogram::code {

Pair fast_two_sum(const Expr& a, const Expr& b) {
    Expr sum = a + b;
    return {sum, b - (sum - a)};
}

Pair two_sum(const Expr& a, const Expr& b) {
    Expr sum = a + b;
    Expr b_part = sum - a;
    return {sum, (a - (sum - b_part)) + (b - b_part)};
}

Pair two_product(const Expr& a, const Expr& b) {
    Expr product = a * b;
    return {product, fused_multiply_add(a, b, -product)};
}

Pair multiply(const Pair& a, const Pair& b) {
    Pair product = two_product(a.high, b.high);
    return {product.high, product.low + fused_multiply_add(a.high, b.low, a.low * b.high)};
}

Expr divide(const Pair& numerator, const Pair& denominator) {
    Expr reciprocal = Format(numerator.high).constant(1) / denominator.high;
    Expr quotient = numerator.high * reciprocal;
    Expr rest = fused_multiply_add(-quotient, denominator.high, numerator.high);
    rest = rest + fused_multiply_add(-quotient, denominator.low, numerator.low);
    return fused_multiply_add(rest, reciprocal, quotient);
}

}  // namespace halogram::code
