// The accuracy report as Markdown, row by row while it is made, and as JSON.
#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/accuracy/kernel_accuracy.h"
#include "tests/accuracy/known_cases.h"

namespace halogram {

void print_kernel_heading(std::ostream& out, const std::string& dtype);
void print_kernel_row(std::ostream& out, const KernelAccuracy& accuracy);
// For a violation: everything that is needed to compute the pair again.
void print_pair(std::ostream& out, const KernelAccuracy& accuracy, const JudgedPair& pair);
void print_cases(std::ostream& out, const std::vector<KnownCase>& cases);

nlohmann::ordered_json as_json(const KernelAccuracy& accuracy);
nlohmann::ordered_json as_json(const KnownCase& known);

}  // namespace halogram
