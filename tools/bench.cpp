// halogram bench: the time of what build would emit, against the machine's limit.
#include <iostream>
#include <map>
#include <memory>

#include "library/interruption.h"
#include "measurement/autoscheduled.h"
#include "tools/bench_compile.h"
#include "tools/bench_report.h"
#include "tools/kernel_arguments.h"
#include "tools/progress.h"

namespace halogram {

namespace {

struct BenchArguments {
    KernelArguments kernel;
    std::vector<std::string> sizes = {"128", "2048"};
    std::vector<std::string> variants = {"best"};
    std::vector<int> threads = {1};
    int dimension = 16;
    double seconds = 0.5;
    std::string against;
    bool compile = false, self = false, json = false, quiet = false;
};

// "2048" or "2048x1024".
BenchShape shape_of(const std::string& text, const BenchArguments& a, int features) {
    constexpr std::int64_t most = 1 << 20;
    const std::size_t cross = text.find('x');
    const std::string parts[] = {text.substr(0, cross), cross == std::string::npos ? text : text.substr(cross + 1)};
    std::int64_t numbers[2] = {0, 0};
    for (int k = 0; k < 2; ++k) {
        if (parts[k].empty() || parts[k].size() > 7 || parts[k].find_first_not_of("0123456789") != std::string::npos ||
            (numbers[k] = std::stoll(parts[k])) < 1 || numbers[k] > most)
            throw UsageError("--size " + text.substr(0, 40) + ": give a number of points such as 2048, or 2048x1024");
    }
    if (numbers[0] * numbers[1] > std::int64_t{1} << 32)
        throw UsageError("--size " + text + ": more than 2^32 pairs do not fit the memory of most machines");
    if (a.self && numbers[0] != numbers[1]) throw UsageError("--size " + text + ": with --self n and m are the same");
    return {numbers[0], numbers[1], features > 0 ? features : a.dimension, a.self};
}

// Those asked for that the machine runs, as the library has them.
std::vector<Machine> chosen_machines(const BenchArguments& a, const std::string& target, GeneratedLibrary& library) {
    std::vector<Machine> runnable;
    std::string names;
    for (const Machine& machine : machines_of(target))
        if (library.use_variant(machine.isa)) {
            runnable.push_back(machine);
            names += (names.empty() ? "" : ", ") + machine.isa;
        }
    std::vector<Machine> chosen;
    for (const std::string& wanted : a.variants) {
        const std::size_t before = chosen.size();
        for (const Machine& machine : runnable)
            if (wanted == "all" || wanted == machine.isa || (wanted == "best" && machine.isa == runnable[0].isa))
                chosen.push_back(machine);
        if (chosen.size() == before)
            throw UsageError("--variant " + wanted.substr(0, 40) + ": this machine runs " + names + " (or best, all)");
    }
    return chosen;
}

class Bench {
public:
    explicit Bench(const BenchArguments& a) : a_(a), request_(request_of(a.kernel)), progress_(a.quiet) {
        for (const int threads : a.threads)
            if (threads < 1 || threads > 1024) throw UsageError("--threads: numbers from 1 to 1024");
        if (!(a.seconds > 0) || a.seconds > 3600) throw UsageError("--seconds: more than 0, at most 3600");
        if (a.dimension < 1 || a.dimension > 1 << 16) throw UsageError("--dimension: from 1 to 65536");
        if (request_.tolerance) throw UsageError("--form auto: time direct and expanded, one at a time");
        if (!a.against.empty() && a.self) throw UsageError("--against times y as its own matrix: leave out --self");
        if (!a.against.empty() && request_.formula.expanded)
            throw UsageError("--against schedules the direct form: leave out --form expanded");
        for (const std::string& size : a.sizes) shapes_.push_back(shape_of(size, a, request_.features));
        if (!a.against.empty()) require_one_of("against", a.against, autoscheduler_names(), {});
    }

    void run() {
        const CatalogueEntry* entry = find_in_catalogue(a_.kernel.kernel);
        GeneratedLibrary library(request_.c_name, {request_}, [this](const std::string& what) { step(what); });
        nlohmann::ordered_json records = nlohmann::ordered_json::array(), machines = nlohmann::ordered_json::array();
        for (const Machine& machine : chosen_machines(a_, request_.target, library)) {
            step("calibrating " + machine.isa);
            const Calibration limits = calibrate(machine, halide_type(request_.dtype));
            machines.push_back(record_of(limits, request_.dtype));
            print(text_of(limits, request_.dtype));
            library.use_variant(machine.isa);
            for (const std::string& operation : request_.operations)
                for (const BenchShape& shape : shapes_)
                    for (const int threads : a_.threads) {
                        const BenchResult result = measure(library, machine, entry, operation, shape, threads);
                        records.push_back(record_of(result, limits));
                        print("\n" + text_of(result, limits));
                    }
        }
        progress_.clear();
        if (a_.json) std::cout << nlohmann::ordered_json{{"machines", machines}, {"results", records}}.dump(2) << "\n";
    }

private:
    const BenchArguments& a_;
    const KernelRequest request_;
    std::vector<BenchShape> shapes_;
    Progress progress_;

