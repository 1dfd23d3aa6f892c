#include "measurement/bench_problem.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "generators/formula/derivative.h"
#include "generators/formula/error_bound.h"
#include "generators/formula/lower.h"
#include "library/interruption.h"
#include "measurement/call.h"

namespace halogram {

namespace {

constexpr int judged_entries = 1000;
constexpr std::int64_t judged_features =
    judged_entries * 1024;  // of all of them: 256 bits take a microsecond an operation

// The size of a unit in the last place at a value.
template <typename T>
double unit_at(double value) {
    const T size = std::max(T(std::fabs(value)), std::numeric_limits<T>::min());
    return std::ldexp(1.0, std::ilogb(size) - (std::numeric_limits<T>::digits - 1));
}

template <typename T>
class ProblemOf : public BenchProblem {
public:
    ProblemOf(const GeneratedLibrary& library, const KernelRequest& request, const CatalogueEntry* entry,
              const std::string& operation, const BenchShape& shape, int threads)
        : request_(request), kernel_(library.kernels[0]), is_gram_(operation == "gram"), shape_(shape) {
        std::mt19937_64 random(1);
        const Domain domain = entry != nullptr ? entry->domain : Domain::Real;
        x_ = points(shape.n, domain, random);
        y_ = shape.self ? std::vector<T>() : points(shape.m, domain, random);
        for (const InterfaceParameter& p : kernel_.parameters) parameters_.push_back(parameter(p, entry));
        if (is_gram_) {
            k_.assign(count(shape.n, shape.m), T(1));
        } else {
            std::normal_distribution<double> normal;
            g_.resize(count(shape.n, shape.m));
            for (T& v : g_) v = T(normal(random));
            gx_.assign(count(shape.n, shape.d), T(1));
            gy_.assign(count(shape.self ? 0 : shape.m, shape.d), T(1));
        }
        options_.size = sizeof options_;
        options_.threads = threads;
        function_ = library.symbol(kernel_.c_name + "_" + operation + "_with");
        collect_arguments();
    }

    void run() override {
        const hg_status status = call_.run(function_);
        if (status != HG_OK) throw std::runtime_error(kernel_.c_name + ": " + hg_status_string(status));
    }

    BenchError error() const override { return is_gram_ ? error_of_entries() : error_of_gradient(); }
    double bytes() const override { return double(count(shape_.n, shape_.m) * sizeof(T)); }
    const BenchShape& shape() const override { return shape_; }
    double difference(const void* other) const override {
        const T* values = static_cast<const T*>(other);
        const std::vector<T>& ours = is_gram_ ? k_ : gx_;
        double most = 0, size = 0;
        for (std::size_t k = 0; k < ours.size(); ++k) {
            const double off = std::fabs(double(ours[k]) - double(values[k]));
            most = off <= most ? most : off;  // NaN counts
            size = std::max(size, std::fabs(double(ours[k])));
        }
        return size > 0 ? most / size : most;
    }
    Inputs inputs() const override {
        Inputs in{x_.data(), shape_.self ? x_.data() : y_.data(), g_.data(), {}};
        for (const Parameter& p : parameters_)
            in.parameters.push_back(p.kind == ParameterKind::Integer ? static_cast<const void*>(&p.integer)
                                                                     : p.values.data());
        return in;
    }

private:
    struct Parameter {
        std::string name;
        ParameterKind kind;
        std::int32_t integer;
        std::vector<T> values, gradient;
    };

    const KernelRequest request_;
    const KernelInterface kernel_;
    const bool is_gram_;
    const BenchShape shape_;
    std::vector<T> x_, y_, k_, g_, gx_, gy_;
    std::vector<Parameter> parameters_;
    hg_options options_{};
    Call call_;
    void* function_ = nullptr;

    static std::size_t count(std::int64_t rows, std::int64_t columns) {
        return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
    }

    std::vector<T> points(std::int64_t rows, Domain domain, std::mt19937_64& random) const {
        std::normal_distribution<double> normal(0, 1 / std::sqrt(double(shape_.d)));
        std::vector<T> values(count(rows, shape_.d));
        for (std::int64_t i = 0; i < rows; ++i) {
            T* point = values.data() + i * shape_.d;
            double total = 0;
            for (std::int64_t f = 0; f < shape_.d; ++f) {
                double v = normal(random);
                if (domain == Domain::Categorical)
                    v = std::floor(3 * std::fabs(v));
                else if (domain != Domain::Real)
                    v = std::fabs(v) + 1e-3;
                point[f] = T(v);
                total += v;
            }
            for (std::int64_t f = 0; domain == Domain::Probability && f < shape_.d; ++f) point[f] = T(point[f] / total);
        }
        return values;
    }

    Parameter parameter(const InterfaceParameter& p, const CatalogueEntry* entry) const {
        double value = p.kind == ParameterKind::Integer ? 2 : 1;
        if (entry != nullptr)
            for (const CatalogueParameter& described : entry->parameters)
                if (described.name == p.name) value = (described.minimum + described.maximum) / 2;
        const std::size_t numbers = p.kind == ParameterKind::Vector ? count(shape_.d, 1) : 1;
        return {p.name, p.kind, static_cast<std::int32_t>(value), std::vector<T>(numbers, T(value)),
                std::vector<T>(numbers, T(0))};
    }

