// Calls of a kernel on arrays, over leading batch dimensions that are broadcast.
#pragma once

#include "python/native/arrays.h"
#include "python/native/kernel.h"

namespace halogram {

// x (..., n, D), y (..., m, D) or None (y = x), one value per parameter in signature order: a number, or an array whose
// leading dimensions take part in the broadcast (one of a per-feature parameter ends in D). Of a tangent points and
// per-feature parameters end in 2 D. `allocate` makes an array of x's kind from a shape. Errors are Python exceptions.

// K (..., n, m).
nb::object gram(Kernel& kernel, nb::handle x, nb::handle y, nb::tuple values, nb::handle allocate, int threads);

// From g (..., n, m): (gx, gy, one for each parameter), each (batch..., ...) with the whole batch shape; None for what
// `wanted` (x, y, parameters...) leaves out, for integers, and gy where y is None.
nb::tuple gram_vjp(Kernel& kernel, nb::handle x, nb::handle y, nb::tuple values, nb::handle g, nb::tuple wanted,
                   nb::handle allocate, int threads);

// The largest error bound of an entry of gram's K in the expanded form, over the whole batch.
double error_bound(Kernel& kernel, nb::handle x, nb::handle y, nb::tuple values);

}  // namespace halogram
