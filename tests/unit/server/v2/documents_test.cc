#include "server/v2/documents.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <set>

#include "server/services/organization.h"
#include "sluice/base/units.h"
#include "sluice/meta/catalog_editor.h"

namespace sluice::server {
namespace {

constexpr std::string_view kOrganization = "\"orgID\":\"af3a1bb312bf8430\"";

class DocumentsTest : public testing::Test {
protected:
    DocumentsTest() {
        meta::CatalogEditor editor(*catalog_);
        meta::RetentionPolicySpec week;
        week.name = "week";
        week.duration_ns = 7 * kDayNs;
        EXPECT_TRUE(editor.create_database("d", {}).ok());
        EXPECT_TRUE(editor.create_retention_policy("d", week, false).ok());
        EXPECT_TRUE(editor.create_user("ann \"x\"", "hash", false).ok());
        catalog_ = std::move(editor).finish();
    }
    void change(const meta::CatalogChange& change) {
        meta::CatalogEditor editor(*catalog_);
        const Result<void> done = change(editor);
        ASSERT_TRUE(done.ok()) << done.error().message;
        catalog_ = std::move(editor).finish();
    }
    meta::Bucket bucket(std::string_view name) {
        const auto found = meta::find_bucket_named(*catalog_, name);
        EXPECT_TRUE(found.has_value()) << name;
        return *found;
    }
    template <typename Write>
    std::string written(Write write) {
        query::JsonText json(false);
        Documents documents(json, "acme");
        write(documents);
        // Each is one whole object, whatever the names hold.
        simdjson::dom::parser parser;
        simdjson::dom::element root;
        EXPECT_FALSE(parser.parse(simdjson::padded_string(json.text())).get(root)) << json.text();
        EXPECT_TRUE(root.is_object());
        return json.text();
    }
    static bool has(const std::string& text, std::string_view part) {
        return text.find(part) != text.npos;
    }

