// What the bodies of the 2.x API say.
#include "server/v2/platform_bodies.h"

#include <gtest/gtest.h>

#include "sluice/model/timestamp.h"

namespace sluice::server {
namespace {

template <typename T>
std::string error_of(const Result<T>& result) {
    return result.ok() ? "ok" : result.error().message;
}

TEST(PlatformBodies, OfBuckets) {
    const auto body = read_bucket_body(
        R"({"name":"b","orgID":"1","retentionRules":[{"type":"expire","everySeconds":3600,)"
        R"("shardGroupDurationSeconds":60}],"description":"d","schemaType":"implicit"})");
    ASSERT_TRUE(body.ok());
    EXPECT_EQ(body->name, "b");
    EXPECT_EQ(body->description, "d");
    EXPECT_EQ(body->retention->every_seconds, 3600);
    EXPECT_EQ(body->retention->shard_group_seconds, 60);
    EXPECT_FALSE(read_bucket_body("{}")->retention);
    EXPECT_EQ(read_bucket_body(R"({"retentionRules":[]})")->retention->every_seconds, 0);
    for (const char* rules : {"[{},{}]", "[1]", "{}", R"([{"everySeconds":-1}])",
                              R"([{"everySeconds":9223372037}])", R"([{"type":"other"}])"}) {
        const auto text = std::string("{\"retentionRules\":") + rules + "}";
        EXPECT_FALSE(read_bucket_body(text).ok()) << text;
    }
}

TEST(PlatformBodies, OfTokens) {
    const auto body = read_token_body(
        R"({"orgID":"1","status":"inactive","permissions":[{"action":"read","resource":)"
        R"({"type":"buckets","id":"2","orgID":"1"}},{"action":"write","resource":{"type":"orgs"}}]})");
    ASSERT_TRUE(body.ok());
    EXPECT_EQ(body->is_active, false);
    ASSERT_EQ(body->permissions.size(), 2u);
    EXPECT_EQ(body->permissions[0].id, "2");
    EXPECT_EQ(body->permissions[1].privilege, meta::Privilege::kWrite);
    EXPECT_FALSE(read_token_body("{}")->is_active);
    for (const char* text : {R"({"status":"sleepy"})", R"({"permissions":[{}]})",
                             R"({"permissions":[{"action":"read"}]})",
                             R"({"permissions":[{"action":"own","resource":{"type":"x"}}]})"}) {
        EXPECT_FALSE(read_token_body(text).ok()) << text;
    }
}

TEST(PlatformBodies, OfSetup) {
    const auto body = read_setup_body(
        R"({"username":"u","password":"p","org":"o","bucket":"b","retentionPeriodHrs":2})");
    ASSERT_TRUE(body.ok());
    EXPECT_EQ(body->retention.every_seconds, 7200);
    EXPECT_EQ(read_setup_body(R"({"retentionPeriodSeconds":5})")->retention.every_seconds, 5);
    EXPECT_FALSE(read_setup_body(R"({"retentionPeriodHrs":2562048})").ok());
    EXPECT_EQ(read_setup_body(R"({"token":"a/b+c=="})")->token, "a/b+c==");
    for (const char* token : {"a b", "a:b", "a\\u00e9"}) {
        EXPECT_FALSE(read_setup_body(std::string(R"({"token":")") + token + "\"}").ok()) << token;
    }
}

TEST(PlatformBodies, OfDeletes) {
    const auto body = read_delete_body(
        R"({"start":"1970-01-01T00:00:01Z","stop":"1970-01-01T01:00:02.5+01:00","predicate":"a=b"})");
    ASSERT_TRUE(body.ok()) << error_of(body);
    EXPECT_EQ(body->start_ns, 1'000'000'000);
    EXPECT_EQ(body->stop_ns, 2'500'000'000);
    EXPECT_EQ(body->predicate, "a=b");
    const auto everything = read_delete_body(
        R"({"start":"0001-01-01T00:00:00Z","stop":"9999-12-31T23:59:59.999999999Z"})");
    EXPECT_EQ(everything->start_ns, model::kTimestampMin);
    EXPECT_EQ(everything->stop_ns, model::kTimestampMax);
    EXPECT_EQ(error_of(read_delete_body("{}")),
              "invalid request; error parsing request json: invalid RFC3339 for field start, "
              "please format your time with RFC3339");
    for (const char* start : {"now", "1970-01-01", "2020-13-01T00:00:00Z"}) {
        const auto text =
            std::string("{\"stop\":\"1970-01-01T00:00:01Z\",\"start\":\"") + start + "\"}";
        EXPECT_FALSE(read_delete_body(text).ok()) << text;
    }
}

TEST(PlatformBodies, OfTheOthers) {
    EXPECT_EQ(read_name_body(R"({"name":"n","status":"active"})")->name, "n");
    EXPECT_EQ(read_password_body(R"({"password":"p"})")->password, "p");
    EXPECT_EQ(read_mapping_body(R"({"bucketID":"1","database":"d","retention_policy":"r",)"
                                R"("default":true})")
                  ->is_default,
              true);
    EXPECT_EQ(read_query_body(R"({"query":"q"})")->type, "flux");
    EXPECT_EQ(read_query_body(R"({"query":"q","type":"influxql","bucket":"b"})")->bucket, "b");
}

}  // namespace
}  // namespace sluice::server
