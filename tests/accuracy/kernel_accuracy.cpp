#include "tests/accuracy/kernel_accuracy.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "generators/formula/lower.h"
#include "tests/accuracy/batch_evaluator.h"
#include "tests/accuracy/library_calls.h"
#include "tests/accuracy/suspects.h"

namespace halogram {

bool KernelAccuracy::kept() const {
    return violations.empty() &&
           std::all_of(variants.begin(), variants.end(), [](const VariantAccuracy& v) { return v.differing == 0; });
}

namespace {

// Large enough for the loops over pairs, small enough for the cache.
constexpr std::int64_t rows = 8, columns = 32, pairs_of_block = rows * columns;

template <typename T>
std::vector<double> as_doubles(const std::vector<T>& values) {
    return {values.begin(), values.end()};
}

// The oracle's word on one pair: the exact value of the formula, the bound of what is really computed.
template <typename T>
JudgedPair judge(const Formula& formula, Expr lowered, const Suspect<T>& s) {
    Inputs in;
    for (T v : s.x) in.x.emplace_back(double(v));
    for (T v : s.y) in.y.emplace_back(double(v));
    JudgedPair pair{.distribution = s.distribution, .variant = s.variant, .x = as_doubles(s.x), .y = as_doubles(s.y)};
    for (const auto& [name, values] : *s.parameters) {
        for (T v : values) in.parameters[name].emplace_back(double(v));
        pair.parameters.emplace_back(name, as_doubles(values));
    }
    const Real exact = evaluate(formula.value, in)[0];
    const Real bound = evaluate_with_bound(lowered, in, sizeof(T) == 4 ? f32_arithmetic : f64_arithmetic)[0].error;
    const Real off = abs(Real(double(s.computed)) - exact);
    pair.computed = double(s.computed);
    pair.exact = exact.to_double();
    pair.bound = bound.to_double();
    constexpr double beyond = std::numeric_limits<double>::infinity();
    if (std::isinf(T(pair.exact)))
        pair.share = s.computed == T(pair.exact) ? 0 : beyond;
    else if (off.is_nan())
        pair.share = beyond;
    else if (!(Real(0.0) < off))
        pair.share = 0;
    else
        pair.share = std::isfinite(pair.bound) ? (off / bound).to_double() : 0;
    if (std::isfinite(pair.exact))
        pair.ulp = (off / Real(static_cast<double>(unit_at<T>(Wide<T>(pair.exact))))).to_double();
    return pair;
}

template <typename T>
class Measurement {
public:
    Measurement(const CatalogueEntry& entry, const std::string& dtype, const AccuracyOptions& options)
        : entry_(entry),
          options_(options),
          formula_(catalogue_formula(entry.name)),
          lowered_(lower(formula_.value)),
          library_(entry.name, {{entry.name, formula_, entry.summary, dtype, options.features, {"gram"}}}),
          evaluator_(lowered_, options.features, pairs_of_block),
          block_(rows, columns, options.features) {
        accuracy_.kernel = entry.name;
        accuracy_.dtype = dtype;
        for (const InterfaceVariant& variant : library_.kernels[0].variants)
            if (library_.use_variant(variant.isa)) accuracy_.variants.push_back({variant.isa, 0});
        if (accuracy_.variants.empty()) throw std::runtime_error("this machine runs none of the variants");
    }

    KernelAccuracy run(const std::function<void(double)>& progress) {
        std::mt19937_64 random(options_.seed);
        std::vector<Distribution> from(distributions.begin(), distributions.end());
        if (options_.extremes) from.push_back(Distribution::AllMagnitudes);
        const std::int64_t blocks = (options_.pairs + pairs_of_block - 1) / pairs_of_block;
        for (std::int64_t b = 0; b < blocks; ++b) {
            if (progress && b % 64 == 0) progress(double(b) / double(blocks));
            const Distribution distribution = from[std::size_t(b) % from.size()];
            draw(block_, distribution, entry_.domain, random);
            parameters_ = std::make_shared<ParameterValues<T>>(draw_parameters<T>(entry_, options_.features, random));
            filter(distribution);
        }
        judge_suspects();
        return std::move(accuracy_);
    }

private:
    const CatalogueEntry& entry_;
    const AccuracyOptions options_;
    const Formula formula_;
    const Expr lowered_;
    GeneratedLibrary library_;
    BatchEvaluator<T> evaluator_;
    PointBlock<T> block_;
    std::shared_ptr<const ParameterValues<T>> parameters_;
    Suspects<T> suspects_;
    std::optional<Suspect<T>> worst_ulp_;
    double ulp_ = -1;
    KernelAccuracy accuracy_;

