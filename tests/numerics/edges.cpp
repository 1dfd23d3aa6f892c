#include "tests/numerics/edges.h"

#if defined(__SSE__)
#include <immintrin.h>
#endif

#include "tests/numerics/edge_situations.h"
#include "tests/numerics/edge_table.h"
#include "tests/support/ieee_pair.h"
#include "tests/support/oracle.h"

namespace halogram {
namespace {

constexpr int features = 2;

template <typename T>
std::unique_ptr<KernelProblem<T>> problem_of(const CatalogueEntry& entry, const KernelInterface& kernel,
                                             const std::vector<double>& x, const std::vector<double>& y) {
    auto p = std::make_unique<KernelProblem<T>>(entry, kernel, ProblemShape{1, 1, features}, 1);
    for (int f = 0; f < features; ++f) {
        p->x(0, f) = T(x[std::size_t(f)]);
        p->y(0, f) = T(y[std::size_t(f)]);
    }
    p->g(0, 0) = T(1);
    return p;
}

// By name, because a formula and its entry may have them in different orders. One number stands for all features.
template <typename T>
void set_parameter(KernelProblem<T>& p, const std::string& name, const std::vector<double>& given) {
    for (std::size_t k = 0; k < p.parameters.size(); ++k)
        for (std::int64_t f = 0; p.kernel.parameters[k].name == name && f < p.parameters[k]->columns; ++f)
            (*p.parameters[k])(0, f) = T(given[given.size() == 1 ? 0 : std::size_t(f)]);
}

// In the middle between the numbers that tests draw.
template <typename T>
void set_middle_parameters(KernelProblem<T>& p, const CatalogueEntry& entry) {
    for (const CatalogueParameter& described : entry.parameters) {
        const double middle = (described.minimum + described.maximum) / 2;
        set_parameter(p, described.name, {described.integer ? std::floor(middle) : middle});
    }
}

// All numbers of a call in one order: value, gradients by x, y, parameters.
template <typename T>
std::vector<T> numbers_of(const KernelOutputs<T>& out) {
    std::vector<T> all = {out.k(0, 0)};
    for (const Matrix<T>* m : {&out.gx, &out.gy})
        for (T v : m->packed()) all.push_back(v);
    for (const auto& parameter : out.parameters)
        for (T v : parameter->packed()) all.push_back(v);
    return all;
}

template <typename T>
std::vector<IeeeNumber<T>> numbers_of(const IeeePair<T>& pair) {
    std::vector<IeeeNumber<T>> all = {pair.value};
    for (const auto* list : {&pair.gx, &pair.gy}) all.insert(all.end(), list->begin(), list->end());
    for (const auto& list : pair.parameters) all.insert(all.end(), list.begin(), list.end());
    return all;
}

template <typename T>
bool same_class(T a, T b) {
    return std::isfinite(a) ? std::isfinite(b) : same_number(a, b);
}

// The caller rounds toward zero and flushes subnormal numbers; the call must neither notice nor change that.
template <typename T>
std::unique_ptr<KernelOutputs<T>> run_in_odd_state(const GeneratedLibrary& library, const KernelProblem<T>& p) {
#if defined(__SSE__)
    const unsigned saved = _mm_getcsr(), odd = 0x1f80u | 0x6000u | 0x8000u | 0x40u;
    auto out = std::make_unique<KernelOutputs<T>>(p);
    for (const char* operation : {"gram", "gram_vjp"}) {
        _mm_setcsr(odd);
        call_operation(library, p, operation, options_with_threads(1), false, *out);
        const unsigned after = _mm_getcsr();
        _mm_setcsr(saved);
        EXPECT_EQ(after & ~0x3fu, odd & ~0x3fu) << operation;  // all but the sticky flags
    }
    return out;
#else
    return run(library, p, options_with_threads(1));
#endif
}

template <typename T>
std::unique_ptr<KernelOutputs<T>> on_every_variant(GeneratedLibrary& library, const KernelProblem<T>& p) {
    std::unique_ptr<KernelOutputs<T>> first;
    for (const InterfaceVariant& variant : p.kernel.variants) {
        if (!library.use_variant(variant.isa)) continue;
        auto out = run(library, p, options_with_threads(1));
        EXPECT_TRUE(*run_in_odd_state(library, p) == *out) << variant.isa << ": the caller's rounding mode matters";
        if (first) {
            EXPECT_TRUE(*out == *first) << variant.isa << " differs in bits";
        } else {
            first = std::move(out);
        }
    }
    return first;
}

// Same class; the same bits where the formula is made of IEEE operations. Functions may be an ulp off: then what the
// oracle's bound says, or, where something was infinite and there is none, a few ulp per operation.
template <typename T>
void compare(const Formula& formula, const GradientTerms& terms, const KernelProblem<T>& p,
             const KernelOutputs<T>& out) {
    IeeeInterpreter<T> interpreter;
    interpreter.x = p.x.packed();
    interpreter.y = p.y.packed();
    for (std::size_t k = 0; k < p.parameters.size(); ++k)
        interpreter.parameters[p.kernel.parameters[k].name] = p.parameters[k]->packed();
    const IeeePair<T> pair(formula, terms, interpreter);
    const std::vector<IeeeNumber<T>> expected = numbers_of(pair);
    const std::vector<T> computed = numbers_of(out);
    ASSERT_EQ(computed.size(), expected.size());
    const Oracle<T> oracle(formula, p);
    const bool has_bound = std::all_of(expected.begin(), expected.end(),
                                       [](const IeeeNumber<T>& v) { return v.finite && !v.any_angle; }) &&
                           oracle.has_bound(0, 0);
    const T few_ulp = T(4) * std::numeric_limits<T>::epsilon() * T(topological_order({lower(formula.value)}).size());
    for (std::size_t k = 0; k < computed.size(); ++k) {
        const IeeeNumber<T>& right = expected[k];
        if (right.exact_bits) {
            EXPECT_TRUE(same_number(computed[k], right.value))
                << "number " << k << ": " << computed[k] << ", in IEEE arithmetic " << right.value;
            continue;
        }
        EXPECT_TRUE(same_class(computed[k], right.value))
            << "number " << k << ": " << computed[k] << ", in IEEE arithmetic " << right.value;
        if (has_bound || right.any_angle || !std::isfinite(right.value)) continue;
        EXPECT_LE(std::abs(computed[k] - right.value), few_ulp * right.scale + std::numeric_limits<T>::denorm_min())
            << "number " << k << ": " << computed[k] << ", in IEEE arithmetic " << right.value;
    }
    if (!has_bound) return;
    oracle.check_entry(out, 0, 0);
    oracle.check_gradients(out);
}

// The entry's own references: coincident points, boundaries of the domain, extreme parameters.
template <typename T>
void check_references(GeneratedLibrary& library, const KernelInterface& kernel, const CatalogueEntry& entry,
                      const Formula& formula, const GradientTerms& terms) {
    for (const ReferenceValue& reference : entry.references) {
        if (reference.x.size() != features) continue;
        SCOPED_TRACE(entry.name + ": " + reference.origin);
        const auto p = problem_of<T>(entry, kernel, reference.x, reference.y);
        for (std::size_t k = 0; k < reference.parameters.size(); ++k)
            set_parameter(*p, entry.parameters[k].name, reference.parameters[k]);
        const auto out = on_every_variant(library, *p);
        compare(formula, terms, *p, *out);
        for (T v : numbers_of(*out)) EXPECT_FALSE(std::isnan(v));
    }
}

}  // namespace

template <typename T>
void check_edges(GeneratedLibrary& library, const std::vector<KernelRequest>& requests) {
    const std::string dtype = sizeof(T) == sizeof(float) ? "f32" : "f64";
    EdgeTable table;
    for (std::size_t e = 0; e < requests.size(); ++e) {
        const CatalogueEntry& entry = *find_in_catalogue(requests[e].c_name);
        const KernelInterface& kernel = library.kernels[e];
        const Formula& formula = requests[e].formula;
        const GradientTerms terms = gradient_terms(formula);
        for (const EdgeSituation& situation : edge_situations(entry.domain, sizeof(T) == 4 ? f32_scales : f64_scales)) {
            SCOPED_TRACE(entry.name + ": " + situation.name);
            const auto p = problem_of<T>(entry, kernel, situation.x, situation.y);
            set_middle_parameters(*p, entry);
            const auto out = on_every_variant(library, *p);
            compare(formula, terms, *p, *out);
            // By parameters too, unless something overflows: then 0 times infinity is what IEEE arithmetic gives. The
            // value 1e60 of arc_cosine at |x| = 1e30 is such a case.
            for (int f = 0; f < features; ++f) {
                const bool is_number = situation.x == situation.y && std::isfinite(out->k(0, 0));
                EXPECT_FALSE(is_number && (std::isnan(out->gx(0, f)) || std::isnan(out->gy(0, f))));
            }
            table[entry.name].emplace_back(situation.name, edge_text(out->k(0, 0), out->gx.packed(), out->gy.packed()));
        }
        check_references<T>(library, kernel, entry, formula, terms);
    }
    expect_stored_edges(dtype, table);
}

template void check_edges<float>(GeneratedLibrary& library, const std::vector<KernelRequest>& requests);
template void check_edges<double>(GeneratedLibrary& library, const std::vector<KernelRequest>& requests);

}  // namespace halogram
