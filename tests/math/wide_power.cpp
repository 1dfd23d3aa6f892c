// Compiled with -ffast-math, which is what lets GCC call the C library's vector functions. Nothing here compares NaN.
#include <cmath>

#include "tests/math/power_filter.h"

namespace halogram {

__attribute__((target_clones("avx512f", "avx2", "default"))) void power_magnitudes(const float* base,
                                                                                   const float* exponent,
                                                                                   double* magnitude,
                                                                                   std::size_t count) {
    for (std::size_t k = 0; k < count; ++k) {
        const double scale = double(exponent[k]) * std::log(std::fabs(double(base[k])));
        // Beyond the floats on both sides; the vector exp calls the scalar one for infinities.
        magnitude[k] = std::exp(scale > 200 ? 200 : scale < -200 ? -200 : scale);
    }
}

}  // namespace halogram
