// Random formulas of the whole language, drawn from the tables of functions and kernels.
#pragma once

#include <random>
#include <string>

#include "generators/formula/parser.h"

namespace halogram {

struct RandomFormula {
    std::string text;
    Formula formula;
    int cost = 0;  // operations of values and gradients, functions counting by their instructions
};

// A formula that parses, and whose gradients have so few operations that they compile in about a second. The same state of
// `random` gives the same formula on every machine.
RandomFormula random_formula(std::mt19937_64& random);

}  // namespace halogram
