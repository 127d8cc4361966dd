// Whatever ends the process between two changes of files, the next start comes to a state in which
// each group has the files of exactly one generation, and nothing else has a name.
#include "server/lake/lake_ledger.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>

#include "server/lake/lake_folder.h"
#include "sim_machine.h"
#include "sluice/base/crc32c.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;

// The process ends before its change number `left`, or in the middle of what it appends.
class DyingSteps : public FileSteps {
public:
    explicit DyingSteps(std::uint64_t left, bool tears) : left_(left), tears_(tears) {}

    Result<void> append(const std::string& path, ByteSpan bytes) override {
        if (lives()) return FileSteps::append(path, bytes);
        if (tears_ && left_++ == 0) (void)FileSteps::append(path, bytes.first(bytes.size() / 2));
        return dead();
    }
    Result<void> replace(const std::string& path, ByteSpan bytes) override {
        return lives() ? FileSteps::replace(path, bytes) : dead();
    }
    Result<void> rename(const std::string& from, const std::string& to) override {
        return lives() ? FileSteps::rename(from, to) : dead();
    }
    Result<void> remove(const std::string& path) override {
        return lives() ? FileSteps::remove(path) : dead();
    }

    bool is_dead() const { return is_dead_; }

private:
    bool lives() {
        if (is_dead_ || left_ == 0) {
            is_dead_ = true;
            return false;
        }
        --left_;
        return true;
    }
    static Result<void> dead() { return Error{ErrorKind::kIo, "the process has ended"}; }

    std::uint64_t left_;
    const bool tears_;
    bool is_dead_ = false;
};

class LakeLedgerTest : public testing::Test {
protected:
    LakeLedgerTest() { fs::create_directories(root_); }
    ~LakeLedgerTest() override { fs::remove_all(home_); }

    LakePlace place(const std::string& data = "data") const {
        return {home_ + "/" + data, root_, "n1"};
    }
    // A ledger with the folder that it looks after, and calls that are over when they return.
    class Opened {
    public:
        Opened(io::SimMachine& machine, FileSteps& steps, const LakePlace& place,
               std::uint64_t owner)
            : machine_(machine),
              folder_(steps, place.root, place.node),
              ledger_(machine.run(LakeLedger::open(steps, folder_, place, owner))) {}

        bool ok() const { return ledger_.ok(); }
        const Error& error() const { return ledger_.error(); }
        const LakeState& state() const { return ledger_->state(); }
        const std::string& stage() const { return folder_.stage(); }
        Result<bool> publish(const PublicationKey& key, Publication candidate,
                             std::map<lake::TableName, std::string> new_names) {
            return machine_.run(ledger_->publish(key, std::move(candidate), std::move(new_names)));
        }
        Result<void> withdraw(const PublicationKey& key) {
            return machine_.run(ledger_->withdraw(key));
        }
        Result<void> forget(const PublicationKey& key) {
            return machine_.run(ledger_->forget(key));
        }
        Result<void> clear_stage() { return machine_.run(folder_.clear_stage()); }

    private:
        io::SimMachine& machine_;
        LakeFolder folder_;
        Result<LakeLedger> ledger_;
    };
    std::unique_ptr<Opened> open(FileSteps& steps) {
        return std::make_unique<Opened>(machine_, steps, place(), 7);
    }

    // Files of one line each, which stand for Parquet files.
    static Publication stage(const Opened& ledger, const std::string& text,
                             std::initializer_list<std::int64_t> days) {
        Publication made;
        for (const std::int64_t day : days) {
            const std::string line = text + " " + std::to_string(day);
            std::ofstream(ledger.stage() + "/" + LakeTarget::staged_name(day, 0)) << line;
            made.files.push_back({day, 0, 1, line.size(), crc32c(as_byte_span(line))});
        }
        return made;
    }

    // What a reader without a catalog finds, in any order.
    std::set<std::string> lines() const {
        std::set<std::string> found;
        for (const auto& each : fs::recursive_directory_iterator(root_)) {
            if (each.path().extension() != ".parquet") continue;
            std::ifstream file(each.path());
            std::string line;
            std::getline(file, line);
            EXPECT_TRUE(found.insert(line).second) << line << " is there twice";
        }
        return found;
    }
    void clear() {
        fs::remove_all(home_);
        fs::create_directories(root_);
    }

