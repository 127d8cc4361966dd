// A stopped store in which one place is damaged: it starts, shows no value that it should not show,
// and says so where anything is missing.
//
// Places are drawn at random; with SLUICE_EVERY_BYTE set, every byte of every file is damaged in
// turn (minutes). SLUICE_DAMAGES is the number of those drawn.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sluice/base/aligned_buffer.h"
#include "sluice/base/log.h"
#include "sluice/base/random.h"
#include "sluice/io/reactor.h"
#include "sluice/storage/store.h"
#include "sluice/storage/store_facts.h"
#include "sluice/storage/verify.h"
#include "support/sim_backend.h"

namespace sluice::storage {
namespace {

constexpr const char* kDirectory = "/store";
constexpr model::ShardGroupId kGroups = 2;

using Files = std::map<std::string, std::vector<std::byte>>;

struct Cell {
    model::ShardGroupId group = 0;
    std::string series;
    model::Timestamp time = 0;
    auto operator<=>(const Cell&) const = default;
};

// What was acknowledged: of each cell all values, the last one last. Deleted cells have none.
using Truth = std::map<Cell, std::vector<std::uint64_t>>;
using Tombstones = std::shared_ptr<const model::TombstoneMap>;

io::SimDisk disk_of(const Files& files) {
    io::SimDisk disk;
    for (const auto& [path, content] : files) {
        for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
             slash = path.find('/', slash + 1)) {
            (void)disk.make_directory(path.substr(0, slash));
        }
        disk.overwrite(path, content);
    }
    return disk;
}

Files files_of(const io::SimDisk& disk) {
    Files files;
    for (const std::string& path : disk.files()) files[path] = disk.content(path);
    return files;
}

// A store on a machine of its own.
class Machine {
public:
    explicit Machine(io::SimDisk disk, Tombstones tombstones = nullptr)
        : backend_(1, {}, std::move(disk)), reactor_(backend_), tombstones_(std::move(tombstones)) {
        backend_.world().faults() = {};
    }

    ~Machine() {
        if (store_) stop();
    }

    // The error, or nothing.
    std::string open() {
        StoreOptions options;
        options.directory = kDirectory;
        options.sequences = &sequences_;
        options.wal_file_bytes = 64 * kKiB;
        options.wal_frame_bytes = 16 * kKiB;
        options.wal_spare_files = 1;
        options.wal_recycled_files_max = 3;
        options.free_space_min = 0;
        options.cold_after_ns = 0;
        options.group_is_ours_alone = [](model::ShardGroupId group) { return group == 1; };
        options.describe_groups = [](const std::set<model::ShardGroupId>& groups) {
            GroupFactsMap facts;
            for (const model::ShardGroupId each : groups) facts[each] = {"db", "rp", {0, 1000}, 0};
            return facts;
        };
        options.background = false;
        options.tombstones = tombstones_;
        auto opened = reactor_.run_until_done(Store::open(reactor_, std::move(options)));
        if (!opened.ok()) return opened.error().message;
        store_ = std::move(*opened);
        return {};
    }

    Store& store() { return *store_; }

    void write(Truth& truth, Random& random, unsigned rows) {
        model::PointBatch batch;
        for (unsigned i = 0; i < rows; ++i) {
            Cell cell;
            cell.group = 1 + random.below(kGroups);
            cell.series = "m,host=h" + std::to_string(random.below(5));
            cell.time = static_cast<model::Timestamp>(random.below(40));
            model::SeriesIndex& index = store_->series_index();
            const model::SeriesId series = index.add_series(cell.series);
            model::ShardSlot slot;
            slot.range = {static_cast<model::Timestamp>(cell.group) * 1000,
                          static_cast<model::Timestamp>(cell.group) * 1000 + 1000};
            slot.group = cell.group;
            model::BatchTable& table = batch.table(index.measurement(series), slot);
            const std::uint32_t row = table.rows();
            table.series.push_back(series);
            table.times.push_back(cell.time);
            table.lines.push_back(1);
            table.column("v", model::FieldType::kUnsigned).set_word(row, ++version_);
            truth[cell].push_back(version_);
        }
        batch.finish();
        ASSERT_TRUE(reactor_.run_until_done(store_->append(batch)).ok());
    }
    void flush() { ASSERT_TRUE(reactor_.run_until_done(store_->flush()).ok()); }
    void compact() { ASSERT_TRUE(reactor_.run_until_done(store_->compact(true)).ok()); }

