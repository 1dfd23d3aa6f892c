// The accuracy of one compiled kernel: the worst error that is found on many sampled pairs, against the running bound.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/accuracy/sampled_points.h"

namespace halogram {

struct AccuracyOptions {
    std::int64_t pairs = 10'000'000;
    int features = 5;
    std::uint64_t seed = 1;
    bool extremes = false;  // a sixth of the pairs from Distribution::AllMagnitudes
};

// A pair that the oracle has judged.
struct JudgedPair {
    double share = -1;  // error / bound; below 0: there is no such pair
    double ulp = 0;     // error in units in the last place of the exact value
    Distribution distribution = Distribution::Uniform;
    std::string variant;
    std::vector<double> x, y;
    std::vector<std::pair<std::string, std::vector<double>>> parameters;
    double computed = 0, exact = 0, bound = 0;
};

struct VariantAccuracy {
    std::string isa;
    std::int64_t differing = 0;  // pairs whose bits are not those of the first variant
};

struct KernelAccuracy {
    std::string kernel, dtype;
    std::int64_t pairs = 0;
    std::int64_t overflowing = 0;           // an intermediate overflows: outside the promise, not judged
    std::int64_t unbounded = 0;             // by the filter: an infinite condition number leaves no finite bound
    std::int64_t judged = 0, unjudged = 0;  // suspects; those beyond the limit of suspects.h
    JudgedPair worst;                       // by error / bound
    JudgedPair worst_ulp;                   // by units in the last place, among results that are normal numbers
    std::vector<VariantAccuracy> variants;  // that this machine runs
    std::vector<JudgedPair> violations;     // beyond their bound

    bool kept() const;  // every pair within its bound, every variant with the same bits
};

// Compiles the entry for every variant and judges it. `progress(share done)` may be empty.
KernelAccuracy measure_accuracy(const CatalogueEntry& entry, const std::string& dtype, const AccuracyOptions& options,
                                const std::function<void(double)>& progress = {});

}  // namespace halogram
