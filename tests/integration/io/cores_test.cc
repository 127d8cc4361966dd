// Several threads with rings of their own, talking by mail. Run under -Db_sanitize=thread too.
#include "sluice/io/cores.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "sluice/io/mailbox.h"

namespace sluice::io {
namespace {

constexpr std::uint32_t kCores = 3;

CoreOptions unpinned() {
    CoreOptions options;
    options.count = kCores;
    options.pin = false;
    return options;
}

void run_everywhere(std::function<Task<void>(Reactor&)> main) {
    auto cores = Cores::start(unpinned(), std::move(main));
    if (!cores.ok() && cores.error().kind == ErrorKind::kUnsupported) {
        GTEST_SKIP() << cores.error().message;
    }
    ASSERT_TRUE(cores.ok()) << cores.error().message;
    (*cores)->wait();
}

std::string describe(std::uint32_t core, int number) {
    return "core " + std::to_string(core) + " number " + std::to_string(number);
}

Task<std::string> describe_later(int number) {
    Reactor& here = Reactor::current();
    co_await here.sleep_ns(kMicrosecondNs);
    co_return describe(here.core(), number);
}

Task<std::string> describe_at_once(int number) {
    co_return describe(Reactor::current().core(), number);
}

Task<void> call_everyone(Reactor& reactor, std::atomic<int>& calls) {
    for (int round = 0; round < 200; ++round) {
        for (std::uint32_t core = 0; core < kCores; ++core) {
            const std::string plain = co_await call_on(
                core, [round] { return describe(Reactor::current().core(), round); });
            EXPECT_EQ(plain, describe(core, round));
            const std::string later =
                co_await call_on(core, [round] { return describe_later(round); });
            EXPECT_EQ(later, describe(core, round));
            const std::string at_once =
                co_await call_on(core, [round] { return describe_at_once(round); });
            EXPECT_EQ(at_once, describe(core, round));
            EXPECT_EQ(&Reactor::current(), &reactor);
            co_await call_on(core, [&calls] { calls.fetch_add(1); });
        }
    }
}

TEST(Cores, CallEachOther) {
    std::atomic<int> calls{0};
    run_everywhere([&](Reactor& reactor) { return call_everyone(reactor, calls); });
    EXPECT_EQ(calls.load(), 200 * int{kCores} * int{kCores});
}

constexpr std::uint64_t kCallsInARow = 20;
constexpr std::int64_t kPatienceNs = 30 * kSecondNs;

// How often core 0 went to the kernel for as many calls in a row of core 1, which is awake because
// it calls core 0 meanwhile. Others may take the CPU from either at any moment: attempts go on
// until one is as good as it should be.
Task<void> count_enters(Reactor& reactor, std::atomic<bool>& done, std::uint64_t& least) {
    while (reactor.core() == 1 && !done.load()) {
        co_await call_on(0, [] { return describe(0, 0); });
    }
    if (reactor.core() != 0) co_return;
    const Counter& enters = reactor.backend().metrics().enters;
    const std::int64_t deadline_ns = reactor.precise_ns() + kPatienceNs;
    while (least >= kCallsInARow / 2 && reactor.precise_ns() < deadline_ns) {
        const std::uint64_t before = enters.value();
        for (std::uint64_t i = 0; i < kCallsInARow; ++i) {
            co_await call_on(1, [] { return describe(1, 1); });
        }
        least = std::min(least, enters.value() - before);
        co_await reactor.sleep_ns(kMillisecondNs);
    }
    done.store(true);
}

TEST(Cores, LookForAnswersBeforeTheySleep) {
    if (usable_cpu_count() < 2)
        GTEST_SKIP() << "on one CPU no two cores are awake at the same time";
    std::atomic<bool> done{false};
    std::uint64_t least = ~std::uint64_t{0};
    run_everywhere([&](Reactor& reactor) { return count_enters(reactor, done, least); });
    EXPECT_LT(least, kCallsInARow / 2);
}

// A call, and then nothing for a while.
Task<void> count_turns(Reactor& reactor, std::atomic<std::uint64_t>& most) {
    co_await call_on((reactor.core() + 1) % kCores, [] { return describe(1, 1); });
    const std::uint64_t before = reactor.metrics().turns.value();
    co_await reactor.sleep_ns(20 * kMillisecondNs);
    const std::uint64_t turns = reactor.metrics().turns.value() - before;
    if (turns > most.load()) most.store(turns);
}

TEST(Cores, SleepWhenNoAnswerIsDue) {
    std::atomic<std::uint64_t> most{0};
    run_everywhere([&](Reactor& reactor) { return count_turns(reactor, most); });
    EXPECT_LT(most.load(), 20u);
}

Task<void> one_call(std::uint32_t core, std::uint64_t& sum) {
    sum += co_await call_on(core, [] { return std::uint64_t{1}; });
}

Task<void> flood(Reactor& reactor) {
    // More calls at a time than a ring has slots: the rest waits its turn.
    std::uint64_t sum = 0;
    Gate gate;
    for (int i = 0; i < 3000; ++i) {
        gate.spawn(one_call((reactor.core() + 1) % kCores, sum));
    }
    co_await gate.close();
    EXPECT_EQ(sum, 3000u);
}

TEST(Cores, SurviveMoreMailThanTheRingsHold) {
    run_everywhere([](Reactor& reactor) { return flood(reactor); });
}

Task<void> post_then_wait(Reactor& reactor, std::vector<std::uint64_t>& received, Event& filled) {
    if (reactor.core() != 0) {
        for (std::uint64_t i = 0; i < 500; ++i) {
            post_to(0, [&received, &filled, i] {
                received.push_back(i);
                filled.notify_all();
            });
        }
        co_return;
    }
    while (received.size() < 1000) co_await filled.wait();
}

TEST(Cores, DeliverNoticesWithoutAnswer) {
    std::vector<std::uint64_t> received;
    Event filled;
    run_everywhere([&](Reactor& reactor) { return post_then_wait(reactor, received, filled); });
    EXPECT_EQ(received.size(), 1000u);
}

Task<void> sleep_for_ever(Reactor& reactor, std::atomic<int>& woken) {
    EXPECT_FALSE(co_await reactor.sleep_ns(3600 * kSecondNs));
    co_await reactor.stop_requested();
    woken.fetch_add(1);
}

TEST(Cores, StopWhenTheMainThreadAsks) {
    std::atomic<int> woken{0};
    auto cores =
        Cores::start(unpinned(), [&](Reactor& reactor) { return sleep_for_ever(reactor, woken); });
    if (!cores.ok() && cores.error().kind == ErrorKind::kUnsupported) GTEST_SKIP();
    ASSERT_TRUE(cores.ok());
    (*cores)->request_stop();
    (*cores)->wait();
    EXPECT_EQ(woken.load(), int{kCores});
}

}  // namespace
}  // namespace sluice::io
