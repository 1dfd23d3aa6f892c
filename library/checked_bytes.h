// A file in memory that may be cut off or damaged: every access is checked against its size, and copied because records need
// not be aligned.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace halogram {

class CheckedBytes {
public:
    // `fail` is called with what is wrong, and throws.
    using Fail = std::function<void(const std::string& what)>;
    CheckedBytes(std::string_view bytes, Fail fail) : bytes_(bytes), fail_(std::move(fail)) {}

    std::string_view part(std::uint64_t offset, std::uint64_t size) const {
        if (offset > bytes_.size() || size > bytes_.size() - offset) fail_("it is cut off or damaged");
        return bytes_.substr(offset, size);
    }

    template <typename Record>
    Record record(std::uint64_t offset) const {
        Record result;
        std::memcpy(&result, part(offset, sizeof result).data(), sizeof result);
        return result;
    }

    // What ends at the next NUL from `begin`, in a table of such texts.
    std::string text(std::string_view table, std::uint64_t begin) const {
        const std::size_t end = begin < table.size() ? table.find('\0', begin) : std::string_view::npos;
        if (end == std::string_view::npos) fail_("a name lies outside of its table");
        return std::string(table.substr(begin, end - begin));
    }

private:
    std::string_view bytes_;
    Fail fail_;
};

}  // namespace halogram
