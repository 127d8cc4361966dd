#include "query/expr/evaluate.h"

#include <cmath>

#include "query/expr/math_functions.h"

namespace sluice::query {
namespace {

using influxql::Operator;
using Kind = Value::Kind;

// If no rule applies, comparisons answer no, and everything else has no value.
Value no_answer(Operator op) {
    switch (op) {
        case Operator::kEqual:
        case Operator::kNotEqual:
        case Operator::kLess:
        case Operator::kLessOrEqual:
        case Operator::kGreater:
        case Operator::kGreaterOrEqual:
            return Value::of_boolean(false);
        default:
            return {};
    }
}

template <typename T>
bool compare(Operator op, T a, T b) {
    switch (op) {
        case Operator::kEqual:
            return a == b;
        case Operator::kNotEqual:
            return a != b;
        case Operator::kLess:
            return a < b;
        case Operator::kLessOrEqual:
            return a <= b;
        case Operator::kGreater:
            return a > b;
        default:
            return a >= b;
    }
}

bool is_ordering(Operator op) {
    return op == Operator::kEqual || op == Operator::kNotEqual || op >= Operator::kLess;
}

bool is_logical(Operator op) {
    return op == Operator::kAnd || op == Operator::kOr ||
           (op >= Operator::kBitwiseAnd && op <= Operator::kBitwiseXor);
}

// Each of these has InfluxDB's rules for operands of one type (influxql/ast.go: evalBinaryExpr). Go
// defines what C++ leaves undefined: integers wrap around, and InfluxDB answers 0 to a division by
// zero, of floats, too.
Value on_booleans(Operator op, bool a, bool b) {
    switch (op) {
        case Operator::kAnd:
        case Operator::kBitwiseAnd:
            return Value::of_boolean(a && b);
        case Operator::kOr:
        case Operator::kBitwiseOr:
            return Value::of_boolean(a || b);
        case Operator::kEqual:
            return Value::of_boolean(a == b);
        case Operator::kNotEqual:
        case Operator::kBitwiseXor:
            return Value::of_boolean(a != b);
        default:
            return no_answer(op);
    }
}

Value on_floats(Operator op, double a, double b) {
    if (is_ordering(op)) return Value::of_boolean(compare(op, a, b));
    switch (op) {
        case Operator::kAdd:
            return Value::of_float(a + b);
        case Operator::kSubtract:
            return Value::of_float(a - b);
        case Operator::kMultiply:
            return Value::of_float(a * b);
        case Operator::kDivide:
            return Value::of_float(b == 0 ? 0 : a / b);
        case Operator::kModulo:
            return Value::of_float(std::fmod(a, b));
        default:
            return no_answer(op);
    }
}

Value on_integers(Operator op, std::int64_t a, std::int64_t b, bool float_division) {
    if (is_ordering(op)) return Value::of_boolean(compare(op, a, b));
    const auto bits = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
    const auto wrap = [](std::uint64_t value) {
        return Value::of_integer(static_cast<std::int64_t>(value));
    };
    switch (op) {
        case Operator::kAdd:
            return wrap(bits(a) + bits(b));
        case Operator::kSubtract:
            return wrap(bits(a) - bits(b));
        case Operator::kMultiply:
            return wrap(bits(a) * bits(b));
        case Operator::kDivide:
            if (float_division)
                return on_floats(op, static_cast<double>(a), static_cast<double>(b));
            // The least integer divided by -1 has no place in 64 bits; wrapped around it is itself.
            if (b == 0) return Value::of_integer(0);
            return b == -1 ? wrap(0 - bits(a)) : Value::of_integer(a / b);
        case Operator::kModulo:
            return Value::of_integer(b == 0 || b == -1 ? 0 : a % b);
        case Operator::kBitwiseAnd:
            return Value::of_integer(a & b);
        case Operator::kBitwiseOr:
            return Value::of_integer(a | b);
        case Operator::kBitwiseXor:
            return Value::of_integer(a ^ b);
        default:
            return no_answer(op);
    }
}

Value on_unsigned(Operator op, std::uint64_t a, std::uint64_t b) {
    if (is_ordering(op)) return Value::of_boolean(compare(op, a, b));
    switch (op) {
        case Operator::kAdd:
            return Value::of_unsigned(a + b);
        case Operator::kSubtract:
            return Value::of_unsigned(a - b);
        case Operator::kMultiply:
            return Value::of_unsigned(a * b);
        case Operator::kDivide:
            return Value::of_unsigned(b == 0 ? 0 : a / b);
        case Operator::kModulo:
            return Value::of_unsigned(b == 0 ? 0 : a % b);
        case Operator::kBitwiseAnd:
            return Value::of_unsigned(a & b);
        case Operator::kBitwiseOr:
            return Value::of_unsigned(a | b);
        case Operator::kBitwiseXor:
            return Value::of_unsigned(a ^ b);
        default:
            return no_answer(op);
    }
}

// A negative integer is below every unsigned one.
Value on_mixed_integers(Operator op, Value left, Value right) {
    const bool left_negative = left.kind() == Kind::kInteger && left.as_integer() < 0;
    const bool right_negative = right.kind() == Kind::kInteger && right.as_integer() < 0;
    if ((left_negative || right_negative) && op >= Operator::kLess) {
        const bool less = op == Operator::kLess || op == Operator::kLessOrEqual;
        return Value::of_boolean(left_negative == less);
    }
    return on_unsigned(op, left.word(), right.word());
}

Value on_numbers(Operator op, Value left, Value right, bool float_division) {
    if (left.kind() == Kind::kFloat || right.kind() == Kind::kFloat) {
        return on_floats(op, left.to_float(), right.to_float());
    }
    if (left.kind() != right.kind()) return on_mixed_integers(op, left, right);
    if (left.kind() == Kind::kUnsigned) return on_unsigned(op, left.word(), right.word());
    return on_integers(op, left.as_integer(), right.as_integer(), float_division);
}

}  // namespace

Value evaluate_operation(Operator op, Value left, Value right, bool integer_division_is_float) {
    // Beside a boolean, null counts as false.
    if (left.is_null() && right.kind() == Kind::kBoolean) left = Value::of_boolean(false);
    if (right.is_null() && left.kind() == Kind::kBoolean) right = Value::of_boolean(false);
    if (left.kind() == Kind::kBoolean && right.kind() == Kind::kBoolean) {
        return on_booleans(op, left.as_boolean(), right.as_boolean());
    }
    // A logical operation answers as soon as its left side is a boolean.
    if (left.kind() == Kind::kBoolean && is_logical(op)) return Value::of_boolean(false);
    if (left.is_number() && right.is_number()) {
        return on_numbers(op, left, right, integer_division_is_float);
    }
    if (left.kind() == Kind::kString && right.kind() == Kind::kString) {
        if (op == Operator::kEqual) return Value::of_boolean(left.as_string() == right.as_string());
        if (op == Operator::kNotEqual) {
            return Value::of_boolean(left.as_string() != right.as_string());
        }
    }
    return no_answer(op);
}

std::size_t evaluation_cost(const influxql::Expr* expr) {
    // A match runs an automaton over the value.
    constexpr std::size_t kMatchCost = 16;
    std::size_t cost = 1;
    if (expr == nullptr) return cost;
    influxql::walk(*expr, [&cost](const influxql::Expr& part) {
        cost += part.is<influxql::RegexLiteral>()                              ? kMatchCost
                : part.is<influxql::BinaryExpr>() || part.is<influxql::Call>() ? 1
                                                                               : 0;
    });
    return cost;
}

RowExpression::RowExpression(const influxql::Expr& expr, const PositionOfName& position,
                             bool integer_division_is_float, Null null, bool knows_functions)
    : integer_division_is_float_(integer_division_is_float),
      null_(null),
      knows_functions_(knows_functions) {
    add(expr, position, [](const influxql::Call&) { return -1; });
}

RowExpression::RowExpression(const influxql::Expr& expr, const PositionOfName& position,
                             const PositionOfCall& call_position)
    : integer_division_is_float_(true), null_(Null::kIsFalse), knows_functions_(true) {
    add(expr, position, call_position);
}

// What has no place, no value and no rule (a wildcard, a function that is not known here) becomes a
// constant without a value, so that evaluating it needs no questions.
std::uint32_t RowExpression::add(const influxql::Expr& expr, const PositionOfName& position,
                                 const PositionOfCall& call_position) {
    Node node;
    const auto set_place = [&node](int place) {
        if (place < 0) return;
        node.kind = Node::Kind::kColumn;
        node.left = static_cast<std::uint32_t>(place);
    };
    if (const auto* paren = expr.as<influxql::ParenExpr>()) {
        return add(*paren->inner, position, call_position);
    }
    if (const auto* binary = expr.as<influxql::BinaryExpr>()) {
        node.kind = Node::Kind::kBinary;
        node.op = binary->op;
        node.left = add(*binary->left, position, call_position);
        node.right = add(*binary->right, position, call_position);
    } else if (const auto* call = expr.as<influxql::Call>()) {
        const FunctionInfo* info = find_function(*call);
        if (knows_functions_ && info != nullptr && info->kind == FunctionKind::kMath &&
            call->arguments.size() == math_argument_count(info->function)) {
            node.kind = Node::Kind::kMath;
            node.function = info->function;
            node.left = add(call->arguments[0], position, call_position);
            if (call->arguments.size() == 2) {
                node.right = add(call->arguments[1], position, call_position);
            }
        } else if (info == nullptr || info->kind != FunctionKind::kMath) {
            set_place(call_position(*call));
        }
    } else if (const auto* ref = expr.as<influxql::VarRef>()) {
        set_place(position(*ref));
    } else if (const auto* regex = expr.as<influxql::RegexLiteral>()) {
        node.kind = Node::Kind::kRegex;
        node.regex = &regex->regex;
    } else if (const auto* number = expr.as<influxql::NumberLiteral>()) {
        node.constant = Value::of_float(number->value);
    } else if (const auto* integer = expr.as<influxql::IntegerLiteral>()) {
        node.constant = Value::of_integer(integer->value);
    } else if (const auto* large = expr.as<influxql::UnsignedLiteral>()) {
        node.constant = Value::of_unsigned(large->value);
    } else if (const auto* boolean = expr.as<influxql::BooleanLiteral>()) {
        node.constant = Value::of_boolean(boolean->value);
    } else if (const auto* text = expr.as<influxql::StringLiteral>()) {
        node.constant = Value::of_string(text->value);
    }
    nodes_.push_back(node);
    return static_cast<std::uint32_t>(nodes_.size() - 1);
}

Value RowExpression::evaluate_node(std::size_t index, const Value* row) const {
    const Node& node = nodes_[index];
    switch (node.kind) {
        case Node::Kind::kColumn:
            return row[node.left];
        case Node::Kind::kBinary:
            return evaluate_binary(node, row);
        case Node::Kind::kMath:
            return evaluate_call(node, row);
        default:
            return node.constant;
    }
}

Value RowExpression::evaluate_call(const Node& node, const Value* row) const {
    const std::size_t count = math_argument_count(node.function);
    const Value arguments[] = {evaluate_node(node.left, row),
                               count == 2 ? evaluate_node(node.right, row) : Value()};
    return evaluate_math(node.function, std::span(arguments, count));
}

Value RowExpression::evaluate_binary(const Node& node, const Value* row) const {
    // Both sides are always evaluated, also of AND and OR: it costs little and has no effects.
    const Value left = evaluate_node(node.left, row);
    if (node.op == Operator::kMatches || node.op == Operator::kNotMatches) {
        const influxql::Regex* regex = nodes_[node.right].regex;
        if (left.kind() != Kind::kString || regex == nullptr) return Value::of_boolean(false);
        return Value::of_boolean(regex->matches(left.as_string()) ==
                                 (node.op == Operator::kMatches));
    }
    const Value right = evaluate_node(node.right, row);
    if (is_nothing(node.left, left) || is_nothing(node.right, right)) return no_answer(node.op);
    return evaluate_operation(node.op, left, right, integer_division_is_float_);
}

}  // namespace sluice::query
