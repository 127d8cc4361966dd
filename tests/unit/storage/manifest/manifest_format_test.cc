#include "storage/manifest/manifest_format.h"

#include <gtest/gtest.h>

#include <cstring>

#include "sluice/base/aligned_buffer.h"
#include "sluice/base/crc32c.h"

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
             edit::DeletesApplied{6, 300}, edit::DeletesApplied{5, 300},
             edit::LogBegun{4, 78, 65536}, edit::DescribeGroup{2, {"d", "p", {0, 256}, 7}},
             edit::HoldsPart{6, {1, 2}}, edit::HoldsPart{5, {0, 2}}, edit::LogEnded{78, 12},
             edit::LogEnded{77, 3}}};
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
    EXPECT_EQ(content->state.segments.at(6).part, (HomePart{1, 2}));
    EXPECT_EQ(content->state.log_end(78), 12u);
    EXPECT_EQ(content->state.log_end(77), 0u) << "its head is flushed";
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
    state.apply(edit::DescribeGroup{4, {}});
    EXPECT_TRUE(state.groups.empty());
}

// Runs `check` with every truncation of `good` and with every one of its bytes changed; `at` is
// where.
template <typename Check>
void damage_everywhere(ByteSpan good, Check check) {
    std::vector<std::byte> bytes(good.size());
    for (std::size_t at = 0; at < good.size(); at += 16) {
        std::fill(bytes.begin(), bytes.end(), std::byte{0});
        std::memcpy(bytes.data(), good.data(), at);
        check(bytes, at);
    }
    std::memcpy(bytes.data(), good.data(), good.size());
    for (std::size_t at = 0; at < good.size(); ++at) {
        const std::byte before = bytes[at];
        bytes[at] ^= static_cast<std::byte>(1u << (at % 8));
        check(bytes, at);
        bytes[at] = before;
    }
}

TEST(ManifestFormat, EveryTruncationAndFlippedBitOfTheOnlyCopyIsTornOrSaid) {
    Written written;
    const ByteSpan good = written.bytes.span();
    ASSERT_EQ(good.size(), 3 * kDirectIoAlignment);
    damage_everywhere(good, [&](const std::vector<std::byte>& bytes, std::size_t at) {
        const auto content = parse_manifest(bytes);
        const std::size_t record = at / kDirectIoAlignment;
        if (!content.ok()) {
            EXPECT_EQ(record, 0u) << at;
            return;
        }
        const bool last_is_whole =
            load_le<std::uint32_t>(bytes.data() + 2 * kDirectIoAlignment) == kManifestMagic;
        if (content->state == written.states.back()) {
            EXPECT_EQ(content->records_lost, 0u) << at;
        } else if (record == 1 && last_is_whole) {
            EXPECT_EQ(content->records_lost, 1u) << at;
            EXPECT_TRUE(content->broken) << at;
            // What the record behind says counts all the same.
            EXPECT_EQ(content->state.flushed_head, 77u) << at;
        } else {
            EXPECT_EQ(content->records_lost, 0u) << at;
            ASSERT_GE(content->records, record) << at;
            EXPECT_EQ(content->state, written.states[content->records - 1]) << at;
        }
    });
}

TEST(ManifestFormat, DamageToOneOfTwoCopiesLosesNothing) {
    Written written;
    const ByteSpan good = written.bytes.span();
    damage_everywhere(good, [&](const std::vector<std::byte>& bytes, std::size_t at) {
        for (const auto& content : {parse_manifest(bytes, good), parse_manifest(good, bytes)}) {
            ASSERT_TRUE(content.ok()) << at;
            EXPECT_EQ(content->state, written.states.back()) << at;
            EXPECT_EQ(content->records_lost, 0u) << at;
            EXPECT_FALSE(content->broken) << at;
        }
    });
    EXPECT_EQ(parse_manifest({}, good)->state, written.states.back());
}

TEST(ManifestFormat, TwoCopiesDamagedInDifferentRecordsLoseNothing) {
    Written written;
    const ByteSpan good = written.bytes.span();
    std::vector<std::byte> first(good.begin(), good.end());
    std::vector<std::byte> second = first;
    first[50] ^= std::byte{1};
    second[kDirectIoAlignment + 50] ^= std::byte{1};
    first[2 * kDirectIoAlignment] ^= std::byte{1};
    const auto content = parse_manifest(first, second);
    ASSERT_TRUE(content.ok());
    EXPECT_EQ(content->state, written.states.back());
    EXPECT_EQ(content->records_mended, 2u);
}

TEST(ManifestFormat, ReadsVersion1AndRefusesNewerOnes) {
    Written written;
    std::vector<std::byte> bytes(written.bytes.span().begin(), written.bytes.span().end());
    bytes.resize(kDirectIoAlignment);
    const auto set_version = [&](std::uint16_t version) {
        store_le(bytes.data() + 4, version);
        store_le(bytes.data() + 44, crc32c({bytes.data(), kManifestHeaderBytes - 4}));
    };
    set_version(1);
    ASSERT_TRUE(parse_manifest(bytes).ok());
    EXPECT_EQ(parse_manifest(bytes)->version, 1u);
    set_version(kManifestVersion + 1);
    EXPECT_EQ(parse_manifest(bytes).error().kind, ErrorKind::kUnsupported);
    EXPECT_EQ(parse_manifest({}, bytes).error().kind, ErrorKind::kUnsupported);
}

TEST(ManifestFormat, ALogIsKnownUntilItsHeadIsFlushed) {
    ManifestState state;
    state.apply(edit::LogBegun{4, 10, 65536});
    state.apply(edit::LogBegun{5, 11, 65536});
    state.apply(edit::Flushed{10});
    ASSERT_EQ(state.logs.size(), 1u);
    EXPECT_EQ(state.logs.at(5).head_id, 11u);
    state.apply(edit::LogBegun{6, 10, 65536});  // recorded late
    EXPECT_EQ(state.logs.size(), 1u);
}

TEST(ManifestFormat, TheWorkedExampleIsWhatTheDocumentSays) {
    ByteWriter bytes;
    std::uint64_t hash = 0;
    append_manifest_record(bytes, 1, hash, {edit::Identity{0xABCD, 3, 5}, edit::Flushed{2}});
    const std::uint8_t header[] = {0x53, 0x4C, 0x4D, 0x46, 0x04, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
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

    bytes.clear();
    append_manifest_record(bytes, 3, hash, {edit::DescribeGroup{9, {"d", "p", {0, 256}, 0}}});
    const std::uint8_t group[] = {0x08, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
                                  0x64, 0x01, 0x70, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                  0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
    EXPECT_EQ(std::memcmp(bytes.span().data() + kManifestHeaderBytes, group, sizeof group), 0);

    bytes.clear();
    append_manifest_record(bytes, 4, hash, {edit::HoldsPart{4, {1, 2}}});
    const std::uint8_t part[] = {0x09, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00,
                                 0x00, 0x00, 0x01, 0x00, 0x02, 0x00};
    EXPECT_EQ(std::memcmp(bytes.span().data() + kManifestHeaderBytes, part, sizeof part), 0);

    bytes.clear();
    append_manifest_record(bytes, 5, hash, {edit::LogEnded{78, 12}});
    const std::uint8_t end[] = {0x0A, 0x4E, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                0x0C, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
    EXPECT_EQ(std::memcmp(bytes.span().data() + kManifestHeaderBytes, end, sizeof end), 0);
}

}  // namespace
}  // namespace sluice::storage
