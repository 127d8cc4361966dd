#include "sluice/influxql/expr.h"

#include <gtest/gtest.h>

#include "sluice/influxql/parser.h"
#include "sluice/influxql/printer.h"

namespace sluice::influxql {
namespace {

constexpr DataType kTypes[] = {DataType::kUnknown,  DataType::kFloat,   DataType::kInteger,
                               DataType::kString,   DataType::kBoolean, DataType::kTime,
                               DataType::kDuration, DataType::kTag,     DataType::kAnyField,
                               DataType::kUnsigned};

// The types from the one that loses to all to the one that wins over all (influxql/ast.go:
// DataType.LessThan): unsigned stands between integer and string there.
constexpr DataType kFromWeakest[] = {DataType::kUnknown,  DataType::kAnyField, DataType::kTag,
                                     DataType::kDuration, DataType::kTime,     DataType::kBoolean,
                                     DataType::kString,   DataType::kUnsigned, DataType::kInteger,
                                     DataType::kFloat};

TEST(DataType, WinsByOneOrderOfAllTypes) {
    for (std::size_t i = 0; i < std::size(kFromWeakest); ++i) {
        for (std::size_t j = 0; j < std::size(kFromWeakest); ++j) {
            if (i == j) continue;  // no source is preferred to another of the same type
            const DataType a = kFromWeakest[i];
            const DataType b = kFromWeakest[j];
            EXPECT_EQ(data_type_less(a, b), i < j) << data_type_name(a) << ' ' << data_type_name(b);
        }
    }
    for (const DataType type : kTypes) {
        EXPECT_EQ(data_type_less(type, type), type == DataType::kUnknown) << data_type_name(type);
    }
}

TEST(Operator, BindsLooserTheLaterItIsApplied) {
    const auto tighter = [](Operator a, Operator b) {
        return operator_precedence(a) > operator_precedence(b);
    };
    EXPECT_TRUE(tighter(Operator::kMultiply, Operator::kAdd));
    EXPECT_TRUE(tighter(Operator::kBitwiseAnd, Operator::kBitwiseOr));
    EXPECT_TRUE(tighter(Operator::kAdd, Operator::kLess));
    EXPECT_TRUE(tighter(Operator::kMatches, Operator::kAnd));
    EXPECT_TRUE(tighter(Operator::kAnd, Operator::kOr));
    for (int i = 0; i <= static_cast<int>(Operator::kGreaterOrEqual); ++i) {
        const auto op = static_cast<Operator>(i);
        EXPECT_EQ(is_comparison(op), operator_precedence(op) == 3) << operator_text(op);
    }
}

TEST(Box, CopiesWhatItHoldsAndNotThePointer) {
    const Box<std::string> first(std::string("a"));
    Box<std::string> second = first;
    *second = "b";
    EXPECT_EQ(*first, "a");
    second = first;
    EXPECT_EQ(*second, "a");
    EXPECT_NE(second.get(), first.get());
    second = *&second;  // to itself
    EXPECT_EQ(*second, "a");
    Box<std::string> taken = std::move(second);
    EXPECT_EQ(*taken, "a");
    EXPECT_FALSE(second);  // NOLINT: moved from, which leaves it empty
    const Box<std::string> empty;
    taken = empty;
    EXPECT_FALSE(taken);
}

TEST(Expr, CopiesTheWholeTree) {
    const Expr original = *parse_expression("f(a + 1, (b)) * 2");
    Expr copy = original;
    walk(copy, [](Expr& node) {
        if (auto* ref = node.as<VarRef>()) ref->name = "changed";
        if (auto* integer = node.as<IntegerLiteral>()) integer->value = 9;
    });
    EXPECT_EQ(to_string(original), "f(a + 1, (b)) * 2");
    EXPECT_EQ(to_string(copy), "f(changed + 9, (changed)) * 9");
}

TEST(Expr, WalksParentsBeforeWhatIsBelowThemFromTheLeft) {
    std::string order;
    walk(*parse_expression("a * f(b, (c)) + d"), [&](const Expr& node) {
        if (const auto* ref = node.as<VarRef>()) order += ref->name;
        if (const auto* call = node.as<Call>()) order += call->name;
        if (node.is<ParenExpr>()) order += '(';
        if (const auto* binary = node.as<BinaryExpr>()) order += operator_text(binary->op);
    });
    EXPECT_EQ(order, "+*afb(cd");
}

TEST(Expr, TellsLiteralsFromWhatDependsOnRows) {
    for (const char* text : {"1", "1.5", "18446744073709551615", "true", "'a'", "5m"}) {
        EXPECT_TRUE(is_literal(*parse_expression(text))) << text;
    }
    for (const char* text : {"a", "f()", "1 + 1", "(1)", "*", "DISTINCT a", "a::tag"}) {
        EXPECT_FALSE(is_literal(*parse_expression(text))) << text;
    }
    EXPECT_TRUE(is_literal(TimeLiteral{}));
    EXPECT_TRUE(is_literal(ListLiteral{{"a"}}));
}

}  // namespace
}  // namespace sluice::influxql
