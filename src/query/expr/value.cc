#include "query/expr/value.h"

#include <limits>

namespace sluice::query {

using influxql::DataType;

// What does not fit becomes the least integer: that is what the instruction of amd64 gives, which
// Go uses. In C++ the conversion would be undefined.
std::int64_t float_to_integer(double value) {
    constexpr double kLimit = 9223372036854775808.0;  // 2^63
    if (!(value >= -kLimit && value < kLimit)) return std::numeric_limits<std::int64_t>::min();
    return static_cast<std::int64_t>(value);
}

namespace {

// Go makes it of the signed conversion, with the upper half moved down and the top bit set again.
std::uint64_t float_to_unsigned(double value) {
    constexpr double kLimit = 9223372036854775808.0;
    if (value >= kLimit)
        return static_cast<std::uint64_t>(float_to_integer(value - kLimit)) ^
               (std::uint64_t{1} << 63);
    return static_cast<std::uint64_t>(float_to_integer(value));
}

}  // namespace

Value cast_value(Value value, DataType type) {
    using Kind = Value::Kind;
    switch (type) {
        case DataType::kFloat:
            return value.is_number() ? Value::of_float(value.to_float()) : Value();
        case DataType::kInteger:
            if (value.kind() == Kind::kFloat) {
                return Value::of_integer(float_to_integer(value.as_float()));
            }
            return value.is_number() ? Value::of_integer(value.as_integer()) : Value();
        case DataType::kUnsigned:
            if (value.kind() == Kind::kFloat) {
                return Value::of_unsigned(float_to_unsigned(value.as_float()));
            }
            return value.is_number() ? Value::of_unsigned(value.as_unsigned()) : Value();
        case DataType::kString:
        case DataType::kTag:
            return value.kind() == Kind::kString ? value : Value();
        case DataType::kBoolean:
            return value.kind() == Kind::kBoolean ? value : Value();
        default:
            return value;
    }
}

DataType data_type_of(model::FieldType type) {
    switch (type) {
        case model::FieldType::kFloat:
            return DataType::kFloat;
        case model::FieldType::kInteger:
            return DataType::kInteger;
        case model::FieldType::kUnsigned:
            return DataType::kUnsigned;
        case model::FieldType::kString:
            return DataType::kString;
        case model::FieldType::kBoolean:
            return DataType::kBoolean;
    }
    return DataType::kUnknown;
}

model::FieldType field_type_of(DataType type) {
    switch (type) {
        case DataType::kInteger:
            return model::FieldType::kInteger;
        case DataType::kUnsigned:
            return model::FieldType::kUnsigned;
        case DataType::kString:
            return model::FieldType::kString;
        case DataType::kBoolean:
            return model::FieldType::kBoolean;
        default:
            return model::FieldType::kFloat;
    }
}

}  // namespace sluice::query
