// A lake in a bucket that fails, beside a process that ends at any moment: the next start comes to
// a state in which each group has the objects of exactly one generation, and nothing else is there.
#include "server/lake/lake_bucket.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "s3/sim_bucket.h"
#include "server/lake/lake_ledger.h"
#include "sim_machine.h"
#include "sluice/base/crc32c.h"
#include "sluice/base/units.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;
using test::SimBucket;

// Objects of more than a part, and of less.
constexpr std::size_t kLarge = 8 * kMiB + 1000;

// A machine with a bucket beside it, and a ledger of a node on it.
class LakeMachine {
public:
    LakeMachine(test::BucketContents& contents, const std::string& home, std::uint64_t owner,
                std::uint64_t seed = 1)
        : machine_(seed),
          bucket_(std::make_unique<SimBucket>(machine_.reactor(), contents)),
          place_{home, "s3://bucket/lake", "n1"},
          owner_(owner),
          target_(std::make_unique<LakeBucket>(
              machine_.reactor(),
              *parse_bucket({"s3://bucket/lake", "http://127.0.0.1:8333", "us-east-1", true}), "",
              place_.node, home + "/stage", SendPace(), retries_, seed)) {}
    ~LakeMachine() {
        if (is_dead_) return;
        machine_.run(target_->close());
        machine_.run(bucket_->stop());
    }

    io::Task<Result<LakeLedger>> open() {
        return LakeLedger::open(steps_, *target_, place_, owner_);
    }
    template <class T>
    T run(io::Task<T> task) {
        return machine_.run(std::move(task));
    }
    // True: it was done before so many turns, and the process lives.
    template <class T>
    bool run_or_die(io::Task<T> task, std::uint64_t turns) {
        if (machine_.run_turns(task, turns)) return true;
        is_dead_ = true;
        const io::Abandon abandon;
        { const io::Task<T> gone = std::move(task); }
        target_.reset();
        bucket_.reset();
        return false;
    }

    SimBucket& bucket() { return *bucket_; }
    LakeBucket& target() { return *target_; }
    std::uint64_t retries() const { return retries_.value(); }

private:
    io::SimMachine machine_;
    std::unique_ptr<SimBucket> bucket_;
    FileSteps steps_;
    Counter retries_;
    const LakePlace place_;
    const std::uint64_t owner_;
    std::unique_ptr<LakeBucket> target_;
    bool is_dead_ = false;
};

class LakeBucketTest : public testing::Test {
protected:
    LakeBucketTest() {
        ::setenv("AWS_ACCESS_KEY_ID", "id", 1);
        ::setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
        ::unsetenv("AWS_SESSION_TOKEN");
        fs::create_directories(home_);
    }
    ~LakeBucketTest() override { fs::remove_all(home_); }

    static Publication stage(const LakeTarget& target, const std::string& text,
                             const std::vector<std::int64_t>& days) {
        Publication made;
        for (const std::int64_t day : days) {
            std::string bytes = text + " " + std::to_string(day);
            if (text == "a" && day == 1) bytes.resize(kLarge, '.');
            std::ofstream(target.stage() + "/" + LakeTarget::staged_name(day, 0)) << bytes;
            made.files.push_back(
                {day, 0, 1, bytes.size(), crc32c(as_byte_span(std::string_view(bytes)))});
        }
        return made;
    }
    // A first generation, a second one of other days, and its withdrawal.
    io::Task<Result<void>> live(LakeMachine& machine, PublicationKey key) {
        SLUICE_CO_TRY(LakeLedger ledger, co_await machine.open());
        std::map<lake::TableName, std::string> none;
        Publication first = stage(machine.target(), "a", {0, 1});
        SLUICE_CO_TRY_VOID(co_await ledger.publish(key, std::move(first), none));
        SLUICE_CO_TRY_VOID(co_await machine.target().clear_stage());
        Publication second = stage(machine.target(), "b", {1, 2});
        SLUICE_CO_TRY_VOID(co_await ledger.publish(key, std::move(second), none));
        co_return co_await ledger.withdraw(key);
    }

