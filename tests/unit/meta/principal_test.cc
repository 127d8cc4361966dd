// What users and tokens may do, by the catalog.
#include "sluice/meta/principal.h"

#include <gtest/gtest.h>

#include "sluice/base/random.h"
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

// Damage may leave a token and lose its user, who would bound what it may.
TEST_F(PrincipalTest, ATokenWhoseUserIsLostBelongsToNobody) {
    Catalog damaged = *catalog_;
    auto token = std::make_shared<Token>();
    token->id = 9;
    token->code = token_code_of("orphan");
    token->user = "lost";
    token->permissions = {{Privilege::kRead, std::string(kBucketResource), 0},
                          {Privilege::kWrite, std::string(kBucketResource), 0}};
    damaged.tokens = {token};
    const Principal orphan = Principal::of(damaged, "", 9);
    EXPECT_FALSE(orphan.is_somebody());
    EXPECT_FALSE(orphan.may(Privilege::kRead, "d", ""));
    EXPECT_FALSE(orphan.may_manage(Privilege::kWrite, kBucketResource));
    EXPECT_EQ(orphan.name(), "");
}

// Made-up users and tokens: what follows from what, whoever asks.
TEST_F(PrincipalTest, OneRightFollowsFromAnotherForEverybody) {
    constexpr Privilege kWanted[] = {Privilege::kRead, Privilege::kWrite, Privilege::kAll};
    constexpr const char* kTypes[] = {"buckets", "users", "orgs", "authorizations"};
    Random random(1);
    for (int round = 0; round < 3'000; ++round) {
        std::vector<Permission> permissions;
        for (std::uint64_t n = random.below(5); n > 0; --n) {
            Permission one{random.chance(0.5) ? Privilege::kRead : Privilege::kWrite,
                           kTypes[random.below(std::size(kTypes))], 0};
            const auto& policies = catalog_->find_database("d")->retention_policies;
            if (one.type == kBucketResource && random.chance(0.6)) {
                one.id = policies[random.below(policies.size())]->bucket_id;
            }
            permissions.push_back(std::move(one));
        }
        const std::string owner = random.chance(0.3) ? "ann" : random.chance(0.3) ? "root" : "";
        const Principal token = with(permissions, true, owner);
        const Principal user = Principal::of(*held_, owner, 0);
        ASSERT_TRUE(token.is_somebody());
        for (const char* database : {"d", "e", "none"}) {
            for (const Privilege wanted : kWanted) {
                const bool on_all = token.may_on_all(wanted, database);
                const bool on_one = token.may_on_one(wanted, database);
                ASSERT_TRUE(!on_all || on_one);
                ASSERT_TRUE(!token.is_admin() || on_all);
                // No more than its user may.
                ASSERT_TRUE(owner.empty() || !on_one || user.may_on_one(wanted, database));
                for (const char* policy : {"", "autogen", "week"}) {
                    const bool here = token.may(wanted, database, policy);
                    const bool both = token.may(Privilege::kRead, database, policy) &&
                                      token.may(Privilege::kWrite, database, policy);
                    if (wanted == Privilege::kAll) {
                        ASSERT_EQ(here, both);
                    }
                    const Database* const known = held_->find_database(database);
                    const bool exists = known != nullptr && known->find_policy(policy) != nullptr;
                    ASSERT_TRUE(!exists || !on_all || here);
                    ASSERT_TRUE(!exists || !here || on_one);
                }
            }
            const bool sees = token.may_see(database);
            ASSERT_EQ(sees, held_->find_database(database) != nullptr &&
                                (token.may_on_one(Privilege::kRead, database) ||
                                 token.may_on_one(Privilege::kWrite, database)));
        }
        for (const char* type : kTypes) {
            // Users without an admin's rights manage nothing, so neither do their tokens.
            ASSERT_TRUE(owner != "ann" || !token.may_manage(Privilege::kRead, type));
            ASSERT_TRUE(!token.is_admin() || token.may_manage(Privilege::kWrite, type));
        }
    }
}

}  // namespace
}  // namespace sluice::meta
