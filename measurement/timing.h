// Times on a machine that others use too: medians of many short samples, and two programs compared only interleaved.
#pragma once

#include <functional>

namespace halogram {

struct Timing {
    double median = 0, lower_quartile = 0, upper_quartile = 0;  // seconds a call
    long calls = 0;
};

// Samples of at least 2 ms each, for `seconds` altogether but at least 7 of them. `work` ran before, so that nothing is
// touched for the first time.
Timing time_of(const std::function<void()>& work, double seconds);

struct Comparison {
    Timing first, second;
    double ratio = 0;                            // time of the second / time of the first, median of the rounds
    double interval_low = 0, interval_high = 0;  // 95 %, bootstrap over the rounds
    int rounds = 0;
};

// Rounds of first, second, second, first.
Comparison compare(const std::function<void()>& first, const std::function<void()>& second, double seconds);

}  // namespace halogram
