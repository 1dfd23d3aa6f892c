#include "tests/support/pairwise.h"

#include <algorithm>
#include <numeric>
#include <random>

namespace halogram_test {
namespace {

class Generator {
public:
    explicit Generator(const std::vector<int>& sizes) : sizes_(sizes), order_(sizes.size()) {
        // Factors with many values first: their pairs decide how many rows there are, the others fit in.
        std::iota(order_.begin(), order_.end(), 0);
        std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) { return size(a) > size(b); });
        used_.resize(sizes.size());
        for (int f : order_) used_[index(f)].assign(index(size(f)), 0);
        open_.resize(sizes.size() * sizes.size());
        for (int f : order_)
            for (int g : order_)
                if (f < g) open_pairs(f, g).assign(index(size(f) * size(g)), true);
    }

    std::vector<FactorValues> run() {
        std::vector<FactorValues> rows;
        for (std::size_t a = 0; a < order_.size(); ++a)
            for (std::size_t b = a + 1; b < order_.size(); ++b)
                for (int v = 0; v < size(order_[a]); ++v)
                    for (int w = 0; w < size(order_[b]); ++w)
                        if (is_open(order_[a], v, order_[b], w)) rows.push_back(row(order_[a], v, order_[b], w));
        return rows;
    }

private:
    const std::vector<int>& sizes_;
    std::vector<int> order_;
    std::mt19937 chance_;                  // the same numbers everywhere, by the standard
    std::vector<std::vector<int>> used_;   // how often each value of each factor has been used
    std::vector<std::vector<bool>> open_;  // of factors f < g: the pairs that no row has yet

    static std::size_t index(int i) { return static_cast<std::size_t>(i); }
    int size(int f) const { return sizes_[index(f)]; }
    std::vector<bool>& open_pairs(int f, int g) { return open_[index(f) * sizes_.size() + index(g)]; }
    std::vector<bool>::reference open_at(int f, int v, int g, int w) {
        if (f > g) return open_at(g, w, f, v);
        return open_pairs(f, g)[index(v * size(g) + w)];
    }
    bool is_open(int f, int v, int g, int w) { return open_at(f, v, g, w); }

    // A row with one pair given. Each further factor takes the value that closes most pairs with those before it; among
    // equals, chance decides between those used least, so that small factors do not run in step.
    FactorValues row(int f, int v, int g, int w) {
        FactorValues values(sizes_.size(), -1);
        values[index(f)] = v;
        values[index(g)] = w;
        for (int h : order_) {
            if (values[index(h)] >= 0) continue;
            int best = 0, best_gain = -1;
            unsigned equals = 0;
            for (int candidate = 0; candidate < size(h); ++candidate) {
                int gain = 0;
                for (int other : order_)
                    if (values[index(other)] >= 0) gain += is_open(h, candidate, other, values[index(other)]);
                const int more_used = used_[index(h)][index(candidate)] - used_[index(h)][index(best)];
                if (gain > best_gain || (gain == best_gain && more_used < 0)) {
                    best = candidate;
                    best_gain = gain;
                    equals = 1;
                } else if (gain == best_gain && more_used == 0 && chance_() % ++equals == 0) {
                    best = candidate;
                }
            }
            values[index(h)] = best;
        }
        for (int a : order_) {
            ++used_[index(a)][index(values[index(a)])];
            for (int b : order_)
                if (a < b) open_at(a, values[index(a)], b, values[index(b)]) = false;
        }
        return values;
    }
};

}  // namespace

std::vector<FactorValues> pairwise_rows(const std::vector<int>& sizes) { return Generator(sizes).run(); }

std::vector<std::string> missing_pairs(const std::vector<int>& sizes, const std::vector<FactorValues>& rows) {
    std::vector<std::string> missing;
    for (std::size_t f = 0; f < sizes.size(); ++f)
        for (std::size_t g = f + 1; g < sizes.size(); ++g)
            for (int v = 0; v < sizes[f]; ++v)
                for (int w = 0; w < sizes[g]; ++w)
                    if (std::none_of(rows.begin(), rows.end(),
                                     [&](const FactorValues& row) { return row[f] == v && row[g] == w; }))
                        missing.push_back("factor " + std::to_string(f) + " = " + std::to_string(v) + " and factor " +
                                          std::to_string(g) + " = " + std::to_string(w));
    return missing;
}

}  // namespace halogram_test
