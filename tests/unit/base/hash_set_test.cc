// Sets of hashes.
#include "sluice/base/hash_set.h"

#include <gtest/gtest.h>

#include <set>

#include "sluice/base/random.h"

namespace sluice {
namespace {

TEST(HashSet, HasNothingAtFirst) {
    HashSet none;
    EXPECT_TRUE(none.empty());
    EXPECT_FALSE(none.contains(0));
    EXPECT_FALSE(none.contains(7));
    none.make_room_for(3);
    EXPECT_EQ(none.place(5), HashSet::kNone);
}

TEST(HashSet, HasWhatWasInsertedOnce) {
    Random random(1);
    std::set<std::uint64_t> expected;
    // Neighbours, the ends of the range, and places all over it.
    for (std::uint64_t i = 0; i < 50; ++i) {
        expected.insert(i);
        expected.insert(~i);
        expected.insert(random.next());
    }
    HashSet hashes;
    for (const std::uint64_t each : expected) EXPECT_EQ(hashes.insert(each), each != 1);
    EXPECT_EQ(hashes.size(), expected.size() - 1) << "0 and 1 are one";
    for (const std::uint64_t each : expected) EXPECT_FALSE(hashes.insert(each));
    std::set<std::size_t> places;
    for (const std::uint64_t each : expected) {
        ASSERT_TRUE(hashes.contains(each)) << each;
        ASSERT_LT(hashes.place(each), hashes.places());
        places.insert(hashes.place(each));
    }
    EXPECT_EQ(places.size(), hashes.size()) << "each has a place of its own";
    for (int i = 0; i < 10'000; ++i) {
        const std::uint64_t other = random.next();
        ASSERT_EQ(hashes.contains(other), expected.contains(other)) << other;
    }
    std::set<std::uint64_t> seen;
    hashes.for_each([&seen](std::uint64_t each) { EXPECT_TRUE(seen.insert(each).second); });
    EXPECT_EQ(seen.size(), hashes.size());
}

TEST(HashSet, RoomThatWasMadeMovesNothing) {
    HashSet hashes;
    hashes.make_room_for(1000);
    const std::size_t places = hashes.places();
    Random random(2);
    for (int i = 0; i < 1000; ++i) hashes.insert(random.next());
    EXPECT_EQ(hashes.places(), places);
}

}  // namespace
}  // namespace sluice
