#include "sluice/query/value_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "query/go/json_scan.h"
#include "sluice/base/random.h"
#include "sluice/influxql/time_literal.h"

namespace sluice::query {
namespace {

std::string json(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}
std::string json_float(double value) {
    std::string out;
    append_json_float(out, value);
    return out;
}
std::string plain_float(double value) {
    std::string out;
    append_plain_float(out, value);
    return out;
}

TEST(JsonString, EscapesWhatGoEscapes) {
    EXPECT_EQ(json(""), "\"\"");
    EXPECT_EQ(json("a\"b\\c"), R"("a\"b\\c")");
    EXPECT_EQ(json("\n\r\t"), R"("\n\r\t")");
    EXPECT_EQ(json(std::string_view("\0\x01\x1f\b\f", 5)), R"("\u0000\u0001\u001f\u0008\u000c")");
    EXPECT_EQ(json("<a&b>"), R"("\u003ca\u0026b\u003e")");
    EXPECT_EQ(json("\x7F/'"), "\"\x7F/'\"");
    EXPECT_EQ(json("\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA"), "\"\\u2028\\u2029\xE2\x80\xAA\"");
    EXPECT_EQ(json("\xC3\xA4\xF0\x9F\x98\x80"), "\"\xC3\xA4\xF0\x9F\x98\x80\"");
    // Bytes that are no UTF-8, one each: alone, cut, too long, half of a pair, beyond the last.
    EXPECT_EQ(json("\xFF"), R"("\ufffd")");
    EXPECT_EQ(json("a\xC3"), R"("a\ufffd")");
    EXPECT_EQ(json("\xE2\x82z"), R"("\ufffd\ufffdz")");
    EXPECT_EQ(json("\xC0\x80"), R"("\ufffd\ufffd")");
    EXPECT_EQ(json("\xED\xA0\x80"), R"("\ufffd\ufffd\ufffd")");
    EXPECT_EQ(json("\xF4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")");
}

TEST(JsonString, IsJsonOfAnyBytesAtAnyPlace) {
    Random random(1);
    for (int i = 0; i < 20'000; ++i) {
        std::string text(random.below(70), 'a');
        for (std::uint64_t n = random.below(4); n > 0 && !text.empty(); --n) {
            text[random.below(text.size())] = static_cast<char>(random.below(256));
        }
        const std::string out = json(text);
        const Result<std::size_t> scanned = scan_json(out);
        ASSERT_TRUE(scanned.ok()) << testing::PrintToString(text);
        ASSERT_EQ(*scanned, out.size());
        // No raw control, and nothing that a page would take for a tag.
        for (const char c : out) {
            ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != '<' && c != '>' && c != '&');
        }
    }
}

TEST(FloatText, ReadsBackAsTheSameFloat) {
    Random random(2);
    for (int i = 0; i < 200'000; ++i) {
        const auto value = std::bit_cast<double>(random.next());
        if (!std::isfinite(value)) continue;
        for (const std::string& text : {json_float(value), plain_float(value)}) {
            ASSERT_EQ(std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr)),
                      std::bit_cast<std::uint64_t>(value))
                << text;
        }
        ASSERT_EQ(plain_float(value).find('e'), std::string::npos);
    }
}

TEST(FloatText, ChangesItsNotationWhereGoDoes) {
    const struct {
        double value;
        const char* text;
    } kCases[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {0.1, "0.1"},
        {1e-6, "0.000001"},
        {9.99e-7, "9.99e-7"},
        {1e-9, "1e-9"},
        {-1.5e-10, "-1.5e-10"},
        {1e20, "100000000000000000000"},
        {1e21, "1e+21"},
        {999999999999999868928.0, "999999999999999900000"},
        {-1.25e100, "-1.25e+100"},
        {5e-324, "5e-324"},
        {std::numeric_limits<double>::max(), "1.7976931348623157e+308"},
        {123456789.125, "123456789.125"},
    };
    for (const auto& c : kCases) EXPECT_EQ(json_float(c.value), c.text);
    EXPECT_EQ(plain_float(1e21), "1000000000000000000000");
    EXPECT_EQ(plain_float(1e-7), "0.0000001");
    EXPECT_EQ(plain_float(std::numeric_limits<double>::max()).size(), 309u);
    EXPECT_EQ(plain_float(5e-324).size(), 326u);
}

TEST(TimeText, IsThatOfTheLanguageForEveryTimestamp) {
    Random random(3);
    for (int i = 0; i < 50'000; ++i) {
        auto timestamp = static_cast<std::int64_t>(random.next());
        if (random.chance(0.5)) timestamp = timestamp / 1'000'000'000 * 1'000'000'000;
        std::string text;
        append_rfc3339(text, timestamp);
        const influxql::TimeLiteral time = influxql::time_from_nanoseconds(timestamp);
        ASSERT_EQ(text, influxql::format_rfc3339(time.seconds, time.nanoseconds));
    }
}

TEST(TimeText, CanBeThatOfOtherClocks) {
    std::string text;
    append_rfc3339(text, 0, 3'600'000'000'000);
    EXPECT_EQ(text, "1970-01-01T01:00:00Z");
    text.clear();
    append_rfc3339(text, 500'000'000, -1'000'000'000);
    EXPECT_EQ(text, "1969-12-31T23:59:59.5Z");
}

}  // namespace
}  // namespace sluice::query
