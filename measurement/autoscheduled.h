// The same pipeline under one of Halide's autoschedulers, compiled into this process: what a user of Halide would have
// without our schedules.
#pragma once

#include <functional>

#include "measurement/bench_problem.h"
#include "schedules/machine.h"

namespace halogram {

// "adams2019", "li2018", "mullapudi2016".
const std::vector<std::string>& autoscheduler_names();

struct Autoscheduled {
    std::function<void()> run;     // on the problem's inputs, into buffers of its own
    std::shared_ptr<void> memory;  // what `run` and `output` need
    const void* output = nullptr;  // K or gx
};

// The schedule is made for exactly this shape and number of threads. Throws CompileError where the autoscheduler has no
// answer.
Autoscheduled autoscheduled(const std::string& autoscheduler, const KernelRequest& request,
                            const std::string& operation, const BenchProblem& problem, const Machine& machine,
                            int threads);

}  // namespace halogram