    // "a 0" of each object that a reader finds.
    std::set<std::string> lines() const {
        std::set<std::string> found;
        for (const auto& [key, object] : contents_.objects) {
            if (!key.ends_with(".parquet")) continue;
            EXPECT_TRUE(found.insert(object.bytes.substr(0, 3)).second) << key << " is there twice";
        }
        return found;
    }
    void expect_mended(LakeMachine& machine) {
        auto ledger = machine.run(machine.open());
        ASSERT_TRUE(ledger.ok()) << ledger.error().message;
        const LakeState::Entry* const entry = ledger->state().find(key_);
        if (entry == nullptr || !entry->published) {
            EXPECT_TRUE(lines().empty());
        } else {
            EXPECT_FALSE(entry->planned.has_value());
            const std::uint64_t generation = entry->published->generation;
            EXPECT_EQ(lines(), generation == 1   ? (std::set<std::string>{"a 0", "a 1"})
                               : generation == 2 ? (std::set<std::string>{"b 1", "b 2"})
                                                 : std::set<std::string>());
        }
        EXPECT_TRUE(fs::is_empty(machine.target().stage()));
        EXPECT_TRUE(contents_.uploads.empty());
        // And goes on from there.
        const auto next = machine.run(ledger->publish(key_, stage(machine.target(), "c", {0}), {}));
        ASSERT_TRUE(next.ok()) << next.error().message;
        EXPECT_EQ(lines(), std::set<std::string>{"c 0"});
    }
    void clear() {
        contents_ = {};
        fs::remove_all(home_);
        fs::create_directories(home_);
    }

    const std::string home_ =
        (fs::temp_directory_path() / ("lake-bucket-" + std::to_string(::getpid()))).string();
    const PublicationKey key_{{"d", "autogen", "m"}, 3};
    test::BucketContents contents_;
};

TEST_F(LakeBucketTest, PublishesObjectsUnderTheirNames) {
    LakeMachine machine(contents_, home_, 7);
    auto ledger = machine.run(machine.open());
    ASSERT_TRUE(ledger.ok()) << ledger.error().message;
    const auto published =
        machine.run(ledger->publish(key_, stage(machine.target(), "a", {0, 1}), {}));
    ASSERT_TRUE(published.ok()) << published.error().message;
    std::set<std::string> keys;
    for (const auto& [key, object] : contents_.objects) keys.insert(key);
    EXPECT_EQ(keys, (std::set<std::string>{
                        "lake/.sluice/n1/owner",
                        "lake/d/autogen/m/day=1970-01-01/node=n1/3-1-0.parquet",
                        "lake/d/autogen/m/day=1970-01-02/node=n1/3-1-0.parquet",
                    }));
    const auto read = machine.run(
        machine.target().read("d/autogen/m/day=1970-01-02/node=n1/3-1-0.parquet", kLarge));
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->size(), kLarge);
    EXPECT_EQ(machine.run(machine.target().read("d/nope", 10)).error().kind, ErrorKind::kNotFound);
}

TEST_F(LakeBucketTest, EveryEndIsMendedByTheNextStart) {
    bool lived = false;
    for (std::uint64_t turns = 1; !lived; turns += 1 + turns / 10) {
        SCOPED_TRACE("an end after turn " + std::to_string(turns));
        clear();
        {
            LakeMachine machine(contents_, home_, 7, turns);
            lived = machine.run_or_die(live(machine, key_), turns);
        }
        LakeMachine machine(contents_, home_, 7, turns + 1);
        expect_mended(machine);
        if (HasFailure()) return;
    }
}

