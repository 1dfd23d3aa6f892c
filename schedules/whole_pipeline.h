// A schedule for an operation as one pipeline that is good enough to start from; who wants more brings an own one.
#pragma once

#include "generators/pipelines/whole_pipeline.h"
#include "schedules/machine.h"

namespace halogram {

// Vectors over points of y, sums over features in registers, rows in parallel. Works for all extents.
void schedule_whole(WholePipeline& whole, const Halide::Target& target, Halide::Type type);

}  // namespace halogram
