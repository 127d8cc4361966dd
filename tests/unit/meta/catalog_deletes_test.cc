// Deletes in the catalog: tombstones, dropped measurements, dropped shards.
#include <gtest/gtest.h>

#include <algorithm>

#include "meta/draft/catalog_draft.h"
#include "meta/log/catalog_snapshot.h"
#include "sluice/meta/catalog_editor.h"

namespace sluice::meta {
namespace {

using model::FieldType;

std::shared_ptr<const Catalog> two_databases() {
    CatalogEditor editor{Catalog{}};
    EXPECT_TRUE(editor.create_database("d", {}).ok());
    EXPECT_TRUE(editor.create_database("e", {}).ok());
    for (const char* database : {"d", "e"}) {
        for (const model::Timestamp time : {model::Timestamp{0}, 20 * kDayNs}) {
            const MeasurementWanted cpu{"cpu", {{"v", FieldType::kFloat}}};
            const MeasurementWanted mem{"mem", {{"f", FieldType::kInteger}}};
            EXPECT_TRUE(editor.ensure_names({database, "autogen", {{0, time, {cpu, mem}}}}).ok());
        }
    }
    return std::move(editor).finish();
}

model::Tombstone tombstone(std::uint64_t sequence, std::string measurement) {
    model::Tombstone made;
    made.sequence = sequence;
    made.measurements.push_back({std::move(measurement), {}});
    return made;
}

std::vector<std::uint64_t> sequences_of(const model::TombstoneList* list) {
    std::vector<std::uint64_t> sequences;
    if (list == nullptr) return sequences;
    for (const auto& each : *list) sequences.push_back(each->sequence);
    return sequences;
}

using Sequences = std::vector<std::uint64_t>;

TEST(CatalogDeletes, ATombstoneIsAboutTheGroupsOfItsDatabaseThatExist) {
    CatalogEditor editor(*two_databases());
    ASSERT_TRUE(editor.add_tombstone("d", tombstone(7, "cpu")).ok());
    ASSERT_TRUE(editor.ensure_names({"d", "autogen", {{0, 40 * kDayNs, {}}}}).ok());
    const auto catalog = std::move(editor).finish();
    ASSERT_NE(catalog->tombstones, nullptr);
    EXPECT_EQ(catalog->tombstones->last_sequence, 7u);
    EXPECT_EQ(sequences_of(catalog->tombstones->of_group(1)), Sequences{7});
    EXPECT_EQ(sequences_of(catalog->tombstones->of_group(2)), Sequences{7});
    EXPECT_EQ(catalog->tombstones->of_group(3), nullptr);  // of e
    EXPECT_EQ(catalog->tombstones->of_group(5), nullptr);  // made later
    EXPECT_EQ(catalog->find_database("d")->tombstones.front()->last_group, 4u);
    EXPECT_EQ(catalog->find_database("d")->last_delete, 7u);
    EXPECT_EQ(catalog->find_database("e")->last_delete, 0u);
}

TEST(CatalogDeletes, AnUnknownDatabaseIsNamed) {
    CatalogEditor editor(*two_databases());
    const Result<void> refused = editor.add_tombstone("nosuch", tombstone(7, "cpu"));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::kNotFound);
    EXPECT_FALSE(editor.changed());
}

TEST(CatalogDeletes, ALaterTombstoneReplacesWhatItCovers) {
    CatalogEditor editor(*two_databases());
    ASSERT_TRUE(editor.add_tombstone("d", tombstone(7, "cpu")).ok());
    ASSERT_TRUE(editor.add_tombstone("d", tombstone(8, "mem")).ok());
    ASSERT_TRUE(editor.add_tombstone("d", tombstone(9, "cpu")).ok());
    const auto catalog = std::move(editor).finish();
    EXPECT_EQ(sequences_of(catalog->tombstones->of_group(1)), (Sequences{8, 9}));
}

TEST(CatalogDeletes, WhatIsForgottenLeavesTheNewestSequence) {
    CatalogEditor editor(*two_databases());
    ASSERT_TRUE(editor.add_tombstone("d", tombstone(7, "cpu")).ok());
    ASSERT_TRUE(editor.add_tombstone("d", tombstone(8, "mem")).ok());
    editor.forget_tombstones(Sequences{8});
    const auto catalog = std::move(editor).finish();
    EXPECT_EQ(sequences_of(catalog->tombstones->of_group(1)), Sequences{7});
    EXPECT_EQ(catalog->tombstones->last_sequence, 8u);
    EXPECT_EQ(catalog->find_database("d")->last_delete, 8u);
}

TEST(CatalogDeletes, TombstonesGoWithTheirDatabase) {
    CatalogEditor editor(*two_databases());
    ASSERT_TRUE(editor.add_tombstone("d", tombstone(7, "cpu")).ok());
    CatalogEditor next(*std::move(editor).finish());
    next.drop_database("d");
    const auto catalog = std::move(next).finish();
    EXPECT_TRUE(catalog->tombstones->groups.empty());
    EXPECT_EQ(catalog->tombstones->last_sequence, 7u);
}

TEST(CatalogDeletes, ADroppedMeasurementLeavesEveryGroupOfItsDatabase) {
    const auto before = two_databases();
    CatalogEditor editor(*before);
    editor.remove_measurement("d", "cpu");
    editor.remove_measurement("d", "nosuch");
    const auto catalog = std::move(editor).finish();
    EXPECT_GT(catalog->removals, before->removals);
    for (const auto& database : catalog->databases) {
        for (const auto& group : database->retention_policies.front()->shard_groups) {
            const bool gone = database->name == "d";
            EXPECT_EQ(group->measurements.find("cpu") == nullptr, gone);
            EXPECT_NE(group->measurements.find("mem"), nullptr);
        }
    }
    // It may come back with another type.
    CatalogEditor next(*catalog);
    const MeasurementWanted cpu{"cpu", {{"v", FieldType::kString}}};
    ASSERT_TRUE(next.ensure_names({"d", "autogen", {{1, 0, {cpu}}}}).ok());
    const auto after = std::move(next).finish();
    EXPECT_EQ(after->find_database("d")
                  ->find_policy("autogen")
                  ->group_at(0)
                  ->measurements.find("cpu")
                  ->find_field("v")
                  ->type,
              FieldType::kString);
}

TEST(CatalogDeletes, ADroppedShardIsDoomedWhereverItIs) {
    CatalogEditor editor(*two_databases());
    editor.drop_group(3);
    editor.drop_group(99);
    const auto catalog = std::move(editor).finish();
    EXPECT_EQ(catalog->doomed_groups, std::vector<model::ShardGroupId>{3});
    EXPECT_EQ(catalog->find_database("e")->find_policy("autogen")->shard_groups.size(), 1u);
}

// The database "d" with autogen, which has groups 1 and 2, and "week" with group 5.
std::shared_ptr<const Catalog> two_policies() {
    CatalogEditor editor(*two_databases());
    RetentionPolicySpec week;
    week.name = "week";
    EXPECT_TRUE(editor.create_retention_policy("d", week, false).ok());
    EXPECT_TRUE(editor.ensure_names({"d", "week", {{0, 0, {}}}}).ok());
    return std::move(editor).finish();
}

model::Tombstone tombstone_of(std::string policy, std::uint64_t sequence, std::string measurement) {
    model::Tombstone made = tombstone(sequence, std::move(measurement));
    made.policy = std::move(policy);
    return made;
}

TEST(CatalogDeletes, ATombstoneOfAPolicyIsAboutItsGroups) {
    CatalogEditor editor(*two_policies());
    ASSERT_TRUE(editor.add_tombstone("d", tombstone_of("week", 7, "cpu")).ok());
    ASSERT_TRUE(editor.add_tombstone("d", tombstone(8, "cpu")).ok());
    ASSERT_TRUE(editor.add_tombstone("d", tombstone_of("week", 9, "mem")).ok());
    ASSERT_TRUE(editor.add_tombstone("d", tombstone_of("autogen", 10, "mem")).ok());
    const auto catalog = std::move(editor).finish();
    // The one of all policies covers the first.
    EXPECT_EQ(sequences_of(catalog->tombstones->of_group(5)), (Sequences{8, 9}));
    EXPECT_EQ(sequences_of(catalog->tombstones->of_group(1)), (Sequences{8, 10}));
    EXPECT_EQ(catalog->tombstones->last_sequence, 10u);
}

TEST(CatalogDeletes, APolicyWithoutTombstonesHasNoneInTheMap) {
    CatalogEditor editor(*two_policies());
    ASSERT_TRUE(editor.add_tombstone("d", tombstone_of("week", 7, "cpu")).ok());
    const auto catalog = std::move(editor).finish();
    EXPECT_EQ(sequences_of(catalog->tombstones->of_group(5)), Sequences{7});
    EXPECT_EQ(catalog->tombstones->of_group(1), nullptr);
}

TEST(CatalogDeletes, AnUnknownPolicyIsNamed) {
    CatalogEditor editor(*two_policies());
    const Result<void> refused = editor.add_tombstone("d", tombstone_of("year", 7, "cpu"));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().message, "retention policy not found: year");
    EXPECT_FALSE(editor.changed());
}

