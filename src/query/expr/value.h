// A Value is one value of a row: null, a number, a string or a boolean. Strings are views of bytes
// that the owner of the row keeps.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "sluice/influxql/expr.h"
#include "sluice/model/field_type.h"

namespace sluice::query {

// It is sixteen bytes and is copied like a number. A number or a boolean lies in its word, a string
// is an address and a length; whoever keeps a string beyond its owner copies the bytes
// (keep_value).
class Value {
public:
    enum class Kind : std::uint8_t { kNull, kFloat, kInteger, kUnsigned, kString, kBoolean };

    Value() = default;
    static Value of_float(double value) {
        return {Kind::kFloat, std::bit_cast<std::uint64_t>(value)};
    }
    static Value of_integer(std::int64_t value) {
        return {Kind::kInteger, static_cast<std::uint64_t>(value)};
    }
    static Value of_unsigned(std::uint64_t value) { return {Kind::kUnsigned, value}; }
    static Value of_boolean(bool value) { return {Kind::kBoolean, value ? 1u : 0u}; }
    static Value of_string(std::string_view text) {
        Value value{Kind::kString, std::bit_cast<std::uint64_t>(text.data())};
        value.size_ = static_cast<std::uint32_t>(text.size());
        return value;
    }
    // A word as columns hold it: the bits of a float, an integer.
    static Value of_word(model::FieldType type, std::uint64_t word) {
        switch (type) {
            case model::FieldType::kFloat:
                return {Kind::kFloat, word};
            case model::FieldType::kInteger:
                return {Kind::kInteger, word};
            case model::FieldType::kUnsigned:
                return {Kind::kUnsigned, word};
            default:
                return {};
        }
    }

    Kind kind() const { return kind_; }
    bool is_null() const { return kind_ == Kind::kNull; }
    bool is_number() const { return kind_ >= Kind::kFloat && kind_ <= Kind::kUnsigned; }
    // These look at nothing but the bits: the caller knows the kind.
    std::uint64_t word() const { return word_; }
    double as_float() const { return std::bit_cast<double>(word_); }
    std::int64_t as_integer() const { return static_cast<std::int64_t>(word_); }
    std::uint64_t as_unsigned() const { return word_; }
    bool as_boolean() const { return word_ != 0; }
    std::string_view as_string() const { return {std::bit_cast<const char*>(word_), size_}; }

    // Any number as a float, rounding.
    double to_float() const {
        if (kind_ == Kind::kFloat) return as_float();
        return kind_ == Kind::kInteger ? static_cast<double>(as_integer())
                                       : static_cast<double>(word_);
    }

private:
    Value(Kind kind, std::uint64_t word) : word_(word), kind_(kind) {}

    std::uint64_t word_ = 0;
    std::uint32_t size_ = 0;  // bytes of a string, which no field makes longer than 32 bits can say
    Kind kind_ = Kind::kNull;
};
static_assert(sizeof(Value) == 16);

// `value` as the type a column has in this query: numbers are converted, anything else that does
// not fit becomes null (tsdb: a shard whose field has another type).
Value cast_value(Value value, influxql::DataType type);

// Go's conversion of a float to an integer on amd64.
std::int64_t float_to_integer(double value);

influxql::DataType data_type_of(model::FieldType type);
// Of the types of fields only.
model::FieldType field_type_of(influxql::DataType type);

}  // namespace sluice::query
