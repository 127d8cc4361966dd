#include "server/http/platform_error.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

TEST(PlatformError, HasTheCodeOfItsStatus) {
    const struct {
        std::uint16_t status;
        const char* code;
    } cases[] = {
        {400, "invalid"},
        {401, "unauthorized"},
        {403, "forbidden"},
        {404, "not found"},
        {405, "method not allowed"},
        {413, "request too large"},
        {422, "unprocessable entity"},
        {429, "too many requests"},
        {500, "internal error"},
        {501, "not implemented"},
        {503, "unavailable"},
        // 2.x has no code for these.
        {411, "internal error"},
        {418, "internal error"},
    };
    for (const auto& each : cases) EXPECT_EQ(platform_code(each.status), each.code) << each.status;
}

TEST(PlatformError, NamesALineOnlyWhereOneIsToBlame) {
    EXPECT_EQ(platform_body(platform_code(404), "bucket not found", 0),
              R"({"code":"not found","message":"bucket not found"})");
    EXPECT_EQ(platform_body(platform_code(400), "unable to parse", 3),
              R"({"code":"invalid","line":3,"message":"unable to parse"})");
}

TEST(PlatformError, IsJsonWhateverTheMessageHolds) {
    EXPECT_EQ(platform_body(platform_code(400), "unable to parse 'a\"b\\c\n': bad", 0),
              R"({"code":"invalid","message":"unable to parse 'a\"b\\c\n': bad"})");
    // Go escapes what a browser could take for markup.
    EXPECT_EQ(platform_body(platform_code(400), "<&>", 0),
              R"({"code":"invalid","message":"\u003c\u0026\u003e"})");
}

}  // namespace
}  // namespace sluice::server
