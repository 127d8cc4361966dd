#include "query/expr/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sluice/base/random.h"
#include "sluice/influxql/parser.h"
#include "sluice/influxql/reduce.h"

namespace sluice::query {
namespace {

using influxql::Operator;
using Kind = Value::Kind;

constexpr std::int64_t kSmallest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

// "1i", "1u", "0.5", "true", "'text'", "null"
std::string text(const Value& value) {
    switch (value.kind()) {
        case Kind::kNull:
            return "null";
        case Kind::kFloat: {
            char number[32];
            std::snprintf(number, sizeof number, "%.17g", value.as_float());
            return number;
        }
        case Kind::kInteger:
            return std::to_string(value.as_integer()) + "i";
        case Kind::kUnsigned:
            return std::to_string(value.as_unsigned()) + "u";
        case Kind::kBoolean:
            return value.as_boolean() ? "true" : "false";
        case Kind::kString:
            return "'" + std::string(value.as_string()) + "'";
    }
    return {};
}

// The row of all cases: one column of each kind, `n` is null.
const char* const kNames[] = {"f", "i", "u", "s", "b", "n", "small"};
Value row_value(std::size_t column) {
    switch (column) {
        case 0:
            return Value::of_float(2.5);
        case 1:
            return Value::of_integer(-7);
        case 2:
            return Value::of_unsigned(std::numeric_limits<std::uint64_t>::max());
        case 3:
            return Value::of_string("web01");
        case 4:
            return Value::of_boolean(true);
        case 5:
            return {};
        default:
            return Value::of_integer(kSmallest);
    }
}

int position_of(const influxql::VarRef& ref) {
    for (std::size_t i = 0; i < std::size(kNames); ++i) {
        if (ref.name == kNames[i]) return static_cast<int>(i);
    }
    return -1;
}

std::string evaluated(const std::string& expression, bool float_division = false,
                      RowExpression::Null null = RowExpression::Null::kIsFalse) {
    const auto parsed = influxql::parse_expression(expression);
    EXPECT_TRUE(parsed.ok()) << expression;
    const RowExpression bound(*parsed, position_of, float_division, null);
    std::vector<Value> row;
    for (std::size_t i = 0; i < std::size(kNames); ++i) row.push_back(row_value(i));
    return text(bound.evaluate(row.data()));
}

TEST(RowExpression, FollowsTheTypesOfItsOperands) {
    const struct {
        const char* expression;
        const char* value;
    } kCases[] = {
        {"f + 1", "3.5"},
        {"i + 1", "-6i"},
        {"i * f", "-17.5"},
        {"i / 2", "-3i"},
        {"i % 2", "-1i"},
        {"i / 0", "0i"},
        {"i % 0", "0i"},
        {"f / 0", "0"},
        {"small / -1", "-9223372036854775808i"},
        {"small % -1", "0i"},
        {"small - 1", "9223372036854775807i"},
        {"u + 1", "0u"},
        {"u / 2", "9223372036854775807u"},
        {"u > 0", "true"},
        {"i < u", "true"},
        {"u < i", "false"},
        {"u >= i", "true"},
        {"i & 3", "1i"},
        {"i ^ i", "0i"},
        {"f & 1", "null"},
        {"s = 'web01'", "true"},
        {"s != 'web01'", "false"},
        {"s + 'x'", "null"},
        {"s > 'a'", "false"},
        {"s = 1", "false"},
        {"s != 1", "false"},
        {"s =~ /^web/", "true"},
        {"s !~ /^web/", "false"},
        {"i =~ /7/", "false"},
        {"i !~ /7/", "false"},
        {"b AND i > 0", "false"},
        {"b OR i > 0", "true"},
        {"b AND s", "false"},
        {"b OR s", "false"},
        {"b & true", "true"},
        {"b ^ true", "false"},
        {"b + true", "null"},
        {"n + 1", "null"},
        {"n = 1", "false"},
        {"n != 1", "false"},
        {"n = b", "false"},
        {"n != b", "true"},
        {"n OR b", "true"},
        {"none + 1", "null"},
        {"abs(i)", "7i"},
        {"abs(small)", "-9223372036854775808i"},
        {"floor(f)", "2"},
        {"floor(i)", "-7i"},
        {"ceil(u)", "18446744073709551615u"},
        {"sqrt(s)", "null"},
        {"pow(f, 2)", "6.25"},
        {"abs(f, 2)", "null"},  // no such count of arguments
        {"nosuch(f)", "null"},
        {"(f)", "2.5"},
    };
    for (const auto& c : kCases) EXPECT_EQ(evaluated(c.expression), c.value) << c.expression;
    EXPECT_EQ(evaluated("i / 2", true), "-3.5");
    EXPECT_EQ(evaluated("i / 0", true), "0");
}

TEST(RowExpression, TakesNullForFalseOrForNothing) {
    constexpr auto kNothing = RowExpression::Null::kIsNothing;
    EXPECT_EQ(evaluated("n = false"), "true");
    EXPECT_EQ(evaluated("n = false", false, kNothing), "false");
    EXPECT_EQ(evaluated("false != n", false, kNothing), "false");
    EXPECT_EQ(evaluated("n OR b", false, kNothing), "null");
    // What is null only because it has no rule is still false beside a boolean.
    EXPECT_EQ(evaluated("(n + 1) OR b", false, kNothing), "true");
}

TEST(RowExpression, IsTrueForTheBooleanAlone) {
    for (const char* expression : {"1", "'true'", "n", "i", "b AND false"}) {
        const auto parsed = influxql::parse_expression(expression);
        const RowExpression bound(*parsed, position_of, false);
        std::vector<Value> row;
        for (std::size_t i = 0; i < std::size(kNames); ++i) row.push_back(row_value(i));
        EXPECT_FALSE(bound.is_true(row.data())) << expression;
    }
}

// Whether an expression is folded before a row is read or evaluated for each row must not show.
TEST(RowExpression, AgreesWithConstantFoldingOnIntegers) {
    constexpr Operator kOperators[] = {
        Operator::kAdd,           Operator::kSubtract,  Operator::kMultiply,    Operator::kModulo,
        Operator::kBitwiseAnd,    Operator::kBitwiseOr, Operator::kBitwiseXor,  Operator::kEqual,
        Operator::kNotEqual,      Operator::kLess,      Operator::kLessOrEqual, Operator::kGreater,
        Operator::kGreaterOrEqual};
    Random random(1);
    for (int i = 0; i < 10'000; ++i) {
        const auto any = [&] {
            constexpr std::int64_t kEdges[] = {kSmallest, kLargest, -1, 0, 1};
            if (random.chance(0.4)) return kEdges[random.below(std::size(kEdges))];
            return static_cast<std::int64_t>(random.next() >> random.below(64));
        };
        const std::int64_t a = any();
        const std::int64_t b = any();
        for (const Operator op : kOperators) {
            const influxql::Expr folded = influxql::reduce_operation(
                op, influxql::IntegerLiteral{a}, influxql::IntegerLiteral{b});
            const Value value =
                evaluate_operation(op, Value::of_integer(a), Value::of_integer(b), false);
            if (const auto* integer = folded.as<influxql::IntegerLiteral>()) {
                ASSERT_EQ(text(value), std::to_string(integer->value) + "i");
            } else {
                ASSERT_EQ(text(value),
                          folded.as<influxql::BooleanLiteral>()->value ? "true" : "false");
            }
        }
    }
}

TEST(RowExpression, OrdersNumbersOfAnyTwoTypesInOneWay) {
    Random random(2);
    const auto any = [&]() -> Value {
        switch (random.below(3)) {
            case 0:
                return Value::of_float(static_cast<double>(random.between(-4, 4)) / 2);
            case 1:
                return Value::of_integer(random.between(-2, 2));
            default:
                return Value::of_unsigned(random.below(3));
        }
    };
    for (int i = 0; i < 20'000; ++i) {
        const Value a = any();
        const Value b = any();
        const auto holds = [&](Operator op) {
            return evaluate_operation(op, a, b, false).as_boolean();
        };
        const double left = a.to_float();
        const double right = b.to_float();
        ASSERT_EQ(holds(Operator::kLess), left < right) << text(a) << ' ' << text(b);
        ASSERT_EQ(holds(Operator::kGreater), left > right) << text(a) << ' ' << text(b);
        ASSERT_EQ(holds(Operator::kLessOrEqual), left <= right) << text(a) << ' ' << text(b);
        ASSERT_EQ(holds(Operator::kGreaterOrEqual), left >= right) << text(a) << ' ' << text(b);
        ASSERT_EQ(holds(Operator::kEqual), left == right) << text(a) << ' ' << text(b);
    }
}

TEST(RowExpression, ComparesNothingWithNotANumber) {
    const Value nan = Value::of_float(std::nan(""));
    for (const Operator op : {Operator::kEqual, Operator::kLess, Operator::kLessOrEqual,
                              Operator::kGreater, Operator::kGreaterOrEqual}) {
        EXPECT_FALSE(evaluate_operation(op, nan, nan, false).as_boolean());
        EXPECT_FALSE(evaluate_operation(op, Value::of_integer(1), nan, false).as_boolean());
    }
    EXPECT_TRUE(evaluate_operation(Operator::kNotEqual, nan, nan, false).as_boolean());
}

TEST(EvaluationCost, GrowsWithOperationsAndMostWithMatches) {
    const auto cost = [](const char* expression) {
        const auto parsed = influxql::parse_expression(expression);
        return evaluation_cost(&*parsed);
    };
    EXPECT_EQ(evaluation_cost(nullptr), 1u);
    EXPECT_EQ(cost("a"), 1u);
    EXPECT_LT(cost("a = 1"), cost("a = 1 AND b = 2"));
    EXPECT_LT(cost("a = 1 AND b = 2 AND c = 3"), cost("a =~ /x/"));
    // There is always some progress, and never more than the bound.
    EXPECT_EQ(rows_between_breaths(0), rows_between_breaths(1));
    EXPECT_EQ(rows_between_breaths(std::numeric_limits<std::size_t>::max()), 1u);
    EXPECT_GT(rows_between_breaths(10), rows_between_breaths(100));
}

}  // namespace
}  // namespace sluice::query
