// The formula language: precedence, names, every error with its place, hostile text.
#include "generators/formula/parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "generators/catalogue/catalogue.h"
#include "generators/formula/interpreter.h"
#include "generators/formula/print.h"
#include "generators/math/functions.h"

namespace halogram {
namespace {

double value_of(const std::string& text) {
    const Formula f = parse_formula(text);
    Inputs in{{Real(1.0), Real(2.0), Real(4.0)}, {Real(3.0), Real(2.0), Real(0.5)}, {}};
    for (const FormulaParameter& p : f.parameters)
        in.parameters[p.name] = std::vector<Real>(p.kind == Op::VectorParameter ? 3 : 1, Real(0.5));
    return evaluate(f.value, in)[0].to_double();
}

TEST(Parser, PrecedenceAsInMathematics) {
    EXPECT_EQ(value_of("2^3^2"), 512);
    EXPECT_EQ(value_of("-2^2"), -4);
    EXPECT_EQ(value_of("2^-1"), 0.5);
    EXPECT_EQ(value_of("2 + 3 * 4"), 14);
    EXPECT_EQ(value_of("(2 + 3) * 4"), 20);
    EXPECT_EQ(value_of("8 / 4 / 2"), 1);
    EXPECT_EQ(value_of("8 - 4 - 2"), 2);
    EXPECT_EQ(value_of("--3"), 3);
    EXPECT_EQ(value_of("where(1 < 2 and not 2 < 1 or 1 == 2, 5, 6)"), 5);
    EXPECT_EQ(value_of("where(1 >= 2 or 1 != 1, 5, 6)"), 6);
    EXPECT_EQ(value_of("let r = 3 in let s = r + 1 in r * s"), 12);
    EXPECT_EQ(value_of(".5 + 1.25e1 + 1E-1 * 10"), 14);
}

TEST(Parser, PointsReductionsAndConstants) {
    EXPECT_EQ(value_of("sum((x - y)^2)"), 4 + 0 + 12.25);
    EXPECT_EQ(value_of("sqdist(x[d], y[d])"), 16.25);
    EXPECT_EQ(value_of("l1(x, y)"), 5.5);
    EXPECT_EQ(value_of("linf(x, y)"), 3.5);
    EXPECT_EQ(value_of("dot(x, y)"), 9);
    EXPECT_EQ(value_of("norm(x)^2"), 21);
    EXPECT_EQ(value_of("max(x) - min(y)"), 3.5);
    EXPECT_EQ(value_of("max(min(2, 3), 1)"), 2);
    EXPECT_EQ(value_of("mean(x)"), 7.0 / 3);
    EXPECT_NEAR(value_of("sum(x - mean(x))"), 0, 1e-70);
    EXPECT_EQ(value_of("sum(x * w[d])"), 3.5);
    EXPECT_EQ(value_of("sum(1)"), 3);
    EXPECT_EQ(value_of("D + 0 * pi"), 3);
}

TEST(Parser, ParametersInOrderOfFirstAppearance) {
    const Formula f = parse_formula("b * sum(a[d] * x * y) + c + b");
    ASSERT_EQ(f.parameters.size(), 3u);
    EXPECT_EQ(f.parameters[0].name, "b");
    EXPECT_EQ(f.parameters[1].name, "a");
    EXPECT_EQ(f.parameters[1].kind, Op::VectorParameter);
    EXPECT_EQ(f.parameters[2].name, "c");
    for (const char* text :
         {"(a * dot(x, y) + b)^c", "where(sum(x) < a, b, c)", "max(a, b * sum(x)) - c", "a^b^c * sum(x)",
          "let r = a * sum(x) in r / b + c", "xlogy(a, b) * sum(x) == c and c < a"}) {
        std::string order;
        const std::string numeric =
            std::string(text).find(" and ") == std::string::npos ? text : "where(" + std::string(text) + ", 1, sum(x))";
        for (const FormulaParameter& p : parse_formula(numeric).parameters) order += p.name;
        EXPECT_EQ(order, "abc") << text;
    }
}

TEST(Parser, CatalogueNamesAreFunctions) {
    const Formula f = parse_formula("a * rbf(x, y, gamma=g) + linear(x, y)");
    EXPECT_EQ(to_text(f.value), "a * exp(-(g * sum((x - y)^2))) + sum(x * y)");
    EXPECT_EQ(to_text(parse_formula("rbf(x, y, 2)").value), "exp(-2 * sum((x - y)^2))");
    EXPECT_EQ(to_text(parse_formula("rbf(sqrt(x), sqrt(y))").value), "exp(-(gamma * sum((sqrt(x) - sqrt(y))^2)))");
}

TEST(Parser, KnowsWhereNamesStand) {
    const std::string text =
        "(let e1 = 1e1*w in e1 * rbf_ard(x, y )) * polynomial( x, scaled(y), 2 )*sum(d[d]*x) + min(w, D) + e1";
    const Formula f = parse_formula(text);
    std::string marked = text;
    for (auto use = f.uses.rbegin(); use != f.uses.rend(); ++use) {
        EXPECT_EQ(text.substr(use->offset, std::max<std::size_t>(use->length, 1)), use->length == 0 ? ")" : use->name);
        marked.replace(use->offset, use->length, std::string(1, "PLOV"[static_cast<int>(use->kind)]) + use->name);
    }
    EXPECT_EQ(marked,
              "(let Le1 = 1e1*Pw in Le1 * rbf_ard(x, y Vlengthscale)) * "
              "polynomial( x, scaled(y), 2 Ocoef0Odegree)*sum(Pd[d]*x) + min(Pw, D) + Pe1");
}

TEST(Parser, SettingsBecomeConstants) {
    ParseOptions options;
    options.settings = {{"p", "3"}, {"q", "-0.5"}};
    const Formula f = parse_formula("sum(abs(x - y)^p) + q", options);
    EXPECT_EQ(to_text(f.value), "sum(abs(x - y)^3) - 0.5");
}

struct Wrong {
    FormulaErrorCode code;
    std::string text;
    std::size_t column;
    std::string part;  // of the message
};

std::optional<FormulaError> error_of(const std::string& text, const ParseOptions& options = {}) {
    try {
        parse_formula(text, options);
    } catch (const FormulaError& e) {
        return e;
    }
    return std::nullopt;
}

TEST(Parser, EveryErrorIsProvokedAndPointsAtItsPlace) {
    using C = FormulaErrorCode;
    const std::vector<Wrong> cases = {
        {C::Empty, "  ", 1, "empty"},
        {C::TooLong, std::string(100000, 'x'), 10001, "limit"},
        {C::TooDeep, std::string(9000, '('), 201, "nesting"},
        {C::InvalidCharacter, std::string("sum(x\0)", 7), 6, "control"},
        {C::InvalidCharacter, "exp(-\xCE\xB3 * l1(x, y))", 6, "gamma"},
        {C::InvalidUtf8, "sum(x)\xFF", 7, "UTF-8"},
        {C::Syntax, "sum(x", 6, "')'"},
        {C::Syntax, "sum(x) +", 9, "after the operator"},
        {C::Syntax, "sum(x) y", 8, "end of the formula"},
        {C::Syntax, "w[k] * sum(x)", 3, "[d]"},
        {C::UnknownFunction, "sum(sqr(x - y))", 5, "sqrt"},
        {C::UnknownFunction, "rbff(x, y)", 1, "rbf"},
        {C::WrongArgumentCount, "sum(x, y)", 1, "1"},
        {C::WrongArgumentCount, "where(1 < 2, 3)", 1, "3 arguments"},
        {C::UnknownArgument, "rbf(x, y, gama=1)", 11, "gamma"},
        {C::RepeatedArgument, "rbf(x, y, gamma=1, gamma=2)", 20, "twice"},
        {C::UnexpectedName, "sum(a=x)", 5, "position"},
        {C::UnexpectedName, "where(a = 64, 1, 2)", 7, "'a == ...'"},
        {C::UnexpectedName, "where(a = 64 and b, 1)", 7, "'a == ...'"},
        {C::UnexpectedName, "max(1, a = 1 < 2)", 8, "'a == ...'"},
        {C::UnexpectedName, "rbf(x=x, y=y)", 5, "two points by position"},
        {C::UnexpectedName, "matern52(s = 3)", 10, "two points by position"},
        {C::UnknownArgument, "rbf(x, y, amplitude=1)", 11, "it has gamma"},
        {C::NotAParameter, "pi[d] * sum(x)", 1, "not a parameter"},
        {C::ParameterShape, "sum(w[d] * x) * w", 17, "w[d]"},
        {C::ParameterValue, "polynomial(x, y, degree=2.5)", 18, "integer"},
        {C::ParameterValue, "piecewise_polynomial(x, y, q=4)", 28,
         "'q' of piecewise_polynomial is an integer from 0 to 3"},
        {C::ParameterValue, "piecewise_polynomial(x, y, 1, -1)", 31, "0 to 3"},
        {C::ParameterValue, "polynomial(x, y, degree=99999999999)", 18, "integer"},
        {C::ParameterValue, "wendland(sqdist(x, y), D, q)", 27, "integer"},
        {C::ParameterValue, "wendland(sqdist(x, y), 3, 4)", 27, "0 to 3"},
        {C::NestedReduction, "sum(x * sum(x * y))", 1, "one point"},
        {C::ConditionExpected, "where(1, 2, 3)", 7, "condition"},
        {C::NumberExpected, "1 + (2 < 3)", 5, "number"},
        {C::ChainedComparison, "where(1 < 2 < 3, 1, 2)", 13, "chain"},
        {C::NumberNotFinite, "sum(x) * 1e39", 10, "finite"},
        {C::DivisionByZero, "sum(x) + 1 / 0", 12, "zero"},
        {C::DivisionByZero, "sum(x) / (1 - 1)", 8, "zero"},
        {C::LetUsesItself, "let r = r + 1 in r", 9, "own definition"},
        {C::LetShadows, "gamma * (let gamma = 2 in gamma)", 14, "already"},
        {C::LetShadows, "let gamma = 2 in gamma * rbf(x, y)", 26, "write gamma=gamma in the call"},
        {C::LetShadows, "let gamma = rbf(x, y) in gamma", 13, "another name for the let"},
        {C::ResultPerFeature, "x - y", 1, "sum"},
    };
    std::set<C> provoked;
    for (const Wrong& wrong : cases) {
        const auto error = error_of(wrong.text);
        ASSERT_TRUE(error.has_value()) << wrong.text.substr(0, 80);
        EXPECT_EQ(error->code(), wrong.code) << wrong.text.substr(0, 80) << "\n" << error->what();
        EXPECT_EQ(error->column(), wrong.column) << wrong.text.substr(0, 80) << "\n" << error->what();
        EXPECT_NE(std::string(error->what()).find(wrong.part), std::string::npos) << error->what();
        EXPECT_LT(std::string(error->what()).size(), 4000u);
        provoked.insert(error->code());
    }
    ParseOptions settings;
    settings.settings = {{"gama", "1"}};
    const auto unknown = error_of("gamma * sum(x)", settings);
    ASSERT_TRUE(unknown.has_value());
    EXPECT_EQ(unknown->code(), C::UnknownSetting);
    provoked.insert(unknown->code());
    ParseOptions kernel;
    kernel.of_points = true;
    const auto constant = error_of("exp(-p)", kernel);
    ASSERT_TRUE(constant.has_value());
    provoked.insert(constant->code());
    // Compositions grow the tree faster than the text.
    std::string composed = "0";
    for (int k = 2; k < 230; ++k)
        composed += "+jensenshannon_distance(x*" + std::to_string(k) + ",y+" + std::to_string(k) + ")";
    const auto big = error_of(composed);
    ASSERT_TRUE(big.has_value());
    EXPECT_EQ(big->code(), C::TooManyNodes) << big->what();
    provoked.insert(big->code());
#define HALOGRAM_CHECK(code, text) EXPECT_TRUE(provoked.count(C::code)) << #code << " was not provoked: " << text;
    HALOGRAM_FORMULA_ERRORS(HALOGRAM_CHECK)
#undef HALOGRAM_CHECK
}

// Every name that can be called, with and without '=' where a position counts.
TEST(Parser, NamedArgumentsThatNobodyExpectsAreErrorsThatPointAtThem) {
    const std::vector<std::string> names = callable_names();
    EXPECT_GT(names.size(), catalogue().size() + functions().size());
    for (const std::string& name : names)
        for (const char* before : {"", "x, ", "x, y, ", "x, y, 2, ", "1 < 2, x, "})
            for (const char* after : {"", ", y", ", 1, 2"}) {
                const std::string text = name + "(" + before + "zzzzzzzz = 64" + after + ")";
                const auto error = error_of(text);
                ASSERT_TRUE(error.has_value()) << text;
                if (find_in_catalogue(name) != nullptr) continue;  // below
                EXPECT_EQ(error->code(), FormulaErrorCode::UnexpectedName) << text << "\n" << error->what();
                EXPECT_EQ(error->column(), text.find('z') + 1) << text << "\n" << error->what();
            }
    for (const CatalogueEntry& entry : catalogue()) {
        const std::string call = entry.name + "(x, y, ";
        const auto unknown = error_of(call + "zzzzzzzz = 64)");
        ASSERT_TRUE(unknown.has_value()) << entry.name;
        EXPECT_EQ(unknown->code(), FormulaErrorCode::UnknownArgument) << unknown->what();
        EXPECT_EQ(unknown->column(), call.size() + 1) << unknown->what();
        for (const CatalogueParameter& p : entry.parameters) {
            EXPECT_NE(std::string(unknown->what()).find(p.name), std::string::npos) << unknown->what();
            const auto near = error_of(call + p.name + "q = 2)");
            ASSERT_TRUE(near.has_value()) << call << p.name;
            EXPECT_NE(std::string(near->what()).find("did you mean '" + p.name + "'?"), std::string::npos)
                << near->what();
        }
    }
}

TEST(Parser, AKernelOfNeitherPointSaysWhatPointsAreCalled) {
    ParseOptions kernel;
    kernel.of_points = true;
    for (const auto& [text, column, part] : std::vector<std::tuple<std::string, std::size_t, std::string>>{
             {"exp(-g * l1(p, q))", 6, "'g', 'p' and 'q' are parameters here"},
             {"sum((p[d] - q[d])^2)", 6, "'p' and 'q' are parameters here"},
             {"rbf(p, q)", 5, "called x and y"},
             {"exp(-p)", 6, "'p' is a parameter here"},
             {"p * q", 1, "called x and y"},
             {"D", 1, "called x and y"},
             {"sum(1)", 1, "called x and y"}}) {
        const auto error = error_of(text, kernel);
        ASSERT_TRUE(error.has_value()) << text;
        EXPECT_EQ(error->code(), FormulaErrorCode::NoPoints) << error->what();
        EXPECT_EQ(error->column(), column) << error->what();
        EXPECT_NE(std::string(error->what()).find(part), std::string::npos) << error->what();
    }
    for (const char* text : {"2", "bias", "3 * bias + 1", "sum(x)", "norm(y) * a", "sum(x - x)", "0 * sum(x)"})
        EXPECT_FALSE(error_of(text, kernel).has_value()) << text;
    for (const CatalogueEntry& entry : catalogue()) EXPECT_NO_THROW(catalogue_formula(entry.name, kernel));
}

TEST(Parser, ErrorShowsLineAndCaret) {
    const auto error = error_of("let r = norm(x - y) in\n  exp(-r) * sqtr(r)");
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(std::string(error->what()),
              "line 2, column 13: there is no function or kernel 'sqtr'; did you mean 'sqrt'?\n"
              "    exp(-r) * sqtr(r)\n"
              "              ^");
}

TEST(Parser, HostileTextIsAClearError) {
    for (const std::string& text :
         {std::string(100000, '('), std::string(9999, '-'), std::string(9999, '^'), std::string(5000, '2') + "^9",
          std::string("1e999999999999999999"), std::string("9^9^9^9^9 + sum(x)"), std::string(9990, 'a') + "(x)"}) {
        try {
            parse_formula(text);
        } catch (const FormulaError& e) {
            EXPECT_LT(std::string(e.what()).size(), 4000u);
        }
    }
    std::string chain = "2";
    for (int k = 0; k < 4000; ++k) chain += "^2";
    EXPECT_TRUE(error_of(chain).has_value());
    // Long is not deep.
    std::string squares = "0";
    for (int k = 0; k < 500; ++k) squares += " + sum((x - y)^2)*(let r = 1 in r)";
    EXPECT_EQ(parse_formula(squares.substr(0, squares.rfind(" + ", 9990))).parameters.size(), 0u);
    std::string lets, minuses = "2";
    for (int k = 0; k < 300; ++k) lets += "let r" + std::to_string(k) + " = 1 in ", minuses += "^--2";
    EXPECT_EQ(error_of(lets + "sum(x)")->code(), FormulaErrorCode::TooDeep);
    EXPECT_EQ(error_of(minuses)->code(), FormulaErrorCode::TooDeep);
    std::string nots = "where(";
    for (int k = 0; k < 2000; ++k) nots += "not ";
    EXPECT_EQ(parse_formula(nots + "1 < 2, sum(x), sum(y))").parameters.size(), 0u);
}

}  // namespace
}  // namespace halogram
