#include "server/s3/object_place.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

TEST(ObjectPlace, TheBucketStandsInThePathOrBeforeTheHost) {
    const auto place = [](const std::string& root, bool path_style, const std::string& key) {
        const auto address =
            parse_bucket({root, "https://s3.example.org", "us-east-1", path_style});
        return host_of(*address) + ' ' + path_of(*address, key);
    };
    EXPECT_EQ(place("s3://bucket", true, "a/b"), "s3.example.org /bucket/a/b");
    EXPECT_EQ(place("s3://bucket", true, ""), "s3.example.org /bucket");
    EXPECT_EQ(place("s3://bucket/x y", true, "a"), "s3.example.org /bucket/x y/a");
    EXPECT_EQ(place("s3://bucket", false, "a/b"), "bucket.s3.example.org /a/b");
    EXPECT_EQ(place("s3://bucket", false, ""), "bucket.s3.example.org /");
    EXPECT_EQ(place("s3://bucket/x", false, "a"), "bucket.s3.example.org /x/a");
}

}  // namespace
}  // namespace sluice::server
