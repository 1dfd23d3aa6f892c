// Compiled kernels against IEEE arithmetic, bit for bit: random formulas on points of every kind, whatever the variant, the
// number of features and the way of compiling. HALOGRAM_FORMULAS and HALOGRAM_SEED choose how many and which.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "generators/formula/lower.h"
#include "schedules/operation_module.h"
#include "tests/differential/random_formula.h"
#include "tests/differential/special_points.h"
#include "tests/support/compiled_functions.h"
#include "tests/support/ieee_pair.h"
#include "tests/support/in_process_call.h"
#include "tests/support/pairwise.h"

namespace halogram {
namespace {

constexpr int feature_counts[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 65, 0};  // 0: an argument of the call
constexpr int features_of_calls[] = {1, 2, 5, 9, 17};                     // there
constexpr std::int64_t rows = 14, columns = 15;                           // one column per lane of a sum over points

long environment(const char* name, long otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr ? std::atol(text) : otherwise;
}
long formula_count() { return environment("HALOGRAM_FORMULAS", 60); }
unsigned first_seed() { return static_cast<unsigned>(environment("HALOGRAM_SEED", 1)); }

CatalogueEntry entry_of(const RandomFormula& random) {
    CatalogueEntry entry{};
    entry.domain = Domain::Real;
    for (const FormulaParameter& p : random.formula.parameters) entry.parameters.push_back({p.name, "", 0.1, 2});
    return entry;
}

template <typename T>
class Differential {
public:
    Differential(const RandomFormula& random, const KernelInterface& kernel, int features, std::mt19937_64& numbers)
        : formula_(random.formula),
          terms_(gradient_terms(random.formula)),
          problem_(entry_of(random), kernel, {rows, columns, features}, static_cast<unsigned>(numbers())),
          single_(entry_of(random), kernel, {1, 1, features}, 1),
          kernel_(kernel) {
        SpecialPoints<T>(numbers).draw(problem_.x, problem_.y);
        for (auto& parameter : problem_.parameters)
            for (T& v : parameter->values)
                if (numbers() % 8 == 0) v = SpecialPoints<T>(numbers).number(1);
        for (std::int64_t i = 0; i < rows; ++i)
            for (std::int64_t j = 0; j < columns; ++j) {
                problem_.g(i, j) = T(1);
                pairs_.push_back(pair(i, j));
            }
    }

    // `call(problem)` gives the outputs of both operations. The first difference, or nothing.
    template <typename Call>
    std::string difference(const Call& call) {
        const auto whole = call(problem_);
        for (std::int64_t i = 0; i < rows; ++i)
            for (std::int64_t j = 0; j < columns; ++j)
                if (const std::string text = compared("k", whole->k(i, j), at(i, j).value, i, j); !text.empty())
                    return text;
        for (std::int64_t i = 0; i < rows; ++i)
            for (std::int64_t d = 0; d < problem_.shape.d; ++d)
                if (const std::string text = compared("gx of all columns", whole->gx(i, d), sum_over_lanes(i, d), i, d);
                    !text.empty())
                    return text;
        // Of a single pair every number is known.
        for (std::int64_t k = 0; k<rows * columns; k += problem_.shape.d> 9 ? 7 : 1)
            if (const std::string text = difference_of_pair(call, k / columns, k % columns); !text.empty()) return text;
        return "";
    }

private:
    using Number = IeeeNumber<T>;

    const Formula& formula_;
    const GradientTerms terms_;
    KernelProblem<T> problem_, single_;
    const KernelInterface& kernel_;
    std::vector<IeeePair<T>> pairs_;

    const IeeePair<T>& at(std::int64_t i, std::int64_t j) const { return pairs_[std::size_t(i * columns + j)]; }

