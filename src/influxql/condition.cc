#include "sluice/influxql/condition.h"

#include <limits>

#include "influxql/go_integers.h"
#include "sluice/influxql/printer.h"
#include "sluice/influxql/reduce.h"
#include "sluice/influxql/time_literal.h"

namespace sluice::influxql {
namespace {

// The first and last timestamps that can be stored; the two integers below and the one above them
// mean something else (influxql/ast.go: MinTime, MaxTime).
constexpr std::int64_t kTimeMin = std::numeric_limits<std::int64_t>::min() + 2;
constexpr std::int64_t kTimeMax = std::numeric_limits<std::int64_t>::max() - 1;

// The name is compared without regard to case, and by its four letters alone: a field "Time" cannot
// be asked for in a condition, in InfluxDB either.
bool is_time(const Expr& expr) {
    const auto* ref = expr.as<VarRef>();
    if (ref == nullptr || ref->name.size() != 4) return false;
    const std::string& name = ref->name;
    return (name[0] | 0x20) == 't' && (name[1] | 0x20) == 'i' && (name[2] | 0x20) == 'm' &&
           (name[3] | 0x20) == 'e';
}

// The comparison with its sides exchanged.
Operator mirrored(Operator op) {
    switch (op) {
        case Operator::kLess:
            return Operator::kGreater;
        case Operator::kGreater:
            return Operator::kLess;
        case Operator::kLessOrEqual:
            return Operator::kGreaterOrEqual;
        case Operator::kGreaterOrEqual:
            return Operator::kLessOrEqual;
        default:
            return op;
    }
}

// As Go's time.RFC3339 prints: without fraction.
std::string whole_seconds(TimeLiteral time) {
    return format_rfc3339(time.seconds, 0);
}

// The value of the other side of a comparison with time. A string that looks like a date has to be
// one; any other string is left to reduce(), which makes no time of it, so the error then names its
// type.
Result<TimeLiteral> time_value(const Expr& right, TimeLiteral now) {
    Expr value = right;
    if (const auto* text = value.as<StringLiteral>(); text && looks_like_time(text->value)) {
        const std::optional<TimeLiteral> time = parse_time_literal(text->value);
        if (!time) return Error{ErrorKind::kInvalid, "invalid timestamp string"};
        value = *time;
    }
    value = reduce(value, now);
    if (const auto* time = value.as<TimeLiteral>()) {
        if (*time > time_from_nanoseconds(kTimeMax)) {
            return Error{ErrorKind::kInvalid,
                         "time " + whole_seconds(*time) + " overflows time literal"};
        }
        // The smallest timestamp is kept for "no lower bound".
        if (*time < time_from_nanoseconds(kTimeMin + 1)) {
            return Error{ErrorKind::kInvalid,
                         "time " + whole_seconds(*time) + " underflows time literal"};
        }
        return *time;
    }
    if (const auto* duration = value.as<DurationLiteral>()) {
        return time_from_nanoseconds(duration->nanoseconds);
    }
    if (const auto* number = value.as<NumberLiteral>()) {
        return time_from_nanoseconds(truncate_to_integer(number->value));
    }
    if (const auto* integer = value.as<IntegerLiteral>()) {
        return time_from_nanoseconds(integer->value);
    }
    return Error{ErrorKind::kInvalid,
                 "invalid operation: time and " + go_type_name(value) + " are not compatible"};
}

// Bounds are inclusive, so those that are not move by a nanosecond. time_value() keeps away from
// both ends, and TimeLiteral is wider than they are.
Result<TimeBounds> bounds_of(Operator op, const Expr& right, TimeLiteral now) {
    SLUICE_TRY(const TimeLiteral value, time_value(right, now));
    switch (op) {
        case Operator::kGreater:
            return TimeBounds{add_duration(value, 1), {}};
        case Operator::kGreaterOrEqual:
            return TimeBounds{value, {}};
        case Operator::kLess:
            return TimeBounds{{}, add_duration(value, -1)};
        case Operator::kLessOrEqual:
            return TimeBounds{{}, value};
        case Operator::kEqual:
            return TimeBounds{value, value};
        default:
            return Error{ErrorKind::kInvalid,
                         "invalid time comparison operator: " + std::string(operator_text(op))};
    }
}

Result<Condition> split(const Expr& expr, TimeLiteral now);

// What has been split off is gone from the expression, so one side of AND or OR may be empty: then
// the other side stands alone, which for OR is not what logic says but what InfluxDB does.
Result<Condition> split_binary(const BinaryExpr& binary, TimeLiteral now) {
    if (binary.op == Operator::kAnd || binary.op == Operator::kOr) {
        SLUICE_TRY(Condition left, split(*binary.left, now));
        SLUICE_TRY(Condition right, split(*binary.right, now));
        Condition both{{}, left.time.intersect(right.time)};
        if (!right.expr) {
            both.expr = std::move(left.expr);
        } else if (!left.expr) {
            both.expr = std::move(right.expr);
        } else {
            both.expr = reduce_operation(binary.op, std::move(*left.expr), std::move(*right.expr));
        }
        return both;
    }
    if (is_time(*binary.left)) {
        SLUICE_TRY(const TimeBounds bounds, bounds_of(binary.op, *binary.right, now));
        return Condition{{}, bounds};
    }
    if (is_time(*binary.right)) {
        SLUICE_TRY(const TimeBounds bounds, bounds_of(mirrored(binary.op), *binary.left, now));
        return Condition{{}, bounds};
    }
    return Condition{reduce_inner(Expr(binary), now), {}};
}

Result<Condition> split(const Expr& expr, TimeLiteral now) {
    if (const auto* binary = expr.as<BinaryExpr>()) return split_binary(*binary, now);
    if (const auto* paren = expr.as<ParenExpr>()) {
        SLUICE_TRY(Condition inner, split(*paren->inner, now));
        // What is inside is reduced already, and no parentheses are needed around anything else.
        if (inner.expr && inner.expr->is<BinaryExpr>()) {
            inner.expr = Expr(ParenExpr{std::move(inner.expr)});
        }
        return inner;
    }
    if (expr.is<BooleanLiteral>()) return Condition{expr, {}};
    return Error{ErrorKind::kInvalid, "invalid condition expression: " + to_string(expr)};
}

}  // namespace

TimeBounds TimeBounds::intersect(const TimeBounds& other) const {
    TimeBounds both = *this;
    if (other.min && (!both.min || *other.min > *both.min)) both.min = other.min;
    if (other.max && (!both.max || *other.max < *both.max)) both.max = other.max;
    return both;
}

Result<Condition> split_condition(const ExprBox& where, TimeLiteral now) {
    if (!where) return Condition{};
    SLUICE_TRY(Condition condition, split(*where, now));
    if (condition.expr) {
        if (auto* paren = condition.expr->as<ParenExpr>()) {
            ExprBox inner = std::move(paren->inner);
            condition.expr = std::move(inner);
        }
        const auto* boolean = condition.expr->as<BooleanLiteral>();
        if (boolean != nullptr && boolean->value) condition.expr.reset();
    }
    return condition;
}

}  // namespace sluice::influxql
