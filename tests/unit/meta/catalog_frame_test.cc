#include "meta/log/catalog_frame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "sluice/base/random.h"

namespace sluice::meta {
namespace {

constexpr std::uint64_t kGeneration = 3;

struct Written {
    std::vector<std::vector<std::byte>> payloads;
    std::vector<std::size_t> begins;
    std::vector<std::byte> file;
};

Written write_frames(Random& random, std::size_t count) {
    Written made;
    ByteWriter out;
    for (std::size_t i = 0; i < count; ++i) {
        // Around the edges of the blocks that frames fill up.
        constexpr std::size_t kSizes[] = {0, 1, kCatalogFrameAlignment - kCatalogHeaderBytes - 1,
                                          kCatalogFrameAlignment - kCatalogHeaderBytes,
                                          kCatalogFrameAlignment - kCatalogHeaderBytes + 1};
        std::vector<std::byte> payload(random.chance(0.6)
                                           ? kSizes[random.below(std::size(kSizes))]
                                           : random.below(3 * kCatalogFrameAlignment));
        for (std::byte& each : payload) each = static_cast<std::byte>(random.next());
        made.begins.push_back(out.size());
        append_frame(out, CatalogFrameKind::kChanges, kGeneration, i + 1, payload);
        made.payloads.push_back(std::move(payload));
    }
    made.file.assign(out.span().begin(), out.span().end());
    return made;
}

TEST(CatalogFrames, AreReadInTheirOrderWithSpaceBehindThem) {
    Random random(1);
    for (int round = 0; round < 200; ++round) {
        Written made = write_frames(random, random.below(8));
        const std::size_t used = made.file.size();
        made.file.resize(used + random.below(3) * kCatalogFrameAlignment);
        const CatalogFrames scanned = scan_frames(made.file, kGeneration);
        ASSERT_EQ(scanned.frames.size(), made.payloads.size());
        for (std::size_t i = 0; i < scanned.frames.size(); ++i) {
            ASSERT_EQ(scanned.frames[i].sequence, i + 1);
            ASSERT_EQ(scanned.frames[i].offset, made.begins[i]);
            ASSERT_TRUE(std::ranges::equal(scanned.frames[i].payload, made.payloads[i]));
        }
        ASSERT_EQ(scanned.end, used);
        ASSERT_FALSE(scanned.torn_tail);
        ASSERT_EQ(scanned.damaged_places, 0u);
    }
}

TEST(CatalogFrames, CostNothingButThemselvesWhereABitIsFlipped) {
    Random random(2);
    for (int round = 0; round < 1'000; ++round) {
        Written made = write_frames(random, 2 + random.below(6));
        const std::size_t at = random.below(made.file.size());
        made.file[at] ^= static_cast<std::byte>(1u << random.below(8));
        const auto after = std::upper_bound(made.begins.begin(), made.begins.end(), at);
        const auto hit = static_cast<std::size_t>(after - made.begins.begin()) - 1;
        const std::size_t frame_end =
            made.begins[hit] + kCatalogHeaderBytes + made.payloads[hit].size();
        const bool in_padding = at >= frame_end;
        const CatalogFrames scanned = scan_frames(made.file, kGeneration);
        std::vector<std::uint64_t> sequences;
        for (const CatalogFrame& frame : scanned.frames) sequences.push_back(frame.sequence);
        std::vector<std::uint64_t> expected;
        for (std::size_t i = 0; i < made.payloads.size(); ++i) {
            if (i != hit || in_padding) expected.push_back(i + 1);
        }
        ASSERT_EQ(sequences, expected) << "byte " << at;
        // The last frame may as well be one that was never written to its end.
        const bool is_last = hit + 1 == made.payloads.size();
        ASSERT_EQ(scanned.damaged_places != 0 || scanned.torn_tail, true) << "byte " << at;
        if (is_last && !in_padding) {
            ASSERT_TRUE(scanned.torn_tail);
            ASSERT_EQ(scanned.end, made.begins[hit]);
        } else {
            ASSERT_EQ(scanned.damaged_places, 1u) << "byte " << at;
        }
    }
}

TEST(CatalogFrames, EndWhereTheFileWasCut) {
    Random random(3);
    for (int round = 0; round < 300; ++round) {
        const Written made = write_frames(random, 1 + random.below(5));
        const std::size_t size = random.below(made.file.size() + 1);
        const CatalogFrames scanned = scan_frames(ByteSpan(made.file).first(size), kGeneration);
        std::size_t whole = 0;
        while (whole < made.payloads.size() &&
               made.begins[whole] + kCatalogHeaderBytes + made.payloads[whole].size() <= size) {
            ++whole;
        }
        ASSERT_EQ(scanned.frames.size(), whole) << size;
        ASSERT_EQ(scanned.damaged_places, 0u) << size;
        for (std::size_t i = 0; i < whole; ++i) ASSERT_EQ(scanned.frames[i].sequence, i + 1);
    }
}

TEST(CatalogFrames, OfAnotherGenerationAreWhatTheSpaceHeldBefore) {
    ByteWriter out;
    append_frame(out, CatalogFrameKind::kChanges, kGeneration, 1, {});
    append_frame(out, CatalogFrameKind::kChanges, kGeneration - 1, 7, {});
    const CatalogFrames tail = scan_frames(out.span(), kGeneration);
    ASSERT_EQ(tail.frames.size(), 1u);
    EXPECT_TRUE(tail.torn_tail);
    EXPECT_EQ(tail.end, kCatalogFrameAlignment);
    append_frame(out, CatalogFrameKind::kChanges, kGeneration, 2, {});
    const CatalogFrames between = scan_frames(out.span(), kGeneration);
    EXPECT_EQ(between.frames.size(), 2u);
    EXPECT_EQ(between.damaged_places, 1u);
    EXPECT_EQ(between.first_damage, kCatalogFrameAlignment);
    EXPECT_TRUE(scan_frames(out.span(), kGeneration + 1).frames.empty());
}

}  // namespace
}  // namespace sluice::meta
