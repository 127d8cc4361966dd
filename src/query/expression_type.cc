#include "query/expression_type.h"

#include "query/evaluate.h"
#include "query/functions.h"
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

DataType type_of(Value value) {
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

Result<DataType> binary_type(const BinaryExpr& binary) {
    SLUICE_TRY(const DataType left, expression_type(*binary.left));
    SLUICE_TRY(const DataType right, expression_type(*binary.right));
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
    const auto is_nothing = [](DataType type) {
        return type == DataType::kUnknown || type == DataType::kAnyField;
    };
    if (is_nothing(left)) return right;
    if (is_nothing(right)) return left;
    const DataType result =
        type_of(evaluate_operation(binary.op, zero_of(left), zero_of(right), false));
    if (result == DataType::kUnknown) {
        return type_error("incompatible types: " + std::string(data_type_name(left)) + " and " +
                          std::string(data_type_name(right)));
    }
    return result;
}

}  // namespace

Result<DataType> expression_type(const Expr& expr) {
    if (const auto* ref = expr.as<VarRef>()) return ref->type;
    if (const auto* paren = expr.as<ParenExpr>()) return expression_type(*paren->inner);
    if (const auto* binary = expr.as<BinaryExpr>()) return binary_type(*binary);
    if (const auto* call = expr.as<Call>()) {
        std::vector<DataType> arguments;
        for (const Expr& argument : call->arguments) {
            SLUICE_TRY(const DataType type, expression_type(argument));
            arguments.push_back(type);
        }
        return call_type(call->name, arguments);
    }
    if (expr.is<NumberLiteral>()) return DataType::kFloat;
    if (expr.is<IntegerLiteral>()) return DataType::kInteger;
    if (expr.is<UnsignedLiteral>()) return DataType::kUnsigned;
    if (expr.is<StringLiteral>()) return DataType::kString;
    if (expr.is<BooleanLiteral>()) return DataType::kBoolean;
    return DataType::kUnknown;
}

}  // namespace sluice::query
