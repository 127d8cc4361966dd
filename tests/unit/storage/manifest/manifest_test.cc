// The files of a manifest: two copies of a log, written anew when it is full or failed.
#include "storage/manifest/manifest.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "sim_machine.h"
#include "sluice/base/units.h"
#include "storage/files/file_names.h"
#include "storage/files/store_directories.h"

namespace sluice::storage {
namespace {

const std::string kStore = "/store";
constexpr std::uint64_t kFileBytes = 256 * kKiB;  // of a small manifest

ManifestState first_state() {
    ManifestState state;
    state.store_id = 7;
    state.incarnation = 1;
    return state;
}

std::vector<ManifestEdit> adding(std::uint64_t id) {
    SegmentRecord record;
    record.id = id;
    record.meta.group = 1;
    record.meta.rows = id;
    std::vector<ManifestEdit> edits;
    append_segment_edits(record, edits);
    return edits;
}

class ManifestTest : public testing::Test {
protected:
    ~ManifestTest() override {
        if (manifest_) end();
    }
    io::SimMachine& machine() { return *machine_; }
    io::SimDisk& disk() { return machine_->world().disk(); }
    io::SimFaults& faults() { return machine_->world().faults(); }

    void make_directories() {
        SLUICE_CHECK(machine_->run(make_store_directories(machine_->reactor(), kStore)).ok());
    }
    // Begins a life in what is there.
    Manifest& begin() {
        ManifestSearch found = search();
        ManifestState state = found.content ? found.content->state : first_state();
        if (found.content) ++state.incarnation;
        return begin_with(std::move(state), std::move(found));
    }
    Manifest& begin_with(ManifestState state, ManifestSearch found) {
        manifest_ = std::make_unique<Manifest>(machine_->reactor(), kStore);
        machine_->run(manifest_->begin(std::move(state), std::move(found)));
        return *manifest_;
    }
    void end() {
        faults() = {};
        disk().set_capacity_bytes(std::uint64_t{1} << 40);
        manifest_->stop();
        machine_->run(manifest_->close());
        manifest_.reset();
    }
    // The power fails, and the machine starts again.
    void crash(std::uint64_t seed) {
        io::SimDisk disk = machine_->crash();
        {
            io::Abandon abandon;
            manifest_.reset();
        }
        machine_ = std::make_unique<io::SimMachine>(seed, io::SimOptions{}, std::move(disk));
    }
    ManifestSearch search() {
        auto found = machine_->run(find_manifest(machine_->reactor(), kStore));
        SLUICE_CHECK(found.ok());
        return std::move(*found);
    }
    bool append(std::uint64_t id) { return machine_->run(manifest_->append(adding(id))).ok(); }
    std::vector<std::uint64_t> segments_found() {
        std::vector<std::uint64_t> ids;
        const ManifestSearch found = search();
        if (!found.content) return ids;
        for (const auto& [id, record] : found.content->state.segments) ids.push_back(id);
        return ids;
    }
    std::vector<std::string> files() {
        std::vector<std::string> names;
        for (const std::string& each : disk().files()) {
            if (each.find("MANIFEST") != std::string::npos) names.push_back(each);
        }
        return names;
    }
    static io::Task<void> sleep(io::Reactor& reactor, std::int64_t duration_ns) {
        co_await reactor.sleep_ns(duration_ns);
    }
    void pass(std::int64_t duration_ns) { machine_->run(sleep(machine_->reactor(), duration_ns)); }

    std::unique_ptr<io::SimMachine> machine_ = std::make_unique<io::SimMachine>();
    std::unique_ptr<Manifest> manifest_;
};

using Ids = std::vector<std::uint64_t>;
using Names = std::vector<std::string>;

TEST_F(ManifestTest, OfANewStoreIsInTwoFiles) {
    make_directories();
    EXPECT_FALSE(search().content);
    EXPECT_TRUE(search().has_lost_something()) << "whoever looks decides whether that is a loss";
    EXPECT_TRUE(begin().is_durable());
    EXPECT_EQ(files(), (Names{"store/MANIFEST-1", "store/MANIFEST-1-copy"}));
    const ManifestSearch found = search();
    ASSERT_TRUE(found.content);
    EXPECT_EQ(found.content->state, first_state());
    EXPECT_TRUE(found.has_copy);
    EXPECT_FALSE(found.copy_missing);
    EXPECT_FALSE(found.has_lost_something());
    EXPECT_EQ(disk().content("store/MANIFEST-1"), disk().content("store/MANIFEST-1-copy"));
}

TEST_F(ManifestTest, WhatWasAppendedIsThereAfterAnyCrash) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        machine_ = std::make_unique<io::SimMachine>(seed);
        make_directories();
        begin();
        for (const std::uint64_t id : {1, 2, 3}) ASSERT_TRUE(append(id));
        EXPECT_EQ(manifest_->state().segments.size(), 3u);
        crash(seed + 1000);
        ASSERT_EQ(segments_found(), (Ids{1, 2, 3})) << "seed " << seed;
    }
}

