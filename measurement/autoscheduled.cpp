#include "measurement/autoscheduled.h"

#include <dlfcn.h>

#include <cstring>
#include <filesystem>
#include <map>

#include "generators/pipelines/whole_pipeline.h"
#include "measurement/jit_target.h"

namespace halogram {

namespace {

struct Autoscheduler {
    const char *halide_name, *plugin;
};

const std::map<std::string, Autoscheduler>& autoschedulers() {
    static const std::map<std::string, Autoscheduler> all = {
        {"adams2019", {"Adams2019", "libautoschedule_adams2019.so"}},
        {"li2018", {"Li2018", "libautoschedule_li2018.so"}},
        {"mullapudi2016", {"Mullapudi2016", "libautoschedule_mullapudi2016.so"}},
    };
    return all;
}

// Plugins lie beside libHalide.
void load_once(const Autoscheduler& autoscheduler) {
    static std::map<std::string, bool> loaded;
    if (loaded[autoscheduler.plugin]) return;
    Dl_info halide{};
    dladdr(reinterpret_cast<const void*>(&Halide::load_plugin), &halide);
    std::filesystem::path plugin = autoscheduler.plugin;
    if (halide.dli_fname != nullptr) {
        const std::filesystem::path beside = std::filesystem::path(halide.dli_fname).parent_path() / plugin;
        if (std::filesystem::exists(beside)) plugin = beside;
    }
    if (dlopen(plugin.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr)
        throw CompileError(std::string(autoscheduler.halide_name) +
                           ": the plugin of Halide cannot be loaded: " + dlerror());
    loaded[autoscheduler.plugin] = true;
}

// Autoschedulers warn of what they do not know, once for each thing they tried.
class QuietReporter : public Halide::CompileTimeErrorReporter {
public:
    QuietReporter() { Halide::set_custom_compile_time_error_reporter(this); }
    ~QuietReporter() { Halide::set_custom_compile_time_error_reporter(nullptr); }
    void warning(const char*) override {}
    void error(const char* message) override {
        const std::string text = message;
        throw CompileError("the autoscheduler has no answer: " + text.substr(0, text.find('\n')));
    }
};

// What a pipeline of one kernel reads and writes.
struct Pipe {
    Halide::ImageParam x, y, g;
    std::vector<Halide::ImageParam> vectors;
    Halide::Func y_by_feature{"y_by_feature"};
    Halide::Pipeline pipeline;
    std::vector<Halide::Buffer<>> outputs;

    explicit Pipe(Halide::Type type) : x(type, 2, "x"), y(type, 2, "y"), g(type, 2, "g") {}
};

Halide::Buffer<> wrapped(Halide::Type type, const void* data, const std::vector<int>& sizes) {
    return Halide::Buffer<>(type, const_cast<void*>(data), sizes);
}

// One parameter as the pipeline has it; the value is set at once.
void add_parameter(const FormulaParameter& p, const void* value, Halide::Type type, int d, Pipe& pipe,
                   PipelineInputs& inputs) {
    if (p.node->op == Op::VectorParameter) {
        Halide::ImageParam vector(type, 1, p.name);
        vector.set_estimates({{0, d}});
        vector.set(wrapped(type, value, {d}));
        pipe.vectors.push_back(vector);
        inputs.vectors[p.name] = [vector](Halide::Expr at) -> Halide::Expr { return vector(at); };
        return;
    }
    const bool integer = p.node->op == Op::IntegerParameter;
    Halide::Parameter scalar(integer ? Halide::Int(32) : type, false, 0, p.name);
    if (integer) {
        scalar.set_scalar(*static_cast<const std::int32_t*>(value));
    } else if (type.bits() == 32) {
        scalar.set_scalar(*static_cast<const float*>(value));
    } else {
        scalar.set_scalar(*static_cast<const double*>(value));
    }
    scalar.set_estimate(Halide::cast(scalar.type(), 1));
    inputs.scalars[p.name] = Halide::Internal::Variable::make(scalar.type(), scalar.name(), scalar);
}

}  // namespace

const std::vector<std::string>& autoscheduler_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const auto& [name, autoscheduler] : autoschedulers()) all.push_back(name);
        return all;
    }();
    return names;
}

