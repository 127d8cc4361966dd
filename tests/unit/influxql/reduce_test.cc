// Constant folding against a second, slower reading of Go's arithmetic.
#include "sluice/influxql/reduce.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "sluice/base/random.h"
#include "sluice/influxql/condition.h"
#include "sluice/influxql/parser.h"
#include "sluice/influxql/printer.h"
#include "sluice/influxql/time_literal.h"

namespace sluice::influxql {
namespace {

constexpr std::int64_t kSmallest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

constexpr Operator kComparisons[] = {Operator::kEqual,   Operator::kNotEqual,
                                     Operator::kLess,    Operator::kLessOrEqual,
                                     Operator::kGreater, Operator::kGreaterOrEqual};
constexpr Operator kArithmetic[] = {
    Operator::kAdd,       Operator::kSubtract,   Operator::kMultiply,  Operator::kModulo,
    Operator::kBitwiseOr, Operator::kBitwiseAnd, Operator::kBitwiseXor};

// Often a boundary, else anything.
std::int64_t any_integer(Random& random) {
    constexpr std::int64_t kEdges[] = {kSmallest, kSmallest + 1, -1,      0, 1,
                                       2,         kLargest - 1,  kLargest};
    if (random.chance(0.5)) return kEdges[random.below(std::size(kEdges))];
    return static_cast<std::int64_t>(random.next() >> random.below(64));
}

Expr reduced(Expr left, Operator op, Expr right) {
    return reduce(BinaryExpr{op, std::move(left), std::move(right)}, {});
}

// The low 64 bits of the exact result, which is what an integer that wraps around is.
std::int64_t wrapped(__int128 exact) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(exact));
}

std::int64_t calculated(std::int64_t a, Operator op, std::int64_t b) {
    const __int128 left = a;
    const __int128 right = b;
    switch (op) {
        case Operator::kAdd:
            return wrapped(left + right);
        case Operator::kSubtract:
            return wrapped(left - right);
        case Operator::kMultiply:
            return wrapped(left * right);
        case Operator::kModulo:
            return right == 0 ? 0 : wrapped(left % right);
        case Operator::kBitwiseOr:
            return wrapped(left | right);
        case Operator::kBitwiseAnd:
            return wrapped(left & right);
        default:
            return wrapped(left ^ right);
    }
}

template <typename T>
bool compared(const T& a, Operator op, const T& b) {
    const int sign = a < b ? -1 : (b < a ? 1 : 0);
    switch (op) {
        case Operator::kEqual:
            return sign == 0;
        case Operator::kNotEqual:
            return sign != 0;
        case Operator::kLess:
            return sign < 0;
        case Operator::kLessOrEqual:
            return sign <= 0;
        case Operator::kGreater:
            return sign > 0;
        default:
            return sign >= 0;
    }
}

TEST(ReducedIntegers, WrapAroundLikeGo) {
    Random random(1);
    for (int i = 0; i < 20'000; ++i) {
        const std::int64_t a = any_integer(random);
        const std::int64_t b = any_integer(random);
        for (const Operator op : kArithmetic) {
            const Expr result = reduced(IntegerLiteral{a}, op, IntegerLiteral{b});
            ASSERT_TRUE(result.is<IntegerLiteral>()) << to_string(result);
            ASSERT_EQ(result.as<IntegerLiteral>()->value, calculated(a, op, b))
                << a << ' ' << operator_text(op) << ' ' << b;
        }
        for (const Operator op : kComparisons) {
            const Expr result = reduced(IntegerLiteral{a}, op, IntegerLiteral{b});
            ASSERT_EQ(result.as<BooleanLiteral>()->value, compared(a, op, b));
        }
    }
}

TEST(ReducedIntegers, DivideToAFraction) {
    Random random(2);
    for (int i = 0; i < 10'000; ++i) {
        const std::int64_t a = any_integer(random);
        const std::int64_t b = any_integer(random);
        const Expr result = reduced(IntegerLiteral{a}, Operator::kDivide, IntegerLiteral{b});
        ASSERT_TRUE(result.is<NumberLiteral>());
        // Dividing by zero gives zero in InfluxQL.
        const double expected = b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
        ASSERT_EQ(result.as<NumberLiteral>()->value, expected) << a << " / " << b;
    }
}

TEST(ReducedUnsigned, OrdersNegativeIntegersBelowAllOthers) {
    Random random(3);
    for (int i = 0; i < 10'000; ++i) {
        const std::int64_t a = any_integer(random);
        const std::uint64_t b = random.next() >> random.below(64);
        const __int128 left = a;
        const __int128 right = b;
        for (const Operator op : kComparisons) {
            // == and != of a negative integer compare the bits, in InfluxDB as well.
            if (a < 0 && (op == Operator::kEqual || op == Operator::kNotEqual)) continue;
            ASSERT_EQ(
                reduced(IntegerLiteral{a}, op, UnsignedLiteral{b}).as<BooleanLiteral>()->value,
                compared(left, op, right))
                << a << ' ' << operator_text(op) << ' ' << b;
            ASSERT_EQ(
                reduced(UnsignedLiteral{b}, op, IntegerLiteral{a}).as<BooleanLiteral>()->value,
                compared(right, op, left))
                << b << ' ' << operator_text(op) << ' ' << a;
        }
    }
}

