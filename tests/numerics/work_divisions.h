// Ways to divide the work of a call that must not change a bit: the order of the tasks and who runs them, the caller's
// own splits of x and y, where the arrays lie in memory.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <thread>

#include "tests/support/kernel_problem.h"

namespace halogram {

// An hg_parallel_for that runs the tasks in a random order, on one thread or on some.
class RandomTasks {
public:
    explicit RandomTasks(std::mt19937_64& random) : random_(random) {}

    hg_options options() {
        hg_options options = options_with_threads(std::uniform_int_distribution<int>(1, 16)(random_));
        options.parallel_for = run;
        options.parallel_for_user = this;
        return options;
    }

private:
    std::mt19937_64& random_;

    static void run(void* self, std::int64_t count, hg_task task, void* context) {
        std::mt19937_64& random = static_cast<RandomTasks*>(self)->random_;
        std::vector<std::int64_t> order(static_cast<std::size_t>(count));
        std::iota(order.begin(), order.end(), 0);
        std::shuffle(order.begin(), order.end(), random);
        const std::size_t threads = std::uniform_int_distribution<std::size_t>(1, 3)(random);
        auto share = [&, threads](std::size_t first) {
            for (std::size_t k = first; k < order.size(); k += threads) task(context, order[k]);
        };
        std::vector<std::thread> others;
        for (std::size_t t = 1; t < threads; ++t) others.emplace_back(share, t);
        share(0);
        for (std::thread& t : others) t.join();
    }
};

// An array whose rows lie `leading` apart and whose first element lies `offset` bytes behind a multiple of 64.
template <typename T>
class PlacedMatrix {
public:
    PlacedMatrix(std::int64_t rows, std::int64_t columns, std::size_t offset)
        : rows_(rows),
          columns_(columns),
          memory_(static_cast<char*>(
              std::aligned_alloc(64, (std::size_t(rows * columns) * sizeof(T) + offset + 63) / 64 * 64))),
          data_(reinterpret_cast<T*>(memory_ + offset)) {}
    PlacedMatrix(const Matrix<T>& other, std::size_t offset) : PlacedMatrix(other.rows, other.columns, offset) {
        for (std::int64_t i = 0; i < rows_; ++i)
            for (std::int64_t j = 0; j < columns_; ++j) data_[i * columns_ + j] = other(i, j);
    }
    ~PlacedMatrix() { std::free(memory_); }
    PlacedMatrix(const PlacedMatrix&) = delete;
    PlacedMatrix& operator=(const PlacedMatrix&) = delete;

    T* data() const { return data_; }
    std::int64_t ld() const { return columns_; }
    bool operator==(const Matrix<T>& other) const {
        for (std::int64_t i = 0; i < rows_; ++i)
            for (std::int64_t j = 0; j < columns_; ++j)
                if (!same_number(data_[i * columns_ + j], other(i, j))) return false;
        return true;
    }

private:
    const std::int64_t rows_, columns_;
    char* const memory_;
    T* const data_;
};

template <typename T>
class WorkDivisions {
public:
    // `right` is what a call on one thread gives.
    WorkDivisions(const GeneratedLibrary& library, const KernelProblem<T>& problem, const KernelOutputs<T>& right)
        : library_(library), p_(problem), right_(right) {}

    void check_threads(std::initializer_list<int> counts) const {
        for (const int threads : counts)
            EXPECT_TRUE(*run(library_, p_, options_with_threads(threads)) == right_)
                << p_.kernel.c_name << ": " << threads << " threads differ in bits";
    }

    void check_random_tasks(std::mt19937_64& random, int rounds) const {
        RandomTasks tasks(random);
        for (int round = 0; round < rounds; ++round) {
            const auto out = run(library_, p_, tasks.options(), round % 2 == 1);
            EXPECT_TRUE(*out == right_) << p_.kernel.c_name << ": the order of the tasks matters";
        }
    }

