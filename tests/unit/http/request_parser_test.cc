#include "sluice/http/request_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::http {
namespace {

using Outcome = RequestParser::Outcome;

constexpr std::string_view kWrite =
    "POST /write?db=telegraf&rp= HTTP/1.1\r\n"
    "Host: localhost:8086\r\n"
    "User-Agent: Telegraf/1.30.0 Go/1.22\r\n"
    "Transfer-Encoding: chunked\r\n"
    "Content-Encoding: gzip\r\n"
    "Content-Type:\r\n"
    "x-request-id:  abc \r\n"
    "\r\n";

TEST(RequestParser, NamesTheHeadersTheServerUses) {
    RequestParser parser;
    const auto progress = parser.feed(std::string(kWrite) + "f0\r\n");
    ASSERT_EQ(progress.outcome, Outcome::kHead);
    EXPECT_EQ(progress.consumed, kWrite.size());
    const Request& request = parser.request();
    EXPECT_EQ(request.method, Method::kPost);
    EXPECT_EQ(request.path, "/write");
    EXPECT_EQ(request.query, "db=telegraf&rp=");
    EXPECT_EQ(request.host, "localhost:8086");
    EXPECT_EQ(request.user_agent, "Telegraf/1.30.0 Go/1.22");
    EXPECT_EQ(request.content_encoding, "gzip");
    EXPECT_EQ(request.content_type, "");
    EXPECT_EQ(request.x_request_id, "abc");
    EXPECT_EQ(request.framing, BodyFraming::kChunked);
    EXPECT_TRUE(request.keep_alive);
    EXPECT_FALSE(request.expects_continue);
    EXPECT_EQ(request.headers.size(), 6u);
}

TEST(RequestParser, TakesAHeadInAnyPieces) {
    for (std::size_t cut = 0; cut <= kWrite.size(); ++cut) {
        RequestParser parser;
        auto progress = parser.feed(kWrite.substr(0, cut));
        if (cut < kWrite.size()) {
            ASSERT_EQ(progress.outcome, Outcome::kNeedMore) << cut;
            ASSERT_EQ(progress.consumed, cut);
            progress = parser.feed(kWrite.substr(cut));
        }
        ASSERT_EQ(progress.outcome, Outcome::kHead) << cut;
        EXPECT_EQ(parser.request().query, "db=telegraf&rp=") << cut;
        EXPECT_EQ(parser.request().x_request_id, "abc") << cut;
        EXPECT_EQ(parser.request().headers.size(), 6u) << cut;
    }
}

TEST(RequestParser, TakesAHeadByteByByteAgainAndAgain) {
    RequestParser parser;
    for (int round = 0; round < 3; ++round) {
        for (std::size_t i = 0; i + 1 < kWrite.size(); ++i) {
            ASSERT_EQ(parser.feed(kWrite.substr(i, 1)).outcome, Outcome::kNeedMore);
        }
        ASSERT_EQ(parser.feed(kWrite.substr(kWrite.size() - 1)).outcome, Outcome::kHead);
        EXPECT_EQ(parser.request().host, "localhost:8086");
        parser.reset();
        EXPECT_FALSE(parser.in_head());
    }
}

struct Case {
    const char* what;
    std::string head;
    int status;  // 0: accepted
};

TEST(RequestParser, RefusesWhatCouldBeReadInTwoWays) {
    const Case cases[] = {
        {"plain", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0},
        {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
        {"no host in 1.0", "GET / HTTP/1.0\r\n\r\n", 0},
        {"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 0},
        {"bare line feeds", "GET / HTTP/1.1\nHost: x\n\n", 400},
        {"two lengths",
         "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
        {"length and chunks",
         "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
         400},
        {"chunks and length",
         "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
         400},
        {"bad length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\n", 400},
        {"negative length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400},
        {"huge length",
         "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
        {"other coding", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
        {"other coding before",
         "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
        {"two codings",
         "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: "
         "chunked\r\n\r\n",
         501},
        {"two hosts", "GET / HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n", 400},
        {"other expectation", "POST / HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\n\r\n", 417},
        {"blank before colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
        {"folded line", "GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n", 400},
        {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
        {"unknown method", "SLUICE / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"zero byte", std::string("GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n", 28), 400},
        {"empty lines before", "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 0},
        {"upgrade is ignored",
         "POST / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: "
         "3\r\n\r\n",
         0},
    };
    for (const Case& c : cases) {
        RequestParser parser;
        const auto progress = parser.feed(c.head);
        if (c.status == 0) {
            EXPECT_EQ(progress.outcome, Outcome::kHead) << c.what;
            EXPECT_EQ(progress.consumed, c.head.size()) << c.what;
        } else {
            ASSERT_EQ(progress.outcome, Outcome::kRefused) << c.what;
            EXPECT_EQ(parser.refusal().status, c.status) << c.what;
        }
    }
}

TEST(RequestParser, KnowsWhetherTheConnectionStays) {
    const std::pair<std::string, bool> cases[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
    };
    for (const auto& [head, keep_alive] : cases) {
        RequestParser parser;
        ASSERT_EQ(parser.feed(head).outcome, Outcome::kHead) << head;
        EXPECT_EQ(parser.request().keep_alive, keep_alive) << head;
    }
}

TEST(RequestParser, ReadsExpectAndLength) {
    RequestParser parser;
    ASSERT_EQ(parser
                  .feed("POST /write HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\n"
                        "Content-Length: 12\r\n\r\n")
                  .outcome,
              Outcome::kHead);
    EXPECT_TRUE(parser.request().expects_continue);
    EXPECT_EQ(parser.request().framing, BodyFraming::kLength);
    EXPECT_EQ(parser.request().content_length, 12u);
}

TEST(RequestParser, CutsAbsoluteTargets) {
    RequestParser parser;
    ASSERT_EQ(parser.feed("GET http://h:1/ping?a=b HTTP/1.1\r\nHost: x\r\n\r\n").outcome,
              Outcome::kHead);
    EXPECT_EQ(parser.request().path, "/ping");
    EXPECT_EQ(parser.request().query, "a=b");
}

TEST(RequestParser, TakesBytesBeyondAsciiInTheTarget) {
    const std::string head =
        "\r\nGET /query?epoch=\xC2\xB5&a=\xFF HTTP/1.1\r\nHost: x\r\nA: \xC3\xA4\r\n\r\n";
    for (std::size_t cut = 0; cut < head.size(); ++cut) {
        RequestParser parser;
        ASSERT_EQ(parser.feed(head.substr(0, cut)).outcome, Outcome::kNeedMore) << cut;
        const auto progress = parser.feed(head.substr(cut) + "body");
        ASSERT_EQ(progress.outcome, Outcome::kHead) << cut;
        EXPECT_EQ(progress.consumed, head.size() - cut);
        EXPECT_EQ(parser.request().query, "epoch=%C2%B5&a=%FF");
        EXPECT_EQ(parser.request().headers.back().value, "\xC3\xA4");
    }
    for (const char* bad : {"G\xC3T / HTTP/1.1\r\n", "GET / HTTP/1.\xC3\r\n", "\x16\x03\x01\x80"}) {
        RequestParser parser;
        EXPECT_EQ(parser.feed(bad).outcome, Outcome::kRefused) << bad;
    }
}

TEST(RequestParser, SaysWhatIsMalformed) {
    struct MalformedHead {
        std::string_view head;
        std::string_view word;
    };
    for (const MalformedHead& each : std::initializer_list<MalformedHead>{
             {"GET /ping HTTP/1.1\nHost: x\n\n", "bare line feed"},
             {"GET /ping HTTP/1.1\r\nHost: x\n\r\n", "bare line feed"},
             {"GET /ping HTTP/1.1\r\nHost: x\r\r\n", "carriage return without"},
             {"get /ping HTTP/1.1\r\nHost: x\r\n\r\n", "in capitals"},
             {"m,t=a v=1\n", "in capitals"},
             {"{\"a\":1}\r\n\r\n", "no method"},
             {std::string_view("\x16\x03\x01\x02\0\x01", 6), "TLS"},
             {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2"},
             {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
              "two lengths"},
             {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\n", "not a number"},
             {"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", "blanks escaped"},
             {"GET / HTTP/1.1\r\nHo st: x\r\n\r\n", "header field"},
             {"GET / HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n", "more than one Host"}}) {
        for (const std::size_t step : {std::size_t{1}, each.head.size()}) {
            RequestParser parser;
            auto outcome = Outcome::kNeedMore;
            std::string_view rest = each.head;
            while (outcome == Outcome::kNeedMore && !rest.empty()) {
                outcome = parser.feed(rest.substr(0, step)).outcome;
                rest.remove_prefix(std::min(step, rest.size()));
            }
            ASSERT_EQ(outcome, Outcome::kRefused) << each.head;
            EXPECT_NE(parser.refusal().text.find(each.word), std::string_view::npos)
                << each.head << parser.refusal().text;
            EXPECT_TRUE(parser.refusal().text.starts_with("400 Bad Request: "));
        }
    }
}

TEST(RequestParser, TakesANumberSignAsItIs) {
    RequestParser parser;
    ASSERT_EQ(parser.feed("POST /write?u=me&p=se#cret&db=z#2 HTTP/1.1\r\nHost: x\r\n\r\n").outcome,
              Outcome::kHead);
    EXPECT_EQ(parser.request().path, "/write");
    EXPECT_EQ(parser.request().query, "u=me&p=se#cret&db=z#2");
    parser.reset();
    ASSERT_EQ(parser.feed("GET /ping#a?b HTTP/1.1\r\nHost: x\r\n\r\n").outcome, Outcome::kHead);
    EXPECT_EQ(parser.request().path, "/ping#a");
    EXPECT_EQ(parser.request().query, "b");
}

TEST(RequestParser, TellsALengthOfZeroFromNone) {
    RequestParser parser;
    ASSERT_EQ(parser.feed("POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n").outcome, Outcome::kHead);
    EXPECT_TRUE(parser.request().length_is_said);
    parser.reset();
    ASSERT_EQ(parser.feed("POST / HTTP/1.0\r\n\r\n").outcome, Outcome::kHead);
    EXPECT_FALSE(parser.request().length_is_said);
}

TEST(RequestParser, BoundsBytesAndFields) {
    RequestParser small({.bytes_max = 64, .fields_max = 2});
    auto progress = small.feed("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(64, 'a'));
    ASSERT_EQ(progress.outcome, Outcome::kRefused);
    EXPECT_EQ(small.refusal().status, 431);

    small.reset();
    progress = small.feed("GET / HTTP/1.1\r\nHost: x\r\nA: a\r\nB: b\r\n\r\n");
    ASSERT_EQ(progress.outcome, Outcome::kRefused);
    EXPECT_EQ(small.refusal().status, 431);

    small.reset();
    EXPECT_EQ(small.feed("GET / HTTP/1.1\r\nHost: x\r\nA: a\r\n\r\n").outcome, Outcome::kHead);
}

}  // namespace
}  // namespace sluice::http
