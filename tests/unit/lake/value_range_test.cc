#include "lake/value_range.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "sluice/base/bytes.h"

namespace sluice::lake {
namespace {

ValueRange of_floats(const std::vector<double>& values) {
    ValueRange range(ParquetType::kFloat);
    for (const double value : values) {
        const auto word = std::bit_cast<std::uint64_t>(value);
        range.add_words({&word, 1});
    }
    return range;
}

double float_of(const std::optional<std::string>& text) {
    return load_le<double>(text->data());
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(ValueRange, NanIsNeitherLeastNorGreatest) {
    const ValueRange range = of_floats({kNan, 2, kNan, -3, kNan});
    EXPECT_EQ(float_of(range.min()), -3);
    EXPECT_EQ(float_of(range.max()), 2);
    EXPECT_FALSE(of_floats({kNan, kNan}).min());
    EXPECT_FALSE(of_floats({}).max());
}

TEST(ValueRange, InfinitiesAreValues) {
    const ValueRange range = of_floats({1, kInfinity, -kInfinity});
    EXPECT_EQ(float_of(range.min()), -kInfinity);
    EXPECT_EQ(float_of(range.max()), kInfinity);
}

TEST(ValueRange, ZerosReachToBothSides) {
    for (const double zero : {0.0, -0.0}) {
        EXPECT_TRUE(std::signbit(float_of(of_floats({zero}).min())));
        EXPECT_FALSE(std::signbit(float_of(of_floats({zero}).max())));
    }
}

TEST(ValueRange, IntegersAreOrderedByTheirType) {
    const std::uint64_t words[] = {1, ~std::uint64_t{0}};
    ValueRange integers(ParquetType::kInteger);
    integers.add_words(words);
    EXPECT_EQ(load_le<std::int64_t>(integers.min()->data()), -1);
    EXPECT_EQ(load_le<std::int64_t>(integers.max()->data()), 1);
    ValueRange numbers(ParquetType::kUnsigned);
    numbers.add_words(words);
    EXPECT_EQ(*numbers.min(), std::string("\0\0\0\0\0\0\0\0\1", 9));
    EXPECT_EQ(*numbers.max(), std::string("\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 9));
}

TEST(ValueRange, StringsAreOrderedByUnsignedBytes) {
    ValueRange range(ParquetType::kString);
    for (const char* text : {"b", "", "\xC3\xBC", "z"}) range.add_text(text);
    EXPECT_EQ(range.min(), "");
    EXPECT_EQ(range.max(), "\xC3\xBC");
    range.add_text(std::string(300, '\xC4'));
    EXPECT_FALSE(range.min());
    EXPECT_FALSE(range.max());
}

}  // namespace
}  // namespace sluice::lake