    // DELETE WHERE host = host
    void remove_host(Truth& truth, const std::string& host) {
        auto tombstone = std::make_shared<model::Tombstone>();
        tombstone->sequence = sequences_.take();
        tombstone->last_group = kGroups;
        tombstone->series =
            model::SeriesPredicate::compare(model::SeriesPredicate::Kind::kEqual, "host", host);
        auto map = std::make_shared<model::TombstoneMap>();
        map->last_sequence = tombstone->sequence;
        const auto list =
            std::make_shared<model::TombstoneList>(model::TombstoneList{std::move(tombstone)});
        for (model::ShardGroupId group = 1; group <= kGroups; ++group) map->groups[group] = list;
        tombstones_ = std::move(map);
        store_->set_tombstones(tombstones_);
        for (auto& [cell, values] : truth) {
            if (cell.series == "m,host=" + host) values.clear();
        }
    }
    const Tombstones& tombstones() const { return tombstones_; }

    // The complaint, or nothing; `lost` are cells that are missing or show an earlier value.
    std::string read(const Truth& truth, std::uint64_t& lost) {
        std::map<Cell, std::uint64_t> seen;
        for (model::ShardGroupId group = 1; group <= kGroups; ++group) {
            ScanSpec spec;
            spec.group = group;
            spec.measurement = "m";
            spec.fields = {"v"};
            Scan scan = store_->scan(std::move(spec));
            SeriesRun run;
            for (;;) {
                const auto more = reactor_.run_until_done(scan.next(run));
                if (!more.ok()) return "read: " + more.error().message;
                if (!*more) break;
                for (std::size_t row = 0; row < run.rows; ++row) {
                    const Cell cell{group, std::string(run.series_key), run.times[row]};
                    if (seen.contains(cell)) return "a point twice";
                    seen[cell] = run.columns[0].words[row];
                }
            }
        }
        lost = 0;
        for (const auto& [cell, value] : seen) {
            const auto known = truth.find(cell);
            if (known == truth.end()) return "a point that was never written";
            const auto& values = known->second;
            if (values.empty()) return "a deleted point of " + cell.series;
            if (std::find(values.begin(), values.end(), value) == values.end()) {
                return "a value that was never written";
            }
            if (value != values.back()) ++lost;
        }
        for (const auto& [cell, values] : truth) {
            if (!values.empty() && !seen.contains(cell)) ++lost;
        }
        return {};
    }

    void wait_ns(std::int64_t duration_ns) {
        reactor_.run_until_done(sleep(reactor_, duration_ns));
    }
    Files files() { return files_of(backend_.world().disk()); }
    Files stop() {
        reactor_.run_until_done(store_->stop());
        store_.reset();
        return files_of(backend_.world().disk());
    }
    Result<StoreFacts> facts() {
        return reactor_.run_until_done(read_store_facts(reactor_, kDirectory));
    }
    Result<VerifyReport> verify() {
        return reactor_.run_until_done(verify_store(reactor_, kDirectory, {}));
    }

private:
    static io::Task<void> sleep(io::Reactor& reactor, std::int64_t duration_ns) {
        co_await reactor.sleep_ns(duration_ns);
    }