// A policy that has been dropped and made again has other groups, with later points.
TEST(CatalogDeletes, ATombstoneOfAPolicyIsNotAboutALaterOneOfThatName) {
    CatalogEditor editor(*two_policies());
    ASSERT_TRUE(editor.add_tombstone("d", tombstone_of("week", 7, "cpu")).ok());
    editor.drop_retention_policy("d", "week");
    RetentionPolicySpec week;
    week.name = "week";
    ASSERT_TRUE(editor.create_retention_policy("d", week, false).ok());
    ASSERT_TRUE(editor.ensure_names({"d", "week", {{0, 0, {}}}}).ok());
    const auto catalog = std::move(editor).finish();
    EXPECT_EQ(catalog->find_database("d")->find_policy("week")->shard_groups.front()->id, 6u);
    EXPECT_EQ(catalog->tombstones->of_group(6), nullptr);
}

TEST(CatalogDeletes, TheBytesOfOneOfAPolicyAreWhatTheDocumentSays) {
    const auto base = two_policies();
    for (const bool of_policy : {false, true}) {
        CatalogEditor editor(*base);
        const auto what = of_policy ? tombstone_of("week", 7, "cpu") : tombstone(7, "cpu");
        ASSERT_TRUE(editor.add_tombstone("d", what).ok());
        std::vector<std::byte> wanted{std::byte{0x16}, std::byte{0x01}, std::byte{'d'}};
        if (of_policy) {
            wanted.front() = std::byte{0x20};
            for (const char each : {'\4', 'w', 'e', 'e', 'k'}) wanted.push_back(std::byte(each));
        }
        ASSERT_GT(editor.changes().size(), wanted.size());
        EXPECT_TRUE(std::ranges::equal(editor.changes().first(wanted.size()), wanted));
    }
}