    const std::string home_ =
        (fs::temp_directory_path() / ("lake-ledger-" + std::to_string(::getpid()))).string();
    const std::string root_ = home_ + "/root";
    const PublicationKey key_{{"d", "autogen", "m"}, 3};
    FileSteps steps_;
    io::SimMachine machine_;
};

TEST_F(LakeLedgerTest, PublishesFilesUnderTheirNames) {
    auto ledger = open(steps_);
    ASSERT_TRUE(ledger->ok()) << ledger->error().message;
    const auto published = ledger->publish(key_, stage(*ledger, "a", {0, 1}), {});
    ASSERT_TRUE(published.ok()) << published.error().message;
    EXPECT_TRUE(*published);
    EXPECT_TRUE(fs::exists(root_ + "/d/autogen/m/day=1970-01-01/node=n1/3-1-0.parquet"));
    EXPECT_TRUE(fs::exists(root_ + "/d/autogen/m/day=1970-01-02/node=n1/3-1-0.parquet"));
    EXPECT_EQ(lines(), (std::set<std::string>{"a 0", "a 1"}));
}

TEST_F(LakeLedgerTest, ReplacesAGenerationByTheNext) {
    auto ledger = open(steps_);
    ASSERT_TRUE(ledger->ok());
    ASSERT_TRUE(ledger->publish(key_, stage(*ledger, "a", {0, 1}), {}).ok());
    ASSERT_TRUE(ledger->clear_stage().ok());
    ASSERT_TRUE(ledger->publish(key_, stage(*ledger, "b", {1, 2}), {}).ok());
    EXPECT_EQ(lines(), (std::set<std::string>{"b 1", "b 2"}));
    EXPECT_EQ(ledger->state().find(key_)->published->generation, 2u);
    // Its day is empty now.
    EXPECT_FALSE(fs::exists(root_ + "/d/autogen/m/day=1970-01-01"));
}

TEST_F(LakeLedgerTest, TheSameFilesAreNoNewGeneration) {
    auto ledger = open(steps_);
    ASSERT_TRUE(ledger->ok());
    ASSERT_TRUE(ledger->publish(key_, stage(*ledger, "a", {0}), {}).ok());
    ASSERT_TRUE(ledger->clear_stage().ok());
    Publication again = stage(*ledger, "a", {0});
    again.mark = {5, 6};
    const auto published = ledger->publish(key_, again, {});
    ASSERT_TRUE(published.ok());
    EXPECT_FALSE(*published);
    const auto& now = ledger->state().find(key_)->published;
    EXPECT_EQ(now->generation, 1u);
    EXPECT_EQ(now->mark, (GroupMark{5, 6}));
    EXPECT_EQ(lines(), std::set<std::string>{"a 0"});
}

TEST_F(LakeLedgerTest, WithdrawsAndForgets) {
    const PublicationKey other{{"d", "autogen", "n"}, 3};
    auto ledger = open(steps_);
    ASSERT_TRUE(ledger->ok());
    ASSERT_TRUE(ledger->publish(key_, stage(*ledger, "a", {0}), {}).ok());
    ASSERT_TRUE(ledger->publish(other, stage(*ledger, "b", {0}), {}).ok());
    ASSERT_TRUE(ledger->withdraw(key_).ok());
    ASSERT_TRUE(ledger->forget(other).ok());
    EXPECT_EQ(lines(), std::set<std::string>{"b 0"});
    EXPECT_TRUE(ledger->state().entries().empty());
}

TEST_F(LakeLedgerTest, NamesOfColumnsOutliveTheirGroups) {
    const std::map<lake::TableName, std::string> names{
        {{false, "Value", model::FieldType::kFloat}, "Value_field"}};
    auto ledger = open(steps_);
    ASSERT_TRUE(ledger->ok());
    ASSERT_TRUE(ledger->publish(key_, stage(*ledger, "a", {0}), names).ok());
    ASSERT_TRUE(ledger->forget(key_).ok());
    auto again = open(steps_);
    ASSERT_TRUE(again->ok());
    EXPECT_EQ(again->state().names_of(key_.table), names);
    EXPECT_TRUE(again->state().entries().empty());
}

