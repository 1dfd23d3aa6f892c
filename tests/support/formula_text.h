// Texts of deep formulas.
#pragma once

#include <string>

namespace halogram_test {

// let r0 = first in let r1 = step(r0) in ... end: `length` names, R standing for the one before.
inline std::string chain(const std::string& first, const std::string& step, const std::string& end, int length) {
    const auto of = [](std::string text, int k) {
        const std::string name = "r" + std::to_string(k);
        for (std::size_t at = 0; (at = text.find('R', at)) != std::string::npos;) text.replace(at, 1, name);
        return text;
    };
    std::string text = "let r0 = " + first + " in ";
    for (int k = 1; k < length; ++k) text += "let r" + std::to_string(k) + " = " + of(step, k - 1) + " in ";
    return text + of(end, length - 1);
}

inline std::string nested(const std::string& before, const std::string& inner, const std::string& after, int depth) {
    std::string text = inner;
    for (int k = 0; k < depth; ++k) text = before + text + after;
    return text;
}

}  // namespace halogram_test
