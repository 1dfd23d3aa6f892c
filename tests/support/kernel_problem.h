// One call of a generated kernel: its inputs, drawn from the catalogue's domains, and its outputs, all of them between
// guard pages.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>

#include "generators/catalogue/catalogue.h"
#include "measurement/call.h"
#include "measurement/generated_library.h"
#include "tests/support/matrix.h"

namespace halogram {

using halogram_test::Guard;
using halogram_test::GuardedBuffer;
using halogram_test::Matrix;
using halogram_test::same_number;

// How much larger each leading dimension is than it need be.
struct Gaps {
    std::int64_t x = 0, y = 0, k = 0, g = 0, gx = 0, gy = 0;
};

struct ProblemShape {
    std::int64_t n = 0, m = 0, d = 0;
    bool self = false;  // y = NULL: y is x, m is n
    Gaps gaps{};
    Guard guard = Guard::After;
};

template <typename T>
using Parameters = std::vector<std::unique_ptr<Matrix<T>>>;  // one row each

template <typename T>
struct KernelProblem {
    const KernelInterface& kernel;
    ProblemShape shape;
    Matrix<T> x, y, g;         // no y where y is x
    Parameters<T> parameters;  // in signature order; of an integer, one number that is whole

    KernelProblem(const CatalogueEntry& entry, const KernelInterface& interface, const ProblemShape& s, unsigned seed)
        : kernel(interface),
          shape(s),
          x(s.n, s.d, s.d + s.gaps.x, s.guard),
          y(s.self ? 0 : s.m, s.d, s.d + s.gaps.y, s.guard),
          g(s.n, s.m, s.m + s.gaps.g, s.guard) {
        // y has numbers of its own: without it everything else stays as it is.
        std::mt19937_64 random(seed), random_of_y(~std::uint64_t{seed});
        draw_points(entry.domain, x, random);
        draw_points(entry.domain, y, random_of_y);
        std::uniform_real_distribution<double> cotangent(-1, 1);
        for (std::int64_t i = 0; i < s.n; ++i)
            for (std::int64_t j = 0; j < s.m; ++j) g(i, j) = T(cotangent(random));
        g.fill_gaps(T(NAN));
        for (const InterfaceParameter& parameter : kernel.parameters) {
            const CatalogueParameter& described = described_parameter(entry, parameter.name);
            std::uniform_real_distribution<double> real(described.minimum, described.maximum);
            const std::int64_t count = parameter.kind == ParameterKind::Vector ? s.d : 1;
            parameters.push_back(std::make_unique<Matrix<T>>(1, count, count, s.guard));
            for (T& v : parameters.back()->values)
                v = T(parameter.kind == ParameterKind::Integer ? std::floor(real(random)) : real(random));
        }
    }

    // Makes y a copy of x instead of x itself.
    void copy_x_to_y() {
        for (std::int64_t i = 0; i < shape.m; ++i)
            for (std::int64_t f = 0; f < shape.d; ++f) y(i, f) = x(i, f);
    }
    // Cotangents of other pairs become 0: these pairs add nothing to any gradient.
    void keep_cotangents(const std::function<bool(std::int64_t i, std::int64_t j)>& keep) {
        for (std::int64_t i = 0; i < shape.n; ++i)
            for (std::int64_t j = 0; j < shape.m; ++j)
                if (!keep(i, j)) g(i, j) = T(0);
    }
    void forbid_writing() {
        for (Matrix<T>* input : {&x, &y, &g}) input->values.forbid_writing();
        for (auto& parameter : parameters) parameter->values.forbid_writing();
    }

    const T* y_row(std::int64_t j) const { return shape.self ? &x(j, 0) : &y(j, 0); }

    // The arguments that every operation begins with. Of a problem with y = x, ldy is nonsense that must be ignored.
    void add_sizes(Call& call) const { add_sizes(call, shape.n, shape.m); }
    void add_sizes(Call& call, std::int64_t n, std::int64_t m) const {
        call.integer(n).integer(m);
        if (kernel.features == 0) call.integer(shape.d);
    }
    void add_points(Call& call) const {
        call.pointer(x.data()).integer(x.ld).pointer(shape.self ? nullptr : y.data());
        call.integer(shape.self ? -5 : y.ld);
    }
    void add_parameters(Call& call) const {
        for (std::size_t k = 0; k < parameters.size(); ++k) {
            const Matrix<T>& values = *parameters[k];
            if (kernel.parameters[k].kind == ParameterKind::Vector)
                call.pointer(values.data());
            else if (kernel.parameters[k].kind == ParameterKind::Integer)
                call.integer32(static_cast<std::int32_t>(values(0, 0)));
            else
                call.real(values(0, 0));
        }
    }

private:
    static const CatalogueParameter& described_parameter(const CatalogueEntry& entry, const std::string& name) {
        for (const CatalogueParameter& p : entry.parameters)
            if (p.name == name) return p;
        throw std::logic_error(name);
    }