// A first generation, a second one of other days, and its withdrawal; the process ends before every
// change there is, and in the middle of every record.
TEST_F(LakeLedgerTest, EveryEndIsMendedByTheNextStart) {
    const std::set<std::string> first{"a 0", "a 1"};
    const std::set<std::string> second{"b 1", "b 2"};
    for (const bool tears : {false, true}) {
        bool was_dead = true;
        for (std::uint64_t end = 0; was_dead; ++end) {
            SCOPED_TRACE("end before change " + std::to_string(end));
            clear();
            DyingSteps steps(end, tears);
            {
                auto ledger = open(steps);
                if (ledger->ok() && ledger->publish(key_, stage(*ledger, "a", {0, 1}), {}).ok() &&
                    ledger->clear_stage().ok() &&
                    ledger->publish(key_, stage(*ledger, "b", {1, 2}), {}).ok()) {
                    (void)ledger->withdraw(key_);
                }
            }
            was_dead = steps.is_dead();
            auto mended = open(steps_);
            ASSERT_TRUE(mended->ok()) << mended->error().message;
            const std::set<std::string> found = lines();
            const LakeState::Entry* const entry = mended->state().find(key_);
            if (entry == nullptr || !entry->published) {
                EXPECT_TRUE(found.empty());
            } else {
                EXPECT_FALSE(entry->planned.has_value());
                const std::uint64_t generation = entry->published->generation;
                EXPECT_EQ(found, generation == 1   ? first
                                 : generation == 2 ? second
                                                   : std::set<std::string>());
            }
            EXPECT_TRUE(fs::is_empty(mended->stage()));
            // And goes on from there.
            ASSERT_TRUE(mended->publish(key_, stage(*mended, "c", {0}), {}).ok());
            EXPECT_EQ(lines(), std::set<std::string>{"c 0"});
        }
    }
}

TEST_F(LakeLedgerTest, ANodeHasOneDataDirectory) {
    ASSERT_TRUE(open(steps_)->ok());
    const Opened other(machine_, steps_, place("other"), 8);
    ASSERT_FALSE(other.ok());
    EXPECT_EQ(other.error().kind, ErrorKind::kConflict);
    EXPECT_NE(other.error().message.find("another [lake] node"), std::string::npos);
}

TEST_F(LakeLedgerTest, ARootThatHasLostEverythingIsAsked) {
    {
        auto ledger = open(steps_);
        ASSERT_TRUE(ledger->ok());
        ASSERT_TRUE(ledger->publish(key_, stage(*ledger, "a", {0}), {}).ok());
    }
    fs::remove_all(root_);
    EXPECT_EQ(open(steps_)->error().kind, ErrorKind::kNotFound);
    fs::create_directories(root_);
    EXPECT_EQ(open(steps_)->error().kind, ErrorKind::kConflict);
    fs::remove(journal_path(place().data_directory, root_, "n1"));
    EXPECT_TRUE(open(steps_)->ok());
}

TEST_F(LakeLedgerTest, ADamagedJournalIsNotGuessedAt) {
    {
        auto ledger = open(steps_);
        ASSERT_TRUE(ledger->ok());
        ASSERT_TRUE(ledger->publish(key_, stage(*ledger, "a", {0}), {}).ok());
    }
    const std::string path = journal_path(place().data_directory, root_, "n1");
    const std::string good = *read_file(path);
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 0x20);
        const auto parsed = parse_journal(bad, path);
        if (parsed.ok()) {
            // Only the last record may pass for one that was cut short.
            const LakeState::Entry* const entry = parsed->find(key_);
            EXPECT_TRUE(entry != nullptr && entry->planned && !entry->published) << i;
        } else {
            EXPECT_EQ(parsed.error().kind, ErrorKind::kCorrupt);
        }
    }
}

}  // namespace
}  // namespace sluice::server
