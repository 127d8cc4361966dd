// Writes that wait for their turn, on a simulated core whose clock jumps over idle time.
#include "server/services/write_throttle.h"

#include <gtest/gtest.h>

#include <vector>

#include "sim_machine.h"
#include "sluice/base/units.h"
#include "sluice/io/gate.h"

namespace sluice::server {
namespace {

using Entry = WriteThrottle::Entry;

Config::Http bounds(std::uint64_t writes, std::uint64_t waiting, std::int64_t timeout_ns) {
    Config::Http http;
    http.max_concurrent_write_limit = writes;
    http.max_enqueued_write_limit = waiting;
    http.enqueued_write_timeout.ns = timeout_ns;
    return http;
}

class WriteThrottleTest : public testing::Test {
protected:
    // A write that takes `work_ns` once it has its turn. Its number is noted when it enters, and
    // what became of it in its place.
    io::Task<void> write(WriteThrottle& throttle, int number, std::int64_t work_ns) {
        const Entry entry = co_await throttle.enter();
        results_[static_cast<std::size_t>(number)] = entry;
        if (entry != Entry::kEntered) co_return;
        order_.push_back(number);
        most_ = std::max(most_, ++active_);
        co_await machine_.reactor().sleep_ns(work_ns);
        --active_;
        throttle.leave();
    }
    io::Task<void> write_all(WriteThrottle& throttle, int count, std::int64_t work_ns) {
        std::vector<io::Task<void>> writes;
        results_.assign(static_cast<std::size_t>(count), Entry::kTimedOut);
        for (int i = 0; i < count; ++i) writes.push_back(write(throttle, i, work_ns));
        for (auto& each : writes) co_await each;
    }
    void run(WriteThrottle& throttle, int count, std::int64_t work_ns) {
        machine_.run(write_all(throttle, count, work_ns));
    }

    io::SimMachine machine_;
    std::vector<Entry> results_;
    std::vector<int> order_;
    int active_ = 0;
    int most_ = 0;
};

TEST_F(WriteThrottleTest, LetsAsManyInAsItsBoundInTheOrderOfTheirComing) {
    WriteThrottle throttle(bounds(3, 0, 0));
    EXPECT_TRUE(throttle.is_on());
    run(throttle, 20, kMillisecondNs);
    EXPECT_EQ(most_, 3);
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(results_[static_cast<std::size_t>(i)], Entry::kEntered);
        EXPECT_EQ(order_[static_cast<std::size_t>(i)], i);
    }
    EXPECT_EQ(throttle.waiting().value(), 0u);
    EXPECT_EQ(throttle.refused().value(), 0u);
    // All turns have come back.
    order_.clear();
    most_ = 0;
    run(throttle, 20, kMillisecondNs);
    EXPECT_EQ(most_, 3);
}

TEST_F(WriteThrottleTest, RefusesWhoFindsTheQueueFull) {
    WriteThrottle throttle(bounds(2, 3, 0));
    run(throttle, 10, kMillisecondNs);
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(results_[static_cast<std::size_t>(i)],
                  i < 5 ? Entry::kEntered : Entry::kQueueFull)
            << i;
    }
    EXPECT_EQ(throttle.refused().value(), 5u);
}

TEST_F(WriteThrottleTest, RefusesWhoHasWaitedTooLong) {
    WriteThrottle throttle(bounds(1, 0, 10 * kMillisecondNs));
    run(throttle, 4, kSecondNs);
    EXPECT_EQ(results_[0], Entry::kEntered);
    for (int i = 1; i < 4; ++i)
        EXPECT_EQ(results_[static_cast<std::size_t>(i)], Entry::kTimedOut) << i;
    EXPECT_EQ(throttle.refused().value(), 3u);
    EXPECT_EQ(throttle.waiting().value(), 0u);
    // Who gave up took no turn with it.
    run(throttle, 1, kMillisecondNs);
    EXPECT_EQ(results_[0], Entry::kEntered);
}

TEST_F(WriteThrottleTest, IsOffWithoutABoundAndSaysWhatInfluxdbSays) {
    EXPECT_FALSE(WriteThrottle(bounds(0, 5, 5)).is_on());
    EXPECT_EQ(WriteThrottle::refusal_of(Entry::kQueueFull), "request throttled, queue full");
    EXPECT_EQ(WriteThrottle::refusal_of(Entry::kTimedOut), "request throttled, exceeds timeout");
}

}  // namespace
}  // namespace sluice::server
