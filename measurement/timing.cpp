#include "measurement/timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <vector>

namespace halogram {

namespace {

constexpr double shortest_sample = 2e-3;  // seconds: clock and call cost less than a thousandth of it
constexpr std::size_t least_samples = 7;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Seconds a call, of `calls` calls.
double sample(const std::function<void()>& work, long calls) {
    const Clock::time_point start = Clock::now();
    for (long k = 0; k < calls; ++k) work();
    return seconds_since(start) / static_cast<double>(calls);
}

// How many calls make a sample long enough.
long calls_of_sample(const std::function<void()>& work) {
    long calls = 1;
    for (;;) {
        const double taken = sample(work, calls) * static_cast<double>(calls);
        if (taken >= shortest_sample) return calls;
        calls = std::max(calls + 1, static_cast<long>(static_cast<double>(calls) *
                                                      std::min(10.0, 1.2 * shortest_sample / (taken + 1e-9))));
    }
}

double quantile(std::vector<double> values, double share) {
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    std::sort(values.begin(), values.end());
    const double next = values[std::min(below + 1, values.size() - 1)];
    return values[below] + (place - static_cast<double>(below)) * (next - values[below]);
}

Timing timing_of(const std::vector<double>& samples, long calls_of_one) {
    return {quantile(samples, 0.5), quantile(samples, 0.25), quantile(samples, 0.75),
            static_cast<long>(samples.size()) * calls_of_one};
}

}  // namespace

Timing time_of(const std::function<void()>& work, double seconds) {
    work();
    const long calls = calls_of_sample(work);
    std::vector<double> samples;
    const Clock::time_point start = Clock::now();
    while (samples.size() < least_samples || seconds_since(start) < seconds) samples.push_back(sample(work, calls));
    return timing_of(samples, calls);
}

Comparison compare(const std::function<void()>& first, const std::function<void()>& second, double seconds) {
    first();
    second();
    const long calls_first = calls_of_sample(first), calls_second = calls_of_sample(second);
    std::vector<double> of_first, of_second, ratios;
    const Clock::time_point start = Clock::now();
    while (ratios.size() < least_samples || seconds_since(start) < seconds) {
        const double a1 = sample(first, calls_first), b1 = sample(second, calls_second),
                     b2 = sample(second, calls_second), a2 = sample(first, calls_first);
        of_first.insert(of_first.end(), {a1, a2});
        of_second.insert(of_second.end(), {b1, b2});
        ratios.push_back((b1 + b2) / (a1 + a2));
    }
    Comparison c{timing_of(of_first, calls_first), timing_of(of_second, calls_second)};
    c.ratio = quantile(ratios, 0.5);
    c.rounds = static_cast<int>(ratios.size());
    std::mt19937_64 random(1);
    std::uniform_int_distribution<std::size_t> any(0, ratios.size() - 1);
    std::vector<double> medians;
    for (int draw = 0; draw < 2000; ++draw) {
        std::vector<double> again(ratios.size());
        for (double& r : again) r = ratios[any(random)];
        medians.push_back(quantile(again, 0.5));
    }
    c.interval_low = quantile(medians, 0.025);
    c.interval_high = quantile(medians, 0.975);
    return c;
}

}  // namespace halogram
