#include "tests/accuracy/report.h"

#include <cstdio>
#include <ostream>

namespace halogram {

namespace {

std::string digits(const char* format, double value) {
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

// Beyond 10^4 nothing is left of the digits that an ulp counts: the result is small against what it is computed from.
std::string ulp_text(const JudgedPair& pair) {
    return pair.share < 0 ? "-" : pair.ulp < 1e4 ? digits("%.3g", pair.ulp) : "> 10^4";
}

std::string found_on(const JudgedPair& pair) {
    return pair.share < 0 ? "-" : std::string(distribution_name(pair.distribution));
}

std::string variants_text(const KernelAccuracy& a) {
    std::string same, differing;
    for (const VariantAccuracy& v : a.variants) {
        if (v.differing == 0)
            same += (same.empty() ? "" : ", ") + v.isa;
        else
            differing += "; " + v.isa + " differs in " + std::to_string(v.differing) + " pairs";
    }
    return same + differing;
}

nlohmann::ordered_json as_json(const JudgedPair& p) {
    nlohmann::ordered_json parameters = nlohmann::ordered_json::object();
    for (const auto& [name, values] : p.parameters) parameters[name] = values;
    return {{"share_of_bound", p.share},
            {"ulp", p.ulp},
            {"distribution", distribution_name(p.distribution)},
            {"variant", p.variant},
            {"x", p.x},
            {"y", p.y},
            {"parameters", parameters},
            {"computed", p.computed},
            {"exact", p.exact},
            {"bound", p.bound}};
}

}  // namespace

void print_kernel_heading(std::ostream& out, const std::string& dtype) {
    out << "| " << dtype << " | pairs | error / bound | found on | ulp | found on | overflow | no bound | same bits |\n"
        << "|---|---|---|---|---|---|---|---|---|\n"
        << std::flush;
}

void print_kernel_row(std::ostream& out, const KernelAccuracy& a) {
    out << "| `" << a.kernel << "` | " << digits("%.3g", double(a.pairs)) << " | "
        << (a.worst.share < 0 ? "-" : digits("%.3f", a.worst.share)) << " | " << found_on(a.worst) << " | "
        << ulp_text(a.worst_ulp) << " | " << found_on(a.worst_ulp) << " | " << a.overflowing << " | " << a.unbounded
        << " | " << variants_text(a) << " |\n"
        << std::flush;
}

void print_pair(std::ostream& out, const KernelAccuracy& a, const JudgedPair& p) {
    const auto list = [](const std::vector<double>& values) {
        std::string text;
        for (double v : values) text += (text.empty() ? "" : ", ") + digits("%.17g", v);
        return "(" + text + ")";
    };
    out << a.kernel << " " << a.dtype << " " << p.variant << ", " << distribution_name(p.distribution) << ": x "
        << list(p.x) << ", y " << list(p.y);
    for (const auto& [name, values] : p.parameters) out << ", " << name << " " << list(values);
    out << ": " << digits("%.17g", p.computed) << ", exact " << digits("%.17g", p.exact) << ", error "
        << digits("%.4g", p.share) << " of the bound " << digits("%.4g", p.bound) << "\n";
}

void print_cases(std::ostream& out, const std::vector<KnownCase>& cases) {
    out << "| case | elsewhere | Halogram |\n|---|---|---|\n";
    for (const KnownCase& c : cases)
        out << "| " << c.name << " | " << c.elsewhere << " (" << c.source << ") | " << (c.kept ? "" : "**WRONG**: ")
            << c.here << " |\n";
    out << std::flush;
}

nlohmann::ordered_json as_json(const KernelAccuracy& a) {
    nlohmann::ordered_json variants = nlohmann::ordered_json::array(), violations = nlohmann::ordered_json::array();
    for (const VariantAccuracy& v : a.variants)
        variants.push_back({{"isa", v.isa}, {"share_of_bound", a.worst.share}, {"pairs_that_differ", v.differing}});
    for (const JudgedPair& p : a.violations) violations.push_back(as_json(p));
    return {{"kernel", a.kernel},
            {"dtype", a.dtype},
            {"pairs", a.pairs},
            {"overflowing", a.overflowing},
            {"without_finite_bound", a.unbounded},
            {"judged_by_oracle", a.judged},
            {"suspects_not_judged", a.unjudged},
            {"worst", as_json(a.worst)},
            {"worst_in_ulp", as_json(a.worst_ulp)},
            {"variants", variants},
            {"violations", violations}};
}

nlohmann::ordered_json as_json(const KnownCase& c) {
    return {{"case", c.name}, {"elsewhere", c.elsewhere}, {"source", c.source}, {"halogram", c.here}, {"kept", c.kept}};
}

}  // namespace halogram
