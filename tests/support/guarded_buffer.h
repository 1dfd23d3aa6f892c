// Memory between two pages that must not be touched: an access before or after it ends the test with a signal.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

namespace halogram_test {

// Which end of the data lies exactly at a forbidden page. At the other end up to a page of slack is possible.
enum class Guard { Before, After };

template <typename T>
class GuardedBuffer {
public:
    explicit GuardedBuffer(std::size_t count, Guard guard = Guard::After) : count_(count) {
        const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        const std::size_t bytes = count * sizeof(T);
        const std::size_t inner = (bytes + page - 1) / page * page;
        mapped_ = inner + 2 * page;
        void* memory = mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        base_ = static_cast<char*>(memory);
        inner_ = base_ + page;
        inner_bytes_ = inner;
        if (inner > 0 && mprotect(inner_, inner, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
        data_ = reinterpret_cast<T*>(guard == Guard::After ? inner_ + (inner - bytes) : inner_);
    }
    GuardedBuffer(const GuardedBuffer&) = delete;
    GuardedBuffer& operator=(const GuardedBuffer&) = delete;
    ~GuardedBuffer() { munmap(base_, mapped_); }

    T* data() { return data_; }
    const T* data() const { return data_; }
    std::size_t size() const { return count_; }
    T& operator[](std::size_t i) { return data_[i]; }
    const T& operator[](std::size_t i) const { return data_[i]; }
    T* begin() { return data_; }
    T* end() { return data_ + count_; }
    std::span<T> span() { return {data_, count_}; }

    // From now on writing ends the test as well.
    void forbid_writing() {
        if (inner_bytes_ > 0) mprotect(inner_, inner_bytes_, PROT_READ);
    }

private:
    std::size_t count_;
    std::size_t mapped_ = 0, inner_bytes_ = 0;
    char *base_ = nullptr, *inner_ = nullptr;
    T* data_ = nullptr;
};

}  // namespace halogram_test
