#include "query/expr/expression_type.h"

#include "query/expr/evaluate.h"
#include "query/expr/function_table.h"
#include "sluice/influxql/printer.h"

namespace sluice::query {
namespace {

using namespace influxql;

Error invalid(std::string message) {
    return {ErrorKind::kInvalid, std::move(message)};
}

// A value of the type, for finding out what an operation on it gives.
Value zero_of(DataType type) {
    switch (type) {
        case DataType::kFloat:
            return Value::of_float(0);
        case DataType::kInteger:
            return Value::of_integer(0);
        case DataType::kUnsigned:
            return Value::of_unsigned(0);
        case DataType::kString:
        case DataType::kTag:
            return Value::of_string({});
        case DataType::kBoolean:
            return Value::of_boolean(false);
        default:
            return {};
    }
}

DataType type_of_value(Value value) {
    switch (value.kind()) {
        case Value::Kind::kFloat:
            return DataType::kFloat;
        case Value::Kind::kInteger:
            return DataType::kInteger;
        case Value::Kind::kUnsigned:
            return DataType::kUnsigned;
        case Value::Kind::kString:
            return DataType::kString;
        case Value::Kind::kBoolean:
            return DataType::kBoolean;
        case Value::Kind::kNull:
            break;
    }
    return DataType::kUnknown;
}

using TypeOfCall = Result<DataType> (*)(const Call& call, std::span<const DataType> arguments);

Result<DataType> type_of(const Expr& expr, TypeOfCall type_of_call);

// The type of an operation is that of its result on zeros: so the rules stand in one place, where
// values are evaluated. An operand of unknown type leaves the decision to the other one.
Result<DataType> binary_type(const BinaryExpr& binary, TypeOfCall type_of_call) {
    SLUICE_TRY(const DataType left, type_of(*binary.left, type_of_call));
    SLUICE_TRY(const DataType right, type_of(*binary.right, type_of_call));
    const auto type_error = [&](std::string why) {
        return invalid("type error: " + to_string(Expr(binary)) + ": " + std::move(why));
    };
    const bool mixed = (left == DataType::kUnsigned && right == DataType::kInteger) ||
                       (left == DataType::kInteger && right == DataType::kUnsigned);
    if (mixed) {
        const Expr& is_unsigned = left == DataType::kUnsigned ? *binary.left : *binary.right;
        const Expr& is_integer = left == DataType::kUnsigned ? *binary.right : *binary.left;
        const std::string op(operator_text(binary.op));
        if (is_literal(is_unsigned)) {
            return type_error("cannot use " + op + " with an integer and unsigned literal");
        }
        if (!is_literal(is_integer)) {
            return type_error("cannot use " + op +
                              " between an integer and unsigned, an explicit cast is required");
        }
    }
    if (left == DataType::kUnknown) return right;
    if (right == DataType::kUnknown) return left;
    const DataType result =
        type_of_value(evaluate_operation(binary.op, zero_of(left), zero_of(right), false));
    if (result == DataType::kUnknown) {
        return type_error("incompatible types: " + std::string(data_type_name(left)) + " and " +
                          std::string(data_type_name(right)));
    }
    return result;
}

Result<DataType> type_of(const Expr& expr, TypeOfCall type_of_call) {
    if (const auto* ref = expr.as<VarRef>()) {
        return ref->type == DataType::kAnyField ? DataType::kUnknown : ref->type;
    }
    if (const auto* paren = expr.as<ParenExpr>()) return type_of(*paren->inner, type_of_call);
    if (const auto* binary = expr.as<BinaryExpr>()) return binary_type(*binary, type_of_call);
    if (const auto* call = expr.as<Call>()) {
        std::vector<DataType> arguments;
        for (const Expr& argument : call->arguments) {
            SLUICE_TRY(const DataType type, type_of(argument, type_of_call));
            arguments.push_back(type);
        }
        return type_of_call(*call, arguments);
    }
    if (expr.is<NumberLiteral>()) return DataType::kFloat;
    if (expr.is<IntegerLiteral>()) return DataType::kInteger;
    if (expr.is<UnsignedLiteral>()) return DataType::kUnsigned;
    if (expr.is<StringLiteral>()) return DataType::kString;
    if (expr.is<BooleanLiteral>()) return DataType::kBoolean;
    return DataType::kUnknown;
}

Result<DataType> column_call_type(const Call& call, std::span<const DataType> arguments) {
    if (!is_math_function(call)) return call_type(call, arguments);
    return arguments.empty() ? DataType::kUnknown : arguments[0];
}

}  // namespace

Result<DataType> expression_type(const Expr& expr) {
    return type_of(expr, call_type);
}

Result<DataType> column_type(const Expr& expr) {
    return type_of(expr, column_call_type);
}

}  // namespace sluice::query
