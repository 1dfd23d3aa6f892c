#include "generators/pipelines/operation_count.h"

#include "generators/math/functions.h"
#include "generators/pipelines/gradient_terms.h"

namespace halogram {

namespace {

void add(OperationCount& count, Expr e, int operations) {
    (e->per_feature ? count.per_feature : count.per_pair) += operations;
}

void count_trees(const std::vector<Expr>& roots, OperationCount& count) {
    for (Expr e : topological_order(roots)) {
        if (!e->mixes_points() || e->arguments.empty()) continue;
        if (e->is_reduction())
            count.per_feature += e->arguments[0]->op == Op::Multiply ? 0 : 1;  // a product is fused into its sum
        else if (e->op == Op::Call)
            add(count, e, e->function->operations);
        else
            add(count, e, e->op == Op::Power ? power_operations : 1);
    }
}

// Terms of a gradient: a plane times a per-feature part, fused into the sum over points; for a sign a comparison, an
// operation on the bits and a masked addition. A sum that is one number for all features is made once per pair.
void count_terms(const std::vector<GradientTerm>& terms, OperationCount& count) {
    for (const GradientSum& sum : sums_of(terms))
        (sum.per_feature ? count.per_feature : count.per_pair) += static_cast<int>(sum.terms.size());
    for (const GradientTerm& term : terms) {
        if (term.sign) count.per_feature += 2;
        if (term.feature != nullptr) count_trees({term.sign ? term.feature->arguments[0] : term.feature}, count);
    }
}

}  // namespace

void expect_within_budget(const Formula& formula, const std::string& operation) {
    std::vector<Expr> roots;
    if (operation == "gram") {
        roots = {evaluated_value(formula)};
    } else {
        const GradientTerms terms = gradient_terms(formula);
        for (const PairPlane& plane : terms.planes)
            if (plane.value != nullptr) roots.push_back(plane.value);
        std::vector<const std::vector<GradientTerm>*> lists = {&terms.x, &terms.y};
        for (const std::vector<GradientTerm>& vector : terms.vectors) lists.push_back(&vector);
        for (const std::vector<GradientTerm>* list : lists)
            for (const GradientTerm& term : *list)
                for (Expr part : {term.feature, term.own})
                    if (part != nullptr) roots.push_back(part);
    }
    std::int64_t operations = 0;  // of parameters and of one point, too: they are compiled as well
    for (Expr e : topological_order(roots))
        operations += e->op == Op::Call ? e->function->operations : e->op == Op::Power ? power_operations : 1;
    const std::int64_t budget = formula.pool->budget();
    if (operations > budget)
        throw BudgetError("its " + operation + " takes " + std::to_string(operations) + " operations", budget);
}

OperationCount operation_count(const Formula& formula, const std::string& operation, int features) {
    OperationCount count;
    count.features = features;
    if (operation == "gram") {
        count_trees({evaluated_value(formula)}, count);
        return count;
    }
    const GradientTerms terms = gradient_terms(formula);
    std::vector<Expr> roots;
    for (const PairPlane& plane : terms.planes)
        if (plane.value != nullptr) roots.push_back(plane.value);
    count_trees(roots, count);
    count.per_pair += static_cast<int>(terms.planes.size());
    count_terms(terms.x, count);
    count_terms(terms.y, count);
    for (const std::vector<GradientTerm>& vector : terms.vectors) count_terms(vector, count);
    return count;
}

}  // namespace halogram
