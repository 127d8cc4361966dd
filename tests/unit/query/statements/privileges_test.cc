// What InfluxDB asks of a user for every kind of statement (influxql/ast.go: RequiredPrivileges),
// and how it refuses (services/meta/query_authorizer.go).
#include "sluice/query/privileges.h"

#include <gtest/gtest.h>

#include "sluice/influxql/parser.h"
#include "sluice/meta/bucket.h"
#include "sluice/meta/catalog_editor.h"

namespace sluice::query {
namespace {

using namespace influxql;

Statement parse(const std::string& text) {
    auto parsed = parse_query(text);
    EXPECT_TRUE(parsed.ok()) << text << ": " << (parsed.ok() ? "" : parsed.error().message);
    return parsed.ok() && !parsed->empty() ? std::move(parsed->at(0)) : Statement();
}

// "admin", or "READ d, WRITE , ".
std::string required(const std::string& text) {
    std::string out;
    for (const RequiredPrivilege& each : required_privileges(parse(text))) {
        if (each.admin) return "admin";
        out += std::string(meta::privilege_text(each.privilege)) + " " + each.database + ", ";
    }
    return out;
}

TEST(Privileges, OfEveryStatement) {
    struct Case {
        const char* statement;
        const char* expected;
    };
    for (const Case& each : std::initializer_list<Case>{
             {"SELECT v FROM m", "READ , "},
             {"SELECT v FROM d.p.m, e..n, /x/", "READ d, READ e, READ , "},
             {"SELECT v FROM (SELECT v FROM (SELECT v FROM d..m), e..n)", "READ d, READ e, "},
             {"SELECT v INTO x FROM m", "READ , WRITE , "},
             {"SELECT v INTO e..x FROM d..m", "READ d, WRITE e, "},
             {"EXPLAIN SELECT v FROM d..m", "READ d, "},
             {"EXPLAIN ANALYZE SELECT v INTO e..x FROM d..m", "READ d, WRITE e, "},
             {"DELETE FROM m", "WRITE , "},
             {"DROP SERIES FROM m", "WRITE , "},
             {"DROP MEASUREMENT m", "admin"},
             {"DROP SHARD 1", "admin"},
             {"SHOW MEASUREMENTS", "READ , "},
             {"SHOW MEASUREMENTS ON d", "READ d, "},
             {"SHOW SERIES ON d FROM m", "READ d, "},
             {"SHOW SERIES ON d FROM e..m, f..m", "READ d, READ e, READ f, "},
             {"SHOW SERIES FROM e..m", "READ , READ e, "},
             {"SHOW TAG KEYS ON d FROM m", "READ d, "},
             {"SHOW TAG VALUES ON d WITH KEY = k", "READ d, "},
             {"SHOW FIELD KEYS ON d", "READ d, "},
             {"SHOW RETENTION POLICIES ON d", "READ d, "},
             {"SHOW RETENTION POLICIES", "READ , "},
             {"SHOW SERIES CARDINALITY ON d", "READ d, "},
             {"SHOW SERIES EXACT CARDINALITY ON d FROM e..m", "READ d, READ e, "},
             {"SHOW MEASUREMENT CARDINALITY ON d", "READ d, "},
             {"SHOW MEASUREMENT EXACT CARDINALITY ON d FROM m", "READ d, "},
             {"SHOW TAG KEY CARDINALITY ON d FROM m", "READ d, "},
             {"SHOW TAG VALUES CARDINALITY ON d FROM e..m WITH KEY = k", "READ d, READ e, "},
             {"SHOW FIELD KEY CARDINALITY ON d", "READ d, "},
             {"SHOW DATABASES", "NO PRIVILEGES , "},
             {"SHOW QUERIES", "READ , "},
             {"SHOW CONTINUOUS QUERIES", "READ , "},
             {"SHOW USERS", "admin"},
             {"SHOW SUBSCRIPTIONS", "admin"},
             {"SHOW SHARD GROUPS", "admin"},
             {"SHOW SHARDS", "admin"},
             {"SHOW STATS", "admin"},
             {"SHOW DIAGNOSTICS", "admin"},
             {"SHOW GRANTS FOR u", "admin"},
             {"CREATE DATABASE d", "admin"},
             {"DROP DATABASE d", "admin"},
             {"CREATE RETENTION POLICY p ON d DURATION 1h REPLICATION 1", "admin"},
             {"ALTER RETENTION POLICY p ON d DEFAULT", "admin"},
             {"DROP RETENTION POLICY p ON d", "WRITE d, "},
             {"CREATE CONTINUOUS QUERY q ON d BEGIN SELECT mean(v) INTO x FROM m GROUP BY time(1m) "
              "END",
              "READ d, READ , WRITE , "},
             {"CREATE CONTINUOUS QUERY q ON d BEGIN SELECT mean(v) INTO e..x FROM f..m GROUP BY "
              "time(1m) END",
              "READ d, READ f, WRITE e, "},
             {"DROP CONTINUOUS QUERY q ON d", "WRITE d, "},
             {"CREATE SUBSCRIPTION s ON d.p DESTINATIONS ALL 'udp://h:1'", "admin"},
             {"DROP SUBSCRIPTION s ON d.p", "admin"},
             {"CREATE USER u WITH PASSWORD 'x'", "admin"},
             {"DROP USER u", "admin"},
             {"SET PASSWORD FOR u = 'x'", "admin"},
             {"GRANT READ ON d TO u", "admin"},
             {"GRANT ALL TO u", "admin"},
             {"REVOKE READ ON d FROM u", "admin"},
             {"REVOKE ALL FROM u", "admin"},
             {"KILL QUERY 1", "admin"}}) {
        EXPECT_EQ(required(each.statement), each.expected) << each.statement;
    }
}

meta::User reader_of_d() {
    meta::User user;
    user.name = "ann";
    user.privileges = {{"d", meta::Privilege::kRead}};
    return user;
}

std::string refusal(const meta::User& user, const char* statement, const char* database) {
    const meta::Catalog nothing;
    const Result<void> result =
        may(meta::Principal(nothing, &user), parse(statement), {database, ""});
    return result.ok() ? "" : result.error().message;
}

TEST(Privileges, OfAUserWhoMayRead) {
    const meta::User ann = reader_of_d();
    EXPECT_EQ(refusal(ann, "SELECT v FROM m", "d"), "");
    EXPECT_EQ(refusal(ann, "SELECT v FROM d..m", "e"), "");
    EXPECT_EQ(refusal(ann, "SHOW DATABASES", ""), "");
    EXPECT_EQ(refusal(ann, "SELECT v FROM m", "e"),
              "ann not authorized to execute statement 'SELECT v FROM m', requires READ on e");
    EXPECT_EQ(refusal(ann, "DROP SERIES FROM m", "d"),
              "ann not authorized to execute statement 'DROP SERIES FROM m', requires WRITE on d");
    EXPECT_EQ(
        refusal(ann, "DROP DATABASE d", "d"),
        "ann not authorized to execute statement 'DROP DATABASE d', requires admin privilege");
    EXPECT_EQ(refusal(ann, "SET PASSWORD FOR ann = 'secret'", "d"),
              "ann not authorized to execute statement 'SET PASSWORD FOR ann = [REDACTED]', "
              "requires admin privilege");
}

TEST(Privileges, ContinuousQueriesTakeWhatTheirSelectTakes) {
    const char* const create =
        "CREATE CONTINUOUS QUERY q ON d BEGIN SELECT mean(v) INTO x FROM m GROUP BY time(1m) END";
    meta::User ann = reader_of_d();
    const std::string refused =
        "ann not authorized to execute statement 'CREATE CONTINUOUS QUERY q ON d BEGIN SELECT "
        "mean(v) INTO x FROM m GROUP BY time(1m) END', requires ";
    EXPECT_EQ(refusal(ann, create, ""), refused + "WRITE on d");
    EXPECT_EQ(refusal(ann, create, "e"), refused + "READ on e");
    ann.privileges = {{"d", meta::Privilege::kAll}};
    EXPECT_EQ(refusal(ann, create, ""), "");
    EXPECT_EQ(refusal(ann, create, "d"), "");
}

TEST(Privileges, TheRefusalShowsNoPasswordOfADestination) {
    const std::string text =
        refusal(reader_of_d(),
                "CREATE SUBSCRIPTION s ON d.p DESTINATIONS ALL 'http://bob:secret@h:1'", "d");
    EXPECT_EQ(text.find("secret"), text.npos) << text;
    EXPECT_NE(text.find("requires admin privilege"), text.npos) << text;
}

TEST(Privileges, OfAnAdmin) {
    meta::User root;
    root.name = "root";
    root.is_admin = true;
    EXPECT_EQ(refusal(root, "DROP DATABASE d", ""), "");
    EXPECT_EQ(refusal(root, "SELECT v INTO e..x FROM d..m", ""), "");
}

TEST(Privileges, OfATokenForOnePolicy) {
    meta::CatalogEditor editor(meta::Catalog{});
    ASSERT_TRUE(editor.create_database("d", {}).ok());
    meta::RetentionPolicySpec week;
    week.name = "week";
    week.duration_ns = 0;
    ASSERT_TRUE(editor.create_retention_policy("d", week, false).ok());
    meta::Token token;
    token.id = 1;
    token.code = meta::token_code_of("secret");
    token.permissions = {{meta::Privilege::kRead, "buckets", meta::bucket_id_of("d", "week")},
                         {meta::Privilege::kWrite, "buckets", meta::bucket_id_of("d", "autogen")}};
    ASSERT_TRUE(editor.create_token(token).ok());
    const auto catalog = std::move(editor).finish();
    const auto principal = meta::Principal::of(*catalog, "", 1);
    const struct {
        const char* statement;
        Defaults defaults;
        bool granted;
    } cases[] = {
        {"SELECT v FROM m", {"d", "week"}, true},
        {"SELECT v FROM m", {"d", ""}, false},
        {"SELECT v FROM week.m", {"d", ""}, true},
        {"SELECT v FROM d.week.m", {"", ""}, true},
        {"SELECT v FROM d..m", {"", "week"}, true},
        {"SELECT v FROM autogen.m", {"d", "week"}, false},
        {"SELECT v FROM week.m, m", {"d", ""}, false},
        {"SELECT v FROM (SELECT v FROM m)", {"d", ""}, false},
        {"SELECT v INTO autogen.x FROM week.m", {"d", ""}, true},
        {"SELECT v INTO week.x FROM week.m", {"d", ""}, false},
        {"SELECT v FROM e..m", {"d", "week"}, false},
        // Listings show what lies in the policies that may be read, so one is enough.
        {"SHOW MEASUREMENTS", {"d", "week"}, true},
        {"SHOW TAG KEYS ON d", {"", ""}, true},
        {"SHOW SERIES ON e", {"", ""}, false},
        {"SHOW MEASUREMENTS ON d.week", {"", ""}, true},
        {"SHOW MEASUREMENTS ON d.autogen", {"", ""}, false},
        {"SHOW MEASUREMENTS ON *.*", {"", ""}, true},
        {"DELETE FROM m", {"d", ""}, false},
        {"SHOW DATABASES", {"", ""}, true},
        {"SHOW USERS", {"", ""}, false},
    };
    for (const auto& each : cases) {
        const Result<void> result = may(principal, parse(each.statement), each.defaults);
        EXPECT_EQ(result.ok(), each.granted) << each.statement;
    }
}

TEST(Privileges, AllStatementsOfARequest) {
    meta::Catalog catalog;
    const auto answer = [&](const meta::User* user, const char* text) {
        const auto parsed = parse_query(text);
        EXPECT_TRUE(parsed.ok());
        const Result<void> result =
            may_all(catalog, meta::Principal(catalog, user), *parsed, {"d", ""});
        return result.ok() ? std::string() : result.error().message;
    };
    const char* const kFirst = "create admin user first or disable authentication";
    EXPECT_EQ(answer(nullptr, "SHOW DATABASES"), kFirst);
    EXPECT_EQ(answer(nullptr, ""), kFirst);
    EXPECT_EQ(answer(nullptr, "CREATE USER u WITH PASSWORD 'x'"), kFirst);
    EXPECT_EQ(answer(nullptr, "CREATE USER u WITH PASSWORD 'x' WITH ALL PRIVILEGES; SHOW USERS"),
              "");
    catalog.users.push_back(std::make_shared<const meta::User>(reader_of_d()));
    EXPECT_EQ(answer(nullptr, "SHOW DATABASES"), "no user provided");
    EXPECT_EQ(answer(catalog.find_user("ann"), "SHOW DATABASES; SELECT v FROM m"), "");
    EXPECT_EQ(answer(catalog.find_user("ann"), "SHOW DATABASES; SHOW USERS"),
              "ann not authorized to execute statement 'SHOW USERS', requires admin privilege");
}

}  // namespace
}  // namespace sluice::query
