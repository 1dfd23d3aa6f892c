// SHA-256 of the bits that every catalogue entry gives for a fixed input, in bits.json: a change of bits is a decision.
#pragma once

#include <string>

#include "tests/support/kernel_problem.h"

namespace halogram {

// The numbers of a matrix without its gaps; every NaN is the same one.
template <typename T>
void append_bits(const Matrix<T>& matrix, std::string& bytes) {
    for (std::int64_t i = 0; i < matrix.rows; ++i)
        for (std::int64_t j = 0; j < matrix.columns; ++j) {
            const T value = std::isnan(matrix(i, j)) ? std::numeric_limits<T>::quiet_NaN() : matrix(i, j);
            bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
        }
}

template <typename T>
std::string bits_of(const KernelOutputs<T>& out) {
    std::string bytes;
    for (const Matrix<T>* matrix : {&out.k, &out.gx, &out.gy}) append_bits(*matrix, bytes);
    for (const auto& parameter : out.parameters) append_bits(*parameter, bytes);
    return bytes;
}

// Compares with the stored digest, or stores it where HALOGRAM_WRITE_BITS is set.
void expect_stored_bits(const std::string& dtype, const std::string& name, const std::string& bytes);

}  // namespace halogram
