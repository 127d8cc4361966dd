#include "sluice/storage/live_files.h"

#include <gtest/gtest.h>

#include "storage/manifest/manifest_format.h"

namespace sluice::storage {
namespace {

using Paths = std::set<std::string>;

// A manifest whose first record lists the segments, of group 7.
std::string manifest_of(const std::vector<std::uint64_t>& segments) {
    std::vector<ManifestEdit> edits{edit::Identity{5, 1, 20}};
    for (const std::uint64_t id : segments) {
        SegmentRecord record;
        record.id = id;
        record.meta.group = 7;
        append_segment_edits(record, edits);
    }
    ByteWriter out;
    std::uint64_t hash = 0;
    append_manifest_record(out, 1, hash, edits);
    append_manifest_record(out, 2, hash, {edit::RemoveSegment{segments.front()}});
    append_manifest_record(out, 3, hash, {edit::Flushed{1}});
    return {reinterpret_cast<const char*>(out.span().data()), out.size()};
}

Paths segments_of(const std::optional<LiveFiles>& live) {
    EXPECT_TRUE(live.has_value());
    return live ? live->segments : Paths();
}

TEST(LiveFiles, AreThoseOfTheNewestManifest) {
    const std::map<std::string, std::string> manifests{{"MANIFEST-2", manifest_of({1, 2})},
                                                       {"MANIFEST-10-copy", manifest_of({3, 4, 5})},
                                                       {"catalog-1.log", "x"}};
    EXPECT_EQ(segments_of(live_files("a/stores/0001", manifests)),
              (Paths{"a/stores/0001/shards/7/4.seg", "a/stores/0001/shards/7/5.seg"}));
    EXPECT_EQ(segments_of(live_files("", manifests)),
              (Paths{"/shards/7/4.seg", "/shards/7/5.seg"}));
}

TEST(LiveFiles, HaveTheLogsOfHeadsThatAreNotFlushed) {
    std::vector<ManifestEdit> edits{edit::Identity{5, 1, 20}};
    for (const std::uint64_t number : {3, 4, 5}) {
        edits.push_back(edit::LogBegun{number, number / 4 + 1, 65536});
    }
    ByteWriter out;
    std::uint64_t hash = 0;
    append_manifest_record(out, 1, hash, edits);
    append_manifest_record(out, 2, hash, {edit::Flushed{1}});
    const std::string manifest(reinterpret_cast<const char*>(out.span().data()), out.size());
    EXPECT_EQ(live_files("s", {{"MANIFEST-1", manifest}})->logs, (std::set<std::uint64_t>{4, 5}));
}

TEST(LiveFiles, AreOfTheOneBeforeWhereTheNewestIsBeingMade) {
    EXPECT_EQ(
        segments_of(live_files("s", {{"MANIFEST-2", manifest_of({1, 2})}, {"MANIFEST-3", ""}})),
        (Paths{"s/shards/7/2.seg"}));
}

TEST(LiveFiles, AreNotKnownAfterALoss) {
    EXPECT_FALSE(live_files("s", {}).has_value());
    std::string damaged = manifest_of({1, 2});
    damaged[4096 + 50] ^= 1;  // the second of three records
    EXPECT_FALSE(live_files("s", {{"MANIFEST-2", damaged}}).has_value());
    // The copy has it.
    EXPECT_EQ(segments_of(live_files(
                  "s", {{"MANIFEST-2", damaged}, {"MANIFEST-2-copy", manifest_of({1, 2})}})),
              (Paths{"s/shards/7/2.seg"}));
}

}  // namespace
}  // namespace sluice::storage