    std::shared_ptr<const meta::Catalog> catalog_ = std::make_shared<meta::Catalog>();
};

TEST_F(DocumentsTest, ABucketNamesItsPolicyAndWhereItIs) {
    const meta::Bucket week = bucket("d/week");
    const std::string id = meta::id_text(week.policy->bucket_id);
    const std::string text = written([&](Documents& documents) { documents.bucket(week); });
    EXPECT_TRUE(has(text, "\"id\":\"" + id + "\"")) << text;
    EXPECT_TRUE(has(text, kOrganization)) << text;
    EXPECT_TRUE(has(text, "\"name\":\"d/week\""));
    EXPECT_TRUE(has(text, "\"everySeconds\":604800"));
    EXPECT_TRUE(has(text, "\"shardGroupDurationSeconds\":86400"));
    EXPECT_TRUE(has(text, "\"self\":\"/api/v2/buckets/" + id + "\""));
    EXPECT_TRUE(has(text, "/api/v2/write?org=af3a1bb312bf8430\\u0026bucket=" + id)) << text;
    // Made by a statement of 1.x, so nobody knows when, and nobody described it.
    EXPECT_FALSE(has(text, "createdAt"));
    EXPECT_FALSE(has(text, "description"));
}

TEST_F(DocumentsTest, ABucketTellsWhatWasSaidAboutIt) {
    change([](meta::CatalogEditor& editor) {
        return editor.describe_bucket("d", "autogen", {"for <all>", 1'500'000'000, 2'000'000'000});
    });
    const std::string text = written([&](Documents& documents) { documents.bucket(bucket("d")); });
    EXPECT_TRUE(has(text, "\"name\":\"d\"")) << text;
    EXPECT_TRUE(has(text, "\"description\":\"for \\u003call\\u003e\""));
    EXPECT_TRUE(has(text, "\"createdAt\":\"1970-01-01T00:00:01.5Z\""));
    EXPECT_TRUE(has(text, "\"updatedAt\":\"1970-01-01T00:00:02Z\""));
    EXPECT_TRUE(has(text, "\"everySeconds\":0"));  // for ever
}

TEST_F(DocumentsTest, AMappingIsTheBucketAs1xNeedsIt) {
    const std::string first =
        written([&](Documents& documents) { documents.mapping(bucket("d")); });
    EXPECT_TRUE(has(first, "\"database\":\"d\",\"retention_policy\":\"autogen\",\"default\":true"))
        << first;
    const std::string second =
        written([&](Documents& documents) { documents.mapping(bucket("d/week")); });
    EXPECT_TRUE(has(second, "\"retention_policy\":\"week\",\"default\":false")) << second;
}

TEST_F(DocumentsTest, ATokenShowsItsTextOnlyWhenItIsGiven) {
    change([this](meta::CatalogEditor& editor) {
        meta::Token token;
        token.id = 0x1234;
        token.code = meta::token_code_of("secret text");
        token.user = "ann \"x\"";
        token.description = "a & b";
        token.permissions = {
            {meta::Privilege::kRead, "buckets", bucket("d/week").policy->bucket_id},
            {meta::Privilege::kWrite, "buckets", 0},
            {meta::Privilege::kRead, "users", 0}};
        return editor.create_token(std::move(token));
    });
    const meta::Token& token = *catalog_->find_token(0x1234);
    const auto text_of = [&](std::string_view shown) {
        return written([&](Documents& documents) { documents.token(*catalog_, token, shown); });
    };
    const std::string text = text_of("");
    EXPECT_FALSE(has(text, "secret text"));
    EXPECT_FALSE(has(text, "\"token\"")) << text;
    EXPECT_TRUE(has(text_of("secret text"), "\"token\":\"secret text\""));
    EXPECT_TRUE(has(text, "\"id\":\"0000000000001234\",\"status\":\"active\""));
    EXPECT_TRUE(has(text, "\"user\":\"ann \\\"x\\\"\""));
    EXPECT_TRUE(has(text, "\"userID\":\"" + meta::id_text(user_id_of("ann \"x\"")) + "\""));
    EXPECT_TRUE(has(text, "\"name\":\"d/week\""));
    EXPECT_TRUE(has(text, "{\"action\":\"write\",\"resource\":{\"type\":\"buckets\",\"orgID\""));
    // Users belong to no organisation.
    EXPECT_TRUE(has(text, "{\"action\":\"read\",\"resource\":{\"type\":\"users\"}}")) << text;
}

TEST_F(DocumentsTest, ATokenOutlivesTheNamesOfItsBuckets) {
    const std::uint64_t gone = 0x77;
    meta::Token token;
    token.id = 1;
    token.is_active = false;
    token.permissions = {{meta::Privilege::kRead, "buckets", gone}};
    const std::string text =
        written([&](Documents& documents) { documents.token(*catalog_, token, ""); });
    EXPECT_TRUE(has(text, "\"status\":\"inactive\""));
    EXPECT_TRUE(
        has(text, "\"resource\":{\"type\":\"buckets\",\"id\":\"0000000000000077\",\"orgID\""))
        << text;
    EXPECT_FALSE(has(text, "\"userID\""));  // nobody was asked when it was made
}

TEST_F(DocumentsTest, UsersAreFoundByTheIdThatFollowsFromTheirName) {
    const meta::User& ann = *catalog_->users.front();
    EXPECT_EQ(find_user_by_id(*catalog_, user_id_of(ann.name)), &ann);
    EXPECT_EQ(find_user_by_id(*catalog_, user_id_of("bob")), nullptr);
    EXPECT_EQ(find_user_by_id(*catalog_, 0), nullptr);
    const std::string text = written([&](Documents& documents) { documents.user(ann.name); });
    EXPECT_TRUE(has(text, "\"id\":\"" + meta::id_text(user_id_of(ann.name)) + "\"")) << text;
    std::set<std::uint64_t> ids;
    for (int i = 0; i < 10'000; ++i) ids.insert(user_id_of("user " + std::to_string(i)));
    EXPECT_EQ(ids.size(), 10'000u);
    EXPECT_FALSE(ids.contains(0));
}

TEST_F(DocumentsTest, TheOrganizationAndListsOfNothing) {
    const std::string one =
        written([&](Documents& documents) { documents.organization(*catalog_); });
    EXPECT_TRUE(has(one, "\"name\":\"acme\"")) << one;
    EXPECT_TRUE(has(one, "\"id\":\"af3a1bb312bf8430\""));
    const std::string nothing = written(
        [&](Documents& documents) { documents.nothing("labels", "/api/v2/buckets/1/labels"); });
    EXPECT_EQ(nothing, "{\"links\":{\"self\":\"/api/v2/buckets/1/labels\"},\"labels\":[]}");
}

}  // namespace
}  // namespace sluice::server