    void step(const std::string& what) {
        throw_if_interrupted();
        progress_.show(what);
    }
    void print(const std::string& text) {
        progress_.clear();
        if (!a_.json) std::cout << text << std::flush;
    }

    BenchResult measure(GeneratedLibrary& library, const Machine& machine, const CatalogueEntry* entry,
                        const std::string& operation, const BenchShape& shape, int threads) {
        BenchResult r{
            request_.c_name, operation, library.kernels[0].form, library.kernels[0].math, request_.dtype, machine.isa,
            shape,           threads};
        const std::string what =
            operation + ", " + std::to_string(shape.n) + " x " + std::to_string(shape.m) + ", " + machine.isa;
        step("preparing " + what);
        const auto problem = make_bench_problem(library, request_, entry, operation, shape, threads);
        KernelRequest counted = request_;
        counted.features = static_cast<int>(shape.d);
        r.operations_per_pair = halogram::operations_per_pair(counted, operation).total();
        r.needs_half = shape.self && operation == "gram" && library.kernels[0].symmetry != Symmetry::None;
        r.bytes = problem->bytes();
        step("timing " + what);
        r.timing = time_of([&] { problem->run(); }, a_.seconds);
        if (!a_.against.empty()) add_comparison(r, *problem, machine);
        step("judging " + what);
        r.error = problem->error();
        return r;
    }

    void add_comparison(BenchResult& r, BenchProblem& problem, const Machine& machine) {
        r.against = a_.against;
        step("scheduling with " + a_.against);
        try {
            const auto other = autoscheduled(a_.against, request_, r.operation, problem, machine, r.threads);
            step("comparing with " + a_.against);
            r.comparison = compare([&] { problem.run(); }, other.run, 4 * a_.seconds);
            r.difference = problem.difference(other.output);
        } catch (const CompileError& e) {
            r.failure = e.what();
        }
    }
};

}  // namespace

void add_bench_command(CLI::App& program) {
    auto a = std::make_shared<BenchArguments>();
    a->kernel.operations = {"gram"};
    CLI::App* command =
        program.add_subcommand("bench", "Time a kernel on this machine against what the machine can do");
    add_kernel_options(*command, a->kernel);
    command->add_option("--size", a->sizes, "Numbers of points, N or NxM, separated by commas")
        ->delimiter(',')
        ->type_name("LIST")
        ->capture_default_str();
    command->add_flag("--self", a->self, "y is x (y = NULL)");
    command->add_option("--dimension", a->dimension, "D of the calls where --features is any")
        ->type_name("D")
        ->capture_default_str();
    command->add_option("--variant", a->variants, "Variants to time: their names, best, or all")
        ->delimiter(',')
        ->type_name("LIST")
        ->capture_default_str();
    command->add_option("--threads", a->threads, "Numbers of threads")
        ->delimiter(',')
        ->type_name("LIST")
        ->capture_default_str();
    command->add_option("--seconds", a->seconds, "Time for each measurement")->type_name("S")->capture_default_str();
    command
        ->add_option("--against", a->against,
                     "Also schedule the same pipeline with an autoscheduler of Halide (adams2019, li2018, "
                     "mullapudi2016) and time both in turn")
        ->type_name("NAME");
    command->add_flag("--compile", a->compile,
                      "Time the compiler instead: of the kernel, or of the whole catalogue where none is named");
    command->add_flag("--json", a->json, "One JSON document instead of text");
    command->add_flag("--quiet", a->quiet, "No progress on the terminal");
    command->footer(
        "Points are normal with the variance 1 / D; parameters lie in the middle of the catalogue's interval (of a\n"
        "formula: 1). Times are medians of samples of at least 2 ms, inputs and outputs touched before.\n"
        "limit: operations a pair (halogram explain) at the rate of arithmetic instructions that this run measured "
        "(of\n"
        "half of the pairs where y is x and the kernel is symmetric), or, where K is larger than the last-level "
        "cache,\n"
        "the rate of stores. On machines that add beside a multiplier, fractions above 1 are possible.\n"
        "error: of the very run that was timed, against 256-bit arithmetic.\n\n"
        "Examples:\n"
        "  halogram bench --kernel rbf --features 5\n"
        "  halogram bench --formula \"exp(-gamma * sum(abs(x - y)))\" --features 64 --ops gram,gram_vjp --variant all\n"
        "  halogram bench --kernel rbf --features 16 --size 2048 --against adams2019 --json\n"
        "  halogram bench --compile --features 5 --ops gram,gram_vjp --variant all");
    command->callback([a] {
        const bool whole_catalogue = a->compile && a->kernel.formula.empty();
        if (!whole_catalogue && a->kernel.name.empty() && a->kernel.kernel.empty()) a->kernel.name = "kernel";
        const InterruptionGuard guard;
        if (a->compile) {
            bench_compile(a->kernel, a->variants, a->json, a->quiet);
            return;
        }
        Bench(*a).run();
    });
}

}  // namespace halogram