    void collect_arguments() {
        call_.pointer(&options_).integer(shape_.n).integer(shape_.m);
        if (request_.features == 0) call_.integer(shape_.d);
        call_.pointer(x_.data()).integer(shape_.d);
        call_.pointer(shape_.self ? nullptr : y_.data()).integer(shape_.self ? 0 : shape_.d);
        for (const Parameter& p : parameters_) {
            if (p.kind == ParameterKind::Vector)
                call_.pointer(p.values.data());
            else if (p.kind == ParameterKind::Integer)
                call_.integer32(p.integer);
            else
                call_.real(p.values[0]);
        }
        if (is_gram_) {
            call_.pointer(k_.data()).integer(shape_.m);
            return;
        }
        call_.pointer(g_.data()).integer(shape_.m).pointer(gx_.data()).integer(shape_.d);
        call_.pointer(shape_.self ? nullptr : gy_.data()).integer(shape_.self ? 0 : shape_.d);
        for (Parameter& p : parameters_)
            if (p.kind != ParameterKind::Integer) call_.pointer(p.gradient.data());
    }

    halogram::Inputs exact_inputs(std::int64_t i, std::int64_t j) const {
        halogram::Inputs in;
        const std::vector<T>& others = shape_.self ? x_ : y_;
        for (std::int64_t f = 0; f < shape_.d; ++f) {
            in.x.emplace_back(double(x_[std::size_t(i * shape_.d + f)]));
            in.y.emplace_back(double(others[std::size_t(j * shape_.d + f)]));
        }
        for (const Parameter& p : parameters_) {
            if (p.kind == ParameterKind::Integer)
                in.parameters[p.name] = {Real(double(p.integer))};
            else
                for (T v : p.values) in.parameters[p.name].emplace_back(double(v));
        }
        return in;
    }

    BenchError error_of_entries() const {
        BenchError e;
        for (const T v : k_) e.subnormal += v != T(0) && std::fabs(v) < std::numeric_limits<T>::min();
        std::mt19937_64 random(2);
        std::uniform_int_distribution<std::int64_t> row(0, shape_.n - 1), column(0, shape_.m - 1);
        Arithmetic arithmetic = sizeof(T) == 4 ? f32_arithmetic : f64_arithmetic;
        arithmetic.fast = request_.formula.fast;
        const Expr lowered = lower(request_.formula.value);
        const auto judged = std::clamp<std::int64_t>(judged_features / shape_.d, 4, judged_entries);
        for (; e.entries < judged; ++e.entries) {
            throw_if_interrupted();
            const std::int64_t i = row(random), j = column(random);
            const halogram::Inputs in = exact_inputs(i, j);
            const Real exact = evaluate(request_.formula.value, in)[0];
            const double off = abs(Real(double(k_[std::size_t(i * shape_.m + j)])) - exact).to_double();
            e.worst_ulp = std::max(e.worst_ulp, off / unit_at<T>(exact.to_double()));
            if (request_.formula.expanded) continue;  // the bound is that of the direct form
            const double bound = evaluate_with_bound(lowered, in, arithmetic)[0].error.to_double();
            if (std::isfinite(bound) && bound > 0) e.worst_share = std::max(e.worst_share, off / bound);
        }
        return e;
    }

    BenchError error_of_gradient() const {
        BenchError e;
        const std::int64_t i = shape_.n / 2;
        const Expr by_x = expand_definitions(derivative(request_.formula.value, request_.formula.pool->x()));
        const Expr by_y = expand_definitions(derivative(request_.formula.value, request_.formula.pool->y()));
        const auto d = static_cast<std::size_t>(shape_.d);
        std::vector<Real> exact(d, Real(0.0)), terms(d, Real(0.0));
        auto add = [&](Expr by, std::int64_t row, std::int64_t column) {
            const std::vector<Real> slope = evaluate(by, exact_inputs(row, column));
            const Real g{double(g_[std::size_t(row * shape_.m + column)])};
            for (std::size_t f = 0; f < d; ++f) {
                const Real term = g * slope[slope.size() == 1 ? 0 : f];
                exact[f] = exact[f] + term;
                terms[f] = terms[f] + abs(term);
            }
        };
        for (std::int64_t j = 0; j < shape_.m; ++j) {
            throw_if_interrupted();
            add(by_x, i, j);
            if (shape_.self) add(by_y, j, i);
        }
        const double u = std::numeric_limits<T>::epsilon() / 2;
        for (std::size_t f = 0; f < d; ++f, ++e.entries) {
            const double off = abs(Real(double(gx_[std::size_t(i) * d + f])) - exact[f]).to_double();
            const double most = terms[f].to_double();
            if (most > 0) e.worst_of_terms = std::max(e.worst_of_terms, off / (most * u));
        }
        return e;
    }
};

}  // namespace

std::unique_ptr<BenchProblem> make_bench_problem(const GeneratedLibrary& library, const KernelRequest& request,
                                                 const CatalogueEntry* entry, const std::string& operation,
                                                 const BenchShape& shape, int threads) {
    if (request.dtype == "f32")
        return std::make_unique<ProblemOf<float>>(library, request, entry, operation, shape, threads);
    return std::make_unique<ProblemOf<double>>(library, request, entry, operation, shape, threads);
}

}  // namespace halogram
