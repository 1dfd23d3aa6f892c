#include "schedules/halide_environment.h"

#include <Halide.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace halogram {

HiddenHalideEnvironment::HiddenHalideEnvironment() {
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::size_t equals = text.find('=');
        if (text.starts_with("HL_") && equals != text.npos)
            hidden_.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    for (const auto& [name, value] : hidden_) unsetenv(name.c_str());
    // This one was read before main began.
    if (!hidden_.empty()) Halide::set_compiler_stack_size(Halide::default_compiler_stack_size);
}

HiddenHalideEnvironment::~HiddenHalideEnvironment() {
    for (const auto& [name, value] : hidden_) setenv(name.c_str(), value.c_str(), 0);
}

}  // namespace halogram