// At any turn: what was acknowledged is there, what was not may be, and nothing behind it.
TEST_F(ManifestTest, ACrashLeavesAPrefixWithAllThatWasAcknowledged) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        machine_ = std::make_unique<io::SimMachine>(seed);
        make_directories();
        begin();
        std::size_t acknowledged = 0;
        io::Task<Result<void>> appending;
        std::uint64_t turns = seed % 40;
        for (std::uint64_t id = 1; id < 10; ++id) {
            appending = manifest_->append(adding(id));
            while (turns > 0 && !appending.done()) {
                machine_->reactor().turn(io::Reactor::Wait::kAllowed);
                --turns;
            }
            if (!appending.done()) break;
            ASSERT_TRUE(appending.take().ok());
            ++acknowledged;
        }
        io::SimDisk disk = machine_->crash();
        {
            io::Abandon abandon;
            appending = io::Task<Result<void>>();
            manifest_.reset();
        }
        machine_ = std::make_unique<io::SimMachine>(seed + 1000, io::SimOptions{}, std::move(disk));
        const Ids found = segments_found();
        ASSERT_GE(found.size(), acknowledged) << "seed " << seed;
        ASSERT_LE(found.size(), acknowledged + 1) << "seed " << seed;
        for (std::size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], i + 1);
    }
}

TEST_F(ManifestTest, EachLifeBeginsNewFilesAndRemovesTheOld) {
    make_directories();
    begin();
    ASSERT_TRUE(append(1));
    end();
    begin();
    EXPECT_EQ(files(), (Names{"store/MANIFEST-2", "store/MANIFEST-2-copy"}));
    EXPECT_EQ(manifest_->state().incarnation, 2u);
    ASSERT_TRUE(append(2));
    EXPECT_EQ(segments_found(), (Ids{1, 2}));
    EXPECT_EQ(search().content->records, 2u) << "the first one says all that was";
}

TEST_F(ManifestTest, AppendsThatComeTogetherAreMadeOneAfterTheOther) {
    make_directories();
    begin();
    std::vector<io::Task<Result<void>>> running;
    for (const std::uint64_t id : {1, 2, 3, 4}) running.push_back(manifest_->append(adding(id)));
    EXPECT_TRUE(manifest_->state().segments.empty()) << "the state is what is durable";
    for (auto& each : running) ASSERT_TRUE(machine().run(std::move(each)).ok());
    EXPECT_EQ(segments_found(), (Ids{1, 2, 3, 4}));
    EXPECT_EQ(search().content->records, 5u);
}

TEST_F(ManifestTest, NumbersOfSegmentsAreNeverGivenTwice) {
    make_directories();
    begin();
    EXPECT_EQ(manifest_->take_segment_id(), 1u);
    io::Task<Result<void>> appending = manifest_->append(adding(1));
    EXPECT_EQ(manifest_->take_segment_id(), 2u) << "while a record is on its way";
    ASSERT_TRUE(machine().run(std::move(appending)).ok());
    EXPECT_EQ(manifest_->take_segment_id(), 3u);
    ASSERT_TRUE(append(3));
    end();
    begin();
    EXPECT_GE(manifest_->take_segment_id(), 4u);
}

TEST_F(ManifestTest, AFullFileIsFollowedByAShorterOne) {
    make_directories();
    begin();
    const std::size_t records = kFileBytes / kDirectIoAlignment;
    for (std::size_t i = 1; i < records; ++i) {
        std::vector<ManifestEdit> edits = adding(i);
        if (i > 1) edits.push_back(edit::RemoveSegment{i - 1});
        ASSERT_TRUE(machine().run(manifest_->append(std::move(edits))).ok());
    }
    EXPECT_EQ(files().front(), "store/MANIFEST-1") << "full to its last page";
    EXPECT_EQ(search().content->records, records);
    ASSERT_TRUE(append(1000));
    EXPECT_EQ(files(), (Names{"store/MANIFEST-2", "store/MANIFEST-2-copy"}));
    EXPECT_EQ(search().content->records, 1u);
    EXPECT_EQ(segments_found(), (Ids{records - 1, 1000}));
}

