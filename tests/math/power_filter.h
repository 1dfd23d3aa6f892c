// The first look at f32 powers: decides for most of them that they cannot be worse than a limit, many times faster than
// the C library's pow, which judges what is left. 64 exponents with 2^32 bases each are 2.7 10^11 of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace halogram {

class PowerFilter {
public:
    // Indices of the powers that may be further than `limit` ulp from exact, or have a wrong sign, zero, infinity or
    // NaN. The filter's own error is below 1e-6 ulp. Valid until the next call.
    const std::vector<std::uint32_t>& suspects(const float* base, const float* exponent, const float* computed,
                                               std::size_t count, double limit);

private:
    std::vector<double> magnitude_;
    std::vector<unsigned char> doubtful_;
    std::vector<std::uint32_t> suspects_;
};

// exp(exponent log|base|), compiled so that the C library's vector functions serve it: within 2^-43 of exact where
// the result is a float, for finite and nonzero bases. In wide_power.cpp.
void power_magnitudes(const float* base, const float* exponent, double* magnitude, std::size_t count);

}  // namespace halogram
