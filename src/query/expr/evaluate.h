// A RowExpression evaluates an expression over the values of one row, with the rules of
// influxql/ast.go: ValuerEval. An expression without an answer (a field is missing, or types do not
// go together) is null, or false if it is a comparison.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "query/expr/function_table.h"
#include "query/expr/value.h"
#include "sluice/influxql/expr.h"

namespace sluice::query {

// The expression is bound to positions of a row once, and evaluated for each row.
// Binding turns the tree into a list of nodes, so that evaluating follows numbers and compares no
// names. The expression that it was made of outlives it, because strings and regular expressions
// stay there. Evaluating changes nothing, but an object is used on one core.
class RowExpression {
public:
    // Beside a boolean a null value counts as false, or a comparison with it never holds.
    enum class Null : std::uint8_t { kIsFalse, kIsNothing };

    // They give the place of a name or a call in the row, or a negative number where there is none:
    // then it is null.
    using PositionOfName = std::function<int(const influxql::VarRef&)>;
    using PositionOfCall = std::function<int(const influxql::Call&)>;

    // Without places of calls, calls of mathematics are evaluated if this `knows_functions`, and
    // all others are null.
    RowExpression(const influxql::Expr& expr, const PositionOfName& position,
                  bool integer_division_is_float, Null null = Null::kIsFalse,
                  bool knows_functions = true);
    // For columns: mathematics is evaluated, the values of all other calls are in the row. The
    // division of integers gives a float.
    RowExpression(const influxql::Expr& expr, const PositionOfName& position,
                  const PositionOfCall& call_position);

    Value evaluate(const Value* row) const { return evaluate_node(nodes_.size() - 1, row); }
    bool is_true(const Value* row) const {
        const Value value = evaluate(row);
        return value.kind() == Value::Kind::kBoolean && value.as_boolean();
    }

private:
    struct Node {
        enum class Kind : std::uint8_t { kConstant, kColumn, kBinary, kRegex, kMath };
        Kind kind = Kind::kConstant;
        influxql::Operator op = influxql::Operator::kAdd;
        std::uint32_t left = 0;   // kBinary, kMath: node; kColumn: position
        std::uint32_t right = 0;  // kBinary, kMath of two arguments: node
        Function function = Function::kAbs;
        Value constant;  // strings belong to the expression this was made of
        const influxql::Regex* regex = nullptr;
    };

    std::uint32_t add(const influxql::Expr& expr, const PositionOfName& position,
                      const PositionOfCall& call_position);
    // All of these call each other as deep as the expression is, which the parser bounds.
    Value evaluate_node(std::size_t index, const Value* row) const;
    Value evaluate_binary(const Node& node, const Value* row) const;
    bool is_nothing(std::uint32_t index, const Value& value) const {
        return null_ == Null::kIsNothing && value.is_null() &&
               nodes_[index].kind == Node::Kind::kColumn;
    }
    Value evaluate_call(const Node& node, const Value* row) const;

    std::vector<Node> nodes_;  // children before parents
    bool integer_division_is_float_;
    Null null_;
    bool knows_functions_;
};

// About how many comparisons of a value it takes to evaluate `expr`, which may be null.
std::size_t evaluation_cost(const influxql::Expr* expr);

// How many rows that cost as much each are worked through before others may run: some hundred
// microseconds.
inline std::size_t rows_between_breaths(std::size_t cost) {
    constexpr std::size_t kCostMax = 1u << 16;
    return std::max<std::size_t>(1, kCostMax / std::max<std::size_t>(1, cost));
}

// One operation on two values.
Value evaluate_operation(influxql::Operator op, Value left, Value right,
                         bool integer_division_is_float);

}  // namespace sluice::query
