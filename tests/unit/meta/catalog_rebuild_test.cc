// What comes back of a catalog from what the stores know of their shard groups.
#include "sluice/meta/catalog_rebuild.h"

#include <gtest/gtest.h>

#include <functional>

#include "sluice/meta/retention_policy.h"

namespace sluice::meta {
namespace {

using model::FieldType;

FoundGroup found(model::ShardGroupId id, std::string database, std::string policy,
                 std::int64_t begin_h, std::int64_t hours, std::int64_t duration_h = 0) {
    FoundGroup group;
    group.id = id;
    const model::TimeRange range{begin_h * kHourNs, (begin_h + hours) * kHourNs};
    group.owner = GroupOwner{std::move(database), std::move(policy), range, duration_h * kHourNs};
    group.rows = model::TimeRange{range.begin + 1, range.begin + 2};
    group.measurements.push_back({"m", {{"a", FieldType::kFloat}, {"b", FieldType::kString}}});
    return group;
}
FoundGroup stranger(model::ShardGroupId id, std::int64_t begin, std::int64_t end) {
    FoundGroup group;
    group.id = id;
    group.rows = model::TimeRange{begin, end};
    group.measurements.push_back({"s", {{"v", FieldType::kInteger}}});
    return group;
}

class CatalogRebuildTest : public testing::Test {
protected:
    // Also by way of the log's form.
    RebuildReport rebuild(std::vector<FoundGroup> groups, bool with_schemas = false) {
        CatalogEditor editor(*catalog_);
        RebuildReport report = rebuild_catalog(editor, std::move(groups), with_schemas);
        catalog_ = std::move(editor).finish();
        return report;
    }
    void change(const std::function<Result<void>(CatalogEditor&)>& work) {
        CatalogEditor editor(*catalog_);
        ASSERT_TRUE(work(editor).ok());
        catalog_ = std::move(editor).finish();
    }
    const RetentionPolicy& policy(std::string_view database, std::string_view name) {
        const Database* owner = catalog_->find_database(database);
        const RetentionPolicy* policy = owner == nullptr ? nullptr : owner->find_policy(name);
        static const RetentionPolicy kNone;
        EXPECT_NE(policy, nullptr) << database << "." << name;
        return policy == nullptr ? kNone : *policy;
    }

    std::shared_ptr<const Catalog> catalog_ = std::make_shared<Catalog>();
};

TEST_F(CatalogRebuildTest, NothingFoundChangesNothing) {
    CatalogEditor editor(*catalog_);
    EXPECT_TRUE(rebuild_catalog(editor, {}, true).is_empty());
    EXPECT_FALSE(editor.changed());
}

TEST_F(CatalogRebuildTest, NamesDurationsRangesAndTypesComeBack) {
    const RebuildReport report =
        rebuild({found(9, "d", "short", 48, 24, 72), found(3, "d", "autogen", 0, 168),
                 found(5, "e", "autogen", 168, 168), found(7, "d", "autogen", 168, 168)});
    EXPECT_EQ(report.summary(),
              "2 databases, 3 retention policies, 4 shard groups, 4 measurements");
    EXPECT_EQ(catalog_->last_group_id, 9u);
    EXPECT_EQ(catalog_->find_database("d")->default_retention_policy, "autogen");
    EXPECT_EQ(policy("d", "short").duration_ns, 72 * kHourNs);
    EXPECT_EQ(policy("d", "short").shard_group_duration_ns, 24 * kHourNs);
    EXPECT_EQ(policy("d", "autogen").duration_ns, 0);
    ASSERT_EQ(policy("d", "autogen").shard_groups.size(), 2u);
    const ShardGroup& second = *policy("d", "autogen").shard_groups[1];
    EXPECT_EQ(second.id, 7u);
    EXPECT_EQ(second.range.begin, 168 * kHourNs);
    EXPECT_EQ(second.measurements.find("m")->find_field("b")->type, FieldType::kString);
    ASSERT_EQ(report.doubts.size(), 1u);
    EXPECT_EQ(report.doubts[0],
              "which retention policy of d was the default is not known: it is autogen now");
    EXPECT_TRUE(rebuild({found(3, "d", "autogen", 0, 168)}).is_empty()) << "it is known by now";
}

TEST_F(CatalogRebuildTest, AnAlteredPolicyRemovesNothing) {
    const RebuildReport report =
        rebuild({found(1, "d", "p", 0, 24, 48), found(2, "d", "p", 2400, 24, 48)});
    EXPECT_EQ(policy("d", "p").duration_ns, 0);
    ASSERT_EQ(report.doubts.size(), 1u);
    EXPECT_NE(report.doubts[0].find("it keeps them for ever now"), std::string::npos);
}

TEST_F(CatalogRebuildTest, StrangersGetADatabaseOfTheirOwn) {
    change([](CatalogEditor& editor) { return editor.create_database("recovered", {}); });
    FoundGroup overlapping = found(6, "d", "autogen", 2, 168);
    const RebuildReport report =
        rebuild({stranger(1, 10, 20), stranger(2, 15, 16), stranger(4, 30, 40),
                 found(5, "d", "autogen", 0, 168), overlapping});
    EXPECT_EQ(policy("recovered-2", "autogen").shard_groups.size(), 3u);
    EXPECT_EQ(policy("recovered-2", "autogen-2").shard_groups.size(), 1u);
    EXPECT_TRUE(catalog_->find_database("recovered")->retention_policies[0]->shard_groups.empty());
    ASSERT_EQ(report.doubts.size(), 2u);
    EXPECT_EQ(report.doubts[0],
              "shard groups 1, 2, 4, of a database that no store knows: the points are in database "
              "recovered-2");
    EXPECT_EQ(report.doubts[1],
              "shard group 6, which overlap others of their retention policy: the points are in "
              "database recovered-2");
}

TEST_F(CatalogRebuildTest, KnownAndDoomedGroupsStayAsTheyAre) {
    rebuild({found(1, "d", "autogen", 0, 168), found(2, "d", "autogen", 168, 168)});
    change([](CatalogEditor& editor) {
        editor.drop_group(2);
        return Result<void>();
    });
    ASSERT_EQ(catalog_->doomed_groups.size(), 1u);
    FoundGroup wider = found(1, "d", "autogen", 0, 168);
    wider.measurements[0].fields.push_back({"c", FieldType::kBoolean});
    EXPECT_TRUE(rebuild({wider, found(2, "d", "autogen", 168, 168)}).is_empty());
    EXPECT_EQ(policy("d", "autogen").shard_groups.size(), 1u);
    const RebuildReport report = rebuild({wider}, true);
    EXPECT_EQ(report.measurements, 1u);
    EXPECT_NE(policy("d", "autogen").shard_groups[0]->measurements.find("m")->find_field("c"),
              nullptr);
}

}  // namespace
}  // namespace sluice::meta
