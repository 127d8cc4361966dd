#include "server/config/bucket_address.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

// "bucket|prefix|host|port", or the sentence.
std::string parsed(const BucketSettings& settings) {
    const auto address = parse_bucket(settings);
    if (!address.ok()) return address.error().message;
    return address->bucket + '|' + address->prefix + '|' + address->host + '|' + address->port;
}

std::string of_root(const std::string& root) {
    return parsed({root, "", "us-east-1", false});
}

std::string of_endpoint(const std::string& endpoint, bool path_style = true) {
    return parsed({"s3://bucket", endpoint, "us-east-1", path_style});
}

TEST(BucketAddress, ReadsBucketAndPrefix) {
    EXPECT_EQ(of_root("s3://bucket"), "bucket||s3.us-east-1.amazonaws.com|443");
    EXPECT_EQ(of_root("s3://bucket/"), "bucket||s3.us-east-1.amazonaws.com|443");
    EXPECT_EQ(of_root("s3://my-bucket/a b/Z\u00FC%=/"),
              "my-bucket|a b/Z\u00FC%=|s3.us-east-1.amazonaws.com|443");
    for (const char* root :
         {"s3://", "s3:///x", "s3://ab", "s3://a b c", "s3://bucket/a//b", "s3://bucket/a/../b",
          "s3://bucket/./a", "s3://bucket/a\nb", "s3://bucket?x", "s3://.bucket"}) {
        EXPECT_TRUE(of_root(root).starts_with("lake.root: ")) << root;
    }
}

TEST(BucketAddress, ReadsEndpoints) {
    EXPECT_EQ(of_endpoint("http://127.0.0.1:8333"), "bucket||127.0.0.1|8333");
    EXPECT_EQ(of_endpoint("https://s3.example.org/"), "bucket||s3.example.org|443");
    EXPECT_EQ(of_endpoint("http://minio"), "bucket||minio|80");
    EXPECT_EQ(of_endpoint("https://[::1]:9000"), "bucket||::1|9000");
    for (const char* endpoint : {"minio:9000", "ftp://x", "http://", "http://h:", "http://h:0",
                                 "http://h:99999", "http://h:9x", "http://h/path", "http://user@h",
                                 "http://[::1", "http://[::1]9", "http://h h"}) {
        EXPECT_TRUE(of_endpoint(endpoint).starts_with("lake.endpoint: ")) << endpoint;
    }
    EXPECT_FALSE(parse_bucket({"s3://bucket", "http://h", "r", true})->is_secure);
    EXPECT_FALSE(parse_bucket({"s3://bucket", "https://h:443", "r", true})->has_own_port);
    EXPECT_TRUE(parse_bucket({"s3://bucket", "https://h:80", "r", true})->has_own_port);
}

TEST(BucketAddress, SaysWhereTheBucketMustStandInThePath) {
    EXPECT_TRUE(of_endpoint("http://127.0.0.1:8333", false).starts_with("lake.path-style: "));
    EXPECT_TRUE(of_endpoint("http://[::1]:8333", false).starts_with("lake.path-style: "));
    EXPECT_EQ(of_endpoint("http://s3.local:8333", false), "bucket||s3.local|8333");
    EXPECT_TRUE(of_root("s3://my.bucket/x").starts_with("lake.path-style: "));
    EXPECT_EQ(parsed({"s3://my.bucket", "", "eu-west-1", true}),
              "my.bucket||s3.eu-west-1.amazonaws.com|443");
}

TEST(BucketAddress, NeedsARegion) {
    EXPECT_TRUE(parsed({"s3://bucket", "", "", false}).starts_with("lake.region: "));
    EXPECT_TRUE(parsed({"s3://bucket", "", "us east", false}).starts_with("lake.region: "));
}

}  // namespace
}  // namespace sluice::server
