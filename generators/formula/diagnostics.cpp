#include "generators/formula/diagnostics.h"

#include <algorithm>

namespace halogram {

namespace {

constexpr std::size_t window_before = 50, window_after = 50;  // characters of a long line shown around the caret

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }

// Byte `offset` moved by whole characters.
std::size_t back(std::string_view s, std::size_t offset, std::size_t count) {
    while (count-- > 0 && offset > 0) do
            --offset;
        while (offset > 0 && !starts_character(s[offset]));
    return offset;
}

std::size_t forward(std::string_view s, std::size_t offset, std::size_t count) {
    while (count-- > 0 && offset < s.size()) do
            ++offset;
        while (offset < s.size() && !starts_character(s[offset]));
    return offset;
}

// Control characters and broken bytes would disturb a terminal: shown as '?'.
std::string printable(std::string_view s) {
    std::string result(s);
    for (char& c : result)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = c == '\t' ? ' ' : '?';
    return result;
}

}  // namespace

struct FormulaError::Place {
    std::size_t line = 1, column = 1;
    std::string excerpt;

    Place(std::string_view text, std::size_t offset) {
        offset = std::min(offset, text.size());
        std::size_t begin = 0;
        for (std::size_t k = 0; k < offset; ++k)
            if (text[k] == '\n') ++line, begin = k + 1;
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view whole = text.substr(begin, end - begin);
        const std::size_t at = offset - begin;
        column += static_cast<std::size_t>(
            std::count_if(whole.begin(), whole.begin() + static_cast<long>(at), starts_character));
        const std::size_t from = back(whole, at, window_before), to = forward(whole, at, window_after);
        std::string shown = from > 0 ? "... " : "";
        shown += printable(whole.substr(from, at - from));
        const auto caret = static_cast<std::size_t>(std::count_if(shown.begin(), shown.end(), starts_character));
        shown += printable(whole.substr(at, to - at));
        if (to < whole.size()) shown += " ...";
        excerpt = "  " + shown + "\n  " + std::string(caret, ' ') + "^";
    }
};

FormulaError::FormulaError(FormulaErrorCode code, const Place& place, const std::string& message)
    : std::runtime_error("line " + std::to_string(place.line) + ", column " + std::to_string(place.column) + ": " +
                         message.substr(0, 1500) + "\n" + place.excerpt),
      code_(code),
      line_(place.line),
      column_(place.column) {}

FormulaError::FormulaError(FormulaErrorCode code, std::string_view text, std::size_t offset, const std::string& message)
    : FormulaError(code, Place(text, offset), message) {}

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
    if (name.size() > 64) return "";
    std::string best;
    std::size_t best_distance = 1 + name.size() / 3;  // one slip in a short name, more in a long one
    for (const std::string& candidate : known) {
        // Levenshtein's distance, one row at a time.
        std::vector<std::size_t> row(candidate.size() + 1);
        for (std::size_t k = 0; k < row.size(); ++k) row[k] = k;
        for (std::size_t i = 1; i <= name.size(); ++i) {
            std::size_t diagonal = row[0];
            row[0] = i;
            for (std::size_t k = 1; k < row.size(); ++k) {
                const std::size_t replaced = diagonal + (name[i - 1] == candidate[k - 1] ? 0 : 1);
                diagonal = row[k];
                row[k] = std::min({replaced, row[k] + 1, row[k - 1] + 1});
            }
        }
        if (row.back() < best_distance || (row.back() == best_distance && best.empty())) {
            best_distance = row.back();
            best = candidate;
        }
    }
    return best;
}

}  // namespace halogram
