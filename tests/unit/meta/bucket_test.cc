// Buckets are policies of databases under another name.
#include "sluice/meta/bucket.h"

#include <gtest/gtest.h>

#include "sluice/meta/catalog_editor.h"

namespace sluice::meta {
namespace {

std::shared_ptr<const Catalog> catalog_with(std::initializer_list<const char*> policies) {
    CatalogEditor editor(Catalog{});
    EXPECT_TRUE(editor.create_database("d", {}).ok());
    for (const char* policy : policies) {
        RetentionPolicySpec spec;
        spec.name = policy;
        spec.duration_ns = 0;
        EXPECT_TRUE(editor.create_retention_policy("d", spec, false).ok());
    }
    return std::move(editor).finish();
}

std::string name_of(const std::optional<Bucket>& bucket) {
    return bucket ? bucket->name() : "none";
}

TEST(Bucket, IsNamedByItsDatabaseAndByItsPolicyUnlessThatIsTheDefault) {
    const auto catalog = catalog_with({"week"});
    EXPECT_EQ(name_of(find_bucket_named(*catalog, "d")), "d");
    EXPECT_EQ(name_of(find_bucket_named(*catalog, "d/autogen")), "d");
    EXPECT_EQ(name_of(find_bucket_named(*catalog, "d/")), "d");
    EXPECT_EQ(name_of(find_bucket_named(*catalog, "d/week")), "d/week");
    EXPECT_EQ(name_of(find_bucket_named(*catalog, "d/never")), "none");
    EXPECT_EQ(name_of(find_bucket_named(*catalog, "e")), "none");
    EXPECT_EQ(name_of(find_bucket_named(*catalog, "")), "none");
}

TEST(Bucket, HasAnIdThatFollowsFromItsNames) {
    // SHA-256 of "bucket/d/autogen", as sha256sum prints it, begins so.
    EXPECT_EQ(id_text(bucket_id_of("d", "autogen")), "8cf7b313c66b7834");
    EXPECT_NE(bucket_id_of("d", "week"), bucket_id_of("d", "autogen"));
    const auto catalog = catalog_with({"week"});
    EXPECT_EQ(name_of(find_bucket(*catalog, bucket_id_of("d", "week"))), "d/week");
    EXPECT_EQ(name_of(find_bucket(*catalog, bucket_id_of("d", "never"))), "none");
}

TEST(Bucket, IdsAreSixteenHexadecimalDigits) {
    EXPECT_EQ(id_text(1), "0000000000000001");
    EXPECT_EQ(id_text(0x0123456789abcdef), "0123456789abcdef");
    EXPECT_EQ(parse_id("0123456789abcdef"), 0x0123456789abcdefu);
    EXPECT_EQ(parse_id("0123456789ABCDEF"), 0x0123456789abcdefu);
    for (const char* text : {"", "1", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeg",
                             "-123456789abcdef", "+123456789abcdef", "0000000000000000"}) {
        EXPECT_FALSE(parse_id(text)) << text;
    }
}

}  // namespace
}  // namespace sluice::meta
