#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "query/go/msgpack_text.h"
#include "query/request/parameters.h"
#include "sluice/query/answer_format.h"
#include "sluice/query/value_text.h"

namespace sluice::query {
namespace {

std::string hex(std::string_view bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        text += kDigits[static_cast<unsigned char>(c) >> 4];
        text += kDigits[static_cast<unsigned char>(c) & 15];
    }
    return text;
}

template <typename Append, typename... Values>
std::string packed(Append append, Values... values) {
    std::string out;
    append(out, values...);
    return hex(out);
}

TEST(MsgpackText, TakesTheShortestForm) {
    EXPECT_EQ(packed(append_msgpack_integer, 0), "00");
    EXPECT_EQ(packed(append_msgpack_integer, 127), "7f");
    EXPECT_EQ(packed(append_msgpack_integer, 128), "d10080");
    EXPECT_EQ(packed(append_msgpack_integer, 32768), "d200008000");
    EXPECT_EQ(packed(append_msgpack_integer, 2147483648), "d30000000080000000");
    EXPECT_EQ(packed(append_msgpack_integer, -1), "ff");
    EXPECT_EQ(packed(append_msgpack_integer, -32), "e0");
    EXPECT_EQ(packed(append_msgpack_integer, -33), "d0df");
    EXPECT_EQ(packed(append_msgpack_integer, -129), "d1ff7f");
    EXPECT_EQ(packed(append_msgpack_integer, -32769), "d2ffff7fff");
    EXPECT_EQ(packed(append_msgpack_integer, std::numeric_limits<std::int64_t>::min()),
              "d38000000000000000");
    EXPECT_EQ(packed(append_msgpack_unsigned, 127), "7f");
    EXPECT_EQ(packed(append_msgpack_unsigned, 128), "cc80");
    EXPECT_EQ(packed(append_msgpack_unsigned, 65535), "cdffff");
    EXPECT_EQ(packed(append_msgpack_unsigned, 65536), "ce00010000");
    EXPECT_EQ(packed(append_msgpack_unsigned, ~std::uint64_t{0}), "cfffffffffffffffff");
    EXPECT_EQ(packed(append_msgpack_float, 1.5), "cb3ff8000000000000");
    EXPECT_EQ(packed(append_msgpack_string, "a"), "a161");
    EXPECT_EQ(packed(append_msgpack_string, std::string(32, 'a')).substr(0, 4), "d920");
    EXPECT_EQ(packed(append_msgpack_string, std::string(256, 'a')).substr(0, 6), "da0100");
    EXPECT_EQ(packed(append_msgpack_array, 15), "9f");
    EXPECT_EQ(packed(append_msgpack_array, 16), "dc0010");
    EXPECT_EQ(packed(append_msgpack_array, 65536), "dd00010000");
    EXPECT_EQ(packed(append_msgpack_map, 2), "82");
    EXPECT_EQ(packed(append_msgpack_map, 16), "de0010");
}

TEST(MsgpackText, WritesTimeAsSecondsAndNanoseconds) {
    EXPECT_EQ(packed(append_msgpack_time, 1'500'000'000),
              "c70c05000000000000000"
              "11dcd6500");
    EXPECT_EQ(packed(append_msgpack_time, -1), "c70c05ffffffffffffffff3b9ac9ff");
}

TEST(AnswerFormat, FollowsTheAcceptHeader) {
    struct Case {
        std::string_view accept;
        std::string_view content_type;
    };
    for (const Case& c :
         {Case{"", "application/json"}, Case{"*/*", "application/json"},
          Case{"*", "application/json"}, Case{"text/html", "application/json"},
          Case{"application/json", "application/json"}, Case{"application/csv", "application/csv"},
          Case{"text/csv", "text/csv"}, Case{"text/*", "text/csv"},
          Case{"application/*", "application/json"},
          Case{"application/x-msgpack", "application/x-msgpack"}, Case{"Text/CSV", "text/csv"},
          Case{"text/html, text/csv;q=0.5", "text/csv"},
          Case{"text/csv;q=0.5, application/x-msgpack", "application/x-msgpack"},
          Case{"text/csv; q=0.5 , application/json; q=0.4", "text/csv"},
          Case{"text/csv;q=x,application/json;q=0.1", "application/json"}}) {
        EXPECT_EQ(content_type_of(answer_format_of(c.accept)), c.content_type) << c.accept;
    }
}

TEST(Parameters, AreReadAsGoReadsThem) {
    using Kind = influxql::BoundParameter::Kind;
    const auto parameters = parse_parameters(
        R"({"a":"x","b":1,"c":1.50,"d":true,"e":{"regex":"^a"},"f":null,"g":{"int":1e3}})");
    ASSERT_TRUE(parameters.ok());
    const auto expect = [&](const char* name, Kind kind, std::string_view text) {
        EXPECT_EQ(parameters->at(name).kind, kind) << name;
        EXPECT_EQ(parameters->at(name).text, text) << name;
    };
    expect("a", Kind::kString, "x");
    expect("b", Kind::kInteger, "1");
    expect("c", Kind::kNumber, "1.5");
    expect("d", Kind::kTrue, "");
    expect("e", Kind::kRegex, "^a");
    expect("f", Kind::kError, "unable to bind parameter with type <nil>");
    expect("g", Kind::kError, "strconv.ParseInt: parsing \"1e3\": invalid syntax");
    EXPECT_TRUE(parse_parameters("null").ok());
    EXPECT_TRUE(parse_parameters("").ok());
}

TEST(Parameters, RefuseWhatIsNoObject) {
    for (const std::string_view json : {"[]", "1", "\"x\"", "true", "{", "{\"a\":1e3}", "{\"a\":}",
                                        "{\"a\":99999999999999999999}"}) {
        EXPECT_FALSE(parse_parameters(json).ok()) << json;
    }
}

TEST(ResultWriter, EscapesAtAnyPlaceOfAString) {
    struct Case {
        char byte;
        const char* json;
    };
    static constexpr Case kCases[] = {{'\x1f', "\\u001f"}, {' ', " "},       {'"', "\\\""},
                                      {'&', "\\u0026"},    {'<', "\\u003c"}, {'>', "\\u003e"},
                                      {'\\', "\\\\"},      {'\x7f', "\x7f"}, {'\x80', "\\ufffd"}};
    for (const Case& c : kCases) {
        for (std::size_t place = 0; place < 40; ++place) {
            const std::string before(place, 'b');
            const std::string after(39 - place, 'a');
            std::string text;
            append_json_string(text, before + c.byte + after);
            EXPECT_EQ(text, '"' + before + c.json + after + '"');
        }
    }
}

}  // namespace
}  // namespace sluice::query
