// A covering array of strength 2: few rows of factor values such that every two values of every two factors meet in
// some row.
#pragma once

#include <string>
#include <vector>

namespace halogram_test {

// One value per factor: row[f] lies in [0, sizes[f]).
using FactorValues = std::vector<int>;

// Row by row, each as good as a greedy choice makes it: the same sizes give the same rows on every machine.
std::vector<FactorValues> pairwise_rows(const std::vector<int>& sizes);

// The pairs that no row has, as text ("factor 0 = 3 and factor 2 = 1"); empty when all are there. Checks every pair by
// itself, sharing nothing with the generator.
std::vector<std::string> missing_pairs(const std::vector<int>& sizes, const std::vector<FactorValues>& rows);

}  // namespace halogram_test
