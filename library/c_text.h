// Small pieces of C text: string literals, comments and long lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace halogram {

// An initializer for a `const char []` that holds exactly `text`: a string literal, or a list of characters where the
// text is longer than the 4095 characters that C99 lets a literal have. No trigraph can arise.
std::string c_string_initializer(std::string_view text);

// The text made safe inside a block comment: on one line, with no trigraph and nothing that opens or closes a comment.
std::string c_comment_text(std::string_view text);

// `text` broken at blanks into lines of at most 120 columns, each begun with `indent`; ends in a newline.
std::string c_wrapped(std::string_view text, const std::string& indent);

// "opening item, item, ... closing", broken after commas at 120 columns and aligned under the first item.
std::string c_call_text(const std::string& opening, const std::vector<std::string>& items, const std::string& closing);

}  // namespace halogram
