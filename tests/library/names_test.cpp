#include "library/names.h"

#include <gtest/gtest.h>

#include "library/signature.h"

#include <set>

namespace halogram {
namespace {

TEST(Names, RefusesWhatCOrCppReserves) {
    for (const char* good : {"rbf", "l1_exp", "k2", "Gamma"}) EXPECT_TRUE(is_valid_c_name(good)) << good;
    for (const char* bad : {"", "2k", "a-b", "int", "class", "co_await", "restrict", "_X", "a b", "k\xC3\xA9", "m",
                            "math", "immintrin", "regex"}) {
        EXPECT_FALSE(is_valid_c_name(bad)) << bad;
        EXPECT_FALSE(c_name_problem(bad).empty()) << bad;
    }
}

TEST(Names, ParametersKeepTheirNamesUnlessTaken) {
    using Names = std::vector<std::string>;
    EXPECT_EQ(c_parameter_names({"gamma", "lengthscale"}), (Names{"gamma", "lengthscale"}));
    EXPECT_EQ(c_parameter_names({"n", "ldx", "double"}), (Names{"n_", "ldx_", "double_"}));
    // "ggamma" would be the gradient of gamma, "gx" that of x.
    const Names renamed = c_parameter_names({"gamma", "ggamma", "gx"});
    EXPECT_EQ(renamed[2], "gx_");
    std::set<std::string> all;
    for (const std::string& name : renamed) {
        EXPECT_TRUE(all.insert(name).second) << name;
        EXPECT_TRUE(all.insert("g" + name).second) << "g" << name;
    }
}

// Whatever the table of functions calls an argument, no parameter is called so.
TEST(Names, EveryArgumentOfAFunctionGivesWay) {
    KernelInterface kernel;
    kernel.c_name = "k";
    kernel.dtype = "f32";
    kernel.operations = {"gram", "gram_vjp"};
    kernel.form = "expanded";
    for (const EntryPoint& function : entry_points(kernel))
        for (const CArgument& argument : function.arguments)
            EXPECT_EQ(c_parameter_names({argument.name}), std::vector<std::string>{argument.name + "_"});
    EXPECT_EQ(c_parameter_names({"bound"}), std::vector<std::string>{"bound_"});
}

TEST(Names, KeywordsMacrosAndTheRuntimeGiveWay) {
    using Names = std::vector<std::string>;
    // The gradient of `oto` would be `goto`; `k_` is the formula's own name, which the renamed `k` must not take.
    EXPECT_EQ(c_parameter_names({"k", "k_", "oto"}), (Names{"k_2", "k_", "oto_"}));
    EXPECT_EQ(c_parameter_names({"hg_status", "size_t", "NULL", "INT32_MAX", "char8_t", "_Bool", "linux", "__LINE__"}),
              (Names{"hg_status_", "size_t_", "NULL_", "INT32_MAX_", "char8_t_", "_Bool_", "linux_", "__LINE__2_"}));
    // Renaming k moves its gradient onto gk_: a chain.
    EXPECT_EQ(c_parameter_names({"gk_", "k"}), (Names{"gk_2", "k_"}));
    for (const char* name : {"hg", "hg1", "hg_rbf", "trailing_", "two__underscores"})
        EXPECT_FALSE(is_valid_c_name(name)) << name;
    EXPECT_FALSE(is_valid_c_name(std::string(101, 'a')));
}

}  // namespace
}  // namespace halogram
