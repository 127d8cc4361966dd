// What is due when, and what is taken out of the lake: without stores, folders or clocks.
#include "server/lake/publish_schedule.h"

#include <gtest/gtest.h>

#include "sluice/meta/catalog_editor.h"

namespace sluice::server {
namespace {

using Kind = PublishTask::Kind;

constexpr std::int64_t kWait = kHourNs;
constexpr std::int64_t kEnd = 10 * kDayNs;

class PublishScheduleTest : public testing::Test {
protected:
    PublishScheduleTest() { make({}); }
    void make(ScheduleRules rules) {
        rules.publish_after_ns = kWait;
        schedule_ = std::make_unique<PublishSchedule>(rules);
        group_ = std::make_shared<meta::ShardGroup>();
        group_->id = 4;
        group_->range = {kEnd - kDayNs, kEnd};
        group_->measurements.set(std::make_shared<meta::MeasurementSchema>("m"), 1);
        report_.segments_mark = 11;
    }

    const Outlook& look(std::int64_t wall_ns, std::int64_t monotonic_ns) {
        schedule_->begin(wall_ns, monotonic_ns);
        schedule_->look_at({"d", "autogen", ""}, group_, report_, &tombstones_, state_);
        return schedule_->outlook();
    }
    std::size_t tasks(std::int64_t wall_ns, std::int64_t monotonic_ns) {
        return look(wall_ns, monotonic_ns).tasks.size();
    }
    // As if the first task had been carried out.
    void publish() {
        const PublishTask& task = schedule_->outlook().tasks.at(0);
        Publication publication;
        publication.generation = 1;
        publication.range = group_->range;
        publication.mark = task.mark;
        state_.apply(LakePlanned{task.key, publication, {}});
        state_.apply(LakePublished{task.key, 1});
    }
    void add_delete(std::uint64_t sequence, const std::string& measurement,
                    model::TimeRange range) {
        auto tombstone = std::make_shared<model::Tombstone>();
        tombstone->sequence = sequence;
        tombstone->last_group = 4;
        tombstone->range = range;
        tombstone->measurements.push_back({measurement, std::nullopt});
        tombstones_.push_back(tombstone);
    }

