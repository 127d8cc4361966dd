// The rules of users, continuous queries and subscriptions. Texts and outcomes were taken from
// InfluxDB 1.6.7.
#include <gtest/gtest.h>

#include <functional>

#include "sluice/meta/catalog_editor.h"

namespace sluice::meta {
namespace {

class CatalogUsersTest : public testing::Test {
protected:
    // The error's text, or "ok".
    std::string run(const std::function<Result<void>(CatalogEditor&)>& change) {
        CatalogEditor editor(*catalog_);
        const Result<void> result = change(editor);
        if (!result.ok()) {
            EXPECT_FALSE(editor.changed()) << result.error().message;
            return result.error().message;
        }
        catalog_ = std::move(editor).finish();
        return "ok";
    }
    void SetUp() override {
        run([](CatalogEditor& e) { return e.create_database("d", {}); });
        run([](CatalogEditor& e) { return e.create_database("other", {}); });
    }
    std::string create_user(std::string name, bool is_admin = false) {
        return run([&](CatalogEditor& e) { return e.create_user(name, "hash", is_admin); });
    }
    std::string grant(std::string user, std::string database, Privilege privilege) {
        return run([&](CatalogEditor& e) { return e.grant(user, database, privilege); });
    }
    std::string revoke(std::string user, std::string database, Privilege privilege) {
        return run([&](CatalogEditor& e) { return e.revoke(user, database, privilege); });
    }
    // SHOW GRANTS in one line: "d READ, other NO PRIVILEGES, ".
    std::string grants(std::string_view user) {
        std::string out;
        for (const DatabasePrivilege& each : catalog_->find_user(user)->privileges) {
            out += each.database + " " + std::string(privilege_text(each.privilege)) + ", ";
        }
        return out;
    }
    std::string create_query(std::string database, std::string name, std::string text) {
        return run(
            [&](CatalogEditor& e) { return e.create_continuous_query(database, name, text); });
    }
    std::string subscribe(std::string database, std::string policy, std::string name,
                          std::vector<std::string> destinations) {
        return run([&](CatalogEditor& e) {
            return e.create_subscription(database, policy,
                                         {name, SubscriptionMode::kAny, destinations});
        });
    }

