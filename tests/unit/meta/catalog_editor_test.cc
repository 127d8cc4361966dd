// The rules of databases and retention policies. Texts and outcomes were taken from InfluxDB 1.6.7.
#include "sluice/meta/catalog_editor.h"

#include <gtest/gtest.h>

#include <functional>
#include <sstream>

#include "meta/draft/catalog_draft.h"

namespace sluice::meta {
namespace {

using model::FieldType;

// SHOW DATABASES and SHOW RETENTION POLICIES in one line: "d: autogen 0 168 1 *".
std::string show(const Catalog& catalog) {
    std::ostringstream out;
    for (const auto& database : catalog.databases) {
        out << database->name << ":";
        for (const auto& policy : database->retention_policies) {
            out << " " << policy->name << " " << policy->duration_ns / kHourNs << " "
                << policy->shard_group_duration_ns / kHourNs << " " << policy->replica_n;
            if (policy->name == database->default_retention_policy) out << " *";
            out << ",";
        }
        out << "; ";
    }
    return out.str();
}

class CatalogEditorTest : public testing::Test {
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
    std::string create_database(std::string name, std::optional<RetentionPolicySpec> spec = {}) {
        return run([&](CatalogEditor& editor) { return editor.create_database(name, spec); });
    }
    std::string create_policy(std::string database, RetentionPolicySpec spec,
                              bool make_default = false) {
        return run([&](CatalogEditor& editor) {
            return editor.create_retention_policy(database, spec, make_default);
        });
    }
    std::string alter(std::string database, std::string policy, RetentionPolicyUpdate update,
                      bool make_default = false) {
        return run([&](CatalogEditor& editor) {
            return editor.alter_retention_policy(database, policy, update, make_default);
        });
    }
    std::string drop_policy(std::string database, std::string policy) {
        return run([&](CatalogEditor& editor) {
            editor.drop_retention_policy(database, policy);
            return Result<void>();
        });
    }
    std::string ensure(NamesWanted wanted) {
        return run([&](CatalogEditor& editor) { return editor.ensure_names(wanted); });
    }

