// Time, shares and stopping.
#include "sluice/io/reactor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "sim_machine.h"
#include "sluice/base/random.h"
#include "sluice/io/gate.h"

namespace sluice::io {
namespace {

struct TestTimer : Timer {
    explicit TestTimer(std::vector<int>& fired_, int name_)
        : Timer(&note), fired(fired_), name(name_) {}
    static void note(Timer& timer) {
        auto& self = static_cast<TestTimer&>(timer);
        self.fired.push_back(self.name);
    }
    std::vector<int>& fired;
    int name;
};

TEST(TimerHeap, FiresInOrderOfDeadlineThenOfStart) {
    std::vector<int> fired;
    TimerHeap heap;
    TestTimer a(fired, 1), b(fired, 2), c(fired, 3), d(fired, 4);
    heap.start(a, 30);
    heap.start(b, 10);
    heap.start(c, 10);
    heap.start(d, 20);
    EXPECT_EQ(heap.next_deadline_ns(), 10);
    heap.cancel(d);
    heap.cancel(d);
    heap.start(a, 5);  // moves it
    EXPECT_EQ(heap.fire_due(9), 1u);
    EXPECT_EQ(heap.fire_due(100), 2u);
    EXPECT_EQ(fired, (std::vector<int>{1, 2, 3}));
    EXPECT_EQ(heap.next_deadline_ns(), kNoDeadline);
}

TEST(TimerHeap, AgreesWithASortedListUnderRandomUse) {
    Random random(7);
    std::vector<int> fired;
    std::vector<std::unique_ptr<TestTimer>> timers;
    for (int i = 0; i < 200; ++i) timers.push_back(std::make_unique<TestTimer>(fired, i));
    TimerHeap heap;
    std::int64_t now = 0;
    for (int step = 0; step < 20000; ++step) {
        TestTimer& timer = *timers[random.below(timers.size())];
        if (random.below(3) == 0) {
            heap.cancel(timer);
        } else {
            heap.start(timer, now + random.between(1, 500));
        }
        if (random.below(8) != 0) continue;
        now += random.between(1, 100);
        std::vector<std::pair<std::int64_t, int>> due;
        for (const auto& t : timers) {
            if (t->active() && t->deadline_ns() <= now) due.emplace_back(t->deadline_ns(), t->name);
        }
        fired.clear();
        EXPECT_EQ(heap.fire_due(now), due.size());
        ASSERT_EQ(fired.size(), due.size());
        for (std::size_t i = 1; i < fired.size(); ++i) {
            EXPECT_LE(timers[static_cast<std::size_t>(fired[i - 1])]->deadline_ns(),
                      timers[static_cast<std::size_t>(fired[i])]->deadline_ns());
        }
        for (const auto& t : timers) EXPECT_FALSE(t->active() && t->deadline_ns() <= now);
    }
    for (const auto& t : timers) heap.cancel(*t);
    EXPECT_TRUE(heap.empty());
}

Task<std::int64_t> sleep_and_measure(Reactor& reactor, std::int64_t ns) {
    const std::int64_t begin_ns = reactor.precise_ns();
    EXPECT_TRUE(co_await reactor.sleep_ns(ns));
    co_return reactor.precise_ns() - begin_ns;
}

TEST(Reactor, SleepsAtLeastAsLongAsAsked) {
    SimMachine machine;
    for (const std::int64_t ns : {std::int64_t{0}, std::int64_t{1}, kMillisecondNs, kHourNs}) {
        EXPECT_GE(machine.run(sleep_and_measure(machine.reactor(), ns)), ns);
    }
}

// Burns simulated time in a share until told to stop.
Task<void> burn(Reactor& reactor, Share share, const bool& stop, std::int64_t& burnt_ns) {
    co_await reactor.switch_to(share);
    while (!stop) {
        const std::int64_t begin_ns = reactor.precise_ns();
        while (!reactor.needs_yield())
            static_cast<SimBackend&>(reactor.backend()).world().advance_ns(5'000);
        burnt_ns += reactor.precise_ns() - begin_ns;
        EXPECT_EQ(reactor.share(), share);
        co_await reactor.yield();
    }
}

TEST(Reactor, DividesTimeAmongBusySharesByWeight) {
    SimMachine machine;
    bool stop = false;
    std::array<std::int64_t, 3> burnt{};
    std::vector<Task<void>> tasks;
    for (std::size_t i = 0; i < 3; ++i) {
        // Two tasks in the background must not get more than one.
        for (int n = 0; n < (i == 2 ? 2 : 1); ++n) {
            tasks.push_back(burn(machine.reactor(), static_cast<Share>(i), stop, burnt[i]));
        }
    }
    for (int turn = 0; turn < 4000; ++turn) machine.reactor().turn(Reactor::Wait::kAllowed);
    stop = true;
    for (Task<void>& task : tasks) machine.run(std::move(task));
    const auto total = static_cast<double>(burnt[0] + burnt[1] + burnt[2]);
    EXPECT_NEAR(static_cast<double>(burnt[0]) / total, 16.0 / 21, 0.05);
    EXPECT_NEAR(static_cast<double>(burnt[1]) / total, 4.0 / 21, 0.05);
    EXPECT_NEAR(static_cast<double>(burnt[2]) / total, 1.0 / 21, 0.03);
}

TEST(Reactor, GivesAnIdleMachineToWhoeverHasWork) {
    SimMachine machine;
    bool stop = false;
    std::int64_t burnt = 0;
    Task<void> task = burn(machine.reactor(), Share::kBackground, stop, burnt);
    const std::int64_t begin_ns = machine.world().now_ns();
    for (int turn = 0; turn < 100; ++turn) machine.reactor().turn(Reactor::Wait::kAllowed);
    EXPECT_GT(burnt, (machine.world().now_ns() - begin_ns) * 9 / 10);
    stop = true;
    machine.run(std::move(task));
}

Task<Share> share_inside(Reactor& reactor) {
    co_await reactor.switch_to(Share::kBackground);
    co_await reactor.sleep_ns(1000);
    co_return reactor.share();
}
Task<std::pair<Share, Share>> shares_around(Reactor& reactor) {
    co_await reactor.switch_to(Share::kQuery);
    const Share inside = co_await share_inside(reactor);
    co_return std::pair(inside, reactor.share());
}

TEST(Reactor, KeepsTheShareOfACallerWhenItsCalleeSwitches) {
    SimMachine machine;
    const auto [inside, around] = machine.run(shares_around(machine.reactor()));
    EXPECT_EQ(inside, Share::kBackground);
    EXPECT_EQ(around, Share::kQuery);
}

Task<void> sleep_until_stopped(Reactor& reactor, int& woken) {
    bool slept = true;
    while (slept) slept = co_await reactor.sleep_ns(kDayNs);
    ++woken;
}
Task<void> await_stop(Reactor& reactor, int& woken) {
    co_await reactor.stop_requested();
    ++woken;
}

TEST(Reactor, WakesSleepersWhenAStopIsRequested) {
    SimMachine machine;
    int woken = 0;
    Task<void> sleeper = sleep_until_stopped(machine.reactor(), woken);
    Task<void> waiter = await_stop(machine.reactor(), woken);
    machine.reactor().stop();
    machine.reactor().run();
    EXPECT_EQ(woken, 2);
    EXPECT_TRUE(sleeper.done() && waiter.done());
    EXPECT_TRUE(machine.reactor().stopping());
}

}  // namespace
}  // namespace sluice::io
