// From the parse tree to the tree of the formula: names are resolved, shapes checked, calls expanded.
#pragma once

#include <tao/pegtl/contrib/parse_tree.hpp>

#include <map>
#include <string>
#include <vector>

#include "generators/formula/parser.h"

namespace halogram {

struct CatalogueEntry;

class FormulaBuilder {
public:
    using ParseNode = tao::pegtl::parse_tree::node;

    FormulaBuilder(Formula& formula, const ParseOptions& options)
        : formula_(formula), options_(options), pool_(*formula.pool) {}
    void build(const ParseNode& root);

private:
    struct Argument {
        std::string name;  // "" when positional
        Expr value;
        std::size_t offset;
    };

    Formula& formula_;
    const ParseOptions& options_;
    Pool& pool_;
    std::map<std::string, Expr> lets_;
    std::vector<std::string> lets_being_defined_;
    // Calls of entries that know their arc cosine, and where to.
    struct Cosine {
        const CatalogueEntry* entry;
        Expr x, y;
    };
    std::map<Expr, Cosine> cosines_;
    bool names_points_ = false, names_features_ = false, calls_ = false;

    [[noreturn]] void fail(FormulaErrorCode code, std::size_t offset, const std::string& message) const;
    static std::size_t offset_of(const ParseNode& n) { return n.begin().byte; }

    Expr visit(const ParseNode& n);
    Expr number_at(const std::string& text, std::size_t offset);
    Expr name_at(const std::string& name, std::size_t offset, bool indexed);
    Expr parameter(const std::string& name, Op kind, std::size_t offset);
    Expr binary_chain(const ParseNode& n);
    Expr comparison_chain(const ParseNode& n);
    Expr signed_operand(const ParseNode& n);
    Expr let_in(const ParseNode& n);
    Expr call_at(const ParseNode& n);
    void expect_positions(const std::string& name, const ParseNode& call) const;
    Expr reduction(const std::string& name, const std::vector<Argument>& arguments, std::size_t offset);
    Formula entry_formula(const std::string& name) const;
    Expr arc_cosine(const Function& acos, Expr cosine);
    Expr catalogue_call(const CatalogueEntry& entry, const std::vector<Argument>& arguments, std::size_t offset,
                        std::size_t close);
    Expr value_of(const ParseNode& n);      // demands a number
    Expr condition_of(const ParseNode& n);  // demands a condition
    void check_settings() const;
    void check_points() const;
};

}  // namespace halogram
