#include "query/expr/function_table.h"

#include <gtest/gtest.h>

#include <limits>

#include "query/expr/evaluate.h"
#include "sluice/influxql/parser.h"

namespace sluice::query {
namespace {

using influxql::DataType;

influxql::Expr parse(const std::string& text) {
    return influxql::parse_expression(text).value();
}

struct Refusal {
    std::string call;
    DataType argument;
    std::string error;
};

// The texts are InfluxDB's answers.
TEST(Functions, RefuseTypesInTheWordsOfGo) {
    const Refusal refusals[] = {
        {"mean(v)", DataType::kString,
         "unsupported mean iterator type: *query.stringInterruptIterator"},
        {"max(v)", DataType::kString,
         "unsupported max iterator type: *query.stringInterruptIterator"},
        {"moving_average(v, 2)", DataType::kBoolean,
         "unsupported moving average iterator type: *query.booleanInterruptIterator"},
        {"derivative(distinct(v))", DataType::kString,
         "unsupported derivative iterator type: *query.stringIntervalIterator"},
        {"derivative(sample(v, 1))", DataType::kString,
         "unsupported derivative iterator type: *query.stringReduceStringIterator"},
        {"holt_winters(first(v), 3, 0)", DataType::kBoolean,
         "unsupported elapsed iterator type: *query.booleanInterruptIterator"},
        {"top(v, 1)", DataType::kString,
         "unsupported top iterator type: *query.stringInterruptIterator"},
        {"top(v, h, 1)", DataType::kString,
         "unsupported max iterator type: *query.stringInterruptIterator"},
        {"bottom(v, h, 1)", DataType::kBoolean,
         "unsupported bottom iterator type: *query.booleanReduceBooleanIterator"},
    };
    for (const Refusal& refusal : refusals) {
        const influxql::Expr call = parse(refusal.call);
        const Result<void> checked =
            check_argument_type(*call.as<influxql::Call>(), refusal.argument);
        ASSERT_FALSE(checked.ok()) << refusal.call;
        EXPECT_EQ(checked.error().message, refusal.error);
    }
    const influxql::Expr mode = parse("mode(v)");
    EXPECT_TRUE(check_argument_type(*mode.as<influxql::Call>(), DataType::kString).ok());
}

TEST(Functions, AreFoundInACallOnce) {
    influxql::Expr expr = parse("top(v, 1) + nope(max(v))");
    resolve_functions(expr);
    const auto& sum = *expr.as<influxql::BinaryExpr>();
    auto top = *sum.left->as<influxql::Call>();
    const auto& nope = *sum.right->as<influxql::Call>();
    top.name = "max";  // looked at no more
    EXPECT_EQ(function_of(top), Function::kTop);
    EXPECT_NE(as_top_or_bottom(influxql::Expr(top)), nullptr);
    EXPECT_EQ(find_function(nope), nullptr);
    EXPECT_NE(as_call_of(Function::kMax, nope.arguments[0]), nullptr);
    EXPECT_EQ(function_of(make_call(Function::kMode, {})), Function::kMode);
}

TEST(Functions, GiveTypes) {
    const auto type = [](const char* name, std::vector<DataType> arguments) {
        return call_type(influxql::Call{name, {}}, arguments).value();
    };
    EXPECT_EQ(type("count", {DataType::kString}), DataType::kInteger);
    EXPECT_EQ(type("mean", {DataType::kInteger}), DataType::kFloat);
    EXPECT_EQ(type("max", {DataType::kUnsigned}), DataType::kUnsigned);
    EXPECT_EQ(type("elapsed", {DataType::kString, DataType::kUnknown}), DataType::kInteger);
    EXPECT_EQ(type("difference", {DataType::kInteger}), DataType::kInteger);
    EXPECT_EQ(type("stddev", {DataType::kInteger}), DataType::kFloat);
    EXPECT_EQ(type("sin", {DataType::kInteger}), DataType::kInteger);
    EXPECT_EQ(type("sin", {DataType::kUnknown}), DataType::kFloat);
    const DataType arguments[] = {DataType::kUnknown, DataType::kString};
    EXPECT_EQ(call_type(influxql::Call{"pow", {}}, arguments).error().message,
              "invalid argument type for the second argument in pow(): string");
}

Value evaluate(const std::string& text, Value v) {
    const influxql::Expr expr = parse(text);
    const RowExpression row(
        expr, [](const influxql::VarRef& ref) { return ref.name == "v" ? 0 : -1; }, true);
    return row.evaluate(&v);
}

TEST(Functions, OfMathematicsKeepIntegersWhereTheyCan) {
    const auto integer = [](std::int64_t value) { return Value::of_integer(value); };
    EXPECT_EQ(evaluate("abs(v)", integer(-3)).as_integer(), 3);
    EXPECT_EQ(evaluate("abs(v)", integer(std::numeric_limits<std::int64_t>::min())).as_integer(),
              std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(evaluate("round(v)", integer(5)).kind(), Value::Kind::kInteger);
    EXPECT_EQ(evaluate("floor(v)", Value::of_unsigned(5)).kind(), Value::Kind::kUnsigned);
    EXPECT_EQ(evaluate("sqrt(v)", integer(9)).as_float(), 3);
    EXPECT_EQ(evaluate("pow(v, 2) + 1", integer(3)).as_float(), 10);
    EXPECT_EQ(evaluate("log(v, 2)", Value::of_float(8)).as_float(), 3);
}

TEST(Functions, OfMathematicsGiveNothingForWhatIsNoNumber) {
    EXPECT_TRUE(evaluate("sin(v)", Value::of_string("x")).is_null());
    EXPECT_TRUE(evaluate("pow(v, nothing)", Value::of_float(2)).is_null());
    EXPECT_TRUE(evaluate("abs(nothing)", Value()).is_null());
    EXPECT_TRUE(evaluate("log(v)", Value::of_float(2)).is_null());
}

TEST(Functions, LogicOfABooleanAndSomethingElseIsFalse) {
    EXPECT_EQ(evaluate("v & 1.5", Value::of_boolean(true)).kind(), Value::Kind::kBoolean);
    EXPECT_FALSE(evaluate("v | 1.5", Value::of_boolean(true)).as_boolean());
    EXPECT_TRUE(evaluate("1.5 & v", Value::of_boolean(true)).is_null());
}

// Each level evaluates what is below it once: twice would take 2^400 steps.
TEST(RowExpression, IsEvaluatedInTimeLinearInItsSize) {
    std::string text = "v";
    for (int i = 0; i < 400; ++i)
        text = (i % 2 == 0 ? "abs(" : "pow(") + text + (i % 2 == 0 ? ")" : ", 1)");
    const influxql::Expr expr = parse(text);
    const RowExpression expression(
        expr, [](const influxql::VarRef&) { return 0; }, false);
    const Value row[] = {Value::of_float(-2.5)};
    EXPECT_EQ(expression.evaluate(row).as_float(), 2.5);
}

}  // namespace
}  // namespace sluice::query