// Whatever fails, a record that was acknowledged is there, and the caller learns of nothing.
TEST_F(ManifestTest, AFailedWriteIsMadeUpForInNewFiles) {
    for (std::uint64_t nth = 1; nth <= 2; ++nth) {
        machine_ = std::make_unique<io::SimMachine>(nth);
        make_directories();
        begin();
        ASSERT_TRUE(append(1));
        faults().nth_operation = nth;
        ASSERT_TRUE(append(2)) << nth;
        EXPECT_EQ(files(), (Names{"store/MANIFEST-2", "store/MANIFEST-2-copy"}));
        EXPECT_FALSE(manifest_->trouble());
        ASSERT_TRUE(append(3));
        crash(nth);
        EXPECT_EQ(segments_found(), (Ids{1, 2, 3}));
    }
}

TEST_F(ManifestTest, EveryOperationOfNewFilesMayFail) {
    for (std::uint64_t nth = 2; nth < 16; ++nth) {
        machine_ = std::make_unique<io::SimMachine>(nth);
        make_directories();
        begin();
        ASSERT_TRUE(append(1));
        faults().nth_operation = 1;  // of the record; then one of what makes up for it
        io::Task<Result<void>> appending = manifest_->append(adding(2));
        while (faults().nth_operation != 0) machine().reactor().turn(io::Reactor::Wait::kAllowed);
        faults().nth_operation = nth;
        ASSERT_TRUE(machine().run(std::move(appending)).ok()) << nth;
        faults() = {};
        ASSERT_TRUE(append(3));
        crash(nth);
        EXPECT_EQ(segments_found(), (Ids{1, 2, 3})) << nth;
    }
}

TEST_F(ManifestTest, WhileTheDeviceRefusesItTriesAgain) {
    make_directories();
    begin();
    faults().write_error = 1;
    io::Task<Result<void>> appending = manifest_->append(adding(1));
    pass(kSecondNs);
    EXPECT_FALSE(appending.done()) << "the caller can neither go on nor back";
    ASSERT_TRUE(manifest_->trouble());
    EXPECT_TRUE(manifest_->is_durable()) << "what was begun with is on disk";
    EXPECT_TRUE(manifest_->state().segments.empty());
    faults() = {};
    EXPECT_TRUE(machine().run(std::move(appending)).ok());
    EXPECT_FALSE(manifest_->trouble());
    EXPECT_EQ(segments_found(), Ids{1});
}

TEST_F(ManifestTest, AfterTheStopItGivesUp) {
    make_directories();
    begin();
    faults().write_error = 1;
    io::Task<Result<void>> appending = manifest_->append(adding(1));
    pass(kSecondNs);
    manifest_->stop();
    const Result<void> done = machine().run(std::move(appending));
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().kind, ErrorKind::kCancelled);
    faults() = {};
    // Without a failure it goes on to the end.
    EXPECT_TRUE(append(2));
}

TEST_F(ManifestTest, WithoutRoomForNewFilesTheOldOnesGoOn) {
    make_directories();
    begin();
    ASSERT_TRUE(append(1));
    end();
    disk().set_capacity_bytes(disk().capacity_bytes() - disk().free_bytes() + kFileBytes);
    begin();
    EXPECT_TRUE(manifest_->is_durable());
    EXPECT_EQ(files(), (Names{"store/MANIFEST-1", "store/MANIFEST-1-copy"})) << "one would fit";
    EXPECT_EQ(manifest_->state().incarnation, 2u);
    ASSERT_TRUE(append(2));
    const ManifestSearch found = search();
    EXPECT_EQ(found.content->state.incarnation, 2u);
    EXPECT_EQ(segments_found(), (Ids{1, 2}));
}

TEST_F(ManifestTest, WithoutAnyRoomNothingIsDurableUntilThereIs) {
    disk().set_capacity_bytes(kFileBytes);
    make_directories();
    begin();
    EXPECT_FALSE(manifest_->is_durable());
    ASSERT_TRUE(manifest_->trouble());
    EXPECT_EQ(manifest_->trouble()->kind, ErrorKind::kNoSpace);
    io::Task<Result<void>> appending = manifest_->append({});
    pass(kSecondNs);
    EXPECT_FALSE(appending.done());
    disk().set_capacity_bytes(4 * kFileBytes);
    ASSERT_TRUE(machine().run(std::move(appending)).ok());
    EXPECT_TRUE(manifest_->is_durable());
    EXPECT_EQ(search().content->state.incarnation, 1u);
}

// Damage: what one copy lacks the other has.
class DamagedManifestTest : public ManifestTest {
protected:
    void SetUp() override {
        make_directories();
        begin();
        for (const std::uint64_t id : {1, 2, 3}) ASSERT_TRUE(append(id));
        end();
    }
    // A bit in record `record` (from 0) of one copy.
    void damage(bool copy, std::uint64_t record) {
        disk().flip_bit(copy ? "store/MANIFEST-1-copy" : "store/MANIFEST-1",
                        (record * kDirectIoAlignment + 50) * 8);
    }
};

