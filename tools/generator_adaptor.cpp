// The pipelines as a Halide::Generator called `halogram`: for GenGen (the program halogram_generator) and for
// add_halide_library(... FROM Halogram::generator GENERATOR halogram PARAMS kernel=rbf features=5).
//
// Buffers have the innermost dimension first, as Halide has them: x(d, i), y(d, j), vector parameters (d), k(j, i), and
// for operation=gram_vjp g(j, i), gx(d, i), gy(d, j) and one gradient per real parameter.
#include <Halide.h>

#include "schedules/whole_pipeline.h"
#include "tools/kernel_arguments.h"

namespace halogram {

namespace {

class HalogramGenerator : public Halide::Generator<HalogramGenerator> {
public:
    GeneratorParam<std::string> kernel{"kernel", ""};
    GeneratorParam<std::string> formula{"formula", ""};
    GeneratorParam<std::string> operation{"operation", "gram"};
    GeneratorParam<std::string> features{"features", "any"};
    GeneratorParam<std::string> dtype{"dtype", "f32"};
    GeneratorParam<std::string> set{"set", ""};  // PARAM=VALUE, several separated by commas
    // What autoschedulers assume of an extent.
    GeneratorParam<int> estimated_points{"estimated_points", 1024};
    GeneratorParam<int> estimated_features{"estimated_features", 16};

    void configure() {
        KernelArguments arguments;
        arguments.kernel = kernel.value();
        arguments.formula = formula.value();
        arguments.features = features.value();
        arguments.dtype = dtype.value();
        arguments.operations = {operation.value()};
        arguments.name = "pipeline";
        arguments.settings = split_at_commas(set.value());
        request_ = request_of(arguments);
        type_ = halide_type(request_.dtype);
        x_ = add_input<Buffer<>>("x", type_, 2);
        y_ = add_input<Buffer<>>("y", type_, 2);
        for (const FormulaParameter& p : request_.formula.parameters) {
            if (p.node->op == Op::VectorParameter)
                vectors_[p.name] = add_input<Buffer<>>(p.name, type_, 1);
            else if (p.node->op == Op::IntegerParameter)
                integers_[p.name] = add_input<int32_t>(p.name);
            else if (p.node->op == Op::ScalarParameter && type_.bits() == 32)
                singles_[p.name] = add_input<float>(p.name);
            else if (p.node->op == Op::ScalarParameter)
                doubles_[p.name] = add_input<double>(p.name);
        }
        if (request_.operations[0] == "gram") {
            outputs_.push_back(add_output<Buffer<>>("k", type_, 2));
            return;
        }
        g_ = add_input<Buffer<>>("g", type_, 2);
        outputs_.push_back(add_output<Buffer<>>("gx", type_, 2));
        outputs_.push_back(add_output<Buffer<>>("gy", type_, 2));
        for (const FormulaParameter& p : request_.formula.parameters)
            if (p.node->op == Op::VectorParameter || p.node->op == Op::ScalarParameter)
                outputs_.push_back(
                    add_output<Buffer<>>("g" + p.name, type_, p.node->op == Op::VectorParameter ? 1 : 0));
    }

    void generate() {
        if (request_.features > 0)
            for (Input<Buffer<>>* points : {x_, y_}) points->dim(0).set_bounds(0, request_.features);
        // Points of y feature-major, so that vectors of points are loaded whole.
        y_by_feature_(Stages::j, Stages::d) = (*y_)(Stages::d, Stages::j);
        const PipelineInputs inputs = pipeline_inputs();
        if (g_ == nullptr) {
            whole_ = whole_gram(request_.formula, inputs);
        } else {
            Halide::Func g("cotangent");
            g(Stages::j, Stages::i) = (*g_)(Stages::j, Stages::i);
            whole_ = whole_gram_vjp(request_.formula, inputs, g, x_->dim(1).extent(), y_->dim(1).extent());
        }
        for (std::size_t k = 0; k < outputs_.size(); ++k) *outputs_[k] = whole_.outputs[k];
    }

    void schedule() {
        if (using_autoscheduler()) return set_estimates();
        y_by_feature_.compute_root();
        schedule_whole(whole_, get_target(), type_);
    }

private:
    KernelRequest request_;
    Halide::Type type_;
    Input<Buffer<>>*x_ = nullptr, *y_ = nullptr, *g_ = nullptr;
    std::map<std::string, Input<Buffer<>>*> vectors_;
    std::map<std::string, Input<int32_t>*> integers_;
    std::map<std::string, Input<float>*> singles_;
    std::map<std::string, Input<double>*> doubles_;
    std::vector<Output<Buffer<>>*> outputs_;
    Halide::Func y_by_feature_{"y_by_feature"};
    WholePipeline whole_;

    static std::vector<std::string> split_at_commas(const std::string& text) {
        std::vector<std::string> parts;
        std::istringstream stream(text);
        for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
        return parts;
    }

    PipelineInputs pipeline_inputs() const {
        PipelineInputs inputs;
        inputs.type = type_;
        inputs.features = request_.features > 0 ? Halide::Expr(request_.features) : x_->dim(0).extent();
        inputs.x = [x = x_](Halide::Expr d, Halide::Expr i) -> Halide::Expr { return (*x)(d, i); };
        inputs.y = [y = y_by_feature_](Halide::Expr d, Halide::Expr j) -> Halide::Expr { return y(j, d); };
        for (const auto& [name, input] : vectors_)
            inputs.vectors[name] = [vector = input](Halide::Expr d) -> Halide::Expr { return (*vector)(d); };
        for (const auto& [name, input] : integers_) inputs.scalars[name] = *input;
        for (const auto& [name, input] : singles_) inputs.scalars[name] = *input;
        for (const auto& [name, input] : doubles_) inputs.scalars[name] = *input;
        return inputs;
    }

    void set_estimates() {
        const int d = request_.features > 0 ? request_.features : estimated_features.value(), n = estimated_points;
        for (Input<Buffer<>>* points : {x_, y_}) points->set_estimates({{0, d}, {0, n}});
        for (const auto& [name, input] : vectors_) input->set_estimates({{0, d}});
        for (const auto& [name, input] : integers_) input->set_estimate(2);
        for (const auto& [name, input] : singles_) input->set_estimate(1);
        for (const auto& [name, input] : doubles_) input->set_estimate(1);
        if (g_ == nullptr) return outputs_[0]->set_estimates({{0, n}, {0, n}}), void();
        g_->set_estimates({{0, n}, {0, n}});
        for (std::size_t k = 0; k < outputs_.size(); ++k) {
            if (k < 2)
                outputs_[k]->set_estimates({{0, d}, {0, n}});
            else if (!whole_.outputs[k].args().empty())
                outputs_[k]->set_estimates({{0, d}});
        }
    }
};

}  // namespace

}  // namespace halogram

HALIDE_REGISTER_GENERATOR(halogram::HalogramGenerator, halogram)
