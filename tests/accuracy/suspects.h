// The pairs that the filter cannot clear: those with the worst error against their bound, for the oracle to judge.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/accuracy/sampled_points.h"

namespace halogram {

// At least `least_judged` of each kernel and all that reach `suspicious`, but no more than `most_judged`, the worst of
// them; as many again without a finite error or bound.
inline constexpr std::size_t least_judged = 64, most_judged = 4096;
inline constexpr double suspicious = 0.8;

template <typename T>
struct Suspect {
    double share;  // error / bound, by the filter
    Distribution distribution;
    std::string variant;
    std::vector<T> x, y;
    std::shared_ptr<const ParameterValues<T>> parameters;
    T computed;
};

// The worst suspects so far: a heap with the least of them on top.
template <typename T>
class Suspects {
public:
    bool wants(double share) const {
        return heap_.size() < least_judged || share > heap_.front().share || share >= suspicious;
    }
    void add(Suspect<T> s) {
        const bool full =
            heap_.size() >= (heap_.empty() || heap_.front().share < suspicious ? least_judged : most_judged);
        if (full && heap_.front().share >= suspicious) ++dropped_;
        if (full && s.share <= heap_.front().share) return;
        if (full) {
            std::pop_heap(heap_.begin(), heap_.end(), above);
            heap_.pop_back();
        }
        heap_.push_back(std::move(s));
        std::push_heap(heap_.begin(), heap_.end(), above);
    }
    // Neither error nor bound is a finite number: first come, first judged.
    void add_strange(Suspect<T> s) {
        if (strange_.size() < most_judged)
            strange_.push_back(std::move(s));
        else
            ++dropped_;
    }
    std::size_t strange() const { return strange_.size(); }
    std::int64_t dropped() const { return dropped_; }
    std::vector<Suspect<T>> all() const {
        std::vector<Suspect<T>> both = heap_;
        both.insert(both.end(), strange_.begin(), strange_.end());
        return both;
    }

private:
    std::vector<Suspect<T>> heap_, strange_;
    std::int64_t dropped_ = 0;

    static bool above(const Suspect<T>& a, const Suspect<T>& b) { return a.share > b.share; }
};

}  // namespace halogram
