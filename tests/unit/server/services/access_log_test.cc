#include "server/services/access_log.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

TEST(AccessLog, WritesTheLineOfInfluxDB) {
    http::Request request;
    request.method = http::Method::kPost;
    request.target = "/write?db=d";
    request.user_agent = "Telegraf/1.30";
    const AccessEntry entry{"10.0.0.7:4711", "", kDate, "abc", 204, 0, 1'234'567};
    EXPECT_EQ(
        access_line(request, entry),
        "[httpd] 10.0.0.7 - - [06/Nov/1994:08:49:37 +0000] \"POST /write?db=d HTTP/1.1\" 204 0 "
        "\"-\" \"Telegraf/1.30\" abc 1234");
    request.minor_version = 0;
    request.referer = "http://x/";
    request.headers.push_back({"x-forwarded-for", "1.2.3.4"});
    EXPECT_EQ(
        access_line(request, {"[::1]:80", "bob", kDate, "abc", 200, 17, 0}),
        "[httpd] 1.2.3.4,::1 - bob [06/Nov/1994:08:49:37 +0000] \"POST /write?db=d HTTP/1.0\" "
        "200 17 \"http://x/\" \"Telegraf/1.30\" abc 0");
}

TEST(AccessLog, ShowsNoPasswordAndNoLineOfTheClients) {
    http::Request request;
    request.method = http::Method::kGet;
    request.target = "/query?u=bob&p=secret&q=SHOW&pp=1&p=";
    request.user_agent = "a\nb\x1B\" \"x";
    const std::string line = access_line(request, {"1.2.3.4:5", "bob", kDate, "", 200, 1, 0});
    EXPECT_NE(line.find("/query?u=bob&p=%5BREDACTED%5D&q=SHOW&pp=1&p= HTTP"), line.npos) << line;
    EXPECT_EQ(line.find("secret"), line.npos);
    EXPECT_NE(line.find("\"a?b?\\\" \\\"x\""), line.npos) << line;
}

TEST(AccessLog, ShowsNoPasswordHoweverItIsSpelt) {
    http::Request request;
    request.method = http::Method::kPost;
    for (const char* const target :
         {"/query?%70=S3cret", "/query?u=a&p=%53%33cret", "/write?u=a;p=S3cret",
          "/api/v2/authorizations?token=S3cret", "/write?p=S3cret%zz",
          "/query?q=CREATE+USER+u+WITH+PASSWORD+%27S3cret%27",
          "/query?q=SET%20PASSWORD%20FOR%20u='S3cret'",
          "/query?%71=create%0auser+u+with/**/password+%27a%5C%27+S3cret%27&db=d",
          "/query?q=CREATE+USER+u+WITH+PASSWORD+S3cret", "http://u:S3cret@h/query?db=d",
          "/query?params=%7B%22x%22:%22S3cret%22%7D&q=CREATE+USER+u+WITH+PASSWORD+$x",
          "/query?q=CREATE+SUBSCRIPTION+s+ON+d.r+DESTINATIONS+ALL+'http://u:S3cret@h'"}) {
        request.target = target;
        request.referer = target;
        const std::string line = access_line(request, {"1.2.3.4:5", "", kDate, "", 200, 1, 0});
        EXPECT_EQ(line.find("S3cret"), line.npos) << line;
        EXPECT_EQ(line.find("%53%33cret"), line.npos) << line;
        EXPECT_NE(line.find("REDACTED"), line.npos) << line;
    }
    request.target = "/query?q=SELECT+%22password%22+FROM+m&db=d&params=%7B%7D&p";
    const std::string line = access_line(request, {"1.2.3.4:5", "", kDate, "", 200, 1, 0});
    EXPECT_NE(line.find(std::string(request.target) + " HTTP"), line.npos) << line;
}

TEST(AccessLog, NamesHostsAsGoDoes) {
    EXPECT_EQ(peer_host("127.0.0.1:4711"), "127.0.0.1");
    EXPECT_EQ(peer_host("[fe80::1]:80"), "fe80::1");
    EXPECT_EQ(peer_host(""), "");
}

TEST(AccessLog, LeavesOutDiagnosticsAndWritesIfAsked) {
    http::Request request;
    request.path = "/debug/vars";
    EXPECT_FALSE(is_logged(request, false));
    request.path = "/write";
    EXPECT_TRUE(is_logged(request, false));
    EXPECT_FALSE(is_logged(request, true));
}

}  // namespace
}  // namespace sluice::server
