// The order of a head's series, and what is kept of it from one query to the next.
#include "storage/memtable/series_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sim_machine.h"
#include "sluice/base/random.h"

namespace sluice::storage {
namespace {

class SeriesOrderTest : public testing::Test {
protected:
    void add(const std::string& measurement, int from, int count) {
        Random random(static_cast<std::uint64_t>(from) + 1);
        for (int i = from; i < from + count; ++i) {
            head_->series_index().add_series(measurement +
                                             ",h=" + std::to_string(random.below(1'000'000)) + "-" +
                                             std::to_string(i));
        }
    }
    model::MeasurementId id(const std::string& measurement) {
        return head_->series_index().find_measurement(measurement);
    }
    std::shared_ptr<const SeriesOrder> order_of(const std::string& measurement) {
        return machine_.run(
            SeriesOrder::of_measurement(machine_.reactor(), head_, id(measurement)));
    }
    // Fails if the order is not that of all keys of the measurement.
    void check(const SeriesOrder& order, const std::string& measurement) {
        const model::SeriesIndex& index = head_->series_index();
        const model::MeasurementId of = id(measurement);
        std::vector<std::string> expected;
        for (model::SeriesId each = 0; each < index.series_count(); ++each) {
            if (index.measurement(each) == of) expected.emplace_back(index.key(each));
        }
        std::sort(expected.begin(), expected.end());
        ASSERT_EQ(order.count(of), expected.size());
        for (std::uint32_t rank = 0; rank < expected.size(); ++rank) {
            const model::SeriesId series = order.series(of, rank);
            ASSERT_EQ(index.key(series), expected[rank]);
            ASSERT_EQ(order.rank(series), rank);
        }
    }

    io::SimMachine machine_;
    std::shared_ptr<Head> head_ = std::make_shared<Head>(1);
};

TEST_F(SeriesOrderTest, IsThatOfTheKeysOfEachMeasurement) {
    add("m", 0, 3000);
    add("n", 0, 10);
    add("m", 3000, 500);
    const SeriesOrder all = machine_.run(SeriesOrder::sort(machine_.reactor(), head_));
    check(all, "m");
    check(all, "n");
    check(*order_of("m"), "m");
    check(*order_of("n"), "n");
    const model::SeriesId other = order_of("n")->series(id("n"), 0);
    EXPECT_EQ(order_of("m")->rank(other), SeriesOrder::kNone);
}

TEST_F(SeriesOrderTest, OfALargeMeasurementIsKept) {
    add("m", 0, 2000);
    const std::size_t before = head_->memory_bytes();
    const std::shared_ptr<const SeriesOrder> first = order_of("m");
    EXPECT_EQ(head_->memory_bytes(), before + first->memory_bytes()) << "it counts as the head's";
    EXPECT_EQ(order_of("m"), first);
    add("n", 0, 10);
    EXPECT_NE(order_of("m"), first) << "ranks are those of all series";
    check(*order_of("m"), "m");
    order_of("n");
    EXPECT_EQ(head_->kept_order(id("n")), nullptr) << "small ones are left alone";
    EXPECT_NE(head_->kept_order(id("m")), nullptr);
}

TEST_F(SeriesOrderTest, TakesInTheSeriesThatHaveComeSince) {
    add("m", 0, 2000);
    const std::shared_ptr<const SeriesOrder> first = order_of("m");
    for (const int count : {1, 100, 5000, 1}) {
        add("m", static_cast<int>(head_->series_index().series_count()), count);
        check(*order_of("m"), "m");
    }
    head_->series_index().add_series("m");
    head_->series_index().add_series("m,z=z");
    check(*order_of("m"), "m");
    EXPECT_EQ(first->count(id("m")), 2000u) << "whoever has it goes on with it";
}

}  // namespace
}  // namespace sluice::storage
