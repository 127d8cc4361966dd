// What users and tokens may do, by the catalog.
#include "sluice/meta/principal.h"

#include <gtest/gtest.h>

#include "sluice/meta/bucket.h"
#include "sluice/meta/catalog_editor.h"

namespace sluice::meta {
namespace {

class PrincipalTest : public testing::Test {
protected:
    void SetUp() override {
        CatalogEditor editor(Catalog{});
        for (const char* name : {"d", "e"}) ASSERT_TRUE(editor.create_database(name, {}).ok());
        RetentionPolicySpec week;
        week.name = "week";
        week.duration_ns = 0;
        ASSERT_TRUE(editor.create_retention_policy("d", week, false).ok());
        ASSERT_TRUE(editor.create_user("ann", "hash", false).ok());
        ASSERT_TRUE(editor.grant("ann", "d", Privilege::kRead).ok());
        ASSERT_TRUE(editor.create_user("root", "hash", true).ok());
        catalog_ = std::move(editor).finish();
    }
    Principal with(std::vector<Permission> permissions, bool is_active = true,
                   std::string owner = "") {
        Token token;
        token.id = 7;
        token.code = token_code_of("secret");
        token.is_active = is_active;
        token.user = owner;
        token.permissions = std::move(permissions);
        CatalogEditor editor(*catalog_);
        EXPECT_TRUE(editor.create_token(std::move(token)).ok());
        held_ = std::move(editor).finish();
        return Principal::of(*held_, "", 7);
    }

    std::shared_ptr<const Catalog> catalog_;
    std::shared_ptr<const Catalog> held_;
};

TEST_F(PrincipalTest, NobodyMayNothing) {
    for (const Principal& nobody :
         {Principal(), Principal::of(*catalog_, "", 0), Principal::of(*catalog_, "zed", 0),
          Principal::of(*catalog_, "root", 99)}) {
        EXPECT_FALSE(nobody.is_somebody());
        EXPECT_FALSE(nobody.is_admin());
        EXPECT_FALSE(nobody.may(Privilege::kRead, "d", ""));
        EXPECT_FALSE(nobody.may_on_all(Privilege::kRead, "d"));
        EXPECT_FALSE(nobody.may_see("d"));
        EXPECT_FALSE(nobody.may_manage(Privilege::kRead, "orgs"));
        EXPECT_EQ(nobody.name(), "");
    }
}

TEST_F(PrincipalTest, AUserHoldsPrivilegesOnDatabases) {
    const Principal ann = Principal::of(*catalog_, "ann", 0);
    EXPECT_EQ(ann.name(), "ann");
    EXPECT_TRUE(ann.may(Privilege::kRead, "d", "week"));
    EXPECT_TRUE(ann.may_on_all(Privilege::kRead, "d"));
    EXPECT_FALSE(ann.may(Privilege::kWrite, "d", ""));
    EXPECT_TRUE(ann.may_see("d"));
    EXPECT_FALSE(ann.may_see("e"));
    EXPECT_FALSE(ann.may_manage(Privilege::kRead, "users"));
    const Principal root = Principal::of(*catalog_, "root", 0);
    EXPECT_TRUE(root.is_admin());
    EXPECT_TRUE(root.may(Privilege::kAll, "nowhere", ""));
    EXPECT_TRUE(root.may_manage(Privilege::kWrite, "users"));
}

TEST_F(PrincipalTest, ATokenHoldsPermissionsForPolicies) {
    const Principal token = with({{Privilege::kRead, "buckets", bucket_id_of("d", "week")},
                                  {Privilege::kWrite, "buckets", bucket_id_of("e", "autogen")}});
    EXPECT_EQ(token.name(), "token:0000000000000007");
    EXPECT_TRUE(token.may(Privilege::kRead, "d", "week"));
    EXPECT_FALSE(token.may(Privilege::kRead, "d", ""));
    EXPECT_FALSE(token.may(Privilege::kRead, "d", "never"));
    EXPECT_FALSE(token.may(Privilege::kAll, "d", "week"));
    EXPECT_FALSE(token.may_on_all(Privilege::kRead, "d"));
    EXPECT_TRUE(token.may_on_one(Privilege::kRead, "d"));
    EXPECT_FALSE(token.may_on_one(Privilege::kWrite, "d"));
    EXPECT_FALSE(token.may_on_one(Privilege::kRead, "e"));
    EXPECT_FALSE(token.may_on_one(Privilege::kRead, "nowhere"));
    EXPECT_TRUE(token.may(Privilege::kWrite, "e", ""));
    EXPECT_TRUE(token.may_on_all(Privilege::kWrite, "e"));
    EXPECT_FALSE(token.may(Privilege::kRead, "e", ""));
    EXPECT_TRUE(token.may_see("d"));
    EXPECT_TRUE(token.may_see("e"));
    EXPECT_FALSE(token.may_see("nowhere"));
    EXPECT_FALSE(token.is_admin());
    EXPECT_TRUE(token.may(Privilege::kNone, "", ""));
}

TEST_F(PrincipalTest, ATokenForAllBucketsIsNoAdmin) {
    const Principal token =
        with({{Privilege::kRead, "buckets", 0}, {Privilege::kWrite, "buckets", 0}});
    EXPECT_TRUE(token.may_on_all(Privilege::kAll, "d"));
    EXPECT_FALSE(token.is_admin());
    EXPECT_FALSE(token.may_manage(Privilege::kWrite, "authorizations"));
}

TEST_F(PrincipalTest, ATokenForEverythingIsAnAdmin) {
    std::vector<Permission> permissions;
    for (const char* type : {"authorizations", "buckets", "users"}) {
        permissions.push_back({Privilege::kRead, type, 0});
        permissions.push_back({Privilege::kWrite, type, 0});
    }
    EXPECT_TRUE(with(permissions).is_admin());
    EXPECT_TRUE(with(permissions).may_manage(Privilege::kWrite, "orgs"));
    permissions.pop_back();
    EXPECT_FALSE(with(permissions).is_admin());
}

TEST_F(PrincipalTest, ATokenMayNoMoreThanTheUserWhoMadeIt) {
    std::vector<Permission> everything;
    for (const char* type : {"authorizations", "buckets", "users"}) {
        everything.push_back({Privilege::kRead, type, 0});
        everything.push_back({Privilege::kWrite, type, 0});
    }
    const Principal token = with(everything, true, "ann");
    EXPECT_EQ(token.owner()->name, "ann");
    EXPECT_FALSE(token.is_admin());
    EXPECT_TRUE(token.may(Privilege::kRead, "d", ""));
    EXPECT_FALSE(token.may(Privilege::kWrite, "d", ""));
    EXPECT_FALSE(token.may_on_all(Privilege::kRead, "e"));
    EXPECT_FALSE(token.may_manage(Privilege::kRead, "users"));
    EXPECT_TRUE(with(everything, true, "root").is_admin());
}

TEST_F(PrincipalTest, ATokenThatIsNotActiveIsNobody) {
    EXPECT_FALSE(with({{Privilege::kRead, "buckets", 0}}, false).is_somebody());
}

}  // namespace
}  // namespace sluice::meta
