#include "library/leaf_roles.h"

#include <map>

namespace halogram {

namespace {

std::vector<LeafRole> with_preparation(const std::vector<LeafRole>& roles) {
    std::vector<LeafRole> all = {{"prepare_parameters", "prepare.parameters", false},
                                 {"prepare_x", "prepare.x", false},
                                 {"prepare_y", "prepare.y", false}};
    all.insert(all.end(), roles.begin(), roles.end());
    return all;
}

}  // namespace

const std::vector<LeafRole>& leaf_roles(const std::string& operation) {
    static const std::map<std::string, std::vector<LeafRole>> roles = {
        {"gram", with_preparation({{"tile", "tile", true}, {"error_bound", "error_bound", false}})},
        {"gram_vjp", with_preparation({{"pairs", "pairs", true},
                                       {"scalars", "scalars", false},
                                       {"rows", "rows", false},
                                       {"columns", "columns", false},
                                       {"vectors", "vectors", false}})},
    };
    static const std::vector<LeafRole> none;
    const auto found = roles.find(operation);
    return found == roles.end() ? none : found->second;
}

}  // namespace halogram
