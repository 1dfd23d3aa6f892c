#include "schedules/prefetch_stores.h"

#include <utility>
#include <vector>

namespace halogram {

namespace {

using namespace Halide;
using namespace Halide::Internal;

constexpr int line_bytes = 64;

class PrefetchStores : public IRMutator {
public:
    PrefetchStores(std::string output, const std::string& loop, int elements)
        : output_(std::move(output)), loop_suffix_("." + loop), elements_(elements) {}

private:
    std::string output_, loop_suffix_;
    int elements_;
    std::string loop_;                                // the innermost around what is visited
    std::vector<std::pair<std::string, Expr>> lets_;  // inside it
    // The run of stores, one behind the other, that goes on: where it would, and its bytes since the last prefetch.
    Expr next_;
    int bytes_ = 0;
    using IRMutator::visit;

    Stmt visit(const For* loop) override {
        const std::string outer = std::exchange(loop_, loop->name);
        auto outer_lets = std::exchange(lets_, {});
        next_ = Expr();
        Stmt result = IRMutator::visit(loop);
        loop_ = outer;
        lets_ = std::move(outer_lets);
        next_ = Expr();
        return result;
    }

    Stmt visit(const LetStmt* let) override {
        lets_.emplace_back(let->name, let->value);
        Stmt body = mutate(let->body);
        lets_.pop_back();
        return LetStmt::make(let->name, let->value, std::move(body));
    }

    // In terms of what is known where the loop's body begins.
    Expr without_lets(Expr index) const {
        for (auto let = lets_.rbegin(); let != lets_.rend(); ++let) index = substitute(let->first, let->second, index);
        return index;
    }

    Stmt visit(const Store* store) override {
        if (store->name != output_ || !loop_.ends_with(loop_suffix_)) return store;
        const Halide::Type type = store->value.type();
        const Ramp* ramp = store->index.as<Ramp>();
        const Expr first = ramp != nullptr ? ramp->base : store->index;
        const Expr index = without_lets(first);
        if (!next_.defined() || !is_const_zero(simplify(index - next_)) || bytes_ >= line_bytes) bytes_ = 0;
        const bool begins_a_line = bytes_ == 0;
        bytes_ += type.bytes() * type.lanes();
        next_ = index + type.lanes();
        if (!begins_a_line) return store;
        const Expr prefetch =
            Call::make(type.element_of(), Call::prefetch,
                       {Variable::make(Halide::Handle(), output_), first + elements_, 1, 1}, Call::Intrinsic);
        return Block::make(Evaluate::make(prefetch), store);
    }
};

}  // namespace

void add_prefetch_of_stores(Halide::Pipeline& pipeline, const Halide::Func& output, const std::string& loop,
                            int elements) {
    if (elements > 0) pipeline.add_custom_lowering_pass(new PrefetchStores(output.name(), loop, elements));
}

}  // namespace halogram
