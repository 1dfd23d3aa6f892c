// Lines of a leaf's output are fetched some time before they are stored to, so that a store finds its line in the cache.
#pragma once

#include <Halide.h>

#include <string>

namespace halogram {

// To be called before the pipeline is compiled: with every line that the loop over the variable `loop` stores to `output`,
// loops inside it not counted, the one so many elements behind it is prefetched. Nothing where elements is 0. Neither bits
// nor what is written change; what is prefetched may lie behind the output, which a prefetch forgives.
void add_prefetch_of_stores(Halide::Pipeline& pipeline, const Halide::Func& output, const std::string& loop,
                            int elements);

}  // namespace halogram
