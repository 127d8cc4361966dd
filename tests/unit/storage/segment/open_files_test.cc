// How many segments are open, and when one more may be.
#include "storage/segment/open_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "sim_machine.h"
#include "sluice/base/units.h"
#include "sluice/io/reactor.h"

namespace sluice::storage {
namespace {

constexpr std::size_t kMax = 16;

class OpenFilesTest : public testing::Test {
protected:
    void open(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            machine_.run(files_.admit());
            files_.note_opened();
        }
    }
    // What the reaper does, a little later.
    io::Task<void> close_later(std::size_t count) {
        co_await machine_.reactor().sleep_ns(kMillisecondNs);
        for (std::size_t i = 0; i < count; ++i) files_.note_closed();
    }
    io::Task<void> admit_while_closing(std::size_t count) {
        io::Task<void> closing = close_later(count);
        co_await files_.admit();
        admitted_at_ = files_.count();
        co_await closing;
    }

    io::SimMachine machine_;
    std::vector<std::size_t> wanted_;
    std::size_t idle_ = 0;  // that make_room may let go
    std::size_t admitted_at_ = 0;
    OpenFiles files_{machine_.reactor(), kMax, [this](std::size_t wanted) {
                         wanted_.push_back(wanted);
                         return std::min(wanted, idle_);
                     }};
};

TEST_F(OpenFilesTest, UpToTheBoundNobodyIsAsked) {
    open(kMax);
    EXPECT_EQ(files_.count(), kMax);
    EXPECT_TRUE(wanted_.empty());
}

TEST_F(OpenFilesTest, BeyondItSomeAreLetGoAtOnceAndWaitedFor) {
    open(kMax);
    idle_ = kMax;
    machine_.run(admit_while_closing(kMax / 8));
    EXPECT_EQ(wanted_, std::vector<std::size_t>{kMax / 8});
    EXPECT_LT(admitted_at_, kMax);
}

TEST_F(OpenFilesTest, WhenAllAreReadTheBoundGivesWay) {
    const std::int64_t begin = machine_.reactor().monotonic_ns();
    open(kMax + 5);
    EXPECT_EQ(files_.count(), kMax + 5);
    EXPECT_EQ(wanted_.size(), 5u);
    EXPECT_LT(machine_.reactor().monotonic_ns() - begin, kMillisecondNs) << "nobody waits";
    // What is above the bound is asked for, too.
    EXPECT_EQ(wanted_.back(), 4 + kMax / 8);
}

TEST_F(OpenFilesTest, AClosingThatTakesLongIsNotWaitedForForEver) {
    open(kMax);
    idle_ = kMax;
    const std::int64_t begin = machine_.reactor().monotonic_ns();
    open(1);
    EXPECT_EQ(files_.count(), kMax + 1);
    EXPECT_LT(machine_.reactor().monotonic_ns() - begin, kSecondNs);
}

}  // namespace
}  // namespace sluice::storage
