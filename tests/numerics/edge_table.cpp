#include "tests/numerics/edge_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "generators/catalogue/catalogue.h"
#include "library/files.h"

namespace halogram {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* begin_mark = "<!-- tables: made by catalogue_library_test -->\n";
constexpr const char* how =
    "Where a change is meant, say so in CHANGELOG.md and store the tables anew: "
    "HALOGRAM_WRITE_EDGES=1 build/bin/tests/catalogue_library_test --gtest_filter='*any*'";

Json stored_tables() {
    const std::filesystem::path path = HALOGRAM_EDGES_FILE;
    return std::filesystem::exists(path) ? Json::parse(read_file(path)) : Json::object();
}

void replace(const std::filesystem::path& path, const std::string& contents) {
    std::filesystem::remove(path);
    write_new_file(path, contents);
}

// The numbers, with "finite" for those that are not 0: f64 has other huge and tiny numbers.
std::string classes(const std::string& numbers) {
    std::istringstream words(numbers);
    std::string text, word;
    while (words >> word) {
        const bool finite = word != "0" && word.find_first_of("0123456789") != std::string::npos;
        text += finite ? "finite " : word + " ";
    }
    return text;
}

// Of a new kernel one type is stored before the other.
bool has_all_kernels(const Json& tables) {
    return std::ranges::all_of(catalogue(), [&](const CatalogueEntry& entry) {
        return tables.value("f32", Json::object()).contains(entry.name) &&
               tables.value("f64", Json::object()).contains(entry.name);
    });
}

std::string page_of(const Json& tables) {
    std::string text;
    for (const CatalogueEntry& entry : catalogue()) {
        text += "\n## " + entry.name + "\n\n`" + entry.formula + "`\n\n";
        text += "| x, y | k | dk/dx | dk/dy |\n|---|---|---|---|\n";
        const Json& single = tables.at("f32").at(entry.name);
        const Json& twice = tables.at("f64").at(entry.name);
        for (const auto& [situation, numbers] : single.items()) {
            const std::string in_f32 = numbers.get<std::string>(), in_f64 = twice.at(situation).get<std::string>();
            text += "| " + situation + " | " + in_f32 + " |\n";
            if (classes(in_f64) != classes(in_f32)) text += "| " + situation + " (f64) | " + in_f64 + " |\n";
        }
    }
    return text;
}

// The page up to the mark is written by hand.
void expect_page(const std::string& tables) {
    const std::filesystem::path path = HALOGRAM_EDGES_PAGE;
    const std::string page = read_file(path);
    const std::size_t at = page.find(begin_mark);
    ASSERT_NE(at, std::string::npos) << path;
    const std::string right = page.substr(0, at) + begin_mark + tables;
    if (std::getenv("HALOGRAM_WRITE_EDGES") != nullptr)
        replace(path, right);
    else
        EXPECT_EQ(page, right) << path << " is not what edges.json says. " << how;
}

}  // namespace

std::string edge_number(double v) {
    if (std::isnan(v)) return "NaN";
    if (std::isinf(v)) return v > 0 ? "+inf" : "-inf";
    if (v == 0) return "0";
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", v);
    return text;
}

void expect_stored_edges(const std::string& dtype, const EdgeTable& table) {
    Json stored = stored_tables();
    Json computed = Json::object();
    for (const auto& [kernel, situations] : table)
        for (const auto& [situation, numbers] : situations) computed[kernel][situation] = numbers;
    if (std::getenv("HALOGRAM_WRITE_EDGES") != nullptr) {
        stored[dtype] = computed;
        replace(HALOGRAM_EDGES_FILE, stored.dump(2) + "\n");
    }
    const Json& right = stored[dtype];
    EXPECT_EQ(right.size(), computed.size()) << how;
    for (const auto& [kernel, situations] : computed.items())
        EXPECT_EQ(right.value(kernel, Json::object()).dump(2), situations.dump(2))
            << kernel << ", " << dtype << ". " << how;
    if (has_all_kernels(stored)) expect_page(page_of(stored));
}

}  // namespace halogram