    static void draw_points(Domain domain, Matrix<T>& points, std::mt19937_64& random) {
        // With many features points lie closer together, so that kernels of the distance do not vanish.
        const double reach = points.columns <= 17 ? 2 : 8 / std::sqrt(static_cast<double>(points.columns));
        std::uniform_real_distribution<double> real(-reach, reach), positive(0.001, 2);
        std::uniform_int_distribution<int> category(0, 2);
        for (std::int64_t i = 0; i < points.rows; ++i) {
            double total = 0;
            for (std::int64_t f = 0; f < points.columns; ++f) {
                const double v = domain == Domain::Real          ? real(random)
                                 : domain == Domain::Categorical ? category(random)
                                                                 : positive(random);
                points(i, f) = T(v);
                total += v;
            }
            if (domain == Domain::Probability)
                for (std::int64_t f = 0; f < points.columns; ++f) points(i, f) = T(double(points(i, f)) / total);
        }
        points.fill_gaps(T(NAN));
    }
};

template <typename T>
struct KernelOutputs {
    Matrix<T> k, gx, gy;       // no gy where y is x
    Parameters<T> parameters;  // of the parameters that are real numbers or vectors

    explicit KernelOutputs(const KernelProblem<T>& p)
        : k(p.shape.n, p.shape.m, p.shape.m + p.shape.gaps.k, p.shape.guard),
          gx(p.shape.n, p.shape.d, p.shape.d + p.shape.gaps.gx, p.shape.guard),
          gy(p.shape.self ? 0 : p.shape.m, p.shape.d, p.shape.d + p.shape.gaps.gy, p.shape.guard) {
        for (std::size_t s = 0; s < p.parameters.size(); ++s) {
            if (p.kernel.parameters[s].kind == ParameterKind::Integer) continue;
            const std::int64_t count = p.parameters[s]->columns;
            parameters.push_back(std::make_unique<Matrix<T>>(1, count, count, p.shape.guard));
        }
    }

    bool operator==(const KernelOutputs& o) const {
        bool all = same_numbers(k, o.k) && same_numbers(gx, o.gx) && same_numbers(gy, o.gy);
        for (std::size_t s = 0; s < parameters.size(); ++s) all = all && same_numbers(*parameters[s], *o.parameters[s]);
        return all;
    }
    bool gaps_untouched() const { return k.gaps_untouched() && gx.gaps_untouched() && gy.gaps_untouched(); }
};

inline hg_options options_with_threads(int threads) {
    hg_options options{};
    options.size = sizeof options;
    options.threads = threads;
    return options;
}

// Calls one operation ("gram", "gram_vjp"), with a workspace of the caller's own where `own_workspace` is set: exactly
// as large as the library asks for, up to its alignment.
template <typename T>
void call_operation(const GeneratedLibrary& library, const KernelProblem<T>& p, const std::string& operation,
                    hg_options options, bool own_workspace, KernelOutputs<T>& out) {
    const std::string name = p.kernel.c_name + "_" + operation;
    std::size_t bytes = 0;
    if (own_workspace) {
        Call sizing;
        sizing.pointer(&options);
        p.add_sizes(sizing);
        ASSERT_EQ(sizing.pointer(&bytes).run(library.symbol(name + "_workspace")), HG_OK) << name;
    }
    GuardedBuffer<char> workspace((bytes + 63) / 64 * 64, p.shape.guard);
    if (bytes > 0) {
        options.workspace = workspace.data();
        options.workspace_bytes = bytes;
    }
    Call call;
    call.pointer(&options);
    p.add_sizes(call);
    p.add_points(call);
    p.add_parameters(call);
    if (operation == "gram") {
        call.pointer(out.k.data()).integer(out.k.ld);
    } else {
        call.pointer(p.g.data()).integer(p.g.ld).pointer(out.gx.data()).integer(out.gx.ld);
        call.pointer(out.gy.data()).integer(p.shape.self ? -5 : out.gy.ld);
        for (auto& parameter : out.parameters) call.pointer(parameter->data());
    }
    EXPECT_EQ(call.run(library.symbol(name + "_with")), HG_OK) << name;
}

// Both operations.
template <typename T>
std::unique_ptr<KernelOutputs<T>> run(const GeneratedLibrary& library, const KernelProblem<T>& p,
                                      const hg_options& options, bool own_workspace = false) {
    auto out = std::make_unique<KernelOutputs<T>>(p);
    call_operation(library, p, "gram", options, own_workspace, *out);
    call_operation(library, p, "gram_vjp", options, own_workspace, *out);
    return out;
}

}  // namespace halogram
