#include "query/go/json_scan.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::query {
namespace {

struct Case {
    std::string text;
    std::string error;  // empty: it is a value
};

// As `json.NewDecoder(strings.NewReader(text)).Decode(&v)` of Go 1.19 has it.
TEST(JsonScan, SaysWhatGoSays) {
    const Case cases[] = {
        {"", "EOF"},
        {" \n", "EOF"},
        {"{", "unexpected EOF"},
        {"{\"a\"", "unexpected EOF"},
        {"{\"a\":", "unexpected EOF"},
        {"{\"a\":\"x", "unexpected EOF"},
        {"[1,", "unexpected EOF"},
        {"tru", "unexpected EOF"},
        {"-", "unexpected EOF"},
        {"1.", "unexpected EOF"},
        {"junk", "invalid character 'j' looking for beginning of value"},
        {"{a:1}", "invalid character 'a' looking for beginning of object key string"},
        {"{\"a\":1,}", "invalid character '}' looking for beginning of object key string"},
        {"{\"a\" 1}", "invalid character '1' after object key"},
        {"{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair"},
        {"{\"a\":01}", "invalid character '1' after object key:value pair"},
        {"[1 2]", "invalid character '2' after array element"},
        {"[1,]", "invalid character ']' looking for beginning of value"},
        {"{\"a\":]", "invalid character ']' looking for beginning of value"},
        {"\"\n\"", "invalid character '\\n' in string literal"},
        {"\"\\q\"", "invalid character 'q' in string escape code"},
        {"\"\\u00g0\"", "invalid character 'g' in \\u hexadecimal character escape"},
        {"nul!", "invalid character '!' in literal null (expecting 'l')"},
        {"-x", "invalid character 'x' in numeric literal"},
        {"1.x", "invalid character 'x' after decimal point in numeric literal"},
        {"1e+x", "invalid character 'x' in exponent of numeric literal"},
        {"'a'", "invalid character '\\'' looking for beginning of value"},
        {"\xC3\xA4", "invalid character '\xC3\x83' looking for beginning of value"},
    };
    for (const Case& each : cases) {
        const auto scanned = scan_json(each.text);
        ASSERT_FALSE(scanned.ok()) << each.text;
        EXPECT_EQ(scanned.error().message, each.error) << each.text;
    }
}

TEST(JsonScan, EndsBehindTheFirstValue) {
    for (const std::string text :
         {"{}", "[]", " {\"a\" : [ ] , \"b\":{ }}", "[[],[{}],[1,-0.5e+10,true,false,null]]",
          "\"\\u12aB\\\"\xFF\"", "null", "0", "{\"a\":{\"b\":[1,{\"c\":\"}\"}]}}"}) {
        for (const char* rest : {"", " x", "}"}) {
            const auto scanned = scan_json(text + rest);
            ASSERT_TRUE(scanned.ok()) << text << ": " << scanned.error().message;
            EXPECT_EQ(*scanned, text.size()) << text;
        }
    }
}

TEST(JsonScan, BoundsNesting) {
    EXPECT_TRUE(scan_json(std::string(10'000, '[') + std::string(10'000, ']')).ok());
    EXPECT_EQ(scan_json(std::string(10'001, '[')).error().message, "exceeded max depth");
}

}  // namespace
}  // namespace sluice::query
