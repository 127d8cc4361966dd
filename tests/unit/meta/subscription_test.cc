#include "sluice/meta/subscription.h"

#include <gtest/gtest.h>

namespace sluice::meta {
namespace {

TEST(Destination, IsTakenApart) {
    const Result<Destination> http =
        parse_destination("HTTP://us%20er:pa%3Ass@[::1]:8086/a/b/?x=y#f");
    ASSERT_TRUE(http.ok());
    EXPECT_EQ(http->protocol, Destination::Protocol::kHttp);
    EXPECT_EQ(http->user, "us er");
    EXPECT_EQ(http->password, "pa:ss");
    EXPECT_EQ(http->host, "::1");
    EXPECT_EQ(http->port, "8086");
    EXPECT_EQ(http->path, "/a/b");
    const Result<Destination> udp = parse_destination("udp://collector.example:8089");
    ASSERT_TRUE(udp.ok());
    EXPECT_EQ(udp->protocol, Destination::Protocol::kUdp);
    EXPECT_EQ(udp->host, "collector.example");
    EXPECT_EQ(udp->path, "");
}

TEST(Destination, RefusesWhatGoRefuses) {
    for (const char* url : {"",
                            "h",
                            "h:1",
                            "http",
                            "http:",
                            "http://",
                            "http://h",
                            "http://h:",
                            "http:h:1",
                            "http:/h:1",
                            "ftp://h:1",
                            "tcp://h:1",
                            "//h:1",
                            "://h:1",
                            "1http://h:1",
                            "http://h:x",
                            "http://h:1x",
                            "http://a:b:1",
                            "http://::1:1",
                            "http://[::1:1",
                            "http://[::1]",
                            "http://[::1]x:1",
                            "http://h :1",
                            "http://h\x01:1",
                            "http://h:1/%zz",
                            "http://h:1/%2",
                            "http://h:1/#%zz",
                            "http://u%zz@h:1",
                            "http://u{@h:1",
                            "http://h{:1",
                            "http://h\\:1"}) {
        const Result<Destination> parsed = parse_destination(url);
        ASSERT_FALSE(parsed.ok()) << url;
        EXPECT_EQ(parsed.error().message, "invalid subscription URL: " + std::string(url));
    }
    for (const char* url :
         {"http://:8086", "http://h:1?x=%zz", "http://h:1/a b", "udp://h:1/path"}) {
        EXPECT_TRUE(parse_destination(url).ok()) << url;
    }
}

TEST(Destination, MayBeReachedByTls) {
    const Result<Destination> parsed = parse_destination("https://h:443/path");
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(parsed->protocol, Destination::Protocol::kHttps);
    EXPECT_EQ(parsed->host, "h");
    EXPECT_EQ(parse_destination("https://h").error().message,
              "invalid subscription URL: https://h");
}

}  // namespace
}  // namespace sluice::meta
