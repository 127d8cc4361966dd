// The five types of a field.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::model {

// The values are stored on disk; they never change.
enum class FieldType : std::uint8_t {
    kFloat = 1,     // IEEE 754 binary64; NaN and infinities cannot be written
    kInteger = 2,   // int64, "1i"
    kUnsigned = 3,  // uint64, "1u"
    kString = 4,    // bytes, at most 64 KiB through line protocol
    kBoolean = 5,
};

// As InfluxDB names them in answers: float, integer, unsigned, string, boolean.
std::string_view field_type_name(FieldType type);

constexpr bool is_valid_field_type(std::uint8_t value) {
    return value >= 1 && value <= 5;
}

// Floats, integers and unsigned integers travel as 64-bit words (a float by its bits).
constexpr bool is_word_type(FieldType type) {
    return type == FieldType::kFloat || type == FieldType::kInteger || type == FieldType::kUnsigned;
}

}  // namespace sluice::model