TEST(CatalogDeletes, OneOfAPolicyWithoutItsNameIsMalformed) {
    ByteWriter changes;
    changes.write(static_cast<std::uint8_t>(CatalogOp::kAddPolicyTombstone));
    changes.write_text("d");
    changes.write_text("");
    tombstone(7, "cpu").write(changes);
    CatalogDraft draft(*two_policies());
    EXPECT_EQ(draft.apply(changes.span(), Misfit::kSkip).error().message,
              "a catalog record is malformed");
}

TEST(CatalogDeletes, ThoseOfAPolicySurviveLogAndSnapshot) {
    const auto base = two_policies();
    CatalogEditor editor(*base);
    ASSERT_TRUE(editor.add_tombstone("d", tombstone_of("week", 7, "cpu")).ok());
    ASSERT_TRUE(editor.add_tombstone("d", tombstone(8, "mem")).ok());
    std::vector<std::byte> changes(editor.changes().begin(), editor.changes().end());
    const auto wanted = std::move(editor).finish();

    CatalogDraft replayed(*base);
    ASSERT_TRUE(replayed.apply(changes, Misfit::kRefuse).ok());
    const auto from_log = replayed.finish();

    CatalogSnapshotEncoder encoder(*wanted, 1, 0);
    ByteWriter snapshot;
    while (encoder.next(snapshot)) {
    }
    CatalogDraft loaded{Catalog{}};
    ASSERT_TRUE(load_snapshot(snapshot.span(), 1, loaded).ok());
    const auto from_snapshot = loaded.finish();

    for (const auto& catalog : {from_log, from_snapshot}) {
        EXPECT_EQ(sequences_of(catalog->tombstones->of_group(5)), (Sequences{7, 8}));
        EXPECT_EQ(sequences_of(catalog->tombstones->of_group(1)), Sequences{8});
    }
}

