// Prefetches of what will be stored to: one for each line, so many elements behind what is stored.
#include "schedules/prefetch_stores.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "library/files.h"
#include "library/temporary_directory.h"
#include "schedules/machine.h"

namespace halogram {
namespace {

constexpr int rows = 4, vectors = 2;

struct Copy {
    Halide::ImageParam in;
    Halide::Func out{"out"};
    Halide::Var j{"j"}, i{"i"};

    // Tiles of rows x vectors along the columns, as those of K.
    Copy(const Machine& machine, Halide::Type type) : in(type, 2) {
        Halide::Var jo("jo"), jv("jv"), ji("ji"), io("io"), ii("ii");
        const int lanes = machine.lanes(type);
        out(j, i) = in(j, i) + Halide::cast(type, 1);
        out.split(j, jo, ji, vectors * lanes, Halide::TailStrategy::ShiftInwards)
            .split(i, io, ii, rows, Halide::TailStrategy::ShiftInwards)
            .split(ji, jv, ji, lanes)
            .reorder(ji, jv, ii, jo, io)
            .vectorize(ji)
            .unroll(jv)
            .unroll(ii);
    }
};

int occurrences(const std::string& text, const std::string& what) {
    int count = 0;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++count;
    return count;
}

std::string assembly(const Machine& machine, Halide::Type type, int elements) {
    Copy copy(machine, type);
    Halide::Pipeline pipeline(copy.out);
    add_prefetch_of_stores(pipeline, copy.out, "jo", elements);
    const TemporaryDirectory directory;
    const std::filesystem::path path = directory.path() / "copy.s";
    pipeline.compile_to_assembly(path.string(), {copy.in}, "copy", machine.target);
    return read_file(path);
}

TEST(PrefetchStores, FetchesEachLineOfATileOnce) {
    for (const Machine& machine : machines_of("x86-64-linux"))
        for (const Halide::Type type : {Halide::Float(32), Halide::Float(64)}) {
            SCOPED_TRACE(machine.isa);
            const int lines_of_a_row = std::max(1, vectors * machine.vector_bits / 512);
            EXPECT_EQ(occurrences(assembly(machine, type, 96), "\tprefetch"), rows * lines_of_a_row);
            EXPECT_EQ(occurrences(assembly(machine, type, 0), "\tprefetch"), 0);
        }
}

TEST(PrefetchStores, NeitherChangesNorNeedsWhatLiesBehindTheOutput) {
    const Machine machine = machines_of("x86-64-linux").back();
    for (int elements : {0, 16, 1000000}) {
        Copy copy(machine, Halide::Float(32));
        Halide::Pipeline pipeline(copy.out);
        add_prefetch_of_stores(pipeline, copy.out, "jo", elements);
        Halide::Buffer<float> in(37, 11), out(37, 11);
        in.for_each_element([&](int j, int i) { in(j, i) = static_cast<float>(100 * i + j); });
        copy.in.set(in);
        pipeline.realize(out, Halide::get_jit_target_from_environment());
        out.for_each_element([&](int j, int i) { EXPECT_EQ(out(j, i), static_cast<float>(100 * i + j + 1)); });
    }
}

TEST(PrefetchStores, LeavesAPipelineWithoutALoopAsItIs) {
    const Machine machine = machines_of("x86-64-linux").back();
    Halide::Func one("one");
    one() = 1.0f;
    Halide::Pipeline pipeline(one);
    add_prefetch_of_stores(pipeline, one, "jo", 2);
    const Halide::Buffer<float> out = pipeline.realize({}, Halide::get_jit_target_from_environment());
    EXPECT_EQ(out(), 1.0f);
}

}  // namespace
}  // namespace halogram