    io::SequenceSource sequences_;
    io::SimBackend backend_;
    io::Reactor reactor_;
    Tombstones tombstones_;
    std::unique_ptr<Store> store_;
    std::uint64_t version_ = 0;
};

// Flushes, a merge that drops sequences and one that keeps them, a delete, logs that were used
// again, and rows in a log of many frames.
struct Stopped {
    Files files;
    Truth truth;
    Tombstones tombstones;
    Stopped() {
        Machine machine{io::SimDisk()};
        EXPECT_EQ(machine.open(), "");
        Random random(7);
        for (int round = 0; round < 3; ++round) {
            for (int i = 0; i < 3; ++i) machine.write(truth, random, 30);
            machine.flush();
        }
        machine.compact();
        machine.remove_host(truth, "h4");
        machine.compact();
        for (int i = 0; i < 4; ++i) machine.write(truth, random, 10);
        machine.flush();
        for (int i = 0; i < 12; ++i) machine.write(truth, random, 6);
        tombstones = machine.tombstones();
        files = machine.stop();
    }
};

const Stopped& stopped() {
    static const Stopped made;
    return made;
}

// What comes of `files`: the complaint, or nothing. So many points may be lost without a word.
std::string start_on(const Files& files, const Truth& truth, const Tombstones& tombstones,
                     std::uint64_t unsaid_max = 0) {
    std::uint64_t lost = 0;
    Files after;
    {
        Machine machine(disk_of(files), tombstones);
        if (std::string error = machine.open(); !error.empty()) return "does not start: " + error;
        if (std::string wrong = machine.read(truth, lost); !wrong.empty()) return wrong;
        const StoreHealth health = machine.store().health();
        if (lost > unsaid_max && health.state == StoreState::kOk) {
            return std::to_string(lost) + " points are lost and nothing is said";
        }
        after = machine.stop();
    }
    Machine machine(disk_of(after), tombstones);
    if (std::string error = machine.open(); !error.empty()) return "no second start: " + error;
    std::uint64_t lost_again = 0;
    std::string wrong = machine.read(truth, lost_again);
    if (wrong.empty() && lost_again != lost) wrong = "another loss at the second start";
    machine.stop();
    return wrong;
}

// The same machine, killed instead of stopped: whatever is on the disk was acknowledged.
struct Killed {
    Files files;
    Truth truth;
    std::size_t last_rows = 6;
    Killed() {
        Machine machine{io::SimDisk()};
        EXPECT_EQ(machine.open(), "");
        Random random(5);
        for (int round = 0; round < 2; ++round) {
            machine.write(truth, random, 60);
            machine.flush();
        }
        for (int i = 0; i < 30; ++i) machine.write(truth, random, 6);
        machine.wait_ns(10'000'000);
        files = machine.files();
    }
};

// Behind it a file holds only zeroes.
std::size_t used_bytes(const std::vector<std::byte>& content) {
    std::size_t end = content.size();
    while (end > 0 && content[end - 1] == std::byte{0}) --end;
    return std::min(content.size(), align_up(end));
}

class StoreDamage : public testing::Test {
protected:
    void SetUp() override { set_log_level(static_cast<LogLevel>(4)); }

