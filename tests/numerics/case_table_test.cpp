// The case table, run: K bit for bit what calls of one pair give, entries of K and all gradients within the oracle's
// bound, nothing outside the buffers read or written.
#include "tests/numerics/case_table.h"

#include <algorithm>
#include <map>
#include <set>

#include "tests/numerics/whole_catalogue.h"
#include "tests/support/oracle.h"

namespace halogram {
namespace {

TEST(CaseTable, HasEveryPairAndEveryEntry) {
    EXPECT_TRUE(halogram_test::missing_pairs(case_factors(), case_rows()).empty());
    std::set<std::string> entries, any;
    std::set<std::pair<bool, bool>> empty;
    int large = 0;
    for (const Case& c : case_table()) {
        entries.insert(c.entry->name);
        empty.insert({c.shape.n == 0, c.shape.m == 0});
        large += c.shape.n > HG_GRAM_PANEL_ROWS && c.shape.m > HG_GRAM_CHUNK_COLUMNS;
    }
    EXPECT_EQ(entries.size(), catalogue().size());
    EXPECT_TRUE(empty.count({true, false}) && empty.count({false, true}));
    EXPECT_GT(large, 0) << "no case with several panels and chunks";
}

// The caller's own threads, one after the other; counts how many the library asked for.
void run_in_order(void* most, std::int64_t count, hg_task task, void* context) {
    *static_cast<std::int64_t*>(most) = std::max(*static_cast<std::int64_t*>(most), count);
    for (std::int64_t k = count; k-- > 0;) task(context, k);
}

struct Library {
    const char* dtype;
    bool fixed;  // D
};

class Cases : public testing::TestWithParam<Library> {
protected:
    // Cases of one library, of which there is one per D, or one for all D.
    template <typename T>
    void check() {
        std::map<int, std::vector<const Case*>> by_library;
        for (const Case& c : case_table())
            if (c.dtype == GetParam().dtype && (c.features > 0) == GetParam().fixed)
                by_library[c.features].push_back(&c);
        for (const auto& [features, cases] : by_library) check_library<T>(features, cases);
    }

private:
    template <typename T>
    static void check_library(int features, const std::vector<const Case*>& cases) {
        if (features == 0) {
            auto& [requests, library] = whole_catalogue(cases.front()->dtype, 0);
            check_cases<T>(cases, requests, library);
            return;
        }
        std::vector<KernelRequest> requests;
        std::set<std::string> names;
        for (const Case* c : cases)
            if (const CatalogueEntry& entry = *c->entry; names.insert(entry.name).second)
                requests.push_back({entry.name,
                                    catalogue_formula(entry.name),
                                    entry.summary,
                                    c->dtype,
                                    features,
                                    {"gram", "gram_vjp"}});
        GeneratedLibrary library("cases", requests);
        check_cases<T>(cases, requests, library);
    }

    template <typename T>
    static void check_cases(const std::vector<const Case*>& cases, const std::vector<KernelRequest>& requests,
                            GeneratedLibrary& library) {
        for (const Case* c : cases) {
            SCOPED_TRACE(c->text());
            const auto request = std::find_if(requests.begin(), requests.end(),
                                              [&](const KernelRequest& r) { return r.c_name == c->entry->name; });
            ASSERT_NE(request, requests.end());
            check_case<T>(*c, library, library.kernels[std::size_t(request - requests.begin())], request->formula);
            if (testing::Test::HasFatalFailure()) return;
        }
    }

