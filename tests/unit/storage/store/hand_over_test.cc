// What a store takes in from others, and what it says it has of a shard group.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "segment_files.h"
#include "sluice/storage/neighbours.h"
#include "store/life_bench.h"
#include "upkeep/other_stores.h"

namespace sluice::storage {
namespace {

// Segments on disk were cut by these: they never change.
TEST(HomePart, OfASeriesIsWhatItAlwaysWas) {
    struct Case {
        const char* key;
        std::array<std::uint16_t, 3> parts;  // of 2, 3 and 16
    };
    for (const Case& each : {
             Case{"m", {1, 2, 15}},
             Case{"cpu,host=a", {1, 2, 10}},
             Case{"cpu,host=c", {0, 0, 1}},
             Case{"mem,host=x", {0, 0, 3}},
             Case{"net,if=eth0", {0, 1, 7}},
         }) {
        EXPECT_EQ(home_part(each.key, 1), 0);
        EXPECT_EQ(home_part(each.key, 2), each.parts[0]) << each.key;
        EXPECT_EQ(home_part(each.key, 3), each.parts[1]) << each.key;
        EXPECT_EQ(home_part(each.key, 16), each.parts[2]) << each.key;
    }
}

TEST(HomePart, DealsSeriesEvenly) {
    for (const std::uint16_t count : std::array<std::uint16_t, 6>{1, 2, 3, 7, 16, 64}) {
        std::vector<int> dealt(count);
        constexpr int kSeries = 20'000;
        for (int i = 0; i < kSeries; ++i) {
            const std::uint16_t part = home_part("cpu,host=" + std::to_string(i), count);
            ASSERT_LT(part, count);
            ++dealt[part];
        }
        for (const int each : dealt) {
            EXPECT_NEAR(each, kSeries / count, 5 * std::sqrt(kSeries / count)) << count;
        }
    }
}

class StoreHandOverTest : public testing::Test {
protected:
    StoreHandOverTest() { SLUICE_CHECK(bench_.open()); }
    static StoreOptions options() {
        StoreOptions options = test::LifeBench::by_hand();
        options.neighbours = std::make_shared<test::OtherStores>();
        options.number = 0;
        return options;
    }
    StoreParts& parts() { return bench_.parts(); }
    // A segment that another store has written here.
    SegmentRecord arrive(HomePart part = {0, 2}, model::ShardGroupId group = 1) {
        const std::uint64_t id = parts().manifest().take_segment_id();
        auto record = bench_.machine().run(test::write_segment(bench_.machine().reactor(), "/store",
                                                               id, group, test::some_rows(3, 5)));
        SLUICE_CHECK(record.ok());
        record->part = part;
        record->level = 1;
        return *record;
    }
    bool accept(const SegmentRecord& record) {
        return bench_.machine().run(parts().accept(record)).ok();
    }
    std::size_t seen(Epoch view) { return parts().segments().of_group(1, view).size(); }