    Suspect<T> suspect(double share, Distribution distribution, const std::string& variant, std::int64_t p,
                       T computed) const {
        const std::int64_t d = options_.features;
        const auto point = [d](const std::vector<T>& points, std::int64_t i) {
            return std::vector<T>(points.begin() + i * d, points.begin() + (i + 1) * d);
        };
        return {share,       distribution, variant, point(block_.x, p / columns), point(block_.y, p % columns),
                parameters_, computed};
    }

    void filter(Distribution distribution) {
        const std::int64_t d = options_.features;
        std::vector<T> first(static_cast<std::size_t>(pairs_of_block)), other(first.size());
        evaluator_.evaluate(block_, *parameters_);
        for (VariantAccuracy& variant : accuracy_.variants) {
            const bool is_first = &variant == &accuracy_.variants.front();
            std::vector<T>& k = is_first ? first : other;
            library_.use_variant(variant.isa);
            gram<T>(library_, library_.kernels[0], {rows, block_.x.data(), d}, {columns, block_.y.data(), d},
                    *parameters_, k.data(), columns);
            for (std::int64_t p = 0; p < pairs_of_block; ++p) {
                const T a = first[std::size_t(p)], b = k[std::size_t(p)];
                if (is_first) {
                    look_at(p, b, distribution, variant.isa);
                } else if (std::memcmp(&a, &b, sizeof a) != 0 && !(std::isnan(a) && std::isnan(b))) {
                    ++variant.differing;
                    suspects_.add_strange(suspect(0, distribution, variant.isa, p, b));
                }
            }
        }
        accuracy_.pairs += pairs_of_block;
    }

    void look_at(std::int64_t p, T computed, Distribution distribution, const std::string& variant) {
        if (evaluator_.overflows(p)) {
            ++accuracy_.overflowing;
            return;
        }
        const auto& exact = evaluator_.result(p);
        if (std::isinf(exact.value) && computed == exact.value) return;
        const bool bounded = std::isfinite(exact.error) || std::isinf(exact.value);
        accuracy_.unbounded += bounded ? 0 : 1;
        const Wide<T> off = std::fabs(computed - exact.value);
        const double share = off == 0 && bounded ? 0 : static_cast<double>(off / exact.error);
        if (bounded && std::isfinite(share)) {
            if (suspects_.wants(share)) suspects_.add(suspect(share, distribution, variant, p, computed));
        } else if (bounded || std::isnan(computed) || suspects_.strange() < least_judged) {
            suspects_.add_strange(suspect(share, distribution, variant, p, computed));
        }
        const Wide<T> size = std::fabs(exact.value);
        // An ulp is at least half a machine epsilon of the number: dear arithmetic only where it may matter.
        if (!(size >= std::numeric_limits<T>::min()) || !std::isfinite(off) ||
            !(2 * off > ulp_ * std::numeric_limits<T>::epsilon() * size))
            return;
        const double ulp = static_cast<double>(off / unit_at<T>(exact.value));
        if (ulp <= ulp_) return;
        ulp_ = ulp;
        worst_ulp_ = suspect(share, distribution, variant, p, computed);
    }

    void judge_suspects() {
        for (const Suspect<T>& s : suspects_.all()) {
            const JudgedPair pair = judge(formula_, lowered_, s);
            if (pair.share > 1) accuracy_.violations.push_back(pair);
            if (pair.share > accuracy_.worst.share) accuracy_.worst = pair;
        }
        accuracy_.judged = static_cast<std::int64_t>(suspects_.all().size());
        accuracy_.unjudged = suspects_.dropped();
        if (worst_ulp_) accuracy_.worst_ulp = judge(formula_, lowered_, *worst_ulp_);
    }
};

}  // namespace

KernelAccuracy measure_accuracy(const CatalogueEntry& entry, const std::string& dtype, const AccuracyOptions& options,
                                const std::function<void(double)>& progress) {
    if (dtype == "f32") return Measurement<float>(entry, dtype, options).run(progress);
    return Measurement<double>(entry, dtype, options).run(progress);
}

}  // namespace halogram