    std::shared_ptr<const Catalog> catalog_ = std::make_shared<Catalog>();
};

TEST_F(CatalogUsersTest, ShowsUsersAsTheyWereCreated) {
    EXPECT_EQ(create_user("zoe"), "ok");
    EXPECT_EQ(create_user("ann", true), "ok");
    ASSERT_EQ(catalog_->users.size(), 2u);
    EXPECT_EQ(catalog_->users[0]->name, "zoe");
    EXPECT_TRUE(catalog_->find_user("ann")->is_admin);
    EXPECT_EQ(catalog_->find_user("bob"), nullptr);
}

TEST_F(CatalogUsersTest, RefusesWhatInfluxRefuses) {
    EXPECT_EQ(create_user(""), "username required");
    EXPECT_EQ(create_user("ann"), "ok");
    EXPECT_EQ(create_user("ann"), "user already exists");
    for (const auto& change : std::vector<std::function<Result<void>(CatalogEditor&)>>{
             [](CatalogEditor& e) { return e.drop_user("bob"); },
             [](CatalogEditor& e) { return e.set_password("bob", "hash"); },
             [](CatalogEditor& e) { return e.set_admin("bob", true); },
             [](CatalogEditor& e) { return e.grant("bob", "nowhere", Privilege::kAll); },
             [](CatalogEditor& e) { return e.revoke("bob", "d", Privilege::kRead); }}) {
        EXPECT_EQ(run(change), "user not found");
    }
    EXPECT_EQ(grant("ann", "nowhere", Privilege::kRead), "database not found: nowhere");
    EXPECT_EQ(revoke("ann", "nowhere", Privilege::kAll), "database not found: nowhere");
}

TEST_F(CatalogUsersTest, AGrantReplacesAndARevocationTakesBits) {
    create_user("ann");
    EXPECT_EQ(grant("ann", "other", Privilege::kRead), "ok");
    EXPECT_EQ(grant("ann", "d", Privilege::kAll), "ok");
    EXPECT_EQ(grants("ann"), "d ALL PRIVILEGES, other READ, ");
    EXPECT_EQ(grant("ann", "other", Privilege::kWrite), "ok");
    EXPECT_EQ(revoke("ann", "d", Privilege::kRead), "ok");
    EXPECT_EQ(grants("ann"), "d WRITE, other WRITE, ");
    EXPECT_EQ(revoke("ann", "d", Privilege::kRead), "ok");
    EXPECT_EQ(revoke("ann", "other", Privilege::kAll), "ok");
    EXPECT_EQ(grants("ann"), "d WRITE, other NO PRIVILEGES, ");
}

TEST_F(CatalogUsersTest, RevokingWhatWasNeverGrantedLeavesAnEntry) {
    create_user("ann");
    EXPECT_EQ(revoke("ann", "d", Privilege::kRead), "ok");
    EXPECT_EQ(grants("ann"), "d NO PRIVILEGES, ");
}

TEST_F(CatalogUsersTest, PrivilegesGoWithTheirDatabase) {
    create_user("ann");
    grant("ann", "d", Privilege::kAll);
    grant("ann", "other", Privilege::kRead);
    run([](CatalogEditor& e) {
        e.drop_database("d");
        return e.create_database("d", {});
    });
    EXPECT_EQ(grants("ann"), "other READ, ");
}

TEST_F(CatalogUsersTest, AnAdminMayDoEverything) {
    create_user("ann");
    grant("ann", "d", Privilege::kRead);
    EXPECT_TRUE(catalog_->find_user("ann")->may(Privilege::kRead, "d"));
    EXPECT_FALSE(catalog_->find_user("ann")->may(Privilege::kWrite, "d"));
    EXPECT_FALSE(catalog_->find_user("ann")->may(Privilege::kRead, "other"));
    run([](CatalogEditor& e) { return e.set_admin("ann", true); });
    EXPECT_TRUE(catalog_->find_user("ann")->may(Privilege::kAll, "other"));
}

TEST_F(CatalogUsersTest, AnEarlierSnapshotKeepsItsUsers) {
    create_user("ann");
    const std::shared_ptr<const Catalog> before = catalog_;
    grant("ann", "d", Privilege::kRead);
    run([](CatalogEditor& e) { return e.set_password("ann", "new"); });
    EXPECT_TRUE(before->find_user("ann")->privileges.empty());
    EXPECT_EQ(before->find_user("ann")->password_hash, "hash");
    EXPECT_EQ(catalog_->find_user("ann")->password_hash, "new");
    run([](CatalogEditor& e) { return e.drop_user("ann"); });
    EXPECT_NE(before->find_user("ann"), nullptr);
    EXPECT_EQ(catalog_->find_user("ann"), nullptr);
}

TEST_F(CatalogUsersTest, TheSameContinuousQueryAgainIsNoError) {
    EXPECT_EQ(create_query("nowhere", "q", "text"), "database not found: nowhere");
    EXPECT_EQ(create_query("d", "q", "Text"), "ok");
    EXPECT_EQ(create_query("d", "q", "tEXT"), "ok");
    EXPECT_EQ(create_query("d", "q", "other"), "continuous query already exists");
    EXPECT_EQ(create_query("other", "q", "other"), "ok");
    const auto& queries = catalog_->find_database("d")->continuous_queries;
    ASSERT_EQ(queries.size(), 1u);
    EXPECT_EQ(queries[0]->text, "Text");
    for (const char* name : {"q", "q", "never"}) {
        EXPECT_EQ(run([&](CatalogEditor& e) {
                      e.drop_continuous_query("d", name);
                      e.drop_continuous_query("nowhere", name);
                      return Result<void>();
                  }),
                  "ok");
    }
    EXPECT_TRUE(catalog_->find_database("d")->continuous_queries.empty());
}

TEST_F(CatalogUsersTest, SubscriptionsBelongToAPolicy) {
    const std::vector<std::string> good = {"http://h:1", "udp://h:2"};
    EXPECT_EQ(subscribe("nowhere", "autogen", "s", good), "database not found: nowhere");
    EXPECT_EQ(subscribe("d", "none", "s", good), "retention policy not found: none");
    EXPECT_EQ(subscribe("nowhere", "none", "s", {"http://h"}),
              "invalid subscription URL: http://h");
    EXPECT_EQ(subscribe("d", "autogen", "s", good), "ok");
    EXPECT_EQ(subscribe("d", "autogen", "s", good), "subscription already exists");
    const auto& list = catalog_->find_database("d")->find_policy("autogen")->subscriptions;
    ASSERT_EQ(list.size(), 1u);
    EXPECT_EQ(list[0]->destinations, good);
    const auto drop = [&](std::string database, std::string policy) {
        return run([&](CatalogEditor& e) { return e.drop_subscription(database, policy, "s"); });
    };
    EXPECT_EQ(drop("nowhere", "autogen"), "database not found: nowhere");
    EXPECT_EQ(drop("d", "none"), "retention policy not found: none");
    EXPECT_EQ(drop("d", "autogen"), "ok");
    EXPECT_EQ(drop("d", "autogen"), "subscription not found");
}

}  // namespace
}  // namespace sluice::meta