    test::LifeBench bench_{options()};
};

TEST_F(StoreHandOverTest, WhatIsAcceptedIsDurableAndNotYetSeen) {
    const SegmentRecord record = arrive();
    ASSERT_TRUE(accept(record));
    EXPECT_EQ(seen(kNow), 0u);
    EXPECT_TRUE(parts().segments().has_arriving(1));
    EXPECT_EQ(parts().manifest().state().segments.at(record.id), record);
    parts().reveal(3);
    EXPECT_EQ(seen(2), 0u);
    EXPECT_EQ(seen(3), 1u);
    EXPECT_FALSE(parts().segments().has_arriving(1));
}

// The power fails between the two: the next life shows it, and its rows are in two places, with the
// same sequences, until they are merged.
TEST_F(StoreHandOverTest, WhatWasAcceptedIsThereAfterACrash) {
    ASSERT_TRUE(accept(arrive()));
    bench_.crash();
    ASSERT_TRUE(bench_.open());
    EXPECT_EQ(seen(0), 1u) << "there are no readers from before";
    EXPECT_EQ(bench_.segment_rows(), 3u);
    EXPECT_EQ(bench_.health(), "");
}

TEST_F(StoreHandOverTest, ADroppedGroupTakesNothing) {
    const SegmentRecord record = arrive();
    ASSERT_TRUE(bench_.write(1));
    std::vector<model::ShardGroupId> groups = {1};
    ASSERT_TRUE(bench_.machine().run(parts().drop_shard_groups(std::move(groups))).ok());
    const Result<void> accepted = bench_.machine().run(parts().accept(record));
    ASSERT_FALSE(accepted.ok());
    EXPECT_EQ(accepted.error().kind, ErrorKind::kCancelled);
    EXPECT_FALSE(parts().manifest().state().segments.contains(record.id));
}

TEST_F(StoreHandOverTest, AStoreThatStopsTakesNothing) {
    const SegmentRecord record = arrive();
    parts().life().stopping = true;
    EXPECT_FALSE(accept(record));
    parts().life().stopping = false;
}

TEST_F(StoreHandOverTest, OfNothingHoldsNothing) {
    const GroupHolding holding = parts().holding(1, kNow);
    EXPECT_TRUE(holding.empty());
    EXPECT_EQ(holding.values, 0u);
    EXPECT_TRUE(holding.range.empty());
}

TEST_F(StoreHandOverTest, RowsOfHeadsAreUnsorted) {
    ASSERT_TRUE(bench_.write(10));
    ASSERT_TRUE(bench_.write(20));
    const GroupHolding holding = parts().holding(1, kNow);
    EXPECT_TRUE(holding.has_unsorted);
    EXPECT_EQ(holding.range, (model::TimeRange{10, 21}));
    EXPECT_TRUE(parts().holding(2, kNow).empty());
}

TEST_F(StoreHandOverTest, SegmentsOfAnySeriesAreUnsortedAndPartsAreNot) {
    ASSERT_TRUE(bench_.write(10));
    ASSERT_TRUE(bench_.flush());
    GroupHolding holding = parts().holding(1, kNow);
    EXPECT_TRUE(holding.has_unsorted);
    EXPECT_EQ(holding.values, 1u);
    EXPECT_TRUE(holding.parts.empty());
    parts().segments().of_group(1, kNow)[0]->set_damaged();
    EXPECT_FALSE(parts().holding(1, kNow).has_unsorted) << "it is never merged";
    EXPECT_TRUE(parts().holding(1, 0).has_unsorted) << "but a query reads what it can";

    ASSERT_TRUE(accept(arrive()));
    parts().reveal(3);
    holding = parts().holding(1, kNow);
    ASSERT_EQ(holding.parts.size(), 1u);
    EXPECT_EQ(holding.parts[0].part, (HomePart{0, 2}));
    EXPECT_EQ(holding.parts[0].values, 3u);
    EXPECT_EQ(holding.values, 4u);
    EXPECT_TRUE(parts().holding(1, 2).parts.empty()) << "a reader from before does not see it";
}

TEST_F(StoreHandOverTest, PartsThatBelongElsewhereAreUnsorted) {
    ASSERT_TRUE(accept(arrive({1, 2})));
    parts().reveal(3);
    EXPECT_FALSE(parts().holding(1, kNow).has_unsorted) << "it believes what the segment says";
    parts().set_home(1, {{0, 1}});
    EXPECT_TRUE(parts().holding(1, kNow).has_unsorted);
    parts().set_home(1, {{1, 0}});
    EXPECT_FALSE(parts().holding(1, kNow).has_unsorted);
}

TEST_F(StoreHandOverTest, WhatHasLeftIsUnsortedForReadersFromBefore) {
    ASSERT_TRUE(accept(arrive()));
    parts().reveal(1);
    std::vector<SegmentPtr> old = parts().segments().of_group(1, kNow);
    parts().segments().replace(old, {}, 5);
    old.clear();
    EXPECT_TRUE(parts().holding(1, 4).has_unsorted);
    EXPECT_TRUE(parts().holding(1, 5).empty());
}

TEST_F(StoreHandOverTest, WhatArrivesEndsTheWaitOfItsGroup) {
    auto& homes = const_cast<HomeLedger&>(parts().homes());
    homes.note_waiting(1);
    homes.note_waiting(2);
    ASSERT_TRUE(accept(arrive()));
    EXPECT_TRUE(homes.is_waiting(1));
    parts().reveal(3);
    EXPECT_FALSE(homes.is_waiting(1));
    EXPECT_TRUE(homes.is_waiting(2));
}

}  // namespace
}  // namespace sluice::storage