    IeeePair<T> pair(std::int64_t i, std::int64_t j) {
        static CompiledFunctions<T> functions;
        IeeeInterpreter<T> interpreter;
        const std::size_t features = std::size_t(problem_.shape.d);
        interpreter.x.assign(&problem_.x(i, 0), &problem_.x(i, 0) + features);
        interpreter.y.assign(&problem_.y(j, 0), &problem_.y(j, 0) + features);
        for (std::size_t k = 0; k < problem_.parameters.size(); ++k)
            interpreter.parameters[kernel_.parameters[k].name] = problem_.parameters[k]->packed();
        interpreter.value_of_function = [](const Node& e, const std::vector<Number>& a) {
            return e.op == Op::Power ? functions.power(a[0].value, a[1].value) : functions(*e.function, a[0].value);
        };
        return IeeePair<T>(formula_, terms_, interpreter);
    }

    // One column per lane: what is left is the tree over the lanes.
    Number sum_over_lanes(std::int64_t i, std::int64_t d) const {
        std::vector<Number> lanes(lanes_over_points, Number{T(0)});
        for (std::int64_t j = 0; j < columns; ++j) lanes[std::size_t(j)] = at(i, j).gx[std::size_t(d)];
        for (std::size_t half = lanes.size() / 2; half > 0; half /= 2)
            for (std::size_t k = 0; k < half; ++k) lanes[k] = IeeeInterpreter<T>::added(lanes[k], lanes[k + half]);
        return lanes[0];
    }

    static std::string compared(const std::string& what, T computed, const Number& right, std::int64_t i,
                                std::int64_t j) {
        const bool same =
            right.exact_bits ? same_number(computed, right.value) : std::isnan(computed) == std::isnan(right.value);
        if (same) return "";
        std::ostringstream text;
        text.precision(17);
        text << what << " (" << i << ", " << j << "): " << computed << ", in IEEE arithmetic " << right.value;
        return text.str();
    }

