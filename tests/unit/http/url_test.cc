#include "sluice/http/url.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "sluice/base/random.h"

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

TEST(Parameters, GiveBackWhateverWasEncoded) {
    Random random(1);
    for (int round = 0; round < 2'000; ++round) {
        std::vector<std::pair<std::string, std::string>> pairs;
        std::string encoded;
        for (std::uint64_t n = random.below(8); n > 0; --n) {
            std::string name = "n" + std::to_string(pairs.size());
            std::string value;
            for (std::uint64_t bytes = random.below(12); bytes > 0; --bytes) {
                value += static_cast<char>(random.below(256));
            }
            name += value.substr(0, 2);
            if (!encoded.empty()) encoded += '&';
            append_encoded(encoded, name);
            encoded += '=';
            append_encoded(encoded, value);
            pairs.emplace_back(name, value);
        }
        // What is encoded needs no further escapes, in a target or in a header.
        for (const char c : encoded)
            ASSERT_TRUE(c > ' ' && c < 0x7F && c != '"' && c != '#') << encoded;
        Parameters parameters;
        parameters.parse(encoded);
        for (const auto& [name, value] : pairs) {
            ASSERT_TRUE(parameters.contains(name)) << encoded;
            ASSERT_EQ(parameters.get(name), value) << encoded;
        }
    }
}

TEST(Parameters, TakeAnyBytesWithoutHarm) {
    constexpr std::string_view kParts[] = {"a",   "=", "&", "%",   "%4",
                                           "%41", "+", ";", "%zz", "\xFF"};
    Random random(2);
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (std::uint64_t n = random.below(20); n > 0; --n)
            text += kParts[random.below(std::size(kParts))];
        Parameters parameters;
        parameters.parse(text);
        // A broken escape leaves its pair out and no other.
        Parameters around;
        around.parse("first=1&" + text + "&last=2");
        ASSERT_EQ(around.get("first"), "1") << text;
        ASSERT_EQ(around.get("last"), "2") << text;
    }
}

TEST(Parameters, AreCutAtTheirBoundAndSaySo) {
    std::string text;
    for (int i = 0; i < 5'000; ++i) text += "p" + std::to_string(i) + "=1&";
    Parameters parameters;
    parameters.parse(text);
    EXPECT_TRUE(parameters.is_cut());
    EXPECT_TRUE(parameters.contains("p0"));
    EXPECT_FALSE(parameters.contains("p4999"));
    parameters.clear();
    EXPECT_FALSE(parameters.is_cut());
    parameters.add("b", "2");
    EXPECT_EQ(parameters.get("b"), "2");
}

}  // namespace
}  // namespace sluice::http
