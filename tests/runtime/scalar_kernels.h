// Hand-written kernels for the tests of the runtime: leaf functions as plain loops, which check on every call that the
// runtime keeps the buffer conventions of runtime/hg_kernel.h, and the same formulas in double precision as the oracle.
#pragma once

extern "C" {
#include "runtime/hg_internal.h"
}

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace halogram_test {

// Broken conventions, by the first line that found one; 0 = none. Leaves run in any thread, so they only count.
inline std::atomic<int> broken_at{0};
inline std::atomic<std::int64_t> pairs_computed{0};
// What a leaf waits for or does besides, for tests of threads: called by every tile and pairs leaf.
inline std::atomic<void (*)()> inside_leaf{nullptr};

inline void expect_at(bool kept, int line) {
    int none = 0;
    if (!kept) broken_at.compare_exchange_strong(none, line);
}
#define HG_EXPECT_KEPT(condition) ::halogram_test::expect_at((condition), __LINE__)

// The demanded shape of the leaves of one variant.
template <int Rows, int Columns>
struct Shape {
    static constexpr int rows = Rows, columns = Columns;
};

// k = exp(-gamma * sum((x - y)^2)); nothing is prepared.
template <typename T>
struct Rbf {
    static constexpr int parameters = 1, scalars = 1, vectors = 0, planes = 2;
    static constexpr hg1_parameter_kind kinds[1] = {HG1_SCALAR};
    static constexpr hg1_counts counts = {0, 0, 0, 0, 0, 0};
};

// k = degree * a * exp(-sum(((x - y) / ell)^2)); every prepared buffer is in use.
template <typename T>
struct Scaled {
    static constexpr int parameters = 3, scalars = 1, vectors = 1, planes = 2;
    static constexpr hg1_parameter_kind kinds[3] = {HG1_INTEGER, HG1_VECTOR, HG1_SCALAR};
    static constexpr hg1_counts counts = {1, 1, 2, 1, 1, 2};
};

template <typename T>
struct View {
    T *p;
    const hg1_buffer *b;
    explicit View(void *argument) : p(nullptr), b(static_cast<const hg1_buffer *>(argument)) {
        p = reinterpret_cast<T *>(b->host);
        HG_EXPECT_KEPT(b->type_code == 2 && b->type_bits == 8 * sizeof(T) && b->type_lanes == 1 && b->host != nullptr);
        HG_EXPECT_KEPT(b->dim[0].stride == 1 && b->dim[0].min == 0 && b->flags == 0 && b->device == 0);
    }
    std::int64_t extent(int k) const {
        return b->dim[k].extent;
    }
    std::int64_t stride(int k) const {
        return b->dim[k].stride;
    }
    bool aligned() const {
        return reinterpret_cast<std::uintptr_t>(b->host) % 64 == 0;
    }
    T &operator()(std::int64_t i) const {
        return p[i];
    }
    T &operator()(std::int64_t i, std::int64_t j) const {
        return p[i + j * stride(1)];
    }
    T &operator()(std::int64_t i, std::int64_t j, std::int64_t k) const {
        return p[i + j * stride(1) + k * stride(2)];
    }
};

// The arguments that all leaves share.
template <typename T, template <typename> class K, typename S>
struct Arguments {
    static constexpr int P = K<T>::parameters;
    void **list;
    View<T> ps, pf;
    std::int64_t d;
    explicit Arguments(void **arguments) : list(arguments), ps(list[P]), pf(list[P + 1]), d(pf.extent(0)) {
        HG_EXPECT_KEPT(ps.extent(0) == K<T>::counts.ps && pf.extent(1) == K<T>::counts.pf && pf.stride(1) == d);
        for (int p = 0; p < P; ++p)
            if (K<T>::kinds[p] == HG1_VECTOR) HG_EXPECT_KEPT(View<T>(list[p]).extent(0) == d);
    }
    T scalar(int p) const {
        return *static_cast<const T *>(list[p]);
    }
    int integer(int p) const {
        return *static_cast<const std::int32_t *>(list[p]);
    }
};

template <typename T, template <typename> class K, typename S>
struct Points : Arguments<T, K, S> {
    using Base = Arguments<T, K, S>;
    View<T> x, xs, xf;
    explicit Points(void **arguments)
        : Base(arguments), x(this->list[Base::P + 2]), xs(this->list[Base::P + 3]), xf(this->list[Base::P + 4]) {
        const hg1_counts &c = K<T>::counts;
        HG_EXPECT_KEPT(x.extent(0) == this->d && x.stride(1) == this->d);
        HG_EXPECT_KEPT(x.extent(1) > 0 && x.extent(1) % S::rows == 0);
        HG_EXPECT_KEPT(xs.extent(0) == c.xs && xs.extent(1) == x.extent(1) && xs.stride(1) == c.xs);
        HG_EXPECT_KEPT(xf.extent(0) == this->d && xf.extent(1) == x.extent(1) && xf.extent(2) == c.xf);
        HG_EXPECT_KEPT(xf.stride(1) == this->d && xf.stride(2) % this->d == 0 && xf.stride(2) >= this->d * x.extent(1));
    }
};

template <typename T, template <typename> class K, typename S>
void check_columns(const View<T> &y, const View<T> &ys, const View<T> &yf, std::int64_t d) {
    const hg1_counts &c = K<T>::counts;
    HG_EXPECT_KEPT(y.extent(1) == d && y.extent(0) > 0 && y.extent(0) % S::columns == 0);
    HG_EXPECT_KEPT(y.stride(1) % S::columns == 0 && y.stride(1) >= y.extent(0) && y.aligned());
    HG_EXPECT_KEPT(ys.extent(0) == y.extent(0) && ys.extent(1) == c.ys && ys.stride(1) == y.stride(1) && ys.aligned());
    HG_EXPECT_KEPT(yf.extent(0) == y.extent(0) && yf.extent(1) == d && yf.extent(2) == c.yf && yf.aligned());
    HG_EXPECT_KEPT(yf.stride(1) == y.stride(1) && yf.stride(2) == y.stride(1) * d);
}

template <typename T, template <typename> class K, typename S>
struct Pairs : Points<T, K, S> {
    using Base = Points<T, K, S>;
    View<T> y, ys, yf;
    explicit Pairs(void **arguments)
        : Base(arguments), y(this->list[Base::P + 5]), ys(this->list[Base::P + 6]), yf(this->list[Base::P + 7]) {
        check_columns<T, K, S>(y, ys, yf, this->d);
    }
    void *output(int k) const {
        return this->list[Base::P + 8 + k];
    }

    // exp(-s) or exp(-gamma s), and s.
    T value(std::int64_t i, std::int64_t j, T &s) const {
        s = 0;
        for (std::int64_t f = 0; f < this->d; ++f) {
            T difference;
            if constexpr (K<T>::vectors == 0)
                difference = this->x(f, i) - y(j, f);
            else
                difference = this->xf(f, i, 0) - yf(j, f, 0);
            s += difference * difference;
        }
        if constexpr (K<T>::vectors == 0) return std::exp(-this->scalar(0) * s);
        // What was prepared is there, in its place.
        HG_EXPECT_KEPT(this->xs(0, i) == this->x(0, i) && this->xs(1, i) == this->x(this->d - 1, i));
        HG_EXPECT_KEPT(ys(j, 0) == y(j, this->d - 1) && yf(j, this->d - 1, 1) == y(j, this->d - 1));
        HG_EXPECT_KEPT(this->ps(0) == T(this->integer(0)));
        return std::exp(-s);
    }
};

template <typename T, template <typename> class K, typename S>
int prepare_parameters(void **list) {
    // One argument more than elsewhere stands before ps and pf: a buffer whose extent is D.
    constexpr int P = K<T>::parameters;
    std::array<void *, P + 2> shifted;
    std::copy(list, list + P, shifted.begin());
    std::copy(list + P + 1, list + P + 3, shifted.begin() + P);
    const Arguments<T, K, S> a(shifted.data());
    HG_EXPECT_KEPT(View<T>(list[P]).extent(0) == a.d);
    const View<T> ell(list[1]);
    a.ps(0) = T(a.integer(0));
    for (std::int64_t f = 0; f < a.d; ++f) a.pf(f, 0) = 1 / ell(f);
    return 0;
}

template <typename T, template <typename> class K, typename S>
int prepare_x(void **list) {
    const Points<T, K, S> a(list);
    for (std::int64_t i = 0; i < a.x.extent(1); ++i) {
        a.xs(0, i) = a.x(0, i);
        a.xs(1, i) = a.x(a.d - 1, i);
        for (std::int64_t f = 0; f < a.d; ++f) a.xf(f, i, 0) = a.x(f, i) * a.pf(f, 0);
    }
    return 0;
}

template <typename T, template <typename> class K, typename S>
int prepare_y(void **list) {
    const Arguments<T, K, S> a(list);
    const int P = K<T>::parameters;
    const View<T> y(list[P + 2]), ys(list[P + 3]), yf(list[P + 4]);
    check_columns<T, K, S>(y, ys, yf, a.d);
    for (std::int64_t j = 0; j < y.extent(0); ++j) {
        ys(j, 0) = y(j, a.d - 1);
        for (std::int64_t f = 0; f < a.d; ++f) {
            yf(j, f, 0) = y(j, f) * a.pf(f, 0);
            yf(j, f, 1) = y(j, f);
        }
    }
    return 0;
}

inline void enter_leaf() {
    if (void (*function)() = inside_leaf.load()) function();
}

// Skew makes the tile asymmetric, to see which entries were computed and which were mirrored.
template <typename T, template <typename> class K, typename S, bool Skew>
int tile(void **list) {
    const Pairs<T, K, S> a(list);
    const View<T> k(a.output(0));
    HG_EXPECT_KEPT(k.extent(0) >= S::columns && k.extent(1) >= S::rows);
    HG_EXPECT_KEPT(k.extent(0) <= a.y.extent(0) && k.extent(1) <= a.x.extent(1));
    HG_EXPECT_KEPT(k.extent(1) == 1 || k.stride(1) >= k.extent(0));
    HG_EXPECT_KEPT(k.stride(1) * k.extent(1) <= INT32_MAX);
    pairs_computed += k.extent(0) * k.extent(1);
    enter_leaf();
    for (std::int64_t i = 0; i < k.extent(1); ++i)
        for (std::int64_t j = 0; j < k.extent(0); ++j) {
            T s;
            T value = a.value(i, j, s);
            if constexpr (K<T>::vectors != 0) value *= a.ps(0) * a.scalar(2);
            if constexpr (Skew) value += T(0.001) * (a.x(0, i) - a.y(j, 0));
            k(j, i) = value;
        }
    return 0;
}

template <typename T, template <typename> class K, typename S>
int pairs(void **list) {
    const Pairs<T, K, S> a(list);
    const View<T> g(a.output(0)), w(a.output(1));
    HG_EXPECT_KEPT(g.extent(0) >= S::columns && g.extent(1) >= S::rows && g.stride(1) * g.extent(1) <= INT32_MAX);
    HG_EXPECT_KEPT(w.extent(0) == g.extent(0) && w.extent(1) == g.extent(1) && w.extent(2) == K<T>::planes);
    HG_EXPECT_KEPT(w.stride(1) == a.y.stride(1) && w.stride(2) >= w.stride(1) * w.extent(1) && w.aligned());
    pairs_computed += g.extent(0) * g.extent(1);
    enter_leaf();
    for (std::int64_t i = 0; i < g.extent(1); ++i)
        for (std::int64_t j = 0; j < g.extent(0); ++j) {
            T s;
            const T value = a.value(i, j, s);
            if constexpr (K<T>::vectors == 0) {
                w(j, i, 0) = g(j, i) * (-2 * a.scalar(0) * value);
                w(j, i, 1) = g(j, i) * (-s * value);
            } else {
                w(j, i, 0) = g(j, i) * (-2 * a.ps(0) * a.scalar(2) * value);
                w(j, i, 1) = g(j, i) * (a.ps(0) * value);
            }
        }
    // A leaf may write whole vectors, beyond the extents and up to the stride.
    for (std::int64_t i = 0; i < g.extent(1); ++i)
        for (std::int64_t j = g.extent(0); j < w.stride(1); ++j)
            for (int q = 0; q < K<T>::planes; ++q) w(j, i, q) = T(1e30);
    return 0;
}

// What the leaves that read w have in common.
template <typename T, template <typename> class K, typename S>
struct Reduction : Pairs<T, K, S> {
    View<T> w, out;
    explicit Reduction(void **arguments) : Pairs<T, K, S>(arguments), w(this->output(0)), out(this->output(1)) {
        // The pairs that are summed; memory, and the points, reach to the next multiples.
        HG_EXPECT_KEPT(w.extent(0) > 0 && w.extent(0) <= this->y.extent(0) && w.stride(1) >= this->y.extent(0));
        HG_EXPECT_KEPT(w.extent(1) > 0 && w.extent(1) <= this->x.extent(1) &&
                       w.extent(1) + S::rows > this->x.extent(1));
        HG_EXPECT_KEPT(out.aligned());
        // No garbage of the padding is left: the sum below would show it, this says where.
        for (std::int64_t i = 0; i < this->x.extent(1); ++i)
            for (std::int64_t j = 0; j < this->y.extent(0); ++j) HG_EXPECT_KEPT(!(std::fabs(w(j, i, 0)) > T(1e29)));
    }
    T inverse(std::int64_t f) const {
        if constexpr (K<T>::vectors == 0) return 1;
        return this->pf(f, 0);
    }
    // The derivative of (difference * inverse)^2 / 2 by the difference.
    T slope(std::int64_t i, std::int64_t j, std::int64_t f) const {
        return (this->x(f, i) - this->y(j, f)) * inverse(f) * inverse(f);
    }
};

template <typename T, template <typename> class K, typename S>
int sum_scalars(void **list) {
    const Reduction<T, K, S> a(list);
    HG_EXPECT_KEPT(a.out.extent(0) == a.x.extent(1) && a.out.extent(1) == K<T>::scalars);
    for (std::int64_t i = 0; i < a.w.extent(1); ++i) {
        T sum = 0;
        for (std::int64_t j = 0; j < a.w.extent(0); ++j) sum += a.w(j, i, 1);
        a.out(i, 0) = sum;
    }
    return 0;
}

template <typename T, template <typename> class K, typename S>
int sum_rows(void **list) {
    const Reduction<T, K, S> a(list);
    HG_EXPECT_KEPT(a.out.extent(0) == a.d && a.out.extent(1) == a.x.extent(1) && a.out.stride(1) == a.d);
    for (std::int64_t i = 0; i < a.w.extent(1); ++i)
        for (std::int64_t f = 0; f < a.d; ++f) {
            T sum = 0;
            for (std::int64_t j = 0; j < a.w.extent(0); ++j) sum += a.w(j, i, 0) * a.slope(i, j, f);
            a.out(f, i) = sum;
        }
    return 0;
}

template <typename T, template <typename> class K, typename S>
int sum_columns(void **list) {
    const Reduction<T, K, S> a(list);
    HG_EXPECT_KEPT(a.out.extent(0) == a.y.extent(0) && a.out.extent(1) == a.d && a.out.stride(1) == a.y.stride(1));
    for (std::int64_t f = 0; f < a.d; ++f)
        for (std::int64_t j = 0; j < a.w.extent(0); ++j) {
            T sum = 0;
            for (std::int64_t i = 0; i < a.w.extent(1); ++i) sum -= a.w(j, i, 0) * a.slope(i, j, f);
            a.out(j, f) = sum;
        }
    return 0;
}

template <typename T, template <typename> class K, typename S>
int sum_vectors(void **list) {
    const Reduction<T, K, S> a(list);
    HG_EXPECT_KEPT(a.out.extent(0) == a.d && a.out.extent(1) == a.x.extent(1) && a.out.extent(2) == 1);
    HG_EXPECT_KEPT(a.out.stride(1) == a.d && a.out.stride(2) == a.d * a.x.extent(1));
    for (std::int64_t i = 0; i < a.w.extent(1); ++i)
        for (std::int64_t f = 0; f < a.d; ++f) {
            T sum = 0;
            for (std::int64_t j = 0; j < a.w.extent(0); ++j) {
                const T difference = a.x(f, i) - a.y(j, f);
                sum -= a.w(j, i, 0) * difference * difference * a.inverse(f) * a.inverse(f) * a.inverse(f);
            }
            a.out(f, i, 0) = sum;
        }
    return 0;
}

template <typename T, template <typename> class K, typename S, bool Skew>
struct Leaves {
    static constexpr bool prepared = K<T>::vectors != 0;
    static constexpr hg1_prepare prepare = {prepared ? prepare_parameters<T, K, S> : nullptr,
                                            prepared ? prepare_x<T, K, S> : nullptr,
                                            prepared ? prepare_y<T, K, S> : nullptr};
    static constexpr hg1_gram_leaves gram = {prepare, tile<T, K, S, Skew>, nullptr};
    static constexpr hg1_gram_vjp_leaves gram_vjp = {
        prepare,           pairs<T, K, S>,       sum_scalars<T, K, S>,
        sum_rows<T, K, S>, sum_columns<T, K, S>, prepared ? sum_vectors<T, K, S> : nullptr};
    static constexpr hg1_variant variant(const char *isa) {
        return {isa, 16, S::rows, S::columns, &gram, &gram_vjp};
    }
};

#if defined(__aarch64__)
inline constexpr const char *plain_isa = "neon64";
#else
inline constexpr const char *plain_isa = "sse41";
#endif

// Three shapes of the same leaves under the names of three variants: the runtime must make no difference.
template <typename T, template <typename> class K, bool Skew = false>
const std::vector<hg1_variant> &variants() {
    static const std::vector<hg1_variant> list = {Leaves<T, K, Shape<6, 48>, Skew>::variant("avx512"),
                                                  Leaves<T, K, Shape<4, 32>, Skew>::variant("avx2"),
                                                  Leaves<T, K, Shape<1, 1>, Skew>::variant(plain_isa)};
    return list;
}

template <typename T, template <typename> class K, bool Skew = false>
hg1_kernel make_kernel(std::int64_t features = 0, hg1_symmetry symmetry = HG1_BIT_SYMMETRIC) {
    hg1_kernel kernel{};
    kernel.name = "demo";
    kernel.version = "0";
    kernel.formula = "demo";
    kernel.dtype = sizeof(T) == 4 ? "f32" : "f64";
    kernel.operations = "gram,gram_vjp";
    kernel.variants_text = "avx512,avx2,sse41";
    kernel.features = features;
    kernel.point_planes = 1;
    kernel.element_size = sizeof(T);
    kernel.parameter_count = K<T>::parameters;
    kernel.parameter_kinds = K<T>::kinds;
    kernel.symmetry = symmetry;
    kernel.form = "direct";
    kernel.gram_counts = kernel.gram_vjp_counts = K<T>::counts;
    kernel.pair_planes = K<T>::planes;
    kernel.operations_per_pair = 20;
    kernel.gram_operations = 1000;  // dear: half of K(x, x) is computed, whatever its size
    kernel.variant_count = static_cast<std::int32_t>(variants<T, K, Skew>().size());
    kernel.variants = variants<T, K, Skew>().data();
    return kernel;
}

}  // namespace halogram_test
