// What the leaf functions of an operation are for: the one list that the writers of the C file and the manifest, and
// the checks of both, go through. The C side is in runtime/hg_kernel.h.
#pragma once

#include <string>
#include <vector>

namespace halogram {

struct LeafRole {
    const char* name;   // "prepare_x": as leaf_name in generators/pipelines/leaf_pipelines.h
    const char* field;  // "prepare.x": of hg1_OPERATION_leaves
    bool required;      // else the leaf is left out where it has nothing to do
};

// In the order of the C struct; empty for an operation that does not exist.
const std::vector<LeafRole>& leaf_roles(const std::string& operation);

}  // namespace halogram