    std::shared_ptr<const Catalog> catalog_ = std::make_shared<Catalog>();
};

RetentionPolicySpec spec(std::string name, std::optional<std::int64_t> duration = {},
                         std::int64_t shard = 0, std::optional<std::uint32_t> replica = {}) {
    RetentionPolicySpec result;
    result.name = std::move(name);
    result.duration_ns = duration;
    result.shard_group_duration_ns = shard;
    result.replica_n = replica;
    return result;
}

constexpr const char* kConflict = "retention policy conflicts with an existing policy";
constexpr const char* kTooLow = "retention policy duration must be at least 1h0m0s";
constexpr const char* kIncompatible =
    "retention policy duration must be greater than the shard duration";

TEST_F(CatalogEditorTest, CreatesADatabaseWithAutogen) {
    EXPECT_EQ(create_database("d"), "ok");
    EXPECT_EQ(show(*catalog_), "d: autogen 0 168 1 *,; ");
    EXPECT_EQ(create_database("d"), "ok");
    EXPECT_EQ(catalog_->databases.size(), 1u);
}

TEST_F(CatalogEditorTest, ShowsDatabasesAsTheyWereCreatedAndFindsThemByName) {
    for (const char* name : {"z", "a", "m"}) EXPECT_EQ(create_database(name), "ok");
    EXPECT_EQ(catalog_->databases[0]->name, "z");
    for (const char* name : {"z", "a", "m"}) EXPECT_EQ(catalog_->find_database(name)->name, name);
    EXPECT_EQ(catalog_->find_database("b"), nullptr);
    EXPECT_EQ(catalog_->find_database(""), nullptr);
}

TEST_F(CatalogEditorTest, RefusesNamesThatInfluxRefuses) {
    for (const char* name :
         {"", ".", "..", "a/b", "a\\b", "a\nb", "a\x7f", "\xC2\xA0", "zero\xE2\x80\x8Bwidth"}) {
        EXPECT_EQ(create_database(name), "invalid name") << name;
        EXPECT_EQ(create_database("d", spec(*name == 0 ? "." : name)), "invalid name") << name;
    }
    for (const char* name : {"a b", "\xC3\xA9", "\xE6\x97\xA5\xE6\x9C\xAC", "\xFF",
                             "\xF0\x9F\x98\x80", "_internal", "a,b"}) {
        EXPECT_EQ(create_database(name), "ok") << name;
    }
    EXPECT_EQ(create_database(std::string(255, 'x')), "ok");
    EXPECT_EQ(create_database(std::string(256, 'x')), "name too long");
    EXPECT_EQ(create_policy("a b", spec(std::string(256, 'x'), kHourNs)), "name too long");
}

TEST_F(CatalogEditorTest, CreateDatabaseWithRepeatsOnlyWhatIsThere) {
    ASSERT_EQ(create_database("f"), "ok");
    struct Case {
        RetentionPolicySpec policy;
        const char* expected;
    };
    const Case cases[] = {
        {spec("", kHourNs), kConflict},
        {spec("autogen", 0), "ok"},
        {spec("", 0), "ok"},
        {spec("autogen"), "ok"},
        {spec("", {}, 0, 1), "ok"},
        {spec("", {}, 0, 2), kConflict},
        {spec("", {}, kHourNs), kConflict},
        {spec("", {}, kWeekNs), "ok"},
        {spec("other"), kConflict},
        {spec("", 30 * kMinuteNs), kTooLow},
    };
    for (const Case& each : cases) {
        EXPECT_EQ(create_database("f", each.policy), each.expected) << each.policy.name;
    }
    EXPECT_EQ(show(*catalog_), "f: autogen 0 168 1 *,; ");
}

TEST_F(CatalogEditorTest, CreateDatabaseWithMakesTheDefaultPolicy) {
    EXPECT_EQ(create_database("g", spec("h", 3 * kHourNs, kHourNs)), "ok");
    EXPECT_EQ(create_database("g", spec("h2", kHourNs, 2 * kHourNs)), kConflict);
    EXPECT_EQ(create_database("g2", spec("h2", kHourNs, 2 * kHourNs)), kIncompatible);
    EXPECT_EQ(create_database("g3", spec("", 2 * kHourNs, 10 * kMinuteNs)), "ok");
    EXPECT_EQ(create_database("g4", spec("", kHourNs, 0, 0)),
              "replication factor must be greater than 0");
    EXPECT_EQ(show(*catalog_), "g: h 3 1 1 *,; g3: autogen 2 1 1 *,; ");
    EXPECT_EQ(create_database("g"), "ok");
}

TEST_F(CatalogEditorTest, ANonDefaultPolicyCannotBeRepeatedByCreateDatabase) {
    ASSERT_EQ(create_database("d"), "ok");
    ASSERT_EQ(create_policy("d", spec("r", kHourNs, 0, 1)), "ok");
    EXPECT_EQ(create_database("d", spec("r", kHourNs)), kConflict);
}

TEST_F(CatalogEditorTest, DerivesTheShardGroupDuration) {
    struct Case {
        std::int64_t asked;
        std::int64_t duration;
        std::int64_t expected;
    };
    const Case cases[] = {
        {0, 0, kWeekNs},
        {0, kHourNs, kHourNs},
        {0, 2 * kDayNs - 1, kHourNs},
        {0, 2 * kDayNs, kDayNs},
        {0, 180 * kDayNs - 1, kDayNs},
        {0, 180 * kDayNs, kWeekNs},
        {1, 0, kHourNs},
        {kHourNs - 1, 0, kHourNs},
        {kHourNs, 0, kHourNs},
        {3 * kHourNs, 0, 3 * kHourNs},
    };
    for (const Case& each : cases) {
        EXPECT_EQ(shard_group_duration_for(each.asked, each.duration), each.expected)
            << each.asked << " " << each.duration;
    }
}

TEST_F(CatalogEditorTest, CreatesRetentionPolicies) {
    ASSERT_EQ(create_database("f"), "ok");
    EXPECT_EQ(create_policy("nodb", spec("r", kHourNs, 0, 1)), "database not found: nodb");
    EXPECT_EQ(create_policy("f", spec("r", 30 * kMinuteNs, 0, 1)), kTooLow);
    EXPECT_EQ(create_policy("f", spec("r", 0, 0, 1)), "ok");
    EXPECT_EQ(create_policy("f", spec("r", 0, 0, 1)), "ok");
    EXPECT_EQ(create_policy("f", spec("r", kHourNs, 0, 1)), "retention policy already exists");
    EXPECT_EQ(create_policy("f", spec("r", 0, 0, 1), true), kConflict);
    EXPECT_EQ(create_policy("f", spec("a/b", 0, 0, 1)), "invalid name");
    EXPECT_EQ(create_policy("f", spec("r2", kHourNs, 2 * kHourNs, 1)), kIncompatible);
    EXPECT_EQ(create_policy("f", spec("r3", 30 * kDayNs, kMinuteNs, 1), true), "ok");
    EXPECT_EQ(show(*catalog_), "f: autogen 0 168 1, r 0 168 1, r3 720 1 1 *,; ");
}

TEST_F(CatalogEditorTest, AltersRetentionPolicies) {
    ASSERT_EQ(create_database("f"), "ok");
    ASSERT_EQ(create_policy("f", spec("r", 0, 0, 1)), "ok");
    ASSERT_EQ(create_policy("f", spec("r3", 30 * kDayNs, kMinuteNs, 1), true), "ok");
    const auto with = [](std::optional<std::int64_t> duration, std::optional<std::int64_t> shard,
                         std::optional<std::uint32_t> replica = {}) {
        RetentionPolicyUpdate update;
        update.duration_ns = duration;
        update.shard_group_duration_ns = shard;
        update.replica_n = replica;
        return update;
    };
    EXPECT_EQ(alter("f", "r3", with(20 * kMinuteNs, {})), kTooLow);
    EXPECT_EQ(alter("f", "r3", with(kHourNs, 2 * kHourNs)), kIncompatible);
    EXPECT_EQ(alter("f", "r", with(4 * kHourNs, {})), kIncompatible);
    EXPECT_EQ(alter("f", "r", with({}, 30 * kMinuteNs)), "ok");
    EXPECT_EQ(alter("f", "r", with(4 * kHourNs, {})), "ok");
    EXPECT_EQ(alter("f", "r", with({}, 8 * kHourNs)), kIncompatible);
    EXPECT_EQ(alter("f", "nope", with(4 * kHourNs, {})), "retention policy not found: nope");
    EXPECT_EQ(alter("f", "", with(4 * kHourNs, {})), "retention policy not found: ");
    EXPECT_EQ(alter("nodb", "r", with(4 * kHourNs, {})), "database not found: nodb");
    EXPECT_EQ(alter("f", "r", with({}, {}, 3), true), "ok");
    EXPECT_EQ(alter("f", "r", with(0, 0)), "ok");
    EXPECT_EQ(show(*catalog_), "f: autogen 0 168 1, r 0 168 3 *, r3 720 1 1,; ");
}

TEST_F(CatalogEditorTest, ADroppedDefaultPolicyStaysTheDefaultsName) {
    ASSERT_EQ(create_database("e", spec("x", kHourNs)), "ok");
    EXPECT_EQ(drop_policy("e", "x"), "ok");
    EXPECT_EQ(catalog_->find_database("e")->find_policy(""), nullptr);
    EXPECT_EQ(catalog_->find_database("e")->default_retention_policy, "x");
    EXPECT_EQ(ensure({"e", "x", {}}), "retention policy not found: x");
    EXPECT_EQ(create_database("e"), "ok");
    EXPECT_EQ(show(*catalog_), "e:; ");
    EXPECT_EQ(create_database("e", spec("z", kHourNs)), "ok");
    EXPECT_EQ(show(*catalog_), "e: z 1 1 1 *,; ");
}

TEST_F(CatalogEditorTest, DroppingWhatIsNotThereIsFine) {
    EXPECT_EQ(drop_policy("nodb", "r"), "ok");
    ASSERT_EQ(create_database("d"), "ok");
    EXPECT_EQ(drop_policy("d", "nope"), "ok");
    EXPECT_EQ(drop_policy("d", ""), "ok");
    EXPECT_EQ(run([](CatalogEditor& editor) {
                  editor.drop_database("nodb");
                  return Result<void>();
              }),
              "ok");
    EXPECT_EQ(show(*catalog_), "d: autogen 0 168 1 *,; ");
}

TEST_F(CatalogEditorTest, NamesAreMadeOnce) {
    ASSERT_EQ(create_database("d"), "ok");
    const NamesWanted wanted{
        "d",
        "autogen",
        {{0, 5, {{"m", {{"a", FieldType::kFloat}, {"b", FieldType::kInteger}}}}},
         {0, 5 + kWeekNs, {{"m", {{"a", FieldType::kString}}}}}}};
    EXPECT_EQ(ensure(wanted), "ok");
    const RetentionPolicy* policy = catalog_->find_database("d")->find_policy("");
    ASSERT_EQ(policy->shard_groups.size(), 2u);
    EXPECT_EQ(policy->group_at(5)->id, 1u);
    EXPECT_EQ(policy->group_at(5)->range, (model::TimeRange{-3 * kDayNs, 4 * kDayNs}));
    EXPECT_EQ(policy->group_at(5)->measurements.find("m")->find_field("b")->type,
              FieldType::kInteger);
    EXPECT_EQ(policy->group_at(5 + kWeekNs)->measurements.find("m")->find_field("a")->type,
              FieldType::kString);
    CatalogEditor again(*catalog_);
    EXPECT_TRUE(again.ensure_names(wanted).ok());
    EXPECT_FALSE(again.changed());
    EXPECT_EQ(ensure({"nodb", "autogen", {}}), "database not found: nodb");
}

TEST_F(CatalogEditorTest, AFieldKeepsTheTypeThatCameFirst) {
    ASSERT_EQ(create_database("d"), "ok");
    ASSERT_EQ(ensure({"d", "autogen", {{0, 5, {{"m", {{"a", FieldType::kFloat}}}}}}}), "ok");
    EXPECT_EQ(ensure({"d",
                      "autogen",
                      {{1, 5, {{"m", {{"a", FieldType::kInteger}, {"b", FieldType::kString}}}}}}}),
              "ok");
    const auto* schema =
        catalog_->find_database("d")->find_policy("")->group_at(5)->measurements.find("m");
    EXPECT_EQ(schema->find_field("a")->type, FieldType::kFloat);
    EXPECT_EQ(schema->find_field("b")->type, FieldType::kString);
    EXPECT_EQ(schema->fields().size(), 2u);
}

TEST_F(CatalogEditorTest, AGroupThatIsGoneIsPassedOver) {
    ASSERT_EQ(create_database("d"), "ok");
    ASSERT_EQ(ensure({"d", "autogen", {{0, 5, {}}}}), "ok");
    const ExpiredGroup expired{"d", "autogen", 1, {-3 * kDayNs, 4 * kDayNs}};
    CatalogEditor editor(*catalog_);
    editor.expire_groups({&expired, 1});
    EXPECT_TRUE(editor.ensure_names({"d", "autogen", {{1, 5, {{"m", {}}}}}}).ok());
    catalog_ = std::move(editor).finish();
    EXPECT_EQ(catalog_->find_database("d")->find_policy("")->shard_groups.size(), 0u);
    EXPECT_EQ(catalog_->doomed_groups, std::vector<model::ShardGroupId>{1});
    ASSERT_EQ(ensure({"d", "autogen", {{0, 5, {}}}}), "ok");
    EXPECT_EQ(catalog_->find_database("d")->find_policy("")->group_at(5)->id, 2u)
        << "ids are never used again";
}

TEST_F(CatalogEditorTest, DropsDoomTheGroupsUntilTheyAreForgotten) {
    ASSERT_EQ(create_database("d"), "ok");
    ASSERT_EQ(create_policy("d", spec("r", 0, 0, 1)), "ok");
    ASSERT_EQ(ensure({"d", "autogen", {{0, 5, {}}, {0, kWeekNs, {}}}}), "ok");
    ASSERT_EQ(ensure({"d", "r", {{0, 5, {}}}}), "ok");
    const std::uint64_t removals = catalog_->removals;
    ASSERT_EQ(drop_policy("d", "r"), "ok");
    EXPECT_GT(catalog_->removals, removals);
    EXPECT_EQ(catalog_->doomed_groups, std::vector<model::ShardGroupId>{3});
    ASSERT_EQ(run([](CatalogEditor& editor) {
                  editor.drop_database("d");
                  return Result<void>();
              }),
              "ok");
    EXPECT_EQ(catalog_->doomed_groups, (std::vector<model::ShardGroupId>{3, 1, 2}));
    ASSERT_EQ(run([](CatalogEditor& editor) {
                  const model::ShardGroupId gone[] = {2, 3};
                  editor.forget_doomed(gone);
                  return Result<void>();
              }),
              "ok");
    EXPECT_EQ(catalog_->doomed_groups, std::vector<model::ShardGroupId>{1});
}

TEST_F(CatalogEditorTest, OlderSnapshotsDoNotChange) {
    ASSERT_EQ(create_database("d"), "ok");
    ASSERT_EQ(ensure({"d", "autogen", {{0, 5, {{"m", {{"a", FieldType::kFloat}}}}}}}), "ok");
    const std::shared_ptr<const Catalog> before = catalog_;
    ASSERT_EQ(ensure({"d", "autogen", {{1, 5, {{"m", {{"b", FieldType::kFloat}}}}}}}), "ok");
    ASSERT_EQ(alter("d", "autogen",
                    {.duration_ns = kWeekNs,
                     .replica_n = {},
                     .shard_group_duration_ns = {},
                     .past_limit_ns = {},
                     .future_limit_ns = {}}),
              "ok");
    ASSERT_EQ(create_database("e"), "ok");
    EXPECT_EQ(show(*before), "d: autogen 0 168 1 *,; ");
    EXPECT_EQ(before->find_database("d")
                  ->find_policy("")
                  ->group_at(5)
                  ->measurements.find("m")
                  ->fields()
                  .size(),
              1u);
}

TEST_F(CatalogEditorTest, EqualSchemasOfNeighbouringGroupsAreOneObject) {
    ASSERT_EQ(create_database("d"), "ok");
    const std::vector<MeasurementWanted> names = {{"m", {{"a", FieldType::kFloat}}}};
    ASSERT_EQ(ensure({"d", "autogen", {{0, 0, names}, {0, kWeekNs, names}}}), "ok");
    const auto schema_at = [this](model::Timestamp t) {
        return catalog_->find_database("d")->find_policy("")->group_at(t)->measurements.find("m");
    };
    EXPECT_EQ(schema_at(0), schema_at(kWeekNs));
    ASSERT_EQ(ensure({"d", "autogen", {{1, 0, {{"m", {{"b", FieldType::kFloat}}}}}}}), "ok");
    EXPECT_EQ(schema_at(0)->fields().size(), 2u);
    EXPECT_EQ(schema_at(kWeekNs)->fields().size(), 1u);
}

TEST_F(CatalogEditorTest, AnAlteredShardDurationNeverMakesGroupsOverlap) {
    ASSERT_EQ(create_database("d"), "ok");
    ASSERT_EQ(ensure({"d", "autogen", {{0, 10 * kDayNs, {}}}}), "ok");
    ASSERT_EQ(alter("d", "autogen",
                    {.duration_ns = {},
                     .replica_n = {},
                     .shard_group_duration_ns = 30 * kDayNs,
                     .past_limit_ns = {},
                     .future_limit_ns = {}}),
              "ok");
    ASSERT_EQ(ensure({"d", "autogen", {{0, 3 * kDayNs, {}}, {0, 20 * kDayNs, {}}}}), "ok");
    const auto& groups = catalog_->find_database("d")->find_policy("")->shard_groups;
    ASSERT_EQ(groups.size(), 3u);
    for (std::size_t i = 1; i < groups.size(); ++i) {
        EXPECT_LE(groups[i - 1]->range.end, groups[i]->range.begin);
    }
}

TEST(RetentionPolicyTime, PointsOlderThanTheDurationAreBeyondIt) {
    RetentionPolicy policy;
    EXPECT_EQ(policy.time_min(1000 * kDayNs), model::kTimestampMin);
    policy.duration_ns = kDayNs;
    EXPECT_EQ(policy.time_min(1000 * kDayNs), 999 * kDayNs);
    EXPECT_EQ(policy.time_min(model::kTimestampMin + 5), model::kTimestampMin);
}

// Replays what an editor wrote down: the catalog that a restart finds.
std::shared_ptr<const Catalog> replayed(const Catalog& base, ByteSpan changes) {
    CatalogDraft draft(base);
    EXPECT_TRUE(draft.apply(changes, Misfit::kRefuse).ok());
    EXPECT_EQ(draft.skipped(), 0u);
    return draft.finish();
}

std::string show_groups(const RetentionPolicy& policy) {
    std::ostringstream out;
    for (std::size_t i = 0; i < policy.shard_groups.size(); ++i) {
        const ShardGroup& group = *policy.shard_groups[i];
        EXPECT_EQ(policy.shard_slots[i].group, group.id);
        EXPECT_EQ(policy.shard_slots[i].range, group.range);
        out << group.id << ":" << group.range.begin / kHourNs << "-" << group.range.end / kHourNs;
        for (std::size_t m = 0; m < group.measurements.size(); ++m) out << "*";
        out << " ";
    }
    return out.str();
}

TEST_F(CatalogEditorTest, ManyGroupsAtOnceAreNumberedAsWantedAndCutByThoseThatAreThere) {
    RetentionPolicySpec days;
    days.shard_group_duration_ns = kDayNs;
    create_database("d", days);
    ASSERT_EQ(run([](CatalogEditor& e) {
                  return e.ensure_names({"d", "autogen", {{0, 30 * kHourNs, {}}}});
              }),
              "ok");
    RetentionPolicyUpdate wider;
    wider.shard_group_duration_ns = 3 * kDayNs;
    ASSERT_EQ(alter("d", "autogen", wider), "ok");
    const MeasurementWanted cpu{"cpu", {{"v", FieldType::kFloat}}};
    // Latest first; both sides of a group that is there; one wanted twice; one that is there.
    const NamesWanted wanted{"d",
                             "autogen",
                             {{0, 200 * kHourNs, {cpu}},
                              {0, 50 * kHourNs, {cpu}},
                              {0, 2 * kHourNs, {}},
                              {0, 60 * kHourNs, {}},
                              {0, 31 * kHourNs, {cpu}},
                              {0, 100 * kHourNs, {cpu}}}};
    const std::shared_ptr<const Catalog> before = catalog_;
    CatalogEditor editor(*catalog_);
    ASSERT_TRUE(editor.ensure_names(wanted).ok());
    const auto changes = editor.changes();
    const std::vector<std::byte> written(changes.begin(), changes.end());
    catalog_ = std::move(editor).finish();
    const char* expected = "4:-48-24 1:24-48* 3:48-96* 5:96-168* 2:168-240* ";
    EXPECT_EQ(show_groups(*catalog_->databases[0]->retention_policies[0]), expected);
    EXPECT_EQ(catalog_->last_group_id, 5u);
    const auto again = replayed(*before, written);
    EXPECT_EQ(show_groups(*again->databases[0]->retention_policies[0]), expected);
    EXPECT_EQ(again->last_group_id, 5u);
}

TEST_F(CatalogEditorTest, GroupsThatDoNotFitAreLeftOutOneByOne) {
    create_database("d");
    CatalogDraft draft(*catalog_);
    const std::vector<model::ShardSlot> overlapping{{{0, 10}, 1}, {{20, 30}, 2}, {{5, 15}, 3}};
    EXPECT_FALSE(draft.add_groups("d", "autogen", overlapping));
    EXPECT_FALSE(draft.add_groups("d", "nope", overlapping));
    EXPECT_TRUE(draft.add_groups("d", "autogen", std::span(overlapping).first(2)));
    EXPECT_FALSE(draft.add_groups("d", "autogen", std::span(overlapping).last(1)));
    EXPECT_EQ(show_groups(*draft.catalog().databases[0]->retention_policies[0]), "1:0-0 2:0-0 ");
}

}  // namespace
}  // namespace sluice::meta
