// One operation of a loaded kernel on inputs of its own: what a benchmark calls again and again, and how exact the results
// of the last call are.
#pragma once

#include <memory>

#include "generators/catalogue/catalogue.h"
#include "measurement/generated_library.h"

namespace halogram {

struct BenchShape {
    std::int64_t n = 0, m = 0, d = 0;
    bool self = false;  // y = NULL
};

struct BenchError {
    // K: entries against 256 bits, in units in the last place and as a share of the running error bound (-1: no finite
    // bound). gx: entries of one point, as a share of the sum of the terms' magnitudes, in units of u (2^-24, 2^-53).
    double worst_ulp = 0, worst_share = -1, worst_of_terms = 0;
    int entries = 0;
    std::int64_t subnormal = 0;  // entries of K: they slow some programs several times, and would flatter others
};

class BenchProblem {
public:
    virtual ~BenchProblem() = default;
    virtual void run() = 0;  // throws std::runtime_error where the call fails
    virtual BenchError error() const = 0;
    virtual double bytes() const = 0;  // of K that are written, or of g that are read

    // Pointers to what an autoscheduled pipeline reads: points, cotangents, parameters in signature order.
    struct Inputs {
        const void *x, *y, *g;
        std::vector<const void*> parameters;  // an int32_t, one number, or D numbers
    };
    virtual Inputs inputs() const = 0;
    // The largest difference between K (gx) and another program's, of the same layout, over the largest entry.
    virtual double difference(const void* other) const = 0;
    virtual const BenchShape& shape() const = 0;
};

// `operation` is "gram" or "gram_vjp". Points are normal with the variance 1 / D, so that distances do not grow with D;
// absolute values where the entry's domain asks for it. Parameters lie in the middle of the entry's interval; of a formula
// (entry = nullptr) they are 1, integers 2.
std::unique_ptr<BenchProblem> make_bench_problem(const GeneratedLibrary& library, const KernelRequest& request,
                                                 const CatalogueEntry* entry, const std::string& operation,
                                                 const BenchShape& shape, int threads);

}  // namespace halogram