    // K and gx where x is split, K and gy where y is.
    void check_callers_splits(std::mt19937_64& random) const {
        const std::int64_t n = p_.shape.n, m = p_.shape.m;
        const std::int64_t row = std::uniform_int_distribution<std::int64_t>(1, n - 1)(random),
                           column = std::uniform_int_distribution<std::int64_t>(1, m - 1)(random);
        KernelOutputs<T> by_rows(p_), by_columns(p_);
        for (const auto& [begin, end] : {std::pair{std::int64_t{0}, row}, std::pair{row, n}}) {
            Part part{begin, end, 0, m, &by_rows.k(begin, 0), by_rows.k.ld};
            part.gx = &by_rows.gx(begin, 0);
            call(part, by_rows.gx.ld, by_rows.gy.ld);
        }
        for (const auto& [begin, end] : {std::pair{std::int64_t{0}, column}, std::pair{column, m}}) {
            Part part{0, n, begin, end, &by_columns.k(0, begin), by_columns.k.ld};
            part.gy = &by_columns.gy(begin, 0);
            call(part, by_columns.gx.ld, by_columns.gy.ld);
        }
        EXPECT_TRUE(same_numbers(by_rows.k, right_.k) && same_numbers(by_rows.gx, right_.gx))
            << p_.kernel.c_name << ": x split at " << row;
        EXPECT_TRUE(same_numbers(by_columns.k, right_.k) && same_numbers(by_columns.gy, right_.gy))
            << p_.kernel.c_name << ": y split at " << column;
    }

    // Every array at every distance from a multiple of 64 bytes, each at another one.
    void check_alignments() const {
        for (std::size_t offset = 0; offset < 64; offset += sizeof(T)) {
            auto at = [&](std::size_t array) { return (offset + array * 5 * sizeof(T)) % 64; };
            const PlacedMatrix<T> x(p_.x, at(0)), y(p_.y, at(1)), g(p_.g, at(2));
            PlacedMatrix<T> k(p_.shape.n, p_.shape.m, at(3)), gx(p_.shape.n, p_.shape.d, at(4)),
                gy(p_.shape.m, p_.shape.d, at(5));
            std::vector<std::unique_ptr<PlacedMatrix<T>>> parameters;
            for (const auto& parameter : right_.parameters)
                parameters.push_back(
                    std::make_unique<PlacedMatrix<T>>(1, parameter->columns, at(6 + parameters.size())));
            for (const char* operation : {"gram", "gram_vjp"}) {
                Call call = begin(p_.shape.n, p_.shape.m, x.data(), x.ld(), y.data(), y.ld());
                if (operation == std::string("gram")) {
                    call.pointer(k.data()).integer(k.ld());
                } else {
                    call.pointer(g.data()).integer(g.ld()).pointer(gx.data()).integer(gx.ld());
                    call.pointer(gy.data()).integer(gy.ld());
                    for (const auto& parameter : parameters) call.pointer(parameter->data());
                }
                EXPECT_EQ(call.run(library_.symbol(p_.kernel.c_name + "_" + operation)), HG_OK);
            }
            bool same = k == right_.k && gx == right_.gx && gy == right_.gy;
            for (std::size_t s = 0; s < parameters.size(); ++s) same = same && *parameters[s] == *right_.parameters[s];
            EXPECT_TRUE(same) << p_.kernel.c_name << ": x lies " << at(0) << " bytes from a multiple of 64";
        }
    }

private:
    const GeneratedLibrary& library_;
    const KernelProblem<T>& p_;
    const KernelOutputs<T>& right_;

    // Rows [row, row_end) of x and columns [column, column_end), the places of their results; gradients may be left out.
    struct Part {
        std::int64_t row, row_end, column, column_end;
        T* k;
        std::int64_t ldk;
        T *gx = nullptr, *gy = nullptr;
    };

    Call begin(std::int64_t n, std::int64_t m, const T* x, std::int64_t ldx, const T* y, std::int64_t ldy) const {
        Call call;
        p_.add_sizes(call, n, m);
        call.pointer(x).integer(ldx).pointer(y).integer(ldy);
        p_.add_parameters(call);
        return call;
    }

    void call(const Part& part, std::int64_t ldgx, std::int64_t ldgy) const {
        auto start = [&] {
            return begin(part.row_end - part.row, part.column_end - part.column, &p_.x(part.row, 0), p_.x.ld,
                         &p_.y(part.column, 0), p_.y.ld);
        };
        Call gram = start();
        gram.pointer(part.k).integer(part.ldk);
        EXPECT_EQ(gram.run(library_.symbol(p_.kernel.c_name + "_gram")), HG_OK);
        Call vjp = start();
        vjp.pointer(&p_.g(part.row, part.column)).integer(p_.g.ld);
        vjp.pointer(part.gx).integer(ldgx).pointer(part.gy).integer(ldgy);
        for (std::size_t s = 0; s < right_.parameters.size(); ++s) vjp.pointer(nullptr);
        EXPECT_EQ(vjp.run(library_.symbol(p_.kernel.c_name + "_gram_vjp")), HG_OK);
    }
};

}  // namespace halogram
