// Which names a generated C interface may use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace halogram {

// Why `name` cannot name a library or a kernel in C and C++ (an explanation for the user), or "" if it can.
std::string c_name_problem(std::string_view name);

bool is_valid_c_name(std::string_view name);

// The C names of a kernel's parameters, in order. A name keeps its spelling unless it is a keyword or a macro of C or
// C++, another argument of the kernel's functions, the gradient `g<parameter>` of another parameter or a name of the
// runtime's header; then `_` is appended until it is free.
std::vector<std::string> c_parameter_names(const std::vector<std::string>& formula_names);

}  // namespace halogram
