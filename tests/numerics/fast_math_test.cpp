// The fast tier of functions: other bits in f32, within its own stated error; in f64 the same bits.
#include "tests/support/oracle.h"

namespace halogram {
namespace {

template <typename T>
class FastMath : public testing::Test {};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(FastMath, Types);

TYPED_TEST(FastMath, IsWithinItsErrorAndTheSameOnEveryVariant) {
    using T = TypeParam;
    const char* const dtype = sizeof(T) == 4 ? "f32" : "f64";
    const CatalogueEntry& entry = *find_in_catalogue("rbf");
    KernelRequest exact{"exact", catalogue_formula(entry.name), "", dtype, 3, {"gram", "gram_vjp"}}, fast = exact;
    fast.c_name = "fast";
    fast.formula.fast = true;
    GeneratedLibrary library("tiers", {exact, fast});
    KernelProblem<T> p(entry, library.kernels[0], {40, 40, 3}, 1), of_fast(entry, library.kernels[1], {40, 40, 3}, 1);
    std::unique_ptr<KernelOutputs<T>> first;
    for (const std::string variant : {"sse41", "avx2", "avx512"}) {
        if (!library.use_variant(variant)) continue;
        auto out = run(library, of_fast, options_with_threads(1));
        if (first == nullptr) {
            const Oracle<T> oracle(fast.formula, of_fast);
            oracle.check_gram(*out);
            EXPECT_EQ(oracle.check_gradients(*out), 0);
            EXPECT_EQ(*out == *run(library, p, options_with_threads(1)), sizeof(T) == 8);
            first = std::move(out);
        } else {
            EXPECT_TRUE(*out == *first) << variant;
        }
    }
}

}  // namespace
}  // namespace halogram