TEST_F(DamagedManifestTest, ARecordIsReadFromTheOtherCopy) {
    for (const bool copy : {false, true}) {
        for (const std::uint64_t record : {0, 1, 2}) {
            damage(copy, record);
            const ManifestSearch found = search();
            ASSERT_TRUE(found.content);
            EXPECT_EQ(found.content->records_mended, 1u) << copy << record;
            EXPECT_FALSE(found.has_lost_something());
            EXPECT_EQ(segments_found(), (Ids{1, 2, 3}));
            damage(copy, record);  // the bit is right again
        }
    }
    EXPECT_EQ(search().content->records_mended, 0u);
}

TEST_F(DamagedManifestTest, DifferentRecordsAreReadFromDifferentCopies) {
    damage(false, 1);
    damage(true, 2);
    EXPECT_EQ(search().content->records_mended, 2u);
    EXPECT_EQ(segments_found(), (Ids{1, 2, 3}));
}

TEST_F(DamagedManifestTest, WhatNeitherCopyGivesBackIsCounted) {
    damage(false, 1);
    damage(true, 1);
    const ManifestSearch found = search();
    ASSERT_TRUE(found.content);
    EXPECT_EQ(found.content->records_lost, 1u);
    EXPECT_TRUE(found.has_lost_something());
    EXPECT_TRUE(found.content->broken);
    EXPECT_EQ(segments_found(), (Ids{2, 3})) << "segment 1 was in the record that is lost";
}

TEST_F(DamagedManifestTest, OneCopyServesAlone) {
    for (const std::string name : {"store/MANIFEST-1", "store/MANIFEST-1-copy"}) {
        const auto content = disk().content(name);
        disk().erase(name);
        const ManifestSearch found = search();
        ASSERT_TRUE(found.content) << name;
        EXPECT_TRUE(found.copy_missing);
        EXPECT_FALSE(found.has_copy);
        EXPECT_EQ(segments_found(), (Ids{1, 2, 3}));
        disk().overwrite(name, content);
    }
    EXPECT_FALSE(search().copy_missing);
}

TEST_F(DamagedManifestTest, OneThatTheDeviceDoesNotGiveBackIsNamed) {
    faults().read_error = 1;
    const ManifestSearch found = search();
    EXPECT_FALSE(found.content);
    EXPECT_EQ(found.unreadable, (Names{"/store/MANIFEST-1", "/store/MANIFEST-1-copy"}));
    EXPECT_EQ(found.numbers, Ids{1}) << "its number is not used again";
    faults() = {};
    begin_with(first_state(), search());
    EXPECT_EQ(files(), (Names{"store/MANIFEST-2", "store/MANIFEST-2-copy"}));
}

TEST_F(DamagedManifestTest, AReadThatFailsOnceIsTriedAgain) {
    faults().nth_operation = 1;
    EXPECT_EQ(segments_found(), (Ids{1, 2, 3}));
}

// An error of this process is not one of the file: the start must not go on without it.
TEST_F(DamagedManifestTest, MissingDescriptorsEndTheSearch) {
    io::Task<Result<ManifestSearch>> searching = find_manifest(machine().reactor(), kStore);
    faults().nth_errno = EMFILE;
    while (!searching.done()) {
        faults().nth_operation = 1;
        machine().reactor().turn(io::Reactor::Wait::kAllowed);
    }
    const auto found = searching.take();
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().os_error, EMFILE);
}

TEST_F(DamagedManifestTest, ANewerOneThatIsNotWholeLeavesTheOneBefore) {
    disk().overwrite("store/MANIFEST-2", std::vector<std::byte>(kFileBytes));
    const ManifestSearch found = search();
    ASSERT_TRUE(found.content);
    EXPECT_EQ(found.number, 1u);
    EXPECT_EQ(found.damaged, 1u);
    EXPECT_EQ(found.numbers, (Ids{1, 2}));
    begin();
    EXPECT_EQ(files(), (Names{"store/MANIFEST-3", "store/MANIFEST-3-copy"}));
    EXPECT_EQ(segments_found(), (Ids{1, 2, 3}));
}

TEST_F(DamagedManifestTest, ADirectoryWithItsNameIsLeftAlone) {
    ASSERT_EQ(disk().make_directory("store/MANIFEST-9"), 0);
    EXPECT_EQ(search().numbers, Ids{1});
    EXPECT_EQ(segments_found(), (Ids{1, 2, 3}));
}

}  // namespace
}  // namespace sluice::storage
