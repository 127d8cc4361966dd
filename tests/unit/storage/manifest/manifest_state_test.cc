// What edits add up to, and the edits that say the sum again.
#include <gtest/gtest.h>

#include "sluice/base/random.h"
#include "storage/manifest/manifest_format.h"

namespace sluice::storage {
namespace {

SegmentRecord segment(std::uint64_t id, model::ShardGroupId group, std::uint64_t deletes = 0,
                      HomePart part = {}) {
    SegmentRecord record;
    record.id = id;
    record.deletes_applied = deletes;
    record.part = part;
    record.meta.group = group;
    record.meta.rows = 1;
    return record;
}

ManifestState state_of(const std::vector<ManifestEdit>& edits) {
    ManifestState state;
    for (const ManifestEdit& each : edits) state.apply(each);
    return state;
}

std::vector<ManifestEdit> adding(const SegmentRecord& record) {
    std::vector<ManifestEdit> edits;
    append_segment_edits(record, edits);
    return edits;
}

TEST(ManifestState, OfNothingIsEmpty) {
    EXPECT_EQ(state_of({}), ManifestState());
    EXPECT_EQ(state_of(ManifestState().snapshot()), ManifestState());
}

TEST(ManifestState, ASegmentIsThereUntilItIsRemoved) {
    ManifestState state = state_of(adding(segment(5, 1)));
    EXPECT_EQ(state.segments.size(), 1u);
    EXPECT_EQ(state.next_segment_id, 6u);
    state.apply(edit::RemoveSegment{4});  // of one that never was: nothing
    EXPECT_EQ(state.segments.size(), 1u);
    state.apply(edit::RemoveSegment{5});
    EXPECT_TRUE(state.segments.empty());
    EXPECT_EQ(state.next_segment_id, 6u) << "a number is never given out again";
}

TEST(ManifestState, NumbersOfSegmentsOnlyRise) {
    EXPECT_EQ(state_of({edit::AddSegment{segment(9, 1)}, edit::AddSegment{segment(3, 1)}})
                  .next_segment_id,
              10u);
}

TEST(ManifestState, DeletesAndPartAreEditsOfTheirOwn) {
    // What the record of the segment itself says of them does not count.
    SegmentRecord record = segment(5, 1, 300, {1, 2});
    ManifestState state = state_of({edit::AddSegment{record}});
    EXPECT_EQ(state.segments.at(5).deletes_applied, 0u);
    EXPECT_TRUE(state.segments.at(5).part.is_any());
    state = state_of(adding(record));
    EXPECT_EQ(state.segments.at(5), record);
    // Of a segment that is gone they say nothing.
    state.apply(edit::RemoveSegment{5});
    state.apply(edit::DeletesApplied{5, 400});
    state.apply(edit::HoldsPart{5, {0, 2}});
    EXPECT_TRUE(state.segments.empty());
}

TEST(ManifestState, AFlushedHeadNeedsItsLogsNoMore) {
    ManifestState state = state_of(
        {edit::LogBegun{1, 10, 4096}, edit::LogBegun{2, 10, 4096}, edit::LogBegun{3, 11, 4096}});
    state.apply(edit::Flushed{9});
    EXPECT_EQ(state.logs.size(), 3u);
    state.apply(edit::Flushed{10});
    ASSERT_EQ(state.logs.size(), 1u);
    EXPECT_EQ(state.logs.at(3).head_id, 11u);
    // The record of a log may come behind the flush of its head.
    state.apply(edit::LogBegun{4, 10, 4096});
    EXPECT_EQ(state.logs.size(), 1u);
    state.apply(edit::LogBegun{5, 11, 4096});
    EXPECT_EQ(state.logs.size(), 2u);
}

TEST(ManifestState, WhereALogEndedIsKnownUntilItsHeadIsFlushed) {
    ManifestState state = state_of({edit::LogEnded{10, 7}, edit::LogEnded{11, 3}});
    EXPECT_EQ(state.log_end(10), 7u);
    EXPECT_EQ(state.log_end(12), 0u);
    state.apply(edit::Flushed{10});
    EXPECT_EQ(state.log_end(10), 0u);
    EXPECT_EQ(state.log_end(11), 3u);
    state.apply(edit::LogEnded{10, 8});
    EXPECT_EQ(state.log_end(10), 0u);
}

TEST(ManifestState, HeadsOnlyEverBecomeFlushed) {
    EXPECT_EQ(state_of({edit::Flushed{10}, edit::Flushed{9}}).flushed_head, 10u);
}

TEST(ManifestState, NothingOfADroppedGroupComesBack) {
    std::vector<ManifestEdit> edits = adding(segment(5, 1));
    edits.push_back(edit::AddSegment{segment(6, 2)});
    edits.push_back(edit::DescribeGroup{1, {"d", "p", {0, 10}, 1}});
    ManifestState state = state_of(edits);
    state.apply(edit::DropGroup{1});
    EXPECT_EQ(state.segments.size(), 1u);
    EXPECT_TRUE(state.segments.contains(6));
    EXPECT_TRUE(state.groups.empty());
    // A flush that was under way, whose record comes behind that of the drop.
    state.apply(edit::AddSegment{segment(7, 1)});
    state.apply(edit::DescribeGroup{1, {"d", "p", {0, 10}, 1}});
    EXPECT_EQ(state.segments.size(), 1u);
    EXPECT_EQ(state.next_segment_id, 8u);
    EXPECT_TRUE(state.groups.empty());
}

TEST(ManifestState, DescriptionsAreKeptWhileThereMayBeRows) {
    const edit::DescribeGroup described{2, {"d", "p", {0, 10}, 1}};
    ManifestState without = state_of({described});
    EXPECT_TRUE(state_of(without.snapshot()).groups.empty());
    ManifestState with_segment = without;
    with_segment.apply(edit::AddSegment{segment(1, 2)});
    EXPECT_TRUE(state_of(with_segment.snapshot()).groups.contains(2));
    // Whose rows a log has is not known.
    ManifestState with_log = without;
    with_log.apply(edit::LogBegun{1, 10, 4096});
    EXPECT_TRUE(state_of(with_log.snapshot()).groups.contains(2));
}

TEST(ManifestState, ItsSnapshotSaysAllOfIt) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        Random random(seed);
        ManifestState state;
        state.apply(edit::Identity{random.next(), 3, 1});
        for (std::uint64_t steps = random.below(60); steps > 0; --steps) {
            const std::uint64_t id = 1 + random.below(20);
            const model::ShardGroupId group = 1 + random.below(5);
            switch (random.below(9)) {
                case 0:
                case 1:
                case 2:
                    for (const ManifestEdit& each :
                         adding(segment(id, group, random.below(3),
                                        random.chance(0.5) ? HomePart{1, 3} : HomePart{}))) {
                        state.apply(each);
                    }
                    break;
                case 3:
                    state.apply(edit::RemoveSegment{id});
                    break;
                case 4:
                    state.apply(edit::Flushed{random.below(30)});
                    break;
                case 5:
                    state.apply(edit::LogBegun{id, random.below(40), 65536});
                    break;
                case 6:
                    state.apply(edit::LogEnded{random.below(40), id});
                    break;
                case 7:
                    state.apply(edit::DescribeGroup{group, {"d", "p", {0, 10}, 7}});
                    break;
                default:
                    if (random.chance(0.2)) state.apply(edit::DropGroup{group});
            }
        }
        // But for what no reader needs any more.
        ManifestState again = state_of(state.snapshot());
        for (const auto& [group, facts] : state.groups) again.groups.try_emplace(group, facts);
        ASSERT_EQ(again, state) << "seed " << seed;
    }
}

}  // namespace
}  // namespace sluice::storage
