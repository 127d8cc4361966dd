#include "sluice/http/response.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "sluice/base/units.h"

namespace sluice::http {
namespace {

std::string text_of(const OutputBuffer& out) {
    return std::string(out.begin(), out.end());
}

TEST(ResponseStamp, WritesTheDateOfItsSecond) {
    ResponseStamp stamp(1);
    EXPECT_EQ(stamp.date(), "Thu, 01 Jan 1970 00:00:00 GMT");
    stamp.set_time(784'111'777 * kSecondNs + 999);
    EXPECT_EQ(stamp.date(), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110 section 5.6.7
}

TEST(ResponseStamp, MakesVersionOneUuidsThatNeverRepeat) {
    ResponseStamp stamp(0x123456789ABCDEF0);
    ResponseStamp other(0x923456789ABCDEF1);
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        if (i == 500) stamp.set_time(1'700'000'000 * kSecondNs);
        const std::string id(stamp.next_request_id());
        ASSERT_EQ(id.size(), ResponseStamp::kRequestIdSize);
        EXPECT_EQ(id[14], '1');
        EXPECT_EQ(id[19], '8');
        EXPECT_TRUE(seen.insert(id).second);
        EXPECT_TRUE(seen.insert(std::string(other.next_request_id())).second);
    }
}

TEST(ResponseHead, OrdersFieldsAsGoDoes) {
    ResponseStamp stamp(1);
    OutputBuffer out;
    ResponseHead head(400);
    head.add("X-Influxdb-Version", "1");
    head.add_request_id("id");
    head.add("X-Influxdb-Error", "one\nline\rand \x01more");
    head.add("Content-Type", "application/json");
    head.set_body(ResponseBody::kLength, 33);
    head.set_connection(ConnectionField::kClose);
    head.append_to(out, stamp);
    EXPECT_EQ(text_of(out),
              "HTTP/1.1 400 Bad Request\r\n"
              "Content-Type: application/json\r\n"
              "Request-Id: id\r\n"
              "X-Influxdb-Error: one line and  more\r\n"
              "X-Influxdb-Version: 1\r\n"
              "X-Request-Id: id\r\n"
              "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
              "Content-Length: 33\r\n"
              "Connection: close\r\n\r\n");
}

TEST(ResponseHead, LeavesOutBlanksAtTheEndsOfAValue) {
    ResponseStamp stamp(1);
    const auto value = [&stamp](std::string_view text) {
        OutputBuffer out;
        ResponseHead head(400);
        head.add("X-A", text);
        head.append_to(out, stamp);
        const std::string all(text_of(out));
        const std::size_t begin = all.find("X-A: ") + 5;
        return all.substr(begin, all.find("\r\n", begin) - begin);
    };
    EXPECT_EQ(value("requires READ on "), "requires READ on");
    EXPECT_EQ(value(" \n\ta b\r\n"), "a b");
    EXPECT_EQ(value("  "), "");
    EXPECT_EQ(value(""), "");
}

TEST(NoContentAnswer, EqualsTheOneMadeFieldByField) {
    ResponseStamp stamp(9);
    stamp.set_time(1'700'000'000 * kSecondNs);
    const std::string id(stamp.next_request_id());
    OutputBuffer made;
    ResponseHead head(204);
    head.add("Content-Type", "application/json");
    head.add("X-Influxdb-Build", "OSS");
    head.add("X-Influxdb-Version", "1.8.10+x");
    head.add_request_id(id);
    head.set_body(ResponseBody::kNone);
    head.append_to(made, stamp);
    OutputBuffer copied;
    NoContentAnswer("1.8.10+x", "OSS").append_to(copied, stamp.date(), id);
    EXPECT_EQ(text_of(copied), text_of(made));
}

TEST(AppendChunk, FramesAndNeverEndsTheBody) {
    OutputBuffer out;
    append_chunk(out, std::string(26, 'a'));
    append_chunk(out, "");
    append_text(out, kLastChunk);
    EXPECT_EQ(text_of(out), "1a\r\n" + std::string(26, 'a') + "\r\n0\r\n\r\n");
}

}  // namespace
}  // namespace sluice::http
