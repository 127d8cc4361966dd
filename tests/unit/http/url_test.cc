#include "sluice/http/url.h"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

TEST(Parameters, DecodesNamesAndValues) {
    Parameters parameters;
    parameters.parse("db=my%20db&q=SELECT+*+FROM+%22m%22;SELECT+1&p%61ram=x%2By&empty=&bare");
    EXPECT_EQ(parameters.get("db"), "my db");
    EXPECT_EQ(parameters.get("q"), "SELECT * FROM \"m\";SELECT 1");
    EXPECT_EQ(parameters.get("param"), "x+y");
    EXPECT_TRUE(parameters.contains("empty"));
    EXPECT_TRUE(parameters.contains("bare"));
    EXPECT_EQ(parameters.get("bare"), "");
    EXPECT_FALSE(parameters.contains("absent"));
    EXPECT_EQ(parameters.get("absent"), "");
}

TEST(Parameters, FirstOneWinsAndClearForgets) {
    Parameters parameters;
    parameters.parse("a=1&a=2");
    parameters.parse("a=3&b=4");
    EXPECT_EQ(parameters.get("a"), "1");
    EXPECT_EQ(parameters.get("b"), "4");
    parameters.clear();
    EXPECT_FALSE(parameters.contains("a"));
}

TEST(Parameters, LeavesOutBrokenEscapes) {
    Parameters parameters;
    parameters.parse("a=%zz&b=%4&c=%&%q=1&d=ok&&=x");
    for (const char* name : {"a", "b", "c"}) EXPECT_FALSE(parameters.contains(name)) << name;
    EXPECT_EQ(parameters.get("d"), "ok");
    EXPECT_EQ(parameters.get(""), "x");
}

TEST(AppendDecoded, KeepsPlusWhereItIsNoBlank) {
    std::string out = "x";
    EXPECT_TRUE(append_decoded(out, "/a+b%2f", false));
    EXPECT_EQ(out, "x/a+b/");
    EXPECT_FALSE(append_decoded(out, "c%2", false));
    EXPECT_EQ(out, "x/a+b/");
}

TEST(BeyondAscii, IsSeenWhereverItStands) {
    for (std::size_t size = 1; size < 40; ++size) {
        for (std::size_t i = 0; i < size; ++i) {
            std::string text(size, '\x7F');
            EXPECT_FALSE(has_beyond_ascii(text));
            text[i] = '\x80';
            EXPECT_TRUE(has_beyond_ascii(text)) << size << ' ' << i;
        }
    }
    std::string out = "x";
    append_escaped_beyond_ascii(out, "a%\xC3\xA4\n");
    EXPECT_EQ(out, "xa%%C3%A4\n");
}

TEST(Parameters, AreBoundedInNumber) {
    std::string text = "q=1";
    for (std::size_t i = 1; i < Parameters::kCountMax; ++i) text += "&a=";
    Parameters parameters;
    parameters.parse(text);
    EXPECT_FALSE(parameters.is_cut());
    parameters.parse("last=1");
    EXPECT_TRUE(parameters.is_cut());
    EXPECT_FALSE(parameters.contains("last"));
    EXPECT_EQ(parameters.get("q"), "1");
    parameters.clear();
    EXPECT_FALSE(parameters.is_cut());
    EXPECT_LT(parameters.memory_bytes(), 32u * 1024);
    parameters.add("x", "y");
    EXPECT_EQ(parameters.get("x"), "y");
}

TEST(Parameters, GiveTheMemoryOfALargeRequestBack) {
    Parameters parameters;
    parameters.parse("q=" + std::string(1'000'000, 'x'));
    EXPECT_GE(parameters.memory_bytes(), 1'000'000u);
    parameters.clear();
    EXPECT_LT(parameters.memory_bytes(), 32u * 1024);
}

}  // namespace
}  // namespace sluice::http
