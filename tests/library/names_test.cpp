#include "library/names.h"

#include <gtest/gtest.h>

#include <set>

namespace halogram {
namespace {

TEST(Names, RefusesWhatCOrCppReserves) {
    for (const char* good : {"rbf", "l1_exp", "k2", "Gamma"}) EXPECT_TRUE(is_valid_c_name(good)) << good;
    for (const char* bad : {"", "2k", "a-b", "int", "class", "co_await", "restrict", "_X", "a b", "k\xC3\xA9"}) {
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

}  // namespace
}  // namespace halogram
