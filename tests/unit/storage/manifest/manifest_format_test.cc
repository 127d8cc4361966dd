#include "storage/manifest/manifest_format.h"

#include <gtest/gtest.h>

#include <cstring>

#include "sluice/base/aligned_buffer.h"

namespace sluice::storage {
namespace {

SegmentRecord segment(std::uint64_t id, model::ShardGroupId group) {
    SegmentRecord record;
    record.id = id;
    record.has_sequences = true;
    record.meta.group = group;
    record.meta.rows = 10 * id;
    record.meta.time_min = -5;
    record.meta.time_max = 1000;
    record.meta.sequence_max = id;
    record.meta.size_bytes = 8192;
    return record;
}

// Three records: identity, two segments of different groups, a flush with a removal.
struct Written {
    ByteWriter bytes;
    std::vector<ManifestState> states;  // after each record
    Written() {
        std::uint64_t hash = 0;
        ManifestState state;
        const std::vector<std::vector<ManifestEdit>> records{
            {edit::Identity{0xABCD, 3, 5}},
            {edit::AddSegment{segment(5, 1)}, edit::AddSegment{segment(6, 2)}},
            {edit::Flushed{77}, edit::RemoveSegment{5}, edit::DropGroup{9},
             edit::DeletesApplied{6, 300}, edit::DeletesApplied{5, 300}}};
        for (const auto& edits : records) {
            append_manifest_record(bytes, states.size() + 1, hash, edits);
            for (const ManifestEdit& each : edits) state.apply(each);
            states.push_back(state);
        }
    }
};

TEST(ManifestFormat, StateIsTheSumOfItsRecords) {
    Written written;
    const auto content = parse_manifest(written.bytes.span());
    ASSERT_TRUE(content.ok());
    EXPECT_EQ(content->records, 3u);
    EXPECT_FALSE(content->torn);
    EXPECT_EQ(content->state, written.states.back());
    EXPECT_EQ(content->state.next_segment_id, 7u);
    EXPECT_EQ(content->state.segments.size(), 1u);
    EXPECT_EQ(content->state.segments.at(6).deletes_applied, 300u);
}

TEST(ManifestFormat, ASnapshotSaysTheSameAsTheRecords) {
    Written written;
    ByteWriter bytes;
    std::uint64_t hash = 0;
    append_manifest_record(bytes, 1, hash, written.states.back().snapshot());
    EXPECT_EQ(parse_manifest(bytes.span())->state, written.states.back());
}

TEST(ManifestFormat, ADroppedGroupTakesItsSegmentsAndGetsNoNewOnes) {
    ManifestState state;
    state.apply(edit::AddSegment{segment(1, 4)});
    state.apply(edit::DropGroup{4});
    EXPECT_TRUE(state.segments.empty());
    state.apply(edit::AddSegment{segment(2, 4)});
    EXPECT_TRUE(state.segments.empty());
    EXPECT_EQ(state.next_segment_id, 3u);
}

TEST(ManifestFormat, EveryTruncationAndFlippedBitLeavesAnEarlierState) {
    Written written;
    const std::size_t size = written.bytes.size();
    ASSERT_EQ(size, 3 * kDirectIoAlignment);
    std::vector<std::byte> bytes(size);
    const auto expect_earlier = [&](std::size_t at) {
        const auto content = parse_manifest(bytes);
        const std::size_t whole = at / kDirectIoAlignment;
        if (!content.ok()) {
            EXPECT_EQ(whole, 0u) << at;
            return;
        }
        ASSERT_GE(content->records, whole) << at;
        EXPECT_EQ(content->state, written.states[content->records - 1]) << at;
    };
    for (std::size_t at = 0; at < size; at += 16) {
        std::fill(bytes.begin(), bytes.end(), std::byte{0});
        std::memcpy(bytes.data(), written.bytes.span().data(), at);
        expect_earlier(at);
    }
    std::memcpy(bytes.data(), written.bytes.span().data(), size);
    for (std::size_t at = 0; at < size; ++at) {
        const std::byte before = bytes[at];
        bytes[at] ^= static_cast<std::byte>(1u << (at % 8));
        expect_earlier(at);
        bytes[at] = before;
    }
}

TEST(ManifestFormat, TheWorkedExampleIsWhatTheDocumentSays) {
    ByteWriter bytes;
    std::uint64_t hash = 0;
    append_manifest_record(bytes, 1, hash, {edit::Identity{0xABCD, 3, 5}, edit::Flushed{2}});
    const std::uint8_t header[] = {0x53, 0x4C, 0x4D, 0x46, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
                                   0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                   0x00, 0x00, 0x1E, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
    const std::uint8_t payload[] = {0x01, 0xCD, 0xAB, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03,
                                    0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                    0x00, 0x04, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
    ASSERT_EQ(std::memcmp(bytes.span().data(), header, sizeof header), 0);
    EXPECT_EQ(std::memcmp(bytes.span().data() + kManifestHeaderBytes, payload, sizeof payload), 0);

    bytes.clear();
    append_manifest_record(bytes, 2, hash, {edit::DeletesApplied{4, 300}});
    const std::uint8_t applied[] = {0x06, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                    0x2C, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
    EXPECT_EQ(std::memcmp(bytes.span().data() + kManifestHeaderBytes, applied, sizeof applied), 0);
}

}  // namespace
}  // namespace sluice::storage
