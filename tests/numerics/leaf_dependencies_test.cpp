// Leaf objects need no function of libm, whatever the formula. (For the whole catalogue the same is asserted where it is
// compiled anyway: catalogue_library_test.cpp.)
#include <gtest/gtest.h>

#include "generators/math/functions.h"
#include "library/archive.h"
#include "library/object_symbols.h"
#include "schedules/compile_kernel.h"

namespace halogram {
namespace {

TEST(LeafDependencies, NoFunctionOfTheLanguageNeedsLibm) {
    // Every function of the language; powers; what LLVM makes of a constant base and of sin and cos of one argument.
    std::vector<std::string> formulas = {"dot(x, y)^a", "2^dot(x, y)", "sin(dot(x, y)) * cos(dot(x, y))"};
    for (const Function& function : functions()) {
        std::string call = std::string(function.name) + "(dot(x, y)";
        for (int k = 1; k < function.arity; ++k)
            call += k < function.arity - function.integers ? ", l1(x, y)" : ", D + " + std::to_string(k);
        formulas.push_back(call + ")");
    }
    std::set<std::string> needed;
    for (const std::string& formula : formulas)
        for (const char* dtype : {"f32", "f64"}) {
            const CompiledKernel kernel = compile_kernel({"k", parse_formula(formula), "", dtype, 3, {"gram"}});
            for (const auto& [file_name, bytes] : kernel.leaf_objects)
                for (const std::string& symbol : object_symbols(bytes, file_name).undefined)
                    if (!emitted_dependencies().contains(symbol)) needed.insert(symbol);
        }
    EXPECT_EQ(needed, std::set<std::string>());
}

}  // namespace
}  // namespace halogram
