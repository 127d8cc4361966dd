#include "storage/segment/segment_ids.h"

#include <gtest/gtest.h>

#include <set>

#include "sluice/base/random.h"

namespace sluice::storage {
namespace {

SegmentIds made_of(std::initializer_list<std::uint64_t> numbers) {
    SegmentIds ids;
    for (const std::uint64_t each : numbers) ids.add(each);
    return ids;
}

TEST(SegmentIds, HoldsWhatWasAddedWhateverTheOrder) {
    Random random(7);
    for (int round = 0; round < 200; ++round) {
        SegmentIds ids;
        std::set<std::uint64_t> wanted;
        for (std::uint64_t i = random.below(30); i > 0; --i) {
            const std::uint64_t id = random.below(40);
            ids.add(id);
            wanted.insert(id);
        }
        for (std::uint64_t id = 0; id < 42; ++id) EXPECT_EQ(ids.contains(id), wanted.contains(id));
    }
}

TEST(SegmentIds, NeighboursBecomeOneRange) {
    ByteWriter bytes;
    made_of({5, 7, 6, 9}).write(bytes);
    const ByteSpan span = bytes.span();
    ASSERT_EQ(span.size(), 5u);  // 2 ranges: 5 to 7, and 9
    EXPECT_EQ(std::to_integer<int>(span[0]), 2);
    EXPECT_EQ(std::to_integer<int>(span[1]), 5);
    EXPECT_EQ(std::to_integer<int>(span[2]), 2);
}

TEST(SegmentIds, ReadsWhatItWrote) {
    for (const SegmentIds& ids : {made_of({}), made_of({0}), made_of({3, 1, 900, 901}),
                                  made_of({~std::uint64_t{0}, ~std::uint64_t{0} - 1})}) {
        ByteWriter bytes;
        ids.write(bytes);
        ByteReader in(bytes.span());
        SegmentIds read;
        ASSERT_TRUE(read.read(in));
        EXPECT_EQ(read, ids);
        EXPECT_EQ(in.remaining(), 0u);
    }
}

TEST(SegmentIds, RefusesRangesThatWrapAndCountsThatAreNotThere) {
    ByteWriter wraps;
    wraps.write_varint(1);
    wraps.write_varint(5);
    wraps.write_varint(~std::uint64_t{0});
    ByteReader in(wraps.span());
    EXPECT_FALSE(SegmentIds().read(in));
    ByteWriter few;
    few.write_varint(1000);
    few.write_varint(1);
    ByteReader second(few.span());
    EXPECT_FALSE(SegmentIds().read(second));
}

TEST(SegmentIds, TakesOthersIn) {
    SegmentIds ids = made_of({1, 2});
    ids.add(made_of({3, 10}));
    EXPECT_EQ(ids, made_of({1, 2, 3, 10}));
}

}  // namespace
}  // namespace sluice::storage
