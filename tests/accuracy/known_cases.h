// Cases that users of other tools have stumbled on, by name: what they got, and what a compiled library gives.
#pragma once

#include <string>
#include <vector>

namespace halogram {

struct KnownCase {
    std::string name;
    std::string elsewhere;  // what the source reports
    std::string source;
    std::string here;   // what was computed just now
    bool kept = false;  // as it should be
};

// Compiles a small library and computes them all, on the best variant of this machine and, where it matters, on all.
std::vector<KnownCase> compute_known_cases();

}  // namespace halogram
