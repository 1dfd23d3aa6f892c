// The truth table of the edges: per kernel and situation the value and the gradients by x and y, in edges.json, and as
// a page for readers, docs/edges.md. A change is a decision.
#pragma once

#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace halogram {

// kernel -> situations in order, each with its numbers as text
using EdgeTable = std::map<std::string, std::vector<std::pair<std::string, std::string>>>;

// A class or a number of three digits: "NaN", "+inf", "-inf", "0", "0.583".
std::string edge_number(double v);

template <typename T>
std::string edge_text(T value, const std::vector<T>& gx, const std::vector<T>& gy) {
    std::string text = edge_number(double(value));
    for (const auto* gradient : {&gx, &gy}) {
        text += " |";
        for (T v : *gradient) text += " " + edge_number(double(v));
    }
    return text;
}

// Compares the table with the stored one, or stores it where HALOGRAM_WRITE_EDGES is set.
void expect_stored_edges(const std::string& dtype, const EdgeTable& table);

}  // namespace halogram
