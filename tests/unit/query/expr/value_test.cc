#include "query/expr/value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "query/expr/fill.h"
#include "sluice/base/random.h"

namespace sluice::query {
namespace {

using influxql::DataType;
using Kind = Value::Kind;

constexpr std::int64_t kSmallest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kTopBit = std::uint64_t{1} << 63;

TEST(Value, KeepsTheBitsItWasMadeOf) {
    Random random(1);
    for (int i = 0; i < 10'000; ++i) {
        const std::uint64_t word = random.next();
        ASSERT_EQ(Value::of_unsigned(word).as_unsigned(), word);
        ASSERT_EQ(Value::of_integer(static_cast<std::int64_t>(word)).as_integer(),
                  static_cast<std::int64_t>(word));
        for (const model::FieldType type :
             {model::FieldType::kFloat, model::FieldType::kInteger, model::FieldType::kUnsigned}) {
            ASSERT_EQ(Value::of_word(type, word).word(), word);
            ASSERT_TRUE(Value::of_word(type, word).is_number());
        }
    }
    EXPECT_TRUE(Value::of_word(model::FieldType::kString, 1).is_null());
    EXPECT_TRUE(Value::of_word(model::FieldType::kBoolean, 1).is_null());
    EXPECT_EQ(Value::of_string("").as_string(), "");
    EXPECT_EQ(Value::of_string(std::string_view("a\0b", 3)).as_string().size(), 3u);
    EXPECT_TRUE(Value().is_null());
    EXPECT_FALSE(Value().is_number());
    EXPECT_FALSE(Value::of_boolean(true).is_number());
}

TEST(Value, BecomesAnIntegerAsOnAmd64) {
    const struct {
        double value;
        std::int64_t integer;
    } kCases[] = {
        {0.0, 0},
        {-0.0, 0},
        {1.9, 1},
        {-1.9, -1},
        {9'223'372'036'854'774'784.0, 9'223'372'036'854'774'784},
        {0x1p63, kSmallest},
        {-0x1p63, kSmallest},
        {-0x1.0000000000001p63, kSmallest},
        {1e300, kSmallest},
        {-1e300, kSmallest},
        {std::numeric_limits<double>::infinity(), kSmallest},
        {std::numeric_limits<double>::quiet_NaN(), kSmallest},
    };
    for (const auto& c : kCases) EXPECT_EQ(float_to_integer(c.value), c.integer) << c.value;
}

TEST(CastValue, ConvertsNumbersIntoEachOther) {
    const auto unsigned_of = [](double value) {
        return cast_value(Value::of_float(value), DataType::kUnsigned).as_unsigned();
    };
    EXPECT_EQ(unsigned_of(1.9), 1u);
    EXPECT_EQ(unsigned_of(0x1p63), kTopBit);
    EXPECT_EQ(unsigned_of(0x1.8p63), kTopBit + (kTopBit >> 1));
    EXPECT_EQ(unsigned_of(-1), std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(cast_value(Value::of_integer(-1), DataType::kUnsigned).as_unsigned(),
              std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(cast_value(Value::of_unsigned(kTopBit), DataType::kInteger).as_integer(), kSmallest);
    EXPECT_EQ(cast_value(Value::of_integer(kLargest), DataType::kFloat).as_float(), 0x1p63);
    EXPECT_EQ(cast_value(Value::of_unsigned(kTopBit), DataType::kFloat).as_float(), 0x1p63);
    EXPECT_EQ(cast_value(Value::of_float(-2.5), DataType::kInteger).as_integer(), -2);
}

TEST(CastValue, MakesNothingOfWhatDoesNotFit) {
    const Value values[] = {Value::of_float(1), Value::of_integer(1), Value::of_unsigned(1),
                            Value::of_string("1"), Value::of_boolean(true)};
    for (const Value& value : values) {
        const bool number = value.is_number();
        EXPECT_EQ(cast_value(value, DataType::kFloat).is_null(), !number);
        EXPECT_EQ(cast_value(value, DataType::kInteger).is_null(), !number);
        EXPECT_EQ(cast_value(value, DataType::kUnsigned).is_null(), !number);
        EXPECT_EQ(cast_value(value, DataType::kString).is_null(), value.kind() != Kind::kString);
        EXPECT_EQ(cast_value(value, DataType::kTag).is_null(), value.kind() != Kind::kString);
        EXPECT_EQ(cast_value(value, DataType::kBoolean).is_null(), value.kind() != Kind::kBoolean);
        // Without a type it stays what it is.
        EXPECT_EQ(cast_value(value, DataType::kUnknown).kind(), value.kind());
    }
    for (const DataType type : {DataType::kFloat, DataType::kString, DataType::kBoolean}) {
        EXPECT_TRUE(cast_value(Value(), type).is_null());
    }
}

TEST(DataTypes, OfFieldsComeBack) {
    for (const model::FieldType type :
         {model::FieldType::kFloat, model::FieldType::kInteger, model::FieldType::kUnsigned,
          model::FieldType::kString, model::FieldType::kBoolean}) {
        EXPECT_EQ(field_type_of(data_type_of(type)), type);
    }
}

TEST(Fill, IsAnIntegerOrAFloatAsItWasWritten) {
    Fill fill{influxql::FillOption::kNumber, std::int64_t{3}};
    EXPECT_EQ(fill.number().kind(), Kind::kInteger);
    EXPECT_EQ(fill.number().as_integer(), 3);
    fill.value = 2.5;
    EXPECT_EQ(fill.number().kind(), Kind::kFloat);
    EXPECT_EQ(fill.number().as_float(), 2.5);
}

TEST(MissingValue, TakesTheTypeOfItsColumnWhereItHasOne) {
    const MissingValue number(Fill{influxql::FillOption::kNumber, 2.5});
    Value value;
    number.apply(value, DataType::kInteger);
    EXPECT_EQ(value.kind(), Kind::kInteger);
    EXPECT_EQ(value.as_integer(), 2);
    // A column of strings cannot hold the number, which is shown all the same.
    number.apply(value, DataType::kString);
    EXPECT_EQ(value.kind(), Kind::kFloat);
    EXPECT_EQ(value.as_float(), 2.5);
}

TEST(MissingValue, IsNullOrWhatWasThereBefore) {
    Value value = Value::of_integer(9);
    MissingValue(Fill{influxql::FillOption::kPrevious}).apply(value, DataType::kInteger);
    EXPECT_EQ(value.as_integer(), 9);
    MissingValue(Fill{influxql::FillOption::kNull}).apply(value, DataType::kInteger);
    EXPECT_TRUE(value.is_null());
}

}  // namespace
}  // namespace sluice::query