Autoscheduled autoscheduled(const std::string& autoscheduler, const KernelRequest& request,
                            const std::string& operation, const BenchProblem& problem, const Machine& machine,
                            int threads) {
    const Autoscheduler& chosen = autoschedulers().at(autoscheduler);
    load_once(chosen);
    return translate_errors([&] {
        const Halide::Type type = halide_type(request.dtype);
        const BenchShape& shape = problem.shape();
        const int n = static_cast<int>(shape.n), m = static_cast<int>(shape.m), d = static_cast<int>(shape.d);
        const BenchProblem::Inputs given = problem.inputs();
        auto pipe = std::make_shared<Pipe>(type);
        PipelineInputs inputs;
        inputs.type = type;
        inputs.fast = request.formula.fast;
        inputs.features = request.features > 0 ? Halide::Expr(request.features) : pipe->x.dim(0).extent();
        // Points of y feature-major, as in our libraries.
        pipe->y_by_feature(Stages::j, Stages::d) = pipe->y(Stages::d, Stages::j);
        inputs.x = [x = pipe->x](Halide::Expr at, Halide::Expr i) -> Halide::Expr { return x(at, i); };
        inputs.y = [y = pipe->y_by_feature](Halide::Expr at, Halide::Expr j) -> Halide::Expr { return y(j, at); };
        std::size_t next = 0;
        for (const FormulaParameter& p : request.formula.parameters)
            if (!p.node->is_constant()) add_parameter(p, given.parameters[next++], type, d, *pipe, inputs);
        pipe->x.set_estimates({{0, d}, {0, n}});
        pipe->y.set_estimates({{0, d}, {0, m}});
        pipe->x.set(wrapped(type, given.x, {d, n}));
        pipe->y.set(wrapped(type, given.y, {d, m}));
        WholePipeline whole;
        std::vector<std::vector<int>> sizes;
        if (operation == "gram") {
            whole = whole_gram(request.formula, inputs);
            sizes = {{m, n}};
        } else {
            pipe->g.set_estimates({{0, m}, {0, n}});
            pipe->g.set(wrapped(type, given.g, {m, n}));
            Halide::Func g("cotangent");
            g(Stages::j, Stages::i) = pipe->g(Stages::j, Stages::i);
            whole = whole_gram_vjp(request.formula, inputs, g, n, m);
            sizes = {{d, n}, {d, m}};
            for (std::size_t k = 2; k < whole.outputs.size(); ++k)
                sizes.push_back(whole.outputs[k].args().empty() ? std::vector<int>{} : std::vector<int>{d});
        }
        for (std::size_t k = 0; k < whole.outputs.size(); ++k) {
            Halide::Region region;
            for (int extent : sizes[k]) region.emplace_back(0, extent);
            if (!region.empty()) whole.outputs[k].set_estimates(region);
            pipe->outputs.push_back(Halide::Buffer<>(type, sizes[k]));
            std::memset(pipe->outputs.back().data(), 0, pipe->outputs.back().size_in_bytes());
        }
        pipe->pipeline = Halide::Pipeline(whole.outputs);
        const Halide::Target target = jit_target(machine);
        std::map<std::string, std::string> parameters;
        if (autoscheduler != "li2018" || threads > 1) parameters["parallelism"] = std::to_string(threads);
        const QuietReporter quiet;
        pipe->pipeline.apply_autoscheduler(target, {chosen.halide_name, parameters});
        Halide::Internal::JITSharedRuntime::set_num_threads(threads);
        pipe->pipeline.compile_jit(target);
        return Autoscheduled{[p = pipe.get()] { p->pipeline.realize(Halide::Realization(p->outputs)); }, pipe,
                             pipe->outputs[0].data()};
    });
}

}  // namespace halogram
