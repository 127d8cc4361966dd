#include "sluice/http/response_parser.h"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

// "204 keep", "500 close: body", "incomplete", "malformed"; the answer comes byte by byte.
std::string parse(std::string_view answer, bool ends = false) {
    ResponseParser parser;
    bool complete = false;
    for (std::size_t i = 0; i < answer.size() && !complete; ++i) {
        const Result<bool> added = parser.add(answer.substr(i, 1));
        if (!added.ok()) return "malformed";
        complete = *added;
    }
    if (!complete && ends) complete = parser.finish();
    if (!complete) return "incomplete";
    std::string out = std::to_string(parser.status());
    out += parser.keeps_connection() ? " keep" : " close";
    if (!parser.body_start().empty()) out += ": " + std::string(parser.body_start());
    return out;
}

TEST(ResponseParser, KnowsWhereAnAnswerEnds) {
    EXPECT_EQ(parse("HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"), "204 keep");
    EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), "200 keep: ok");
    EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
              "200 keep: ok");
    EXPECT_EQ(parse("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"), "204 keep");
    EXPECT_EQ(parse("HTTP/1.1 500 Oh\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno"),
              "500 close: no");
    EXPECT_EQ(parse("HTTP/1.0 400 Bad\r\nContent-Length: 0\r\n\r\n"), "400 close");
}

TEST(ResponseParser, AnAnswerMayEndWithItsConnection) {
    EXPECT_EQ(parse("HTTP/1.1 500 Oh\r\n\r\nwhat happened", true), "500 close: what happened");
    EXPECT_EQ(parse("HTTP/1.1 500 Oh\r\n\r\nwhat happened"), "incomplete");
    EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", true), "incomplete");
    EXPECT_EQ(parse("HTTP/1.1 204 No", true), "incomplete");
    EXPECT_EQ(parse("", true), "incomplete");
}

TEST(ResponseParser, KeepsOnlyTheStartOfALongBody) {
    ResponseParser parser;
    const std::string answer =
        "HTTP/1.1 400 Bad\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'x');
    const Result<bool> added = parser.add(answer);
    ASSERT_TRUE(added.ok() && *added);
    EXPECT_EQ(parser.body_start(), std::string(256, 'x'));
}

TEST(ResponseParser, TheAnswerToAHeadHasALengthAndNoBody) {
    ResponseParser parser;
    parser.reset({.has_body = false});
    const Result<bool> added = parser.add("HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n");
    ASSERT_TRUE(added.ok() && *added);
    EXPECT_EQ(parser.header("content-length"), "77");
    EXPECT_TRUE(parser.keeps_connection());
}

TEST(ResponseParser, HasTheHeaderOfTheAnswerItself) {
    const std::string answer =
        "HTTP/1.1 100 Continue\r\nETag: no\r\n\r\n"
        "HTTP/1.1 200 OK\r\nETag: \"abc\"\r\nx-Amz-Meta-A:  two words \r\nEmpty:\r\n"
        "Content-Length: 3\r\nEtag: second\r\n\r\nxyz";
    for (const bool is_whole : {true, false}) {
        ResponseParser parser;
        bool complete = false;
        for (std::size_t i = 0; i < answer.size() && !complete;) {
            const std::string_view piece = std::string_view(answer).substr(i, is_whole ? 1000 : 1);
            const Result<bool> added = parser.add(piece);
            ASSERT_TRUE(added.ok());
            complete = *added;
            i += piece.size();
        }
        ASSERT_TRUE(complete);
        EXPECT_EQ(parser.header("etag"), "\"abc\"");
        EXPECT_EQ(parser.header("x-amz-meta-a"), "two words");
        EXPECT_EQ(parser.header("empty"), "");
        EXPECT_EQ(parser.header("nope"), "");
        EXPECT_EQ(parser.body_start(), "xyz");
        EXPECT_EQ(parser.body_bytes(), 3u);
        parser.reset();
        EXPECT_EQ(parser.header("etag"), "");
        EXPECT_EQ(parser.body_bytes(), 0u);
    }
}

TEST(ResponseParser, RefusesAHeaderBeyondAnyMeasure) {
    ResponseParser parser;
    const Result<bool> added =
        parser.add("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n");
    EXPECT_FALSE(added.ok());
}

TEST(ResponseParser, KeepsAsMuchOfABodyAsIsAskedFor) {
    ResponseParser parser;
    parser.reset({.has_body = true, .body_bytes_kept = 5});
    const Result<bool> added = parser.add("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n12345678");
    ASSERT_TRUE(added.ok() && *added);
    EXPECT_EQ(parser.body_start(), "12345");
    EXPECT_EQ(parser.body_bytes(), 8u);
}

TEST(ResponseParser, RefusesWhatIsNoHttp) {
    EXPECT_EQ(parse("SSH-2.0-OpenSSH\r\n"), "malformed");
    EXPECT_EQ(parse("HTTP/1.1 abc\r\n\r\n"), "malformed");
}

}  // namespace
}  // namespace sluice::http