TEST_F(LakeBucketTest, FaultsCostRequestsAndNothingElse) {
    std::uint64_t retries = 0;
    for (std::uint64_t seed = 1; seed <= 16; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        clear();
        {
            LakeMachine machine(contents_, home_, 7, seed);
            machine.bucket().random = Random(seed);
            machine.bucket().fault_chance = seed % 2 == 0 ? 0.15 : 0.6;
            (void)machine.run(live(machine, key_));
            retries += machine.retries();
        }
        LakeMachine machine(contents_, home_, 7, seed);
        expect_mended(machine);
        if (HasFailure()) return;
    }
    EXPECT_GT(retries, 50u);
}

TEST_F(LakeBucketTest, ANodeHasOneDataDirectory) {
    LakeMachine first(contents_, home_ + "/one", 7);
    ASSERT_TRUE(first.run(first.open()).ok());
    ASSERT_TRUE(first.run(first.open()).ok());
    LakeMachine second(contents_, home_ + "/two", 8);
    const auto refused = second.run(second.open());
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::kConflict);
    EXPECT_NE(refused.error().message.find("another [lake] node"), std::string::npos);
}

TEST_F(LakeBucketTest, AnOwnersLostAnswerIsNoConflict) {
    LakeMachine machine(contents_, home_, 7);
    machine.bucket().faults = {SimBucket::Fault::kNone, SimBucket::Fault::kLost};
    ASSERT_TRUE(machine.run(machine.open()).ok());
}

TEST_F(LakeBucketTest, ABucketThatIsNotThereOrHasLostEverythingIsAsked) {
    {
        LakeMachine machine(contents_, home_, 7);
        machine.bucket().has_bucket = false;
        const auto missing = machine.run(machine.open());
        ASSERT_FALSE(missing.ok());
        EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
        EXPECT_EQ(missing.error().message, "the bucket of the lake is not there");
        machine.bucket().has_bucket = true;
        auto ledger = machine.run(machine.open());
        ASSERT_TRUE(ledger.ok());
        ASSERT_TRUE(machine.run(ledger->publish(key_, stage(machine.target(), "a", {0}), {})).ok());
    }
    contents_ = {};
    LakeMachine machine(contents_, home_, 7);
    EXPECT_EQ(machine.run(machine.open()).error().kind, ErrorKind::kConflict);
}

TEST_F(LakeBucketTest, WhatSomebodyElseHasPutStays) {
    LakeMachine machine(contents_, home_, 7);
    auto ledger = machine.run(machine.open());
    ASSERT_TRUE(ledger.ok());
    const std::string key = "lake/d/autogen/m/day=1970-01-01/node=n1/3-1-0.parquet";
    contents_.objects[key] = {"theirs", ""};
    const auto published =
        machine.run(ledger->publish(key_, stage(machine.target(), "a", {0}), {}));
    ASSERT_FALSE(published.ok());
    EXPECT_EQ(published.error().kind, ErrorKind::kConflict);
    EXPECT_EQ(contents_.objects[key].bytes, "theirs");
}

TEST_F(LakeBucketTest, WhatArrivesLongAfterItWasGivenUpGoesWithTheNextGeneration) {
    LakeMachine machine(contents_, home_, 7);
    auto ledger = machine.run(machine.open());
    ASSERT_TRUE(ledger.ok());
    ASSERT_TRUE(machine.run(ledger->publish(key_, stage(machine.target(), "a", {0}), {})).ok());
    ASSERT_TRUE(machine.run(ledger->publish(key_, stage(machine.target(), "b", {0}), {})).ok());
    contents_.objects["lake/d/autogen/m/day=1970-01-01/node=n1/3-1-0.parquet"] = {"a 0", ""};
    contents_.objects["lake/d/autogen/m/day=1970-01-01/node=n1/33-1-0.parquet"] = {"x 0", ""};
    ASSERT_TRUE(machine.run(ledger->publish(key_, stage(machine.target(), "c", {0}), {})).ok());
    EXPECT_EQ(lines(), (std::set<std::string>{"c 0", "x 0"}));
}

}  // namespace
}  // namespace sluice::server
