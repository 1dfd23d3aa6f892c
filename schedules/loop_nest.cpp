#include "schedules/loop_nest.h"

#include <iostream>
#include <sstream>

#include "schedules/feature_blocks.h"
#include "schedules/in_process.h"
#include "schedules/machine.h"
#include "schedules/strategy.h"

namespace halogram {

namespace {

// Halide prints loop nests to std::cerr and nowhere else.
class CapturedErrors {
public:
    CapturedErrors() : before_(std::cerr.rdbuf(buffer_.rdbuf())) {}
    ~CapturedErrors() { std::cerr.rdbuf(before_); }
    CapturedErrors(const CapturedErrors&) = delete;
    CapturedErrors& operator=(const CapturedErrors&) = delete;
    std::string text() const { return buffer_.str(); }

private:
    std::stringstream buffer_;
    std::streambuf* before_;
};

std::string text_of(const TileParameters& p, const LeafPipeline& leaf) {
    const std::string least = std::to_string(least_features_for_pair_blocks(leaf.type));
    return "rows " + std::to_string(p.rows) + ", vectors " + std::to_string(p.vectors) + ", features " +
           std::to_string(p.features) + ", unroll " + std::to_string(p.unroll) +
           (p.block > 0 ? ", blocks of " + std::to_string(p.block) + " rows from " + least + " features on" : "");
}

std::string loops_of(const LeafPipeline& leaf) {
    CapturedErrors captured;
    Halide::Pipeline(leaf.outputs).print_loop_nest();
    std::istringstream lines(captured.text());
    std::string text, line;
    while (std::getline(lines, line)) text += "    " + line + "\n";
    return text;
}

}  // namespace

std::vector<LoopNest> loop_nests(const KernelRequest& request) {
    return translate_errors([&] {
        std::vector<LoopNest> nests;
        const Machine machine = machines_of(request.target).front();
        for (const KernelRequest& form : forms_of(request))
            for (const std::string& operation : form.operations) {
                expect_within_budget(form.formula, operation);
                const auto lock = lock_compiler();
                Halide::Internal::reset_random_counters();
                LeafSet set(form.formula, halide_type(form.dtype), form.features);
                for (LeafPipeline& leaf : set.of(operation)) {
                    const ChosenSchedule chosen =
                        schedule(leaf, machine, picked_parameters(form, machine.isa, operation, leaf));
                    nests.push_back({name_in_form(form.formula, operation), leaf_name(leaf.kind), chosen.strategy->name,
                                     text_of(chosen.parameters, leaf), loops_of(leaf)});
                }
            }
        return nests;
    });
}

}  // namespace halogram
