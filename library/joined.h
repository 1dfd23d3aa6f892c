// Words in a row, with something between each two.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace halogram {

inline std::string joined(const std::vector<std::string>& words, std::string_view between) {
    std::string row;
    for (std::size_t k = 0; k < words.size(); ++k) {
        if (k > 0) row += between;
        row += words[k];
    }
    return row;
}

}  // namespace halogram
