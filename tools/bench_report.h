// What `halogram bench` says about one measurement, as a record and as text.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "measurement/bench_problem.h"
#include "measurement/calibration.h"
#include "measurement/timing.h"

namespace halogram {

struct BenchResult {
    std::string kernel, operation, form, math, dtype, variant;
    BenchShape shape;
    int threads = 1;
    Timing timing;
    std::int64_t operations_per_pair = 0;
    bool needs_half = false;  // of the pairs: the kernel is symmetric and y is x
    double bytes = 0;         // of K written or g read
    BenchError error;
    std::string against;  // an autoscheduler, or empty
    std::optional<Comparison> comparison;
    double difference = 0;  // between its results and ours, over the largest entry
    std::string failure;    // why there is no comparison

    double pairs() const { return double(shape.n) * double(shape.m); }
    // Seconds that the arithmetic takes at the measured rate of `threads` threads, and what memory adds to it where K does not
    // fit the last-level cache.
    double arithmetic_limit(const Calibration& machine) const;
    double memory_limit(const Calibration& machine) const;
};

nlohmann::ordered_json record_of(const Calibration& machine, const std::string& dtype);
nlohmann::ordered_json record_of(const BenchResult& result, const Calibration& machine);
std::string text_of(const Calibration& machine, const std::string& dtype);
std::string text_of(const BenchResult& result, const Calibration& machine);

}  // namespace halogram
