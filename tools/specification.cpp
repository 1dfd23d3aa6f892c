#include "tools/specification.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "library/embedded_text.h"

namespace halogram {

// Made by library/embed_text.cmake from tools/specification.schema.json.
std::span<const EmbeddedFile> embedded_schemas();

namespace {

using Json = nlohmann::json;
using JsonAdapter = valijson::adapters::NlohmannJsonAdapter;

// "[json.exception.parse_error.101] parse error at line 3, column 5: ..." without the bracket.
std::string reason(const Json::exception& e) {
    const std::string what = e.what();
    const std::size_t bracket = what.find("] ");
    return bracket == what.npos ? what : what.substr(bracket + 2);
}

// Far beyond what people write, and little to read: a number in the text takes 16 bytes in the document, and much more where
// it is compared with the schema.
constexpr std::size_t largest_file = std::size_t(4) << 20;
constexpr std::size_t most_values = 100'000;
constexpr int deepest_value = 16;

std::string contents_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file || std::filesystem::is_directory(path)) throw UsageError("--spec " + path + ": the file cannot be read");
    // Not asked for its size: it may be a pipe.
    std::string contents(largest_file + 1, '\0');
    file.read(contents.data(), static_cast<std::streamsize>(contents.size()));
    contents.resize(static_cast<std::size_t>(file.gcount()));
    if (contents.size() > largest_file)
        throw UsageError("--spec " + path + ": the file has more than " + std::to_string(largest_file >> 20) +
                         " MiB; divide it into several libraries");
    return contents;
}

Json parse(const std::string& path) {
    const std::string contents = contents_of(path);
    std::size_t values = 0;
    std::vector<std::set<std::string>> members;  // seen so far, of every object that is open
    const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
        if (++values > most_values)
            throw UsageError("--spec " + path + ": it holds more than " + std::to_string(most_values) +
                             " values; divide it into several libraries");
        if (depth > deepest_value)
            throw UsageError("--spec " + path + ": its values are nested more than " + std::to_string(deepest_value) +
                             " deep");
        if (event == Json::parse_event_t::object_start) members.emplace_back();
        if (event == Json::parse_event_t::object_end) members.pop_back();
        if (event == Json::parse_event_t::key && !members.back().insert(parsed).second)
            throw UsageError("--spec " + path + ": '" + parsed.get<std::string>() + "' stands twice in one object");
        return true;
    };
    try {
        return Json::parse(contents, check);
    } catch (const Json::parse_error& e) {
        throw UsageError("--spec " + path + ": not JSON: " + reason(e));
    } catch (const Json::exception& e) {
        throw UsageError("--spec " + path + ": " + reason(e));
    }
}

// {"<root>", "[kernels]", "[0]"} -> "kernels[0]"
std::string place_of(const std::vector<std::string>& context) {
    std::string place;
    for (std::size_t k = 1; k < context.size(); ++k) {
        const std::string name = context[k].substr(1, context[k].size() - 2);
        const bool index = !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
        if (index)
            place.append("[").append(name).append("]");
        else
            place.append(place.empty() ? "" : ".").append(name);
    }
    return place;
}

void check_layout(const std::string& path, const Json& document) {
    const Json text = Json::parse(embedded_schemas().front().contents);
    valijson::Schema schema;
    valijson::SchemaParser().populateSchema(JsonAdapter(text), schema);
    valijson::ValidationResults results;
    if (valijson::Validator().validate(schema, JsonAdapter(document), &results)) return;
    // The deepest place is the most exact one.
    valijson::ValidationResults::Error deepest, next;
    while (results.popError(next))
        if (deepest.description.empty() || next.context.size() > deepest.context.size()) deepest = next;
    const std::string place = place_of(deepest.context);
    // "Object contains a property that could not be validated ...: 'foo'."
    const std::size_t quote = deepest.description.find(": '");
    if (deepest.description.rfind("Object contains a property", 0) == 0 && quote != std::string::npos)
        deepest.description = "there is no option " + deepest.description.substr(quote + 2);
    const Json& options = text["properties"]["kernels"]["items"]["properties"];
    const std::string option = place.substr(place.find_last_of('.') + 1);
    if (place == "name")
        deepest.description = "expected: " + text["properties"]["name"]["description"].get<std::string>();
    else if (options.contains(option))
        deepest.description = "expected: " + options[option]["description"].get<std::string>();
    throw UsageError("--spec " + path + (place.empty() ? "" : ", " + place) + ": " + deepest.description +
                     " (layout: {\"name\": ..., \"kernels\": [{long options}]})");
}

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

// A text may hold several, separated by commas, as on the command line.
std::vector<std::string> texts_of(const Json& value) {
    std::vector<std::string> all;
    for (const Json& v : value.is_array() ? value : Json::array({value})) {
        std::istringstream parts(text_of(v));
        for (std::string part; std::getline(parts, part, ',');) all.push_back(part);
    }
    return all;
}

std::vector<std::string> settings_of(const Json& value) {
    if (!value.is_object()) return texts_of(value);
    std::vector<std::string> all;
    for (const auto& [name, setting] : value.items()) all.push_back(name + "=" + text_of(setting));
    return all;
}

KernelArguments arguments_of(const Json& entry, const KernelArguments& defaults) {
    KernelArguments a = defaults;
    for (const auto& [option, value] : entry.items()) {
        if (option == "set")
            a.settings = settings_of(value);
        else if (std::vector<std::string>* list = a.list(option))
            *list = texts_of(value);
        else if (std::string* single = a.text(option))
            *single = text_of(value);
        else
            throw std::logic_error("the schema allows the option '" + option + "', which no kernel has");
    }
    // One that was given for all holds for those that have a use for it.
    if (a.form != "auto" && !entry.contains("tolerance")) a.tolerance.clear();
    return a;
}

}  // namespace

Specification read_specification(const std::string& path, const KernelArguments& defaults) {
    const Json document = parse(path);
    check_layout(path, document);
    Specification specification{document["name"], {}};
    for (const Json& entry : document["kernels"]) specification.kernels.push_back(arguments_of(entry, defaults));
    return specification;
}

}  // namespace halogram