    template <typename Call>
    std::string difference_of_pair(const Call& call, std::int64_t i, std::int64_t j) {
        for (std::int64_t d = 0; d < problem_.shape.d; ++d) {
            single_.x(0, d) = problem_.x(i, d);
            single_.y(0, d) = problem_.y(j, d);
        }
        single_.g(0, 0) = T(1);
        for (std::size_t k = 0; k < problem_.parameters.size(); ++k)
            for (std::int64_t d = 0; d < problem_.parameters[k]->columns; ++d)
                (*single_.parameters[k])(0, d) = (*problem_.parameters[k])(0, d);
        const auto out = call(single_);
        const IeeePair<T>& right = at(i, j);
        const auto compare = [&](const std::string& what, const Matrix<T>& computed, const std::vector<Number>& list) {
            for (std::size_t d = 0; d < list.size(); ++d) {
                const std::string text = compared(what + "[" + std::to_string(d) + "] of the pair",
                                                  computed(0, std::int64_t(d)), list[d], i, j);
                if (!text.empty()) return text;
            }
            return std::string();
        };
        std::string text = compare("k", out->k, {right.value});
        if (text.empty()) text = compare("gx", out->gx, right.gx);
        if (text.empty()) text = compare("gy", out->gy, right.gy);
        for (std::size_t k = 0; k < right.parameters.size() && text.empty(); ++k)
            text = compare("gradient of parameter " + std::to_string(k), *out->parameters[k], right.parameters[k]);
        return text;
    }
};

std::string described(const RandomFormula& random, const std::string& dtype, int features, std::int64_t of_call,
                      const std::string& variant, const std::string& route) {
    return random.text + "\n  " + dtype + ", D = " + (features > 0 ? std::to_string(features) : "any") + " (" +
           std::to_string(of_call) + "), " + variant + ", " + route;
}

KernelRequest request_of(const RandomFormula& random, const std::string& name, const std::string& dtype, int features) {
    return {name, random.formula, "", dtype, features, {"gram", "gram_vjp"}};
}

int features_of_call(int features, std::mt19937_64& random) {
    return features > 0 ? features : features_of_calls[random() % std::size(features_of_calls)];
}

struct Configuration {
    std::string variant;
    int features;
};

// Every number of features with every variant: in this order a few in a row differ in both.
std::vector<Configuration> configurations() {
    const std::vector<std::string> all = variants_of_this_machine();
    std::vector<Configuration> table;
    for (const auto& row : halogram_test::pairwise_rows({int(all.size()), int(std::size(feature_counts))}))
        table.push_back({all[std::size_t(row[0])], feature_counts[row[1]]});
    return table;
}

template <typename T>
void check(const RandomFormula& random, const std::string& dtype, const Configuration& chosen, unsigned seed) {
    std::mt19937_64 numbers(seed);
    const int of_call = features_of_call(chosen.features, numbers);
    const KernelRequest request = request_of(random, "k", dtype, chosen.features);
    const KernelInterface kernel = interface_of(request);
    ASSERT_TRUE(use_variant_in_process(chosen.variant));
    const auto compiled = compile_in_process(request);
    Differential<T> differential(random, kernel, of_call, numbers);
    const hg_options options = options_with_threads(1);
    const std::string text =
        differential.difference([&](const KernelProblem<T>& p) { return run(*compiled, p, options); });
    EXPECT_EQ(text, "") << "seed " << seed << ": "
                        << described(random, dtype, chosen.features, of_call, chosen.variant, "in process");
}

// Formulas that compile fast are compiled more often.
template <typename T>
void check_in_process(const std::string& dtype) {
    constexpr int small_cost = 60, often = 4;
    const std::vector<Configuration> table = configurations();
    std::size_t next = 0;
    for (long k = 0; k < formula_count() / 2; ++k) {
        const unsigned seed = first_seed() * 1000000 + unsigned(2 * k) + (dtype == "f64" ? 1 : 0);
        std::mt19937_64 numbers(seed);
        const RandomFormula random = random_formula(numbers);
        for (int time = 0; time < (random.cost <= small_cost ? often : 1); ++time)
            check<T>(random, dtype, table[next++ % table.size()], seed + unsigned(time) * 17);
    }
}

TEST(Differential, InProcess_f32) { check_in_process<float>("f32"); }
TEST(Differential, InProcess_f64) { check_in_process<double>("f64"); }

template <typename T>
void check_kernel(GeneratedLibrary& library, const KernelInterface& kernel, const RandomFormula& random,
                  std::mt19937_64& numbers) {
    const int of_call = features_of_call(kernel.features, numbers);
    Differential<T> differential(random, kernel, of_call, numbers);
    for (const InterfaceVariant& variant : kernel.variants) {
        if (!library.use_variant(variant.isa)) continue;
        const std::string text = differential.difference(
            [&](const KernelProblem<T>& p) { return run(library, p, options_with_threads(1)); });
        EXPECT_EQ(text, "") << described(random, kernel.dtype, kernel.features, of_call, variant.isa, "library");
    }
}

// Every variant of some of them, as a library.
TEST(Differential, Library) {
    constexpr long of_library = 6;
    const auto table = halogram_test::pairwise_rows({2, int(std::size(feature_counts))});
    for (long first = 0; first < formula_count() / 10; first += of_library) {
        std::vector<RandomFormula> formulas;
        std::vector<KernelRequest> requests;
        std::mt19937_64 numbers(first_seed() + 500000 + unsigned(first));
        for (long k = first; k < std::min(first + of_library, formula_count() / 10); ++k) {
            const auto& row = table[std::size_t(k * 5) % table.size()];
            formulas.push_back(random_formula(numbers));
            requests.push_back(request_of(formulas.back(), "k" + std::to_string(k), row[0] == 0 ? "f32" : "f64",
                                          feature_counts[row[1]]));
        }
        GeneratedLibrary library("differential", requests);
        for (std::size_t k = 0; k < formulas.size(); ++k) {
            if (requests[k].dtype == "f32")
                check_kernel<float>(library, library.kernels[k], formulas[k], numbers);
            else
                check_kernel<double>(library, library.kernels[k], formulas[k], numbers);
        }
    }
}

}  // namespace
}  // namespace halogram
