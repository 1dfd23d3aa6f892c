#include "tools/bench_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace halogram {

namespace {

std::string number(double value, int digits = 3) {
    char text[40];
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    return text;
}

std::string duration(double seconds) {
    if (seconds < 1e-3) return number(seconds * 1e6) + " us";
    if (seconds < 1) return number(seconds * 1e3) + " ms";
    return number(seconds) + " s";
}

std::string line(const std::string& what, const std::string& text) {
    constexpr std::size_t width = 14;
    return "  " + what + std::string(what.size() < width ? width - what.size() : 1, ' ') + text + "\n";
}

std::string error_text(const BenchResult& r) {
    if (r.operation == "gram") {
        std::string text = number(r.error.worst_ulp) + " ulp";
        if (r.error.worst_share >= 0) text += ", " + number(r.error.worst_share, 2) + " of the bound";
        text += " (worst of " + std::to_string(r.error.entries) + " entries, against 256 bits)";
        if (r.error.subnormal > 0) text += "; " + std::to_string(r.error.subnormal) + " entries are subnormal";
        return text;
    }
    return number(r.error.worst_of_terms) + " u of the sum of the terms' magnitudes (worst of " +
           std::to_string(r.error.entries) + " entries of gx, against 256 bits)";
}

}  // namespace

double BenchResult::arithmetic_limit(const Calibration& machine) const {
    return pairs() / (needs_half ? 2 : 1) * operations_per_pair / (machine.numbers() * threads);
}

double BenchResult::memory_limit(const Calibration& machine) const {
    if (bytes <= machine.last_level_cache) return 0;
    return bytes / std::max(machine.store, machine.non_temporal_store);
}

nlohmann::ordered_json record_of(const Calibration& machine, const std::string& dtype) {
    return {{"variant", machine.isa},
            {"dtype", dtype},
            {"lanes", machine.lanes},
            {"instructions_per_second", machine.instructions},
            {"exponentials_per_second", machine.exponentials},
            {"store_bytes_per_second", machine.store},
            {"non_temporal_store_bytes_per_second", machine.non_temporal_store},
            {"last_level_cache_bytes", machine.last_level_cache}};
}

nlohmann::ordered_json record_of(const BenchResult& r, const Calibration& machine) {
    const double arithmetic = r.arithmetic_limit(machine), memory = r.memory_limit(machine);
    nlohmann::ordered_json record = {{"kernel", r.kernel},
                                     {"operation", r.operation},
                                     {"form", r.form},
                                     {"math", r.math},
                                     {"dtype", r.dtype},
                                     {"n", r.shape.n},
                                     {"m", r.shape.m},
                                     {"features", r.shape.d},
                                     {"y_is_x", r.shape.self},
                                     {"variant", r.variant},
                                     {"threads", r.threads},
                                     {"seconds", r.timing.median},
                                     {"seconds_quartiles", {r.timing.lower_quartile, r.timing.upper_quartile}},
                                     {"calls", r.timing.calls},
                                     {"pairs_per_second", r.pairs() / r.timing.median},
                                     {"operations_per_pair", r.operations_per_pair},
                                     {"needs_half_of_the_pairs", r.needs_half},
                                     {"arithmetic_limit_seconds", arithmetic},
                                     {"memory_limit_seconds", memory},
                                     {"fraction", std::max(arithmetic, memory) / r.timing.median},
                                     {"error", nlohmann::ordered_json::object()}};
    if (r.operation == "gram") {
        record["error"]["ulp"] = r.error.worst_ulp;
        if (r.error.worst_share >= 0) record["error"]["share_of_bound"] = r.error.worst_share;
        record["error"]["subnormal_entries"] = r.error.subnormal;
    } else {
        record["error"]["u_of_terms"] = r.error.worst_of_terms;
    }
    record["error"]["entries"] = r.error.entries;
    if (r.comparison) {
        record["against"] = {
            {"autoscheduler", r.against},     {"seconds", r.comparison->second.median},
            {"ratio", r.comparison->ratio},   {"interval", {r.comparison->interval_low, r.comparison->interval_high}},
            {"rounds", r.comparison->rounds}, {"difference", r.difference}};
    } else if (!r.failure.empty()) {
        record["against"] = {{"autoscheduler", r.against}, {"failure", r.failure}};
    }
    return record;
}

std::string text_of(const Calibration& machine, const std::string& dtype) {
    std::string text = "This machine, one thread, " + machine.isa + ", " + dtype + "\n";
    text +=
        line("arithmetic", number(machine.numbers() / 1e9) + " G operations/s: " + number(machine.instructions / 1e9) +
                               " G instructions/s on " + std::to_string(machine.lanes) + " numbers each");
    text += line("exp", number(machine.exponentials / 1e9) + " G/s");
    std::string store = number(machine.store / 1e9) + " GB/s to memory";
    if (machine.non_temporal_store > 0)
        store += ", " + number(machine.non_temporal_store / 1e9) + " GB/s past the caches";
    return text + line("store", store);
}

std::string text_of(const BenchResult& r, const Calibration& machine) {
    const double arithmetic = r.arithmetic_limit(machine), memory = r.memory_limit(machine),
                 limit = std::max(arithmetic, memory), time = r.timing.median;
    std::string text = r.kernel + " " + r.operation + ", " + r.form + ", " + r.dtype +
                       ", D = " + std::to_string(r.shape.d) + ", " + std::to_string(r.shape.n) + " x " +
                       std::to_string(r.shape.m) + (r.shape.self ? " (y is x)" : "") + ", " + r.variant + ", " +
                       std::to_string(r.threads) + (r.threads == 1 ? " thread" : " threads") + "\n";
    text += line("time", duration(time) + " (quartiles " + duration(r.timing.lower_quartile) + ", " +
                             duration(r.timing.upper_quartile) + "; " + std::to_string(r.timing.calls) + " calls)");
    text += line("pairs", number(r.pairs() / time / 1e9) + " G/s");
    text += line("limit", duration(limit) + ": " + std::to_string(r.operations_per_pair) + " operations a pair" +
                              (r.needs_half ? " of half of the pairs" : "") +
                              (memory > arithmetic ? ", but K goes to memory" : "") + "; fraction " +
                              number(limit / time, 2));
    text += line("error", error_text(r));
    if (r.comparison)
        text += line("against", r.against + " " + duration(r.comparison->second.median) + ": " +
                                    number(r.comparison->ratio) + " times ours (" + number(r.comparison->interval_low) +
                                    " to " + number(r.comparison->interval_high) + ", " +
                                    std::to_string(r.comparison->rounds) + " rounds); results differ by " +
                                    number(r.difference, 2));
    else if (!r.failure.empty())
        text += line("against", r.against + ": " + r.failure);
    return text;
}

}  // namespace halogram