    void expect_well(const Files& files, const std::string& what) {
        const std::string complaint = start_on(files, stopped().truth, stopped().tombstones);
        EXPECT_EQ(complaint, "") << what;
    }
};

TEST_F(StoreDamage, NothingIsWrongWithoutDamage) {
    std::uint64_t lost = 1;
    Machine machine(disk_of(stopped().files), stopped().tombstones);
    ASSERT_EQ(machine.open(), "");
    EXPECT_EQ(machine.read(stopped().truth, lost), "");
    EXPECT_EQ(lost, 0u);
    EXPECT_EQ(machine.store().health().text, "");
    machine.stop();
    const auto report = machine.verify();
    ASSERT_TRUE(report.ok());
    EXPECT_TRUE(report->damage.empty()) << report->damage.front();
    EXPECT_TRUE(report->unlisted.empty()) << report->unlisted.front();
}

TEST_F(StoreDamage, NoDamagedByteGoesUnsaid) {
    if (std::getenv("SLUICE_EVERY_BYTE") != nullptr) {
        for (const auto& [path, content] : stopped().files) {
            for (std::size_t at = 0; at < used_bytes(content); ++at) {
                Files files = stopped().files;
                files[path][at] ^= static_cast<std::byte>(1u << (at % 8));
                expect_well(files, path + " byte " + std::to_string(at));
            }
        }
        return;
    }
    Random random(11);
    const char* const wanted = std::getenv("SLUICE_DAMAGES");
    const std::uint64_t count = wanted == nullptr ? 400 : std::strtoull(wanted, nullptr, 10);
    for (std::uint64_t i = 0; i < count; ++i) {
        Files files = stopped().files;
        auto file = files.begin();
        std::advance(file, static_cast<long>(random.below(files.size())));
        const std::size_t used = used_bytes(file->second);
        if (used == 0) continue;
        // Half of them where structures begin.
        std::size_t at = random.below(used);
        if (random.chance(0.5)) at = at / kDirectIoAlignment * kDirectIoAlignment + at % 100;
        const unsigned bit = static_cast<unsigned>(random.below(8));
        file->second[at] ^= static_cast<std::byte>(1u << bit);
        expect_well(files,
                    file->first + " byte " + std::to_string(at) + " bit " + std::to_string(bit));
    }
}

TEST_F(StoreDamage, NoDamagedPieceGoesUnsaid) {
    using Change = std::function<void(std::vector<std::byte>&, std::size_t)>;
    Random random(13);
    const auto zero = [](std::size_t bytes) {
        return [bytes](std::vector<std::byte>& content, std::size_t at) {
            const std::size_t begin = at / bytes * bytes;
            std::fill_n(content.begin() + static_cast<long>(begin),
                        std::min(bytes, content.size() - begin), std::byte{0});
        };
    };
    const std::map<std::string, Change> changes{
        {"zero 16", zero(16)},
        {"zero 512", zero(512)},
        {"zero 4096", zero(4096)},
        {"garbage",
         [&random](auto& content, std::size_t at) {
             const std::size_t begin = at / 512 * 512;
             for (std::size_t i = begin; i < std::min(begin + 512, content.size()); ++i) {
                 content[i] = static_cast<std::byte>(random.below(256));
             }
         }},
        {"swapped",
         [](auto& content, std::size_t at) {
             const std::size_t a = at / 4096 * 4096;
             const std::size_t b = a == 0 ? 4096 : 0;
             if (b + 4096 > content.size()) return;
             std::swap_ranges(content.begin() + static_cast<long>(a),
                              content.begin() + static_cast<long>(a) + 4096,
                              content.begin() + static_cast<long>(b));
         }},
        {"cut", [](auto& content, std::size_t at) { content.resize(at); }},
        {"empty", [](auto& content, std::size_t) { content.clear(); }},
        {"longer", [](auto& content, std::size_t) { content.resize(content.size() + 5000); }},
        {"doubled",
         [](auto& content, std::size_t) {
             const std::vector<std::byte> once = content;
             content.insert(content.end(), once.begin(), once.end());
         }},
    };
    for (const auto& [path, content] : stopped().files) {
        Files files = stopped().files;
        files.erase(path);
        expect_well(files, path + " removed");
        const std::size_t used = used_bytes(content);
        if (used == 0) continue;
        for (const auto& [name, change] : changes) {
            for (int i = 0; i < 4; ++i) {
                const std::size_t at = i == 0 ? 0 : random.below(used);
                files = stopped().files;
                change(files[path], at);
                expect_well(files, path + " " + name + " at " + std::to_string(at));
            }
        }
    }
}

// The last frame of a log that was not ended by a stop looks like one that was being written.
TEST_F(StoreDamage, AfterAKillOnlyTheLastFrameCanGoUnsaid) {
    const Killed killed;
    EXPECT_EQ(start_on(killed.files, killed.truth, nullptr), "");
    Random random(17);
    for (int i = 0; i < 400; ++i) {
        Files files = killed.files;
        auto file = files.begin();
        std::advance(file, static_cast<long>(random.below(files.size())));
        const std::size_t used = used_bytes(file->second);
        if (used == 0) continue;
        const std::size_t at = random.below(used);
        if (i % 3 == 0) {
            const std::size_t begin = at / 512 * 512;
            std::fill_n(file->second.begin() + static_cast<long>(begin), 512, std::byte{0});
        } else {
            file->second[at] ^= static_cast<std::byte>(1u << (i % 8));
        }
        EXPECT_EQ(start_on(files, killed.truth, nullptr, killed.last_rows), "")
            << file->first << " byte " << at;
    }
}

TEST_F(StoreDamage, AStoppedStoreKnowsWhatACatalogWouldNeed) {
    const auto expect_known = [](const Files& files, bool with_facts) {
        Machine machine(disk_of(files));
        const auto facts = machine.facts();
        ASSERT_TRUE(facts.ok());
        ASSERT_EQ(facts->groups.size(), kGroups);
        for (const auto& [group, content] : facts->groups) {
            EXPECT_EQ(content.facts.has_value(), with_facts);
            EXPECT_TRUE(!with_facts || content.facts->database == "db");
            ASSERT_EQ(content.measurements.size(), 1u);
            EXPECT_EQ(content.measurements.at("m"),
                      (FieldTypes{{"v", model::FieldType::kUnsigned}}));
            ASSERT_TRUE(content.rows.has_value());
            EXPECT_GE(content.rows->begin, 0);
            EXPECT_LE(content.rows->end, 40);
        }
        EXPECT_GT(facts->sequence_max, 20u);
        EXPECT_EQ(facts->damage.empty(), with_facts);
    };
    Files files = stopped().files;
    expect_known(files, true);
    std::erase_if(
        files, [](const auto& each) { return each.first.find("MANIFEST") != std::string::npos; });
    expect_known(files, false);
    // Only what is in logs.
    std::erase_if(files,
                  [](const auto& each) { return each.first.find(".seg") != std::string::npos; });
    files["store/shards/1/x"] = {};
    expect_known(files, false);
}

std::vector<std::string> manifests(const Files& files) {
    std::vector<std::string> paths;
    for (const auto& [path, content] : files) {
        if (path.find("MANIFEST") != std::string::npos) paths.push_back(path);
    }
    return paths;
}

// A record that is damaged in both copies, and both copies lost.
TEST_F(StoreDamage, SegmentsOutliveTheirManifest) {
    const std::vector<std::string> paths = manifests(stopped().files);
    ASSERT_EQ(paths.size(), 2u);
    const std::size_t used = used_bytes(stopped().files.at(paths[0]));
    for (std::size_t at = 20; at < used; at += kDirectIoAlignment) {
        Files files = stopped().files;
        for (const std::string& path : paths) files[path][at] ^= std::byte{1};
        std::uint64_t lost = 0;
        Machine machine(disk_of(files), stopped().tombstones);
        ASSERT_EQ(machine.open(), "");
        EXPECT_EQ(machine.read(stopped().truth, lost), "") << at;
        EXPECT_EQ(lost, 0u) << at;
        // Damaged in both copies, the last record looks like one that was being written.
        const bool is_last = at + kDirectIoAlignment > used;
        EXPECT_TRUE(is_last || !machine.store().health().text.empty()) << at;
        machine.stop();
    }
    Files files = stopped().files;
    for (const std::string& path : paths) files.erase(path);
    std::uint64_t lost = 0;
    Machine machine(disk_of(files), stopped().tombstones);
    ASSERT_EQ(machine.open(), "");
    EXPECT_EQ(machine.read(stopped().truth, lost), "");
    EXPECT_EQ(lost, 0u);
    EXPECT_NE(machine.store().health().text, "");
    machine.stop();
}

// Heads of a life that found no manifest come after those that its logs speak of: else what is
// written now would count as flushed together with them, and the next start would not replay it.
TEST_F(StoreDamage, WritesAfterALostManifestAreReplayed) {
    Files files = stopped().files;
    for (const std::string& path : manifests(files)) files.erase(path);
    Truth truth = stopped().truth;
    Machine machine(disk_of(files), stopped().tombstones);
    ASSERT_EQ(machine.open(), "");
    Random random(11);
    machine.write(truth, random, 30);
    machine.wait_ns(kSecondNs);
    // What was replayed is in segments, and what was written is in the log alone.
    ASSERT_EQ(machine.store().metrics().flushes.value(), 1u);
    ASSERT_NE(machine.store().stats().head_rows, 0u);
    files = machine.stop();
    std::uint64_t lost = 0;
    Machine next(disk_of(files), stopped().tombstones);
    ASSERT_EQ(next.open(), "");
    EXPECT_EQ(next.read(truth, lost), "");
    EXPECT_EQ(lost, 0u);
    next.stop();
}

// A merge drops sequences, its inputs are not yet unlinked, and its record is lost in both copies.
TEST_F(StoreDamage, WhatWasMergedDoesNotServeBesideTheMerge) {
    Machine machine{io::SimDisk()};
    ASSERT_EQ(machine.open(), "");
    Truth truth;
    Random random(3);
    for (int round = 0; round < 3; ++round) {
        machine.write(truth, random, 60);
        machine.flush();
    }
    const Files unmerged = machine.files();
    machine.compact();
    Files merged = machine.stop();
    for (const auto& [path, content] : unmerged) {
        // The first two of three inputs of each group: the third has been unlinked.
        if (path.find(".seg") != std::string::npos && path.find("/5.seg") == std::string::npos &&
            path.find("/6.seg") == std::string::npos) {
            merged[path] = content;
        }
    }
    for (const std::string& path : manifests(merged)) {
        std::vector<std::byte>& content = merged[path];
        for (std::size_t at = kDirectIoAlignment; at < used_bytes(content);
             at += kDirectIoAlignment) {
            content[at + 60] ^= std::byte{1};
        }
    }
    EXPECT_EQ(start_on(merged, truth, nullptr), "");
}

}  // namespace
}  // namespace sluice::storage
