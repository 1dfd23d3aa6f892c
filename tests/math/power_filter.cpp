#include "tests/math/power_filter.h"

#include <bit>
#include <cmath>

namespace halogram {

namespace {

// 1 where a power may be wrong. Ordinary are finite nonzero bases with finite exponents of a size where a double holds
// the exponent's parity; the others are doubtful without a look.
__attribute__((target_clones("avx512f", "avx2", "default"))) void mark(const float* base, const float* exponent,
                                                                       const float* computed, const double* magnitude,
                                                                       double limit, unsigned char* doubtful,
                                                                       std::size_t count) {
    for (std::size_t k = 0; k < count; ++k) {
        const std::uint32_t b = std::bit_cast<std::uint32_t>(base[k]), c = std::bit_cast<std::uint32_t>(computed[k]);
        const std::uint32_t size = b & 0x7FFFFFFFU;
        const float e = exponent[k], truncated = std::trunc(e), half = std::trunc(e * 0.5F);
        const bool ordinary = (size != 0) & (size < 0x7F800000U) & (std::fabs(e) < 0x1p30F) & (e != 0);
        const bool negative = b >> 31 != 0, integer = truncated == e, odd = integer & (half * 2 != truncated);
        const bool sign_is_right = (c >> 31) == static_cast<std::uint32_t>(negative & odd);
        // The first number that is not a float stands for infinity, and from there on nothing else will do.
        const bool overflows = magnitude[k] >= 0x1p128;
        const double exact = overflows ? 0x1p128 : magnitude[k];
        const bool is_infinite = (c & 0x7FFFFFFFU) == 0x7F800000U;
        const double found = is_infinite ? 0x1p128 : double(std::fabs(computed[k]));
        const std::uint64_t binade = (std::bit_cast<std::uint64_t>(exact) >> 52) << 52;
        const double unit = std::bit_cast<double>(binade) * 0x1p-23;
        const double smallest = 0x1p-149;
        const bool close =
            (is_infinite | !overflows) & (std::fabs(found - exact) <= limit * (unit > smallest ? unit : smallest));
        const bool is_nan = (c & 0x7FFFFFFFU) > 0x7F800000U;
        const bool good = ordinary & ((negative & !integer) ? is_nan : (close & sign_is_right));
        doubtful[k] = good ? 0 : 1;
    }
}

}  // namespace

const std::vector<std::uint32_t>& PowerFilter::suspects(const float* base, const float* exponent, const float* computed,
                                                        std::size_t count, double limit) {
    magnitude_.resize(count);
    doubtful_.resize(count);
    suspects_.clear();
    power_magnitudes(base, exponent, magnitude_.data(), count);
    mark(base, exponent, computed, magnitude_.data(), limit, doubtful_.data(), count);
    for (std::size_t k = 0; k < count; ++k)
        if (doubtful_[k] != 0) suspects_.push_back(static_cast<std::uint32_t>(k));
    return suspects_;
}

}  // namespace halogram
