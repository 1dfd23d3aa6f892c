#include "tests/numerics/case_table.h"

extern "C" {
#include "runtime/hg_internal.h"
}

#include <cmath>
#include <map>

#include "schedules/machine.h"

namespace halogram {
namespace {

constexpr int widths[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 64, 67};
constexpr int thread_counts[] = {1, 2, 3, 7};

// Entries that are compiled for one D and one dtype: as many as compile in the time that a test may take.
constexpr std::size_t entries_of_library = 2;

template <typename T, std::size_t count>
constexpr int size_of(const T (&)[count]) {
    return static_cast<int>(count);
}

enum Factor {
    NMod16,
    Second,  // m mod 16, or 16: y = x, where m is n
    Width,
    LeadingDimension,
    Threads,
    Variant,
    Library,  // its dtype; D fixed or an argument
    GuardPage,
    Points,
    Workspace,
    WhoRuns,
};

// 0, 1 or 13 more than needed everywhere (0 to 2), or each of the three somewhere (3 to 5).
Gaps gaps_of(int level) {
    constexpr int sizes[] = {0, 1, 13};
    auto gap = [&](int buffer) { return sizes[(level + (level < 3 ? 0 : buffer)) % 3]; };
    return {gap(0), gap(1), gap(2), gap(0), gap(1), gap(2)};
}

// As the runtime estimates it.
double operations(const Case& c) {
    const KernelRequest request{c.entry->name,       catalogue_formula(c.entry->name), "", c.dtype, c.features,
                                {"gram", "gram_vjp"}};
    const double most =
        std::max(operations_per_pair(request, "gram").total(), operations_per_pair(request, "gram_vjp").total());
    return c.features > 0 ? most : most * static_cast<double>(c.shape.d) / 16;
}

// n and m beyond their remainders, in units of 16.
std::pair<int, int> extents(const Case& c) {
    switch (c.extent) {
        case Extent::Remainder: return {0, 0};
        case Extent::Tiles: return {1 + c.number % 4, 1 + c.number / 4 % 4};
        case Extent::Wide: return {c.number % 2, 33 + c.number % 5};
        case Extent::Tall: return {17 + c.number % 17, c.number / 2 % 2};
        case Extent::Threads: break;
    }
    // A square or, where y is not x, also four times as wide as high or the other way round.
    const double pairs = 1.05e6 / operations(c), ratio = c.shape.self ? 1 : std::pow(4, c.number % 3 - 1);
    auto units = [](double points) { return 1 + static_cast<int>(points / 16); };
    return {units(std::sqrt(pairs * ratio)), units(std::sqrt(pairs / ratio))};
}

// Goes round the catalogue; a library with fixed D takes new entries until it is full and then repeats them.
class EntryChooser {
public:
    const CatalogueEntry* next(const std::string& dtype, int features) {
        std::vector<const CatalogueEntry*>& chosen = chosen_[{dtype, features}];
        if (features > 0 && chosen.size() >= entries_of_library) {
            std::rotate(chosen.begin(), chosen.begin() + 1, chosen.end());
            return chosen.back();
        }
        chosen.push_back(&catalogue()[next_++ % catalogue().size()]);
        return chosen.back();
    }

private:
    std::map<std::pair<std::string, int>, std::vector<const CatalogueEntry*>> chosen_;
    std::size_t next_ = 0;
};

std::vector<Case> make_table() {
    std::vector<Case> table;
    EntryChooser chooser;
    const std::vector<std::string> variants = supported_variants();
    for (const halogram_test::FactorValues& row : case_rows()) {
        auto value = [&](Factor f) { return row[static_cast<std::size_t>(f)]; };
        Case c;
        c.number = static_cast<int>(table.size());
        c.dtype = value(Library) / 2 == 0 ? "f32" : "f64";
        c.shape.d = widths[value(Width)];
        c.features = value(Library) % 2 == 0 ? widths[value(Width)] : 0;
        c.entry = chooser.next(c.dtype, c.features);
        c.shape.self = value(Second) == 16;
        c.shape.gaps = gaps_of(value(LeadingDimension));
        c.shape.guard = value(GuardPage) == 0 ? Guard::After : Guard::Before;
        c.threads = thread_counts[value(Threads)];
        c.runner = value(WhoRuns) == 0 ? Runner::Pool : Runner::Caller;
        c.variant = variants[static_cast<std::size_t>(value(Variant))];
        c.own_workspace = value(Workspace) == 1;
        c.extent = static_cast<Extent>(value(Points));
        const auto [high, wide] = extents(c);
        c.shape.n = value(NMod16) + 16 * high;
        c.shape.m = c.shape.self ? c.shape.n : value(Second) + 16 * wide;
        table.push_back(c);
    }
    return table;
}

}  // namespace

std::string Case::text() const {
    return "case " + std::to_string(number) + ": " + entry->name + " " + dtype + " " + variant +
           (features > 0 ? ", D fixed, n " : ", n ") + std::to_string(shape.n) + " m " + std::to_string(shape.m) +
           " D " + std::to_string(shape.d) + (shape.self ? ", y = x, " : ", ") + std::to_string(threads) + " threads";
}

std::vector<std::string> supported_variants() {
    std::vector<std::string> names;
    for (const Machine& machine : machines_of("host"))
        if (hg1_isa_supported(hg1_isa_number(machine.isa.c_str()))) names.push_back(machine.isa);
    return names;
}

std::vector<int> case_factors() {
    return {16, 17, size_of(widths), 6, size_of(thread_counts), static_cast<int>(supported_variants().size()), 4, 2, 5,
            2,  2};
}

const std::vector<halogram_test::FactorValues>& case_rows() {
    static const std::vector<halogram_test::FactorValues> rows = halogram_test::pairwise_rows(case_factors());
    return rows;
}

const std::vector<Case>& case_table() {
    static const std::vector<Case> table = make_table();
    return table;
}

}  // namespace halogram