    std::unique_ptr<PublishSchedule> schedule_;
    std::shared_ptr<meta::ShardGroup> group_;
    engine::ShardReport report_;
    model::TombstoneList tombstones_;
    LakeState state_;
};

TEST_F(PublishScheduleTest, AGroupIsDueAWhileAfterItsEnd) {
    EXPECT_EQ(tasks(kEnd - 1, 0), 0u);
    EXPECT_EQ(tasks(kEnd + kWait - 1, 0), 0u);
    const Outlook& outlook = look(kEnd + kWait + kSecondNs, 0);
    ASSERT_EQ(outlook.tasks.size(), 1u);
    EXPECT_EQ(outlook.tasks[0].key.table.text(), "d.autogen.m");
    EXPECT_EQ(outlook.groups_due, 1u);
    EXPECT_EQ(outlook.overdue_ns, kSecondNs);
    EXPECT_EQ(outlook.published_until, kEnd - kDayNs);
    EXPECT_TRUE(outlook.unsettled.contains(4));
}

TEST_F(PublishScheduleTest, WhatIsPublishedAsItIsIsSettled) {
    look(kEnd + kWait, 0);
    publish();
    const Outlook& outlook = look(kEnd + kWait, 1);
    EXPECT_TRUE(outlook.tasks.empty());
    EXPECT_TRUE(outlook.unsettled.empty());
    EXPECT_EQ(outlook.groups_due, 0u);
    EXPECT_EQ(outlook.published_until, model::kTimestampMax);
    // A measurement that comes is seen, though no segment has changed.
    group_->measurements.set(std::make_shared<meta::MeasurementSchema>("n"), 1);
    EXPECT_EQ(tasks(kEnd + kWait, 2), 1u);
}

TEST_F(PublishScheduleTest, RowsInMemoryAreWaitedFor) {
    report_.head_rows = 1;
    EXPECT_EQ(tasks(kEnd + kDayNs, 0), 0u);
    look(kEnd + kWait, 0);
    report_.head_rows = 0;
    EXPECT_EQ(tasks(kEnd + kDayNs, 1), 1u);
}

TEST_F(PublishScheduleTest, AChangeIsPublishedAfterAQuietWhile) {
    look(kEnd + kWait, 0);
    publish();
    EXPECT_EQ(tasks(kEnd + kDayNs, kSecondNs), 0u);
    report_.segments_mark = 12;
    EXPECT_EQ(tasks(kEnd + kDayNs, 2 * kSecondNs), 0u);
    EXPECT_EQ(tasks(kEnd + kDayNs, kWait), 0u);
    report_.segments_mark = 13;  // the wait begins anew
    EXPECT_EQ(tasks(kEnd + kDayNs, kWait + 2 * kSecondNs), 0u);
    EXPECT_EQ(tasks(kEnd + kDayNs, 2 * kWait), 0u);
    EXPECT_EQ(tasks(kEnd + kDayNs, 2 * kWait + 2 * kSecondNs), 1u);
}

TEST_F(PublishScheduleTest, ADeleteThatConcernsItIsAChange) {
    look(kEnd + kWait, 0);
    publish();
    add_delete(70, "m", {0, kDayNs});  // of other times
    add_delete(71, "other", model::TimeRange());
    EXPECT_EQ(tasks(kEnd + kDayNs, 1), 0u);
    EXPECT_EQ(tasks(kEnd + kDayNs, 1 + kWait), 0u);
    add_delete(72, "m", model::TimeRange());
    EXPECT_EQ(tasks(kEnd + kDayNs, 2 + kWait), 0u);
    ASSERT_EQ(tasks(kEnd + kDayNs, 2 + 2 * kWait), 1u);
    EXPECT_EQ(schedule_->outlook().tasks[0].mark.deletes, 72u);
    publish();
    // That it is carried out and forgotten is none.
    tombstones_.clear();
    EXPECT_EQ(tasks(kEnd + kDayNs, 3 + 4 * kWait), 0u);
    EXPECT_TRUE(schedule_->outlook().unsettled.empty());
}

TEST_F(PublishScheduleTest, OnlyDatabasesThatAreWanted) {
    EXPECT_TRUE(schedule_->wants("d"));
    make({0, {"a", "b"}, false});
    EXPECT_TRUE(schedule_->wants("b"));
    EXPECT_FALSE(schedule_->wants("d"));
}

TEST_F(PublishScheduleTest, WhatTheCatalogHasLostStaysOrGoes) {
    for (const bool follows : {false, true}) {
        state_ = LakeState();
        make({0, {}, follows});
        look(kEnd + kWait, 0);
        publish();
        schedule_->begin(kEnd + kWait, 1);
        schedule_->look_for_lost(meta::Catalog(), state_);
        ASSERT_EQ(schedule_->outlook().tasks.size(), 1u);
        EXPECT_EQ(schedule_->outlook().tasks[0].kind, follows ? Kind::kWithdraw : Kind::kForget);
    }
}

// The group lives: the measurement may be written again.
TEST_F(PublishScheduleTest, AMeasurementThatIsGoneIsNotForgotten) {
    for (const bool follows : {false, true}) {
        state_ = LakeState();
        make({0, {}, follows});
        look(kEnd + kWait, 0);
        publish();
        auto policy = std::make_shared<meta::RetentionPolicy>();
        policy->name = "autogen";
        auto emptied = std::make_shared<meta::ShardGroup>();
        emptied->id = group_->id;
        emptied->range = group_->range;
        policy->shard_groups.push_back(emptied);
        policy->shard_slots.push_back({emptied->range, emptied->id});
        auto database = std::make_shared<meta::Database>();
        database->name = "d";
        database->retention_policies.push_back(policy);
        meta::Catalog catalog;
        catalog.databases.push_back(database);
        catalog.databases_by_name.push_back(0);
        schedule_->begin(kEnd + kWait, 1);
        schedule_->look_for_lost(catalog, state_);
        ASSERT_EQ(schedule_->outlook().tasks.size(), follows ? 1u : 0u);
    }
}

}  // namespace
}  // namespace sluice::server
