// A matrix between guard pages, with gaps between its rows that show whether somebody wrote there.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "tests/support/guarded_buffer.h"

namespace halogram_test {

template <typename T>
struct Matrix {
    static constexpr T untouched = T(-777);

    std::int64_t rows, columns, ld;
    GuardedBuffer<T> values;

    Matrix(std::int64_t row_count, std::int64_t column_count, std::int64_t leading, Guard guard = Guard::After)
        : rows(row_count), columns(column_count), ld(leading), values(elements(), guard) {
        for (T& v : values) v = untouched;
    }
    std::size_t elements() const {
        return rows == 0 || columns == 0 ? 0 : static_cast<std::size_t>((rows - 1) * ld + columns);
    }
    T* data() { return values.size() > 0 ? values.data() : nullptr; }
    const T* data() const { return values.size() > 0 ? values.data() : nullptr; }
    T& operator()(std::int64_t i, std::int64_t j) { return values[static_cast<std::size_t>(i * ld + j)]; }
    const T& operator()(std::int64_t i, std::int64_t j) const { return values[static_cast<std::size_t>(i * ld + j)]; }
    void randomize(std::mt19937& random, double from, double to) {
        std::uniform_real_distribution<double> uniform(from, to);
        for (std::int64_t i = 0; i < rows; ++i)
            for (std::int64_t j = 0; j < columns; ++j) (*this)(i, j) = static_cast<T>(uniform(random));
    }
    void fill_gaps(T value) {
        for (std::int64_t i = 0; columns > 0 && i + 1 < rows; ++i)
            for (std::int64_t j = columns; j < ld; ++j) (*this)(i, j) = value;
    }
    // The gaps between rows still hold what the constructor wrote.
    bool gaps_untouched() const {
        for (std::int64_t i = 0; columns > 0 && i + 1 < rows; ++i)
            for (std::int64_t j = columns; j < ld; ++j)
                if ((*this)(i, j) != untouched) return false;
        return true;
    }
    std::vector<T> packed() const {
        std::vector<T> all;
        for (std::int64_t i = 0; i < rows; ++i)
            for (std::int64_t j = 0; j < columns; ++j) all.push_back((*this)(i, j));
        return all;
    }
};

template <typename T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

// Any NaN equals any NaN.
template <typename T>
bool same_number(T a, T b) {
    return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof(T)) == 0;
}

template <typename T>
bool same_numbers(const Matrix<T>& a, const Matrix<T>& b) {
    if (a.rows != b.rows || a.columns != b.columns) return false;
    for (std::int64_t i = 0; i < a.rows; ++i)
        for (std::int64_t j = 0; j < a.columns; ++j)
            if (!same_number(a(i, j), b(i, j))) return false;
    return true;
}

}  // namespace halogram_test
