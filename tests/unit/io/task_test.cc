// Tasks, gates, events and limiters on one simulated core.
#include "sluice/io/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "sim_machine.h"
#include "sluice/base/result.h"
#include "sluice/io/event.h"
#include "sluice/io/gate.h"
#include "sluice/io/limiter.h"

namespace sluice::io {
namespace {

Task<int> at_once(int value) {
    co_return value;
}

Task<int> after_a_turn(Reactor& reactor, int value) {
    co_await reactor.yield();
    co_return value;
}

Task<std::unique_ptr<int>> move_only(Reactor& reactor) {
    co_await reactor.yield();
    co_return std::make_unique<int>(5);
}

TEST(Task, StartsAtOnceAndIsDoneWithoutAReactorTurn) {
    SimMachine machine;
    Task<int> task = at_once(3);
    EXPECT_TRUE(task.done());
    EXPECT_EQ(task.take(), 3);
}

TEST(Task, SuspendsUntilTheReactorTurns) {
    SimMachine machine;
    Task<int> task = after_a_turn(machine.reactor(), 4);
    EXPECT_FALSE(task.done());
    EXPECT_EQ(machine.run(std::move(task)), 4);
    EXPECT_EQ(*machine.run(move_only(machine.reactor())), 5);
}

Task<int> sum_to(Reactor& reactor, int n) {
    if (n == 0) co_return 0;
    const int below = co_await sum_to(reactor, n - 1);
    if (n % 1000 == 0) co_await reactor.yield();
    co_return below + n;
}

TEST(Task, NestsDeeplyAndUnwindsThroughTheRunQueue) {
    SimMachine machine;
    // Sanitizers make frames large: the descent itself is on the stack, the way back is not.
    EXPECT_EQ(machine.run(sum_to(machine.reactor(), 2000)), 2000 * 2001 / 2);
}

Task<Result<int>> half(int value) {
    if (value % 2 != 0) co_return Error{ErrorKind::kInvalid, "odd"};
    co_return value / 2;
}
Task<Result<int>> quarter(Reactor& reactor, int value) {
    SLUICE_CO_TRY(const int first, co_await half(value));
    co_await reactor.yield();
    SLUICE_CO_TRY(const int second, co_await half(first));
    co_return second;
}

TEST(Task, PassesErrorsUp) {
    SimMachine machine;
    EXPECT_EQ(*machine.run(quarter(machine.reactor(), 8)), 2);
    EXPECT_EQ(machine.run(quarter(machine.reactor(), 6)).error().message, "odd");
    EXPECT_EQ(machine.run(quarter(machine.reactor(), 7)).error().message, "odd");
}

// Counts living instances, to see frames destroyed once.
struct Witness {
    explicit Witness(int& count_) : count(count_) { ++count; }
    Witness(const Witness& other) : count(other.count) { ++count; }
    ~Witness() { --count; }
    int& count;
};

Task<void> hold(Reactor& reactor, Witness) {
    co_await reactor.sleep_ns(kSecondNs);
}
Task<void> hold_nested(Reactor& reactor, Witness witness) {
    co_await hold(reactor, witness);
}

TEST(Task, DestroysWhatItHoldsOnce) {
    SimMachine machine;
    int count = 0;
    machine.run(hold_nested(machine.reactor(), Witness(count)));
    EXPECT_EQ(count, 0);
    Task<void> unfinished = hold_nested(machine.reactor(), Witness(count));
    EXPECT_GT(count, 0);
    {
        Abandon abandon;
        unfinished = Task<void>();
    }
    EXPECT_EQ(count, 0);
}

TEST(TaskDeathTest, MustNotBeDroppedUnfinished) {
    SimMachine machine;
    int count = 0;
    EXPECT_DEATH(
        {
            Task<void> unfinished = hold(machine.reactor(), Witness(count));
            unfinished = Task<void>();
        },
        "broken invariant");
}

Task<void> note_after(Reactor& reactor, std::int64_t ns, std::string& notes, char note) {
    co_await reactor.sleep_ns(ns);
    notes += note;
}
Task<void> close_gate(Gate& gate, std::string& notes) {
    co_await gate.close();
    notes += '|';
}

TEST(Gate, ClosesWhenTheLastTaskHasEnded) {
    SimMachine machine;
    std::string notes;
    Gate gate;
    for (int i = 4; i > 0; --i) {
        gate.spawn(
            note_after(machine.reactor(), i * kMillisecondNs, notes, static_cast<char>('0' + i)));
    }
    EXPECT_EQ(gate.count(), 4u);
    machine.run(close_gate(gate, notes));
    EXPECT_EQ(notes, "1234|");
    EXPECT_TRUE(gate.closed());
    EXPECT_EQ(gate.count(), 0u);
}

TEST(Gate, ClosesAtOnceWhenNothingRuns) {
    SimMachine machine;
    Gate gate;
    gate.spawn([]() -> Task<void> { co_return; }());
    EXPECT_EQ(gate.count(), 0u);
    EXPECT_TRUE(gate.close().done());
}

Task<void> wait_for(Event& event, std::string& notes, char note) {
    co_await event.wait();
    notes += note;
}

TEST(Event, WakesWaitersInTheirOrder) {
    SimMachine machine;
    Event event;
    std::string notes;
    event.notify_all();  // not remembered
    Task<void> a = wait_for(event, notes, 'a');
    Task<void> b = wait_for(event, notes, 'b');
    Task<void> c = wait_for(event, notes, 'c');
    event.notify_one();
    machine.run(std::move(a));
    EXPECT_EQ(notes, "a");
    event.notify_all();
    machine.run(std::move(c));
    machine.run(std::move(b));
    EXPECT_EQ(notes, "abc");
}

Task<bool> wait_until(Reactor& reactor, Event& event, std::int64_t ns) {
    co_return co_await event.wait_until(reactor.precise_ns() + ns);
}
Task<void> notify_after(Reactor& reactor, Event& event, std::int64_t ns) {
    co_await reactor.sleep_ns(ns);
    event.notify_all();
}

TEST(Event, GivesUpAtADeadline) {
    SimMachine machine;
    Event event;
    Task<void> notifier = notify_after(machine.reactor(), event, 10 * kMillisecondNs);
    EXPECT_FALSE(machine.run(wait_until(machine.reactor(), event, 3 * kMillisecondNs)));
    EXPECT_FALSE(event.has_waiters());
    EXPECT_TRUE(machine.run(wait_until(machine.reactor(), event, 30 * kMillisecondNs)));
    EXPECT_EQ(machine.reactor().next_deadline_ns(), kNoDeadline);
    machine.run(std::move(notifier));
}

Task<void> take(Limiter& limiter, std::uint64_t units, std::string& notes, char note) {
    co_await limiter.acquire(units);
    notes += note;
}

TEST(Limiter, ServesInOrderAndNeverOvertakes) {
    SimMachine machine;
    Limiter limiter(10);
    std::string notes;
    Task<void> a = take(limiter, 6, notes, 'a');
    EXPECT_EQ(notes, "a");  // at once
    Task<void> b = take(limiter, 8, notes, 'b');
    Task<void> c = take(limiter, 1, notes, 'c');
    EXPECT_FALSE(limiter.try_acquire(1)) << "must not pass those who wait";
    EXPECT_EQ(notes, "a");
    limiter.release(6);
    EXPECT_EQ(limiter.available(), 1u);
    machine.run(std::move(b));
    machine.run(std::move(c));
    EXPECT_EQ(notes, "abc");
    limiter.release(9);
    EXPECT_EQ(limiter.available(), 10u);
    machine.run(std::move(a));
}

}  // namespace
}  // namespace sluice::io
