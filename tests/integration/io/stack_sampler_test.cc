// Stacks of a thread, by real signals.
#include "sluice/io/stack_sampler.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "sluice/base/units.h"

namespace sluice::io {
namespace {

std::atomic<std::uint64_t> sink{0};

[[gnu::noinline]] void work_for(std::uint64_t rounds) {
    for (std::uint64_t i = 0; i < rounds; ++i) sink.fetch_add(i, std::memory_order_relaxed);
}

std::uint64_t taken(const StackSampler& sampler) {
    return sampler.samples().size() + sampler.lost();
}

// ThreadSanitizer hands signals on a little later.
void poke_and_wait(const StackSampler& sampler) {
    const std::uint64_t before = taken(sampler);
    sampler.poke();
    for (int i = 0; i < 10'000 && taken(sampler) == before; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

TEST(StackSampler, AnswersWhenItIsPoked) {
    auto sampler = StackSampler::arm(2);
    ASSERT_TRUE(sampler.ok()) << sampler.error().message;
    poke_and_wait(**sampler);
    const auto samples = (*sampler)->samples();
    ASSERT_EQ(samples.size(), 1u);
    EXPECT_GE(samples[0].depth, 1u);
    for (int i = 0; i < 3; ++i) poke_and_wait(**sampler);
    EXPECT_EQ((*sampler)->samples().size(), 2u);
    EXPECT_EQ((*sampler)->lost(), 2u);
}

TEST(StackSampler, SamplesCpuTime) {
    auto sampler = StackSampler::arm(10'000);
    ASSERT_TRUE(sampler.ok()) << sampler.error().message;
    ASSERT_TRUE((*sampler)->start_timer(kMillisecondNs).ok());
    while ((*sampler)->samples().size() < 20) work_for(1'000'000);
    for (const StackSample& sample : (*sampler)->samples()) {
        EXPECT_GE(sample.depth, 1u);
        EXPECT_LE(sample.depth, StackSample::kFramesMax);
    }
}

TEST(StackSampler, WorksWhereSignalsAreBlocked) {
    std::thread([] {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, nullptr);
        auto sampler = StackSampler::arm(1);
        ASSERT_TRUE(sampler.ok());
        poke_and_wait(**sampler);
        EXPECT_EQ((*sampler)->samples().size(), 1u);
    }).join();
}

TEST(StackSampler, IsOneOfAThreadAndManyOfSeveral) {
    auto first = StackSampler::arm(1);
    ASSERT_TRUE(first.ok());
    EXPECT_EQ(StackSampler::arm(1).error().kind, ErrorKind::kConflict);
    std::thread([] { EXPECT_TRUE(StackSampler::arm(1).ok()); }).join();
    first->reset();
    EXPECT_TRUE(StackSampler::arm(1).ok());
}

TEST(StackSampler, ALateSignalFindsNobody) {
    auto sampler = StackSampler::arm(1);
    ASSERT_TRUE(sampler.ok());
    sampler->reset();
    raise(SIGPROF);
}

}  // namespace
}  // namespace sluice::io
