#include "sluice/influxql/expr.h"

#include "influxql/token.h"

namespace sluice::influxql {

std::string_view data_type_name(DataType type) {
    switch (type) {
        case DataType::kUnknown:
            break;
        case DataType::kFloat:
            return "float";
        case DataType::kInteger:
            return "integer";
        case DataType::kString:
            return "string";
        case DataType::kBoolean:
            return "boolean";
        case DataType::kTime:
            return "time";
        case DataType::kDuration:
            return "duration";
        case DataType::kTag:
            return "tag";
        case DataType::kAnyField:
            return "field";
        case DataType::kUnsigned:
            return "unsigned";
    }
    return "unknown";
}

// From weak to strong: unknown, any field, tag, duration, time, boolean, string, unsigned, integer,
// float. The numbers of the enumeration give that but for unsigned, which came later.
bool data_type_less(DataType type, DataType other) {
    if (type == DataType::kUnknown) return true;
    if (type == DataType::kUnsigned) {
        return other != DataType::kUnknown && other <= DataType::kInteger;
    }
    if (other == DataType::kUnsigned) return type >= DataType::kString;
    return other != DataType::kUnknown && other < type;
}

// Tokens of operators stand in the order of Operator.
std::string_view operator_text(Operator op) {
    return token_text(static_cast<Token>(static_cast<int>(Token::kAdd) + static_cast<int>(op)));
}

bool is_comparison(Operator op) {
    return op >= Operator::kEqual;
}

int operator_precedence(Operator op) {
    switch (op) {
        case Operator::kOr:
            return 1;
        case Operator::kAnd:
            return 2;
        case Operator::kAdd:
        case Operator::kSubtract:
        case Operator::kBitwiseOr:
        case Operator::kBitwiseXor:
            return 4;
        case Operator::kMultiply:
        case Operator::kDivide:
        case Operator::kModulo:
        case Operator::kBitwiseAnd:
            return 5;
        default:
            return 3;
    }
}

bool is_literal(const Expr& expr) {
    return !expr.is<VarRef>() && !expr.is<Call>() && !expr.is<BinaryExpr>() &&
           !expr.is<ParenExpr>() && !expr.is<Wildcard>() && !expr.is<Distinct>();
}

}  // namespace sluice::influxql
