#include "query/request/parameters.h"

#include <gtest/gtest.h>

#include "sluice/base/random.h"
#include "sluice/influxql/parser.h"
#include "sluice/influxql/printer.h"
#include "sluice/query/value_text.h"

namespace sluice::query {
namespace {

using Kind = influxql::BoundParameter::Kind;

// The parameter $a of the object, or the error of all.
influxql::BoundParameter bound(std::string_view json) {
    auto parsed = parse_parameters(json);
    if (!parsed.ok()) return {Kind::kError, "all: " + parsed.error().message};
    const auto found = parsed->find("a");
    return found == parsed->end() ? influxql::BoundParameter{Kind::kError, "none"} : found->second;
}

TEST(Parameters, HaveTheKindOfTheirJson) {
    const struct {
        const char* json;
        Kind kind;
        const char* text;
    } kCases[] = {
        {R"({"a":"x"})", Kind::kString, "x"},
        {R"({"a":""})", Kind::kString, ""},
        {R"({"a":"\u00e4\n\"\\"})", Kind::kString, "\xC3\xA4\n\"\\"},
        {R"({"a":1})", Kind::kInteger, "1"},
        {R"({"a":-9223372036854775808})", Kind::kInteger, "-9223372036854775808"},
        {R"({"a":1.50})", Kind::kNumber, "1.5"},
        {R"({"a":-0.0})", Kind::kNumber, "-0"},
        {R"({"a":1.5e3})", Kind::kNumber, "1500"},
        {R"({"a":true})", Kind::kTrue, ""},
        {R"({"a":false})", Kind::kFalse, ""},
        {R"({"a":null})", Kind::kError, "unable to bind parameter with type <nil>"},
        {R"({"a":[1]})", Kind::kError, "unable to bind parameter with type []interface {}"},
        {R"({"a":{"ident":"x"}})", Kind::kIdentifier, "x"},
        {R"({"a":{"identifier":"x"}})", Kind::kIdentifier, "x"},
        {R"({"a":{"ident":1}})", Kind::kError, "identifier must be a string value"},
        {R"({"a":{"regex":"^x"}})", Kind::kRegex, "^x"},
        {R"({"a":{"regex":true}})", Kind::kError, "regex literal must be a string value"},
        {R"({"a":{"string":"x"}})", Kind::kString, "x"},
        {R"({"a":{"string":1}})", Kind::kError, "string literal must be a string value"},
        {R"({"a":{"float":1}})", Kind::kNumber, "1"},
        {R"({"a":{"number":1.5}})", Kind::kNumber, "1.5"},
        {R"({"a":{"number":"1"}})", Kind::kError, "number literal must be a float value"},
        {R"({"a":{"int":7}})", Kind::kInteger, "7"},
        {R"({"a":{"integer":7.5}})", Kind::kError, "integer literal must be an integer value"},
        {R"({"a":{"duration":"5m"}})", Kind::kDuration, "5m"},
        {R"({"a":{"duration":60000000000}})", Kind::kDuration, "1m"},
        {R"({"a":{"duration":-1}})", Kind::kDuration, "-1ns"},
        {R"({"a":{"duration":1.5}})", Kind::kError,
         "duration literal must be a string or integer value"},
        {R"({"a":{"nosuch":1}})", Kind::kError, "unknown bind object type: nosuch"},
        {R"({"a":{}})", Kind::kError, "bound object parameter value must have exactly one entry"},
        {R"({"a":{"int":1,"float":2}})", Kind::kError,
         "bound object parameter value must have exactly one entry"},
        {R"({"a":{"int":99999999999999999999}})", Kind::kError,
         R"(strconv.ParseInt: parsing "99999999999999999999": value out of range)"},
        {R"({"a":1,"a":2})", Kind::kInteger, "2"},
        {R"({"b":1})", Kind::kError, "none"},
        {"null", Kind::kError, "none"},
        {"", Kind::kError, "none"},
        {R"({"a":1e5})", Kind::kError,
         R"(all: error parsing json value: strconv.ParseInt: parsing "1e5": invalid syntax)"},
        {R"({"a":1.5e999})", Kind::kError,
         R"(all: error parsing json value: strconv.ParseFloat: parsing "1.5e999": value out of range)"},
        {"[1]", Kind::kError,
         "all: error parsing query parameters: json: cannot unmarshal array into Go value of type "
         "map[string]interface {}"},
        {"\"x\"", Kind::kError,
         "all: error parsing query parameters: json: cannot unmarshal string into Go value of type "
         "map[string]interface {}"},
        {"17", Kind::kError,
         "all: error parsing query parameters: json: cannot unmarshal number into Go value of type "
         "map[string]interface {}"},
        {"true", Kind::kError,
         "all: error parsing query parameters: json: cannot unmarshal bool into Go value of type "
         "map[string]interface {}"},
    };
    for (const auto& c : kCases) {
        const influxql::BoundParameter found = bound(c.json);
        EXPECT_EQ(found.kind, c.kind) << c.json << ": " << found.text;
        EXPECT_EQ(found.text, c.text) << c.json;
    }
}

TEST(Parameters, RefuseEveryTruncation) {
    const std::string whole = R"({"a":{"duration":"5m"},"b":[1,{"x":null}],"c":-1.5e3,"d":true})";
    ASSERT_TRUE(parse_parameters(whole).ok());
    for (std::size_t size = 1; size < whole.size(); ++size) {
        const auto parsed = parse_parameters(std::string_view(whole).substr(0, size));
        ASSERT_FALSE(parsed.ok()) << size;
        EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid);
        EXPECT_TRUE(parsed.error().message.starts_with("error parsing query parameters: "))
            << parsed.error().message;
    }
}

// A string parameter cannot leave its place, whatever it holds.
TEST(Parameters, KeepAnyTextOneLiteral) {
    constexpr std::string_view kParts[] = {"'",  "\"",   "\\",   "\n", ";",       "--",
                                           "/*", " OR ", "DROP", "$a", "\xC3\xA4"};
    Random random(1);
    for (int i = 0; i < 2'000; ++i) {
        std::string text;
        for (std::uint64_t n = random.below(10); n > 0; --n)
            text += kParts[random.below(std::size(kParts))];
        std::string json = "{\"a\":";
        append_json_string(json, text);
        json += '}';
        const auto parameters = parse_parameters(json);
        ASSERT_TRUE(parameters.ok()) << json;
        const auto parsed = influxql::parse_query("SELECT v FROM m WHERE t = $a", *parameters);
        ASSERT_TRUE(parsed.ok()) << json;
        ASSERT_EQ(parsed->size(), 1u) << json;
        const auto& select = std::get<influxql::SelectStatement>(parsed->front());
        const auto* equal = select.condition->as<influxql::BinaryExpr>();
        ASSERT_NE(equal, nullptr) << json;
        ASSERT_EQ(equal->right->as<influxql::StringLiteral>()->value, text);
    }
}

}  // namespace
}  // namespace sluice::query