TEST(ReducedTimes, AddAndSubtractDurationsOfAnySize) {
    Random random(4);
    for (int i = 0; i < 20'000; ++i) {
        const TimeLiteral time{random.between(-62'135'596'800, 253'402'300'799),
                               static_cast<std::int32_t>(random.below(1'000'000'000))};
        const std::int64_t step = any_integer(random);
        const __int128 exact =
            static_cast<__int128>(time.seconds) * 1'000'000'000 + time.nanoseconds;
        // Go subtracts by adding the negative, and the smallest duration is its own negative.
        const __int128 back = step == kSmallest ? kSmallest : -static_cast<__int128>(step);
        const auto check = [&](const Expr& result, __int128 expected) {
            const auto* found = result.as<TimeLiteral>();
            ASSERT_NE(found, nullptr) << to_string(result);
            ASSERT_GE(found->nanoseconds, 0);
            ASSERT_LT(found->nanoseconds, 1'000'000'000);
            ASSERT_TRUE(static_cast<__int128>(found->seconds) * 1'000'000'000 +
                            found->nanoseconds ==
                        expected)
                << to_string(Expr(time)) << " and " << step;
        };
        check(reduced(time, Operator::kAdd, DurationLiteral{step}), exact + step);
        check(reduced(time, Operator::kAdd, IntegerLiteral{step}), exact + step);
        check(reduced(DurationLiteral{step}, Operator::kAdd, time), exact + step);
        check(reduced(time, Operator::kSubtract, DurationLiteral{step}), exact + back);
        check(reduced(time, Operator::kSubtract, IntegerLiteral{step}), exact + back);
        check(reduced(IntegerLiteral{step}, Operator::kAdd, DurationLiteral{0}), step);
    }
}

TEST(ReducedTimes, DifferAtMostByTheLargestDuration) {
    const TimeLiteral first{-62'135'596'800, 0};
    const TimeLiteral last{253'402'300'799, 999'999'999};
    const auto difference_of = [](TimeLiteral a, TimeLiteral b) {
        return reduced(a, Operator::kSubtract, b).as<DurationLiteral>()->nanoseconds;
    };
    EXPECT_EQ(difference_of(last, first), kLargest);
    EXPECT_EQ(difference_of(first, last), kSmallest);
    EXPECT_EQ(difference_of(last, last), 0);
    EXPECT_EQ(difference_of({1, 0}, {0, 999'999'999}), 1);
    EXPECT_EQ(difference_of({0, 999'999'999}, {1, 0}), -1);
}

TEST(ReducedDurations, KeepEveryIntegerThatANumberHolds) {
    const struct {
        double factor;
        std::int64_t product;  // of one nanosecond
    } kCases[] = {
        {0.0, 0},
        {-0.0, 0},
        {1.999, 1},
        {-1.999, -1},
        {9.21e18, 9'210'000'000'000'000'000},
        {9'223'372'036'854'774'784.0, 9'223'372'036'854'774'784},  // the double below 2^63
        {0x1p63, kSmallest},
        {-0x1p63, kSmallest},
        {-9.25e18, kSmallest},
        {1e300, kSmallest},
        {std::numeric_limits<double>::infinity(), kSmallest},
        {std::numeric_limits<double>::quiet_NaN(), kSmallest},
    };
    for (const auto& c : kCases) {
        const Expr result =
            reduced(DurationLiteral{1}, Operator::kMultiply, NumberLiteral{c.factor});
        EXPECT_EQ(result.as<DurationLiteral>()->nanoseconds, c.product) << c.factor;
    }
    EXPECT_EQ(reduced(DurationLiteral{kSmallest}, Operator::kDivide, IntegerLiteral{-1})
                  .as<DurationLiteral>()
                  ->nanoseconds,
              kSmallest);
    EXPECT_EQ(reduced(DurationLiteral{5}, Operator::kDivide, IntegerLiteral{0})
                  .as<DurationLiteral>()
                  ->nanoseconds,
              0);
}

TEST(ReducedDurations, ReachTheTimeOfACondition) {
    const auto bound = [](const char* text) {
        const auto condition = split_condition(ExprBox(*parse_expression(text)), TimeLiteral{});
        EXPECT_TRUE(condition.ok()) << text << ": " << condition.error().message;
        return condition.ok() ? to_nanoseconds(*condition->time.max) : 0;
    };
    EXPECT_EQ(bound("time <= 9210000000000000000.0"), 9'210'000'000'000'000'000);
    EXPECT_EQ(bound("time <= -9210000000000000000.0"), -9'210'000'000'000'000'000);
    EXPECT_EQ(bound("time <= 1.9"), 1);
}

TEST(ReducedSigns, OfTheSmallestBoundParametersWrapAround) {
    const BoundParameters parameters = {
        {"i", {BoundParameter::Kind::kInteger, "-9223372036854775808"}},
        {"d", {BoundParameter::Kind::kDuration, "-9223372036854775807ns1ns"}},
    };
    const auto parsed = parse_query("SELECT v FROM m WHERE a = -$i AND b = -$d", parameters);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_EQ(to_string(parsed->front()),
              "SELECT v FROM m WHERE a = -9223372036854775808 AND b = -9223372036854775808ns");
}

// Any literal, of which most pairs have no operation in common.
Expr any_literal(Random& random) {
    switch (random.below(8)) {
        case 0:
            return BooleanLiteral{random.chance(0.5)};
        case 1:
            return NumberLiteral{random.unit() * 100 - 50};
        case 2:
            return UnsignedLiteral{random.next()};
        case 3:
            return StringLiteral{random.chance(0.5) ? "2000-01-01" : "x"};
        case 4:
            return DurationLiteral{any_integer(random)};
        case 5:
            return TimeLiteral{random.between(-1000, 1000), 5};
        default:
            return IntegerLiteral{any_integer(random)};
    }
}

Expr any_tree(Random& random, int depth) {
    if (depth == 0 || random.chance(0.2)) {
        if (random.chance(0.3)) return VarRef{"v"};
        return any_literal(random);
    }
    if (random.chance(0.2)) return ParenExpr{any_tree(random, depth - 1)};
    if (random.chance(0.1)) return Call{"f", {any_tree(random, depth - 1)}};
    Expr left = any_tree(random, depth - 1);
    Expr right = any_tree(random, depth - 1);
    return BinaryExpr{static_cast<Operator>(random.below(18)), std::move(left), std::move(right)};
}

TEST(Reduce, HasNothingLeftToDoTheSecondTime) {
    Random random(5);
    for (int i = 0; i < 20'000; ++i) {
        const Expr tree = any_tree(random, 5);
        const Expr once = reduce_inner(tree, {});
        ASSERT_EQ(to_string(reduce_inner(once, {})), to_string(once)) << to_string(tree);
    }
}

TEST(Reduce, LeavesNoTwoLiteralsThatHaveAnOperation) {
    Random random(6);
    for (int i = 0; i < 5'000; ++i) {
        walk(reduce(any_tree(random, 5), {}), [](const Expr& node) {
            const auto* binary = node.as<BinaryExpr>();
            if (binary == nullptr) return;
            const auto* a = binary->left->as<IntegerLiteral>();
            const auto* b = binary->right->as<IntegerLiteral>();
            const bool logical = binary->op == Operator::kAnd || binary->op == Operator::kOr ||
                                 binary->op == Operator::kMatches ||
                                 binary->op == Operator::kNotMatches;
            EXPECT_FALSE(a != nullptr && b != nullptr && !logical) << to_string(node);
        });
    }
}

TEST(Reduce, KnowsWhatATruthDecides) {
    const struct {
        const char* text;
        const char* expected;
    } kCases[] = {
        {"a AND false", "false"},
        {"false AND a", "false"},
        {"a AND true", "a"},
        {"true AND a", "a"},
        {"a OR true", "true"},
        {"true OR a", "true"},
        {"a OR false", "a"},
        {"false OR a", "a"},
        {"true AND true", "true"},
        {"false OR false", "false"},
        {"(a = 1 OR true) AND b", "b"},
        {"(a AND false) OR (b = 1)", "b = 1"},
        {"true ^ true", "false"},
        {"true & false", "false"},
        {"true | false", "true"},
        {"true + true", "true + true"},
    };
    for (const auto& c : kCases) {
        EXPECT_EQ(to_string(reduce(*parse_expression(c.text), {})), c.expected) << c.text;
    }
}

TEST(Reduce, ReplacesNowOnlyWhereATimeIsGiven) {
    const Expr call = *parse_expression("now()");
    EXPECT_TRUE(reduce(call, {}).is<Call>());
    EXPECT_EQ(*reduce(call, TimeLiteral{7, 8}).as<TimeLiteral>(), (TimeLiteral{7, 8}));
    // With an argument it is some function of that name, and its arguments are reduced.
    EXPECT_EQ(to_string(reduce(*parse_expression("now(1 + 1)"), TimeLiteral{7, 8})), "now(2)");
}

TEST(Reduce, DropsParenthesesThatHoldNoOperation) {
    EXPECT_EQ(to_string(reduce(*parse_expression("((a)) + ((1 + 2))"), {})), "a + 3");
    EXPECT_EQ(to_string(reduce(*parse_expression("((a + b)) * 2"), {})), "(a + b) * 2");
    EXPECT_EQ(to_string(reduce(*parse_expression("(a + b)"), {})), "a + b");
    EXPECT_EQ(to_string(reduce_inner(*parse_expression("(a + b)"), {})), "(a + b)");
}

}  // namespace
}  // namespace sluice::influxql