// What the log and the snapshot say of all that comes back the same.
TEST(CatalogDeletes, SurviveLogAndSnapshot) {
    const auto base = two_databases();
    CatalogEditor editor(*base);
    ASSERT_TRUE(editor.add_tombstone("d", tombstone(7, "cpu")).ok());
    ASSERT_TRUE(editor.add_tombstone("e", tombstone(8, "mem")).ok());
    editor.remove_measurement("d", "cpu");
    editor.forget_tombstones(Sequences{8});
    std::vector<std::byte> changes(editor.changes().begin(), editor.changes().end());
    const auto wanted = std::move(editor).finish();

    CatalogDraft replayed(*base);
    ASSERT_TRUE(replayed.apply(changes, Misfit::kRefuse).ok());
    const auto from_log = replayed.finish();

    CatalogSnapshotEncoder encoder(*wanted, 1, 0);
    ByteWriter snapshot;
    while (encoder.next(snapshot)) {
    }
    CatalogDraft loaded{Catalog{}};
    ASSERT_TRUE(load_snapshot(snapshot.span(), 1, loaded).ok());
    const auto from_snapshot = loaded.finish();

    for (const auto& catalog : {from_log, from_snapshot}) {
        EXPECT_EQ(sequences_of(catalog->tombstones->of_group(2)), Sequences{7});
        EXPECT_EQ(catalog->tombstones->of_group(3), nullptr);
        EXPECT_EQ(catalog->find_database("e")->last_delete, 8u);
        EXPECT_EQ(catalog->tombstones->last_sequence, 8u);
        const auto* group = catalog->find_database("d")->find_policy("autogen")->group_at(0);
        EXPECT_EQ(group->measurements.find("cpu"), nullptr);
        EXPECT_NE(group->measurements.find("mem"), nullptr);
    }
}

// A start that finds no tombstone left must still number later deletes above those that were done.
TEST(CatalogDeletes, ASnapshotWithoutTombstonesKeepsTheLastSequence) {
    CatalogEditor editor(*two_databases());
    ASSERT_TRUE(editor.add_tombstone("d", tombstone(7, "cpu")).ok());
    editor.forget_tombstones(Sequences{7});
    const auto catalog = std::move(editor).finish();

    CatalogSnapshotEncoder encoder(*catalog, 1, 0);
    ByteWriter snapshot;
    while (encoder.next(snapshot)) {
    }
    CatalogDraft loaded{Catalog{}};
    ASSERT_TRUE(load_snapshot(snapshot.span(), 1, loaded).ok());
    const auto from_snapshot = loaded.finish();
    ASSERT_NE(from_snapshot->tombstones, nullptr);
    EXPECT_EQ(from_snapshot->tombstones->last_sequence, 7u);
}

}  // namespace
}  // namespace sluice::meta
