// The oracle's filter: evaluates a lowered tree for a batch of pairs in arithmetic wider than the kernel's, the running
// bound of error_bound.h beside it. A thousand times faster than 256 bits, and precise to a small part of the bound; what
// comes near the bound is judged by the oracle.
#pragma once

#include <cstdint>
#include <vector>

#include "generators/formula/error_bound.h"
#include "tests/accuracy/sampled_points.h"
#include "tests/math/accuracy.h"

namespace halogram {

template <typename T>
class BatchEvaluator {
public:
    using W = Wide<T>;
    struct Bounded {
        W value, error;
    };

    // Throws std::logic_error for a function without a fast reference.
    BatchEvaluator(Expr lowered, std::int64_t features, std::int64_t pairs);

    // A block with that many features and pairs.
    void evaluate(const PointBlock<T>& block, const ParameterValues<T>& parameters);

    // Of pair p = i * m + j, after evaluate().
    const Bounded& result(std::int64_t p) const { return steps_.back().plane[static_cast<std::size_t>(p)]; }
    // Some intermediate is beyond the largest number of T, though its exact value is finite.
    bool overflows(std::int64_t p) const { return overflows_[static_cast<std::size_t>(p)] != 0; }

private:
    struct Step {
        Expr e;
        std::vector<std::size_t> arguments;  // steps
        W (*function)(W) = nullptr;          // of a call
        double roundings = 1;                // in u: 1 ulp is up to 2 u
        bool same_for_all = false;           // depends on no point
        std::vector<Bounded> plane;          // [feature][pair]
    };

    const std::int64_t features_, pairs_;
    const Arithmetic arithmetic_;
    std::vector<Step> steps_;
    std::vector<std::uint8_t> overflows_;

    std::int64_t planes(const Step& step) const { return step.e->per_feature ? features_ : 1; }
    const Bounded* argument(const Step& step, std::size_t k, std::int64_t feature) const {
        const Step& a = steps_[step.arguments[k]];
        return a.plane.data() + (a.e->per_feature ? feature * pairs_ : 0);
    }
    Bounded rounded(Bounded r, double roundings) const;
    void set_constant(Step& step);
    void load(Step& step, const PointBlock<T>& block, const ParameterValues<T>& parameters);
    void reduce(Step& step);
    void operate(Step& step, const Bounded* const* a, Bounded* r, std::int64_t count) const;
    void note_overflow(const Step& step);
};

}  // namespace halogram
