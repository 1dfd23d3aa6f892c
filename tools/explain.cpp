// halogram explain: what build would make of a kernel, to read.
#include <iostream>
#include <memory>

#include "tools/explanation.h"

namespace halogram {

void add_explain_command(CLI::App& program) {
    auto a = std::make_shared<KernelArguments>();
    CLI::App* command = program.add_subcommand(
        "explain", "Show structure, derivatives, operations per pair, strategy and loops of a kernel");
    add_kernel_options(*command, *a);
    command->footer(
        "Structure: the sums over features, the function around them, and the facts that choose algorithms.\n"
        "Derivatives: what gram_vjp multiplies with the cotangent, as text of the formula language. A product with a\n"
        "factor that can be infinite at a pole is 0 where the other factor is exactly 0.\n"
        "Operations: arithmetic vector instructions; a fused multiply-add counts as one, exp as its polynomial.\n"
        "Loops: of each leaf function, for the best variant; `vectorized` and `unrolled` loops become straight "
        "code.\n\n"
        "Example:\n  halogram explain --formula \"exp(-gamma * sum(abs(x - y)))\" --features 5");
    command->callback([a] { explain(*a, std::cout); });
}

}  // namespace halogram
