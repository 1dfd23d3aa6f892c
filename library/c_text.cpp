#include "library/c_text.h"

#include <array>
#include <cstdio>

namespace halogram {
namespace {

constexpr std::size_t columns = 120;

std::string escaped(char c) {
    switch (c) {
        case '\n': return "\\n";
        case '\t': return "\\t";
        case '"': return "\\\"";
        case '\'': return "\\'";
        case '\\': return "\\\\";
        case '?': return "\\?";  // so that "??=" stays three characters under -std=c99
        default: break;
    }
    const auto code = static_cast<unsigned char>(c);
    if (code >= 32 && code < 127) return std::string(1, c);
    // Always three octal digits: a shorter escape would swallow a digit that follows.
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "\\%03o", static_cast<unsigned>(code));
    return text.data();
}

}  // namespace

std::string c_string_initializer(std::string_view text) {
    constexpr std::size_t longest_literal = 4095;
    const bool list = text.size() > longest_literal;
    std::string result = list ? "{" : "\"";
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!list) {
            result += escaped(text[i]);
            continue;
        }
        if (i % 16 == 0) result += "\n    ";
        // A byte above 127 in a character constant has a value that does not depend on whether char is signed.
        result += "'" + escaped(text[i]) + "', ";
    }
    return result + (list ? "'\\0'}" : "\"");
}

std::string c_comment_text(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        const char safe = code < 32 || code == 127 ? ' ' : c;
        const bool opens_or_closes =
            !result.empty() && ((result.back() == '*' && safe == '/') || (result.back() == '/' && safe == '*'));
        // "??" begins a trigraph, of which compilers warn in comments too.
        const bool trigraph = !result.empty() && result.back() == '?' && safe == '?';
        if (opens_or_closes || trigraph) result += ' ';
        result += safe;
    }
    // A backslash at the end would join the next line.
    while (!result.empty() && (result.back() == ' ' || result.back() == '\\')) result.pop_back();
    return result;
}

std::string c_wrapped(std::string_view text, const std::string& indent) {
    std::string result, line;
    std::size_t begin = 0;
    while (begin < text.size()) {
        std::size_t end = text.find(' ', begin);
        if (end == std::string_view::npos) end = text.size();
        const std::string_view word = text.substr(begin, end - begin);
        begin = end + 1;
        if (word.empty()) continue;
        if (!line.empty() && indent.size() + line.size() + 1 + word.size() > columns) {
            result += indent + line + "\n";
            line.clear();
        }
        if (!line.empty()) line += ' ';
        line += word;
    }
    if (!line.empty()) result += indent + line + "\n";
    return result;
}

std::string c_call_text(const std::string& opening, const std::vector<std::string>& items, const std::string& closing) {
    const std::string indent(opening.size() - (opening.rfind('\n') + 1), ' ');
    std::string result = opening;
    std::size_t column = indent.size();
    for (std::size_t i = 0; i < items.size(); ++i) {
        const bool last = i + 1 == items.size();
        const std::string item = items[i] + (last ? closing : ",");
        // One column is left for the semicolon that may follow.
        if (i > 0 && column + 1 + item.size() + 1 > columns) {
            result += "\n" + indent;
            column = indent.size();
        } else if (i > 0) {
            result += ' ';
            ++column;
        }
        result += item;
        column += item.size();
    }
    return items.empty() ? result + closing : result;
}

}  // namespace halogram
