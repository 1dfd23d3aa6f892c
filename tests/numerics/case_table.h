// The case table: every pair of values of (n mod 16, m mod 16 or y = x, D, leading dimensions, threads, variant, ...)
// occurs in some case.
#pragma once

#include "tests/support/kernel_problem.h"
#include "tests/support/pairwise.h"

namespace halogram {

// How many points a case has beyond n mod 16 and m mod 16.
enum class Extent {
    Remainder,  // none: as little as 0
    Tiles,      // a few register tiles
    Wide,       // more columns than a chunk of K or of the gradients holds, few rows
    Tall,       // more rows than a panel holds, few columns
    Threads,    // so many pairs that threads are started
};

enum class Runner { Pool, Caller };  // who runs the threads: the library or hg_options.parallel_for

struct Case {
    int number = 0;
    const CatalogueEntry* entry = nullptr;
    std::string dtype;
    int features = 0;  // of the library; 0: an argument
    ProblemShape shape;
    Extent extent = Extent::Remainder;
    int threads = 1;
    Runner runner = Runner::Pool;
    std::string variant;
    bool own_workspace = false;

    std::string text() const;
};

// The variants that this machine can run, best first.
std::vector<std::string> supported_variants();

// The numbers of values of the factors of the table, and its rows.
std::vector<int> case_factors();
const std::vector<halogram_test::FactorValues>& case_rows();

// The cases, one per row. Their kernels go round the catalogue; where D is fixed, round the few entries that are
// compiled for that D.
const std::vector<Case>& case_table();

}  // namespace halogram
