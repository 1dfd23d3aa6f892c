// The named kernels and distances. One entry each; nothing else in the code knows their names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace halogram {

enum class EntryKind { Kernel, Distance };

// Where the points may lie. Tests sample from here; `halogram list` and the docs print it.
enum class Domain {
    Real,         // any finite numbers
    NonNegative,  // every feature >= 0
    Positive,     // every feature > 0
    Probability,  // every feature >= 0, features sum to 1
    Categorical,  // compared for equality only
};

struct CatalogueParameter {
    std::string name;
    std::string description;
    double minimum;  // tests sample uniformly between minimum and maximum
    double maximum;
    bool integer = false;      // int32_t in C, no gradient
    bool per_feature = false;  // name[d] in the formula
};

// A value known from outside this project: closed form or literature, typed in by hand.
struct ReferenceValue {
    std::vector<double> x, y;
    // In the order of the entry's `parameters`; a per-feature parameter has one number per feature.
    std::vector<std::vector<double>> parameters;
    std::string value;   // decimal digits, at least 25 significant ones unless exact
    std::string origin;  // how the digits were found, e.g. "exp(-1/2) by hand"
};

struct CatalogueEntry {
    std::string name;
    EntryKind kind;
    std::string formula;
    std::vector<CatalogueParameter> parameters;
    Domain domain;
    std::string summary;            // one line
    std::string at_zero_by_zero;    // the documented value where the formula meets 0/0, or "does not occur"
    std::string boundary_gradient;  // gradient at coincident points and at the boundary of the domain
    std::string source;             // of the definition: library and class, or paper
    std::string arc_cosine;         // the entry that acos of this one is read as, where it is more exact; else empty
    std::vector<ReferenceValue> references;
};

const std::vector<CatalogueEntry>& catalogue();
const CatalogueEntry* find_in_catalogue(std::string_view name);  // nullptr when there is none
std::string_view domain_name(Domain domain);

}  // namespace halogram