    template <typename T>
    static void check_case(const Case& c, GeneratedLibrary& library, const KernelInterface& kernel,
                           const Formula& formula) {
        ASSERT_TRUE(library.use_variant(c.variant));
        KernelProblem<T> p(*c.entry, kernel, c.shape, static_cast<unsigned>(c.number));
        thin_out(c, p);
        p.forbid_writing();
        std::int64_t most = 0;
        hg_options options = options_with_threads(c.threads);
        if (c.runner == Runner::Caller) {
            options.parallel_for = run_in_order;
            options.parallel_for_user = &most;
        }
        const auto out = run(library, p, options, c.own_workspace);
        if (c.runner == Runner::Caller && c.extent == Extent::Threads) {
            EXPECT_EQ(most > 1, c.threads > 1);
        }
        EXPECT_TRUE(out->gaps_untouched());
        check_entries(c, library, p, *out);
        const Oracle<T> oracle(formula, p);
        const std::int64_t n = c.shape.n, m = c.shape.m;
        std::set<std::pair<std::int64_t, std::int64_t>> sample;
        for (std::int64_t i : {std::int64_t{0}, n / 2, n - 1})
            for (std::int64_t j : {std::int64_t{0}, m / 2, m - 1})
                if (n > 0 && m > 0) sample.insert({i, j});
        for (const auto& [i, j] : sample) oracle.check_entry(*out, i, j);
        // Only coincident points may lie beside a kink, which is one row where y is x; but of one feature all points are
        // collinear, where angles have theirs.
        const std::int64_t unbounded = oracle.check_gradients(*out);
        if (c.shape.d > 1) {
            EXPECT_LE(unbounded, c.shape.self ? c.shape.d : 0);
        }
    }

    // Every entry of K is that of a call with its two points alone. A kernel that is symmetric only mathematically is
    // computed for i <= j and mirrored where y is x.
    template <typename T>
    static void check_entries(const Case& c, const GeneratedLibrary& library, const KernelProblem<T>& p,
                              const KernelOutputs<T>& out) {
        const bool mirrored = c.shape.self && p.kernel.symmetry == Symmetry::Mathematical;
        T value = 0;
        const T *x = nullptr, *y = nullptr;
        Call call;
        p.add_sizes(call, 1, 1);
        call.reference(x).integer(c.shape.d).reference(y).integer(c.shape.d);
        p.add_parameters(call);
        call.pointer(&value).integer(1);
        void* const function = library.symbol(p.kernel.c_name + "_gram");
        std::int64_t differ = 0;
        for (std::int64_t i = 0; i < c.shape.n; ++i)
            for (std::int64_t j = 0; j < c.shape.m; ++j) {
                const bool swapped = mirrored && i > j;
                x = &p.x(swapped ? j : i, 0);
                y = p.y_row(swapped ? i : j);
                if (call.run(function) != HG_OK || !same_number(value, out.k(i, j))) ++differ;
            }
        EXPECT_EQ(differ, 0) << "entries of K differ from calls with one pair";
        if (!c.shape.self || p.kernel.symmetry == Symmetry::None) return;
        for (std::int64_t i = 0; i < c.shape.n; ++i)
            for (std::int64_t j = 0; j < i; ++j) EXPECT_TRUE(same_number(out.k(i, j), out.k(j, i)));
    }

    // The oracle takes long for a pair: where there are many, only the cotangents of one row and one column (the first,
    // the middle or the last ones) stay, or of every few pairs of these, so that every gradient is still a sum. Where y
    // is x, one pair of a point with itself stays: its gradient may have no finite bound, which hides the others'.
    template <typename T>
    static void thin_out(const Case& c, KernelProblem<T>& p) {
        const std::int64_t n = c.shape.n, m = c.shape.m;
        const auto most = static_cast<std::int64_t>(2000 / (1 + static_cast<double>(c.shape.d) / 4));
        const bool all = n * m <= most;
        const std::int64_t step = 1 + (n + m) / most;
        auto one_of = [](std::int64_t count, int which) { return which == 0 ? 0 : which == 1 ? count / 2 : count - 1; };
        const std::int64_t row = one_of(n, c.number % 3), column = one_of(m, c.number / 3 % 3);
        p.keep_cotangents([&](std::int64_t i, std::int64_t j) {
            if (c.shape.self && i == j) return i == row;
            return all || (i == row && (j + c.number) % step == 0) || (j == column && (i + c.number) % step == 0);
        });
    }
};

TEST_P(Cases, AreRight) {
    if (std::string(GetParam().dtype) == "f32")
        check<float>();
    else
        check<double>();
}

INSTANTIATE_TEST_SUITE_P(Libraries, Cases,
                         testing::Values(Library{"f32", false}, Library{"f64", false}, Library{"f32", true},
                                         Library{"f64", true}),
                         [](const auto& instance) {
                             return std::string(instance.param.dtype) + (instance.param.fixed ? "_each_width" : "_any");
                         });

}  // namespace
}  // namespace halogram
