// Which segments lie where they belong, and which groups wait.
#include "storage/parts/home_ledger.h"

#include <gtest/gtest.h>

#include "store_bench.h"

namespace sluice::storage {
namespace {

using test::record_of;

// Nobody is asked here: what matters is that there are others.
class SilentNeighbours final : public Neighbours {
public:
    io::Task<Result<std::vector<Choice>>> find_homes(std::vector<model::ShardGroupId>) override {
        co_return Error{ErrorKind::kCancelled, "nobody answers"};
    }
    io::Task<Result<SegmentPlace>> take_place(std::uint32_t) override {
        co_return Error{ErrorKind::kCancelled, "nobody answers"};
    }
    io::Task<void> give_up(std::uint32_t, SegmentPlace) override { co_return; }
    io::Task<Result<void>> begin_hand_over() override { co_return Result<void>(); }
    io::Task<Result<void>> accept(std::uint32_t, const SegmentRecord&) override {
        co_return Result<void>();
    }
    io::Task<Epoch> reveal(std::vector<std::uint32_t>) override { co_return 1; }
    io::Task<void> end_hand_over(Epoch) override { co_return; }
};

StoreOptions options_of_store(std::uint32_t number) {
    StoreOptions options = test::small_options();
    options.neighbours = std::make_shared<SilentNeighbours>();
    options.number = number;
    return options;
}

SegmentRecord part_of(std::uint16_t number, std::uint16_t count, model::ShardGroupId group = 1) {
    SegmentRecord record = record_of(5, group);
    record.part = {number, count};
    return record;
}

TEST(HomeLedger, WithoutNeighboursEverythingIsAtHome) {
    test::StoreBench bench;
    EXPECT_TRUE(bench.homes.is_at_home(record_of(5)));
    EXPECT_TRUE(bench.homes.is_at_home(part_of(1, 2)));
    bench.homes.set(1, {{0, 1}});
    EXPECT_TRUE(bench.homes.is_at_home(part_of(1, 2)));
}

TEST(HomeLedger, UntilItIsToldItBelievesWhatSegmentsSay) {
    test::StoreBench bench(options_of_store(1));
    EXPECT_TRUE(bench.homes.is_at_home(part_of(0, 2)));
    EXPECT_TRUE(bench.homes.is_at_home(part_of(1, 2)));
    EXPECT_FALSE(bench.homes.is_at_home(record_of(5))) << "of any series: it came in";
    EXPECT_FALSE(bench.homes.knows(1));
}

TEST(HomeLedger, APartIsAtHomeInTheStoreThatKeepsIt) {
    test::StoreBench bench(options_of_store(1));
    bench.homes.set(1, {{3, 1}});
    EXPECT_TRUE(bench.homes.knows(1));
    EXPECT_FALSE(bench.homes.is_at_home(part_of(0, 2)));
    EXPECT_TRUE(bench.homes.is_at_home(part_of(1, 2)));
    EXPECT_FALSE(bench.homes.is_at_home(part_of(1, 3))) << "cut by another home";
    EXPECT_FALSE(bench.homes.is_at_home(part_of(0, 1)));
    EXPECT_FALSE(bench.homes.is_at_home(record_of(5)));
    // Other groups are as before.
    EXPECT_TRUE(bench.homes.is_at_home(part_of(0, 2, 9)));
}

TEST(HomeLedger, OneStoreMayKeepSeveralParts) {
    test::StoreBench bench(options_of_store(1));
    bench.homes.set(1, {{1, 1, 0}});
    EXPECT_TRUE(bench.homes.is_at_home(part_of(0, 3)));
    EXPECT_TRUE(bench.homes.is_at_home(part_of(1, 3)));
    EXPECT_FALSE(bench.homes.is_at_home(part_of(2, 3)));
}

TEST(HomeLedger, ThatNoHomeIsNeededCountsUntilThereIsOne) {
    test::StoreBench bench(options_of_store(1));
    EXPECT_FALSE(bench.homes.needs_no_home(1));
    bench.homes.note_no_home_needed(1);
    EXPECT_TRUE(bench.homes.needs_no_home(1));
    EXPECT_TRUE(bench.homes.knows(1));
    bench.homes.set(1, {{0}});
    EXPECT_FALSE(bench.homes.needs_no_home(1));
    EXPECT_TRUE(bench.homes.knows(1));
}

TEST(HomeLedger, ForgetsAllOfADroppedGroup) {
    test::StoreBench bench(options_of_store(1));
    bench.homes.set(1, {{0}});
    bench.homes.note_waiting(1);
    bench.homes.note_no_home_needed(2);
    bench.homes.forget(1);
    bench.homes.forget(2);
    EXPECT_FALSE(bench.homes.knows(1));
    EXPECT_FALSE(bench.homes.is_waiting(1));
    EXPECT_FALSE(bench.homes.knows(2));
    EXPECT_FALSE(bench.homes.needs_no_home(2));
}

TEST(HomeLedger, AGroupWaitsForHalfAMinuteOrUntilSomethingComes) {
    test::StoreBench bench(options_of_store(1));
    EXPECT_FALSE(bench.homes.is_waiting(1));
    bench.homes.note_waiting(1);
    bench.pass(29 * kSecondNs);
    EXPECT_TRUE(bench.homes.is_waiting(1));
    EXPECT_FALSE(bench.homes.is_waiting(2));
    bench.pass(kSecondNs + kMillisecondNs);
    EXPECT_FALSE(bench.homes.is_waiting(1));
    bench.homes.note_waiting(1);
    EXPECT_TRUE(bench.homes.is_waiting(1)) << "asked again, it waits again";
    bench.homes.end_waiting(1);
    EXPECT_FALSE(bench.homes.is_waiting(1));
}

}  // namespace
}  // namespace sluice::storage
