#include "influxql/reduce_literals.h"

#include <cmath>

#include "influxql/go_integers.h"
#include "sluice/influxql/time_literal.h"

namespace sluice::influxql {
namespace {

using Folded = std::optional<Expr>;

std::uint64_t bits(std::int64_t value) {
    return static_cast<std::uint64_t>(value);
}

// IEEE 754 decides about NaN: it is unequal to everything and in no order.
template <typename T>
Folded compare(Operator op, const T& a, const T& b) {
    switch (op) {
        case Operator::kEqual:
            return BooleanLiteral{a == b};
        case Operator::kNotEqual:
            return BooleanLiteral{a != b};
        case Operator::kLess:
            return BooleanLiteral{a < b};
        case Operator::kLessOrEqual:
            return BooleanLiteral{a <= b};
        case Operator::kGreater:
            return BooleanLiteral{a > b};
        case Operator::kGreaterOrEqual:
            return BooleanLiteral{a >= b};
        default:
            return std::nullopt;
    }
}

// What has no meaning stays, as literals of the type both were brought to.
template <typename Literal, typename T>
Folded compare_or_keep(Operator op, T a, T b) {
    if (Folded folded = compare(op, a, b)) return folded;
    return BinaryExpr{op, Expr(Literal{a}), Expr(Literal{b})};
}

// Each function below is one case of influxql/ast.go: reduceBinaryExpr…LHS. Nothing folded means
// that the operation stays in the tree, to be evaluated for each row or to be refused there.
Folded fold_booleans(Operator op, bool a, bool b) {
    switch (op) {
        case Operator::kEqual:
            return BooleanLiteral{a == b};
        case Operator::kNotEqual:
        case Operator::kBitwiseXor:
            return BooleanLiteral{a != b};
        case Operator::kAnd:
        case Operator::kBitwiseAnd:
            return BooleanLiteral{a && b};
        case Operator::kOr:
        case Operator::kBitwiseOr:
            return BooleanLiteral{a || b};
        default:
            return std::nullopt;
    }
}

// A division by zero is zero. The rest of one is not, as in Go.
Folded fold_numbers(Operator op, double a, double b) {
    switch (op) {
        case Operator::kAdd:
            return NumberLiteral{a + b};
        case Operator::kSubtract:
            return NumberLiteral{a - b};
        case Operator::kMultiply:
            return NumberLiteral{a * b};
        case Operator::kDivide:
            return NumberLiteral{b == 0 ? 0 : a / b};
        case Operator::kModulo:
            return NumberLiteral{std::fmod(a, b)};
        default:
            return compare_or_keep<NumberLiteral>(op, a, b);
    }
}

// Dividing integers gives a float when it is folded, while integer columns divided by each other
// follow a switch of the statement: InfluxDB has both.
Folded fold_integers(Operator op, std::int64_t a, std::int64_t b) {
    switch (op) {
        case Operator::kAdd:
            return IntegerLiteral{wrapping_add(a, b)};
        case Operator::kSubtract:
            return IntegerLiteral{wrapping_subtract(a, b)};
        case Operator::kMultiply:
            return IntegerLiteral{wrapping_multiply(a, b)};
        case Operator::kDivide:
            return NumberLiteral{b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b)};
        case Operator::kModulo:
            return IntegerLiteral{b == 0 || b == -1 ? 0 : a % b};
        case Operator::kBitwiseAnd:
            return IntegerLiteral{a & b};
        case Operator::kBitwiseOr:
            return IntegerLiteral{a | b};
        case Operator::kBitwiseXor:
            return IntegerLiteral{a ^ b};
        default:
            return compare(op, a, b);
    }
}

Folded fold_unsigned(Operator op, std::uint64_t a, std::uint64_t b) {
    switch (op) {
        case Operator::kAdd:
            return UnsignedLiteral{a + b};
        case Operator::kSubtract:
            return UnsignedLiteral{a - b};
        case Operator::kMultiply:
            return UnsignedLiteral{a * b};
        case Operator::kDivide:
            return UnsignedLiteral{b == 0 ? 0 : a / b};
        case Operator::kModulo:
            return UnsignedLiteral{b == 0 ? 0 : a % b};
        default:
            return compare_or_keep<UnsignedLiteral>(op, a, b);
    }
}

// A negative integer beside an unsigned one is smaller than it, not huge.
Folded compare_signs(Operator op, bool left_is_negative) {
    switch (op) {
        case Operator::kLess:
        case Operator::kLessOrEqual:
            return BooleanLiteral{left_is_negative};
        case Operator::kGreater:
        case Operator::kGreaterOrEqual:
            return BooleanLiteral{!left_is_negative};
        default:
            return std::nullopt;
    }
}

Folded fold_times(Operator op, TimeLiteral a, TimeLiteral b) {
    if (op == Operator::kSubtract) return DurationLiteral{difference(a, b)};
    return compare(op, a, b);
}

// An integer beside a time is nanoseconds, and a string is a time if it reads as one.
Folded fold_time(Operator op, TimeLiteral a, const Expr& right) {
    if (const auto* duration = right.as<DurationLiteral>()) {
        if (op == Operator::kAdd) return add_duration(a, duration->nanoseconds);
        if (op == Operator::kSubtract)
            return add_duration(a, wrapping_negate(duration->nanoseconds));
        return std::nullopt;
    }
    if (const auto* integer = right.as<IntegerLiteral>()) {
        return fold_time(op, a, DurationLiteral{integer->value});
    }
    if (const auto* time = right.as<TimeLiteral>()) return fold_times(op, a, *time);
    if (const auto* text = right.as<StringLiteral>()) {
        if (const auto time = parse_time_literal(text->value)) return fold_times(op, a, *time);
    }
    return std::nullopt;
}

// Only a duration on the left is scaled: "2 * 3m" stays as it is, in InfluxDB, too.
Folded fold_duration(Operator op, std::int64_t a, const Expr& right) {
    if (const auto* duration = right.as<DurationLiteral>()) {
        const std::int64_t b = duration->nanoseconds;
        if (op == Operator::kAdd) return DurationLiteral{wrapping_add(a, b)};
        if (op == Operator::kSubtract) return DurationLiteral{wrapping_subtract(a, b)};
        return compare(op, a, b);
    }
    if (right.is<NumberLiteral>() || right.is<IntegerLiteral>()) {
        const std::int64_t b = right.is<IntegerLiteral>()
                                   ? right.as<IntegerLiteral>()->value
                                   : truncate_to_integer(right.as<NumberLiteral>()->value);
        if (op == Operator::kMultiply) return DurationLiteral{wrapping_multiply(a, b)};
        if (op == Operator::kDivide) {
            if (b == 0) return DurationLiteral{0};
            return DurationLiteral{b == -1 ? wrapping_negate(a) : a / b};
        }
        return std::nullopt;
    }
    std::optional<TimeLiteral> time;
    if (const auto* literal = right.as<TimeLiteral>()) time = *literal;
    if (const auto* text = right.as<StringLiteral>()) time = parse_time_literal(text->value);
    if (time && op == Operator::kAdd) return add_duration(*time, a);
    return std::nullopt;
}

Folded fold_integer(Operator op, std::int64_t a, const Expr& right) {
    if (const auto* number = right.as<NumberLiteral>()) {
        return fold_numbers(op, static_cast<double>(a), number->value);
    }
    if (const auto* integer = right.as<IntegerLiteral>()) {
        return fold_integers(op, a, integer->value);
    }
    if (const auto* large = right.as<UnsignedLiteral>()) {
        if (a < 0) {
            if (Folded folded = compare_signs(op, true)) return folded;
        }
        return fold_unsigned(op, bits(a), large->value);
    }
    if (const auto* duration = right.as<DurationLiteral>()) {
        const TimeLiteral time = time_from_nanoseconds(a);
        if (op == Operator::kAdd) return add_duration(time, duration->nanoseconds);
        if (op == Operator::kSubtract)
            return add_duration(time, wrapping_negate(duration->nanoseconds));
        return std::nullopt;
    }
    return fold_duration(op, a, right);
}

Folded fold_number(Operator op, double a, const Expr& right) {
    if (const auto* number = right.as<NumberLiteral>()) return fold_numbers(op, a, number->value);
    if (const auto* integer = right.as<IntegerLiteral>()) {
        Folded folded = fold_numbers(op, a, static_cast<double>(integer->value));
        return folded->is<BinaryExpr>() ? Folded() : folded;
    }
    if (const auto* large = right.as<UnsignedLiteral>()) {
        return fold_numbers(op, a, static_cast<double>(large->value));
    }
    return std::nullopt;
}

Folded fold_large(Operator op, std::uint64_t a, const Expr& right) {
    if (const auto* number = right.as<NumberLiteral>()) {
        return fold_numbers(op, static_cast<double>(a), number->value);
    }
    if (const auto* integer = right.as<IntegerLiteral>()) {
        if (integer->value < 0) {
            if (Folded folded = compare_signs(op, false)) return folded;
        }
        return fold_unsigned(op, a, bits(integer->value));
    }
    if (const auto* large = right.as<UnsignedLiteral>()) return fold_unsigned(op, a, large->value);
    return std::nullopt;
}

// Two strings that are both times are compared as times, so that one moment in two spellings is
// equal.
Folded fold_string(Operator op, const std::string& a, const Expr& right) {
    const std::optional<TimeLiteral> time = parse_time_literal(a);
    if (const auto* text = right.as<StringLiteral>()) {
        if (op == Operator::kAdd) return StringLiteral{a + text->value};
        if (time) {
            if (Folded folded = fold_time(op, *time, right)) return folded;
        }
        if (op == Operator::kEqual) return BooleanLiteral{a == text->value};
        if (op == Operator::kNotEqual) return BooleanLiteral{a != text->value};
        return std::nullopt;
    }
    const bool is_step =
        right.is<DurationLiteral>() || right.is<TimeLiteral>() || right.is<IntegerLiteral>();
    if (time && is_step) return fold_time(op, *time, right);
    return std::nullopt;
}

}  // namespace

// The left side's type chooses the rules. Both sides have been reduced.
std::optional<Expr> reduce_literals(Operator op, const Expr& left, const Expr& right) {
    if (const auto* boolean = left.as<BooleanLiteral>()) {
        const auto* other = right.as<BooleanLiteral>();
        return other == nullptr ? Folded() : fold_booleans(op, boolean->value, other->value);
    }
    if (const auto* duration = left.as<DurationLiteral>()) {
        return fold_duration(op, duration->nanoseconds, right);
    }
    if (const auto* integer = left.as<IntegerLiteral>()) {
        return fold_integer(op, integer->value, right);
    }
    if (const auto* large = left.as<UnsignedLiteral>()) return fold_large(op, large->value, right);
    if (const auto* number = left.as<NumberLiteral>()) return fold_number(op, number->value, right);
    if (const auto* text = left.as<StringLiteral>()) return fold_string(op, text->value, right);
    if (const auto* time = left.as<TimeLiteral>()) return fold_time(op, *time, right);
    return std::nullopt;
}

}  // namespace sluice::influxql
