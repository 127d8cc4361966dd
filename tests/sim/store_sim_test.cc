// A store on a machine that crashes, tears, loses, fails and fills up: whatever happens, the store
// opens again by itself, every acknowledged point that was not deleted is there with its last
// acknowledged value or a later one, and nothing appears that was deleted or never sent.
//
//     sim-store                     the default seeds
//     sim-store --seeds FROM COUNT  others; a failure prints its seed
#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "sluice/base/log.h"
#include "sluice/base/random.h"
#include "sluice/io/reactor.h"
#include "sluice/model/series_key.h"
#include "sluice/storage/store.h"
#include "sluice/storage/verify.h"
#include "store_model.h"
#include "support/sim_backend.h"

namespace sluice::storage {
namespace {

bool talkative = false;

constexpr const char* kDirectory = "/data";
constexpr model::ShardGroupId kGroups = 4;
constexpr unsigned kSeriesPerMeasurement = 5;
constexpr std::int64_t kTimes = 12;
constexpr unsigned kWritesOfAWellStore = 20;  // each waits up to 50 ms for room

struct Field {
    const char* name;
    model::FieldType type;
};
constexpr Field kFields[] = {
    {"a", model::FieldType::kFloat},
    {"b", model::FieldType::kInteger},
    {"c", model::FieldType::kString},
    {"d", model::FieldType::kBoolean},
};
constexpr const char* kMeasurements[] = {"cpu", "mem x"};

std::string series_key(unsigned measurement, std::uint64_t number) {
    std::string key;
    model::append_escaped_measurement(key, kMeasurements[measurement]);
    return key + ",host=h" + std::to_string(number);
}

model::Timestamp time_of(model::ShardGroupId group, std::int64_t index) {
    return static_cast<model::Timestamp>(group) * 1000 + index;
}

// What the catalog does for stores: keeps deletes, and says which there are.
struct DeleteBook {
    model::TombstoneList tombstones;  // durable
    std::uint64_t last_sequence = 0;

    std::shared_ptr<const model::TombstoneMap> map() const {
        auto map = std::make_shared<model::TombstoneMap>();
        map->last_sequence = last_sequence;
        const auto list = std::make_shared<const model::TombstoneList>(tombstones);
        for (model::ShardGroupId group = 1; group <= kGroups; ++group) map->groups[group] = list;
        return map;
    }
};

// The machine, the store on it and the clients between two crashes.
class Incarnation {
public:
    Incarnation(std::uint64_t seed, io::SimOptions sim, io::SimDisk disk, StoreModel& model,
                DeleteBook& book, std::uint64_t& version)
        : random_(seed ^ 0x5EED),
          backend_(seed, sim, std::move(disk)),
          reactor_(backend_),
          model_(model),
          book_(book),
          version_(version),
          one_failure_(sim.faults.nth_operation != 0) {}

    ~Incarnation() {
        if (!backend_.world().crashed()) backend_.crash();
        io::Abandon abandon;
        tasks_.clear();
        store_.reset();
    }

    // False when the device refused.
    bool open() {
        StoreOptions options = draw_options();
        auto opening = Store::open(reactor_, std::move(options));
        auto opened = reactor_.run_until_done(std::move(opening));
        if (!opened.ok()) {
            error_ = opened.error().message;
            return false;
        }
        store_ = std::move(*opened);
        for (const auto& each : book_.tombstones) model_.install_delete(each->sequence);
        model_.forget_open_deletes();
        note("opened");
        return true;
    }

    void work(unsigned turns) {
        const unsigned writers = 1 + static_cast<unsigned>(random_.below(3));
        for (unsigned i = 0; i < writers; ++i) tasks_.push_back(write());
        tasks_.push_back(disturb());
        for (unsigned i = 0; i < turns && complaint_.empty(); ++i) {
            reactor_.turn(io::Reactor::Wait::kAllowed);
        }
    }

    io::SimDisk crash() {
        if (store_) note("crash");
        return backend_.crash();
    }

    // Reads everything; then that is the truth.
    void check_and_settle() {
        for (model::ShardGroupId group = 1; group <= kGroups; ++group) {
            Cells seen;
            const std::uint64_t tick = model_.tick();
            auto read = reactor_.run_until_done(read_group(group, seen));
            if (!read.ok()) {
                complain("read: " + read.error().message);
                return;
            }
            if (blocks_missing_ != 0) {
                complain("read: blocks are missing");
                return;
            }
            if (auto complaint = model_.check(group, seen, tick)) {
                complain(*complaint);
                return;
            }
            model_.settle(group, seen);
        }
    }

    // The device is well again: so is the store, within a second of its clock.
    void check_recovery() {
        calm_ = true;
        backend_.world().faults() = {};
        backend_.world().disk().set_capacity_bytes(std::uint64_t{1} << 40);
        const std::int64_t deadline = reactor_.monotonic_ns() + kSecondNs;
        while (reactor_.monotonic_ns() < deadline) reactor_.turn(io::Reactor::Wait::kAllowed);
        // Writers and deletes go on beside it: one write may find compaction behind, not all of
        // them.
        for (unsigned tries = 0; tries < kWritesOfAWellStore; ++tries) {
            if (reactor_.run_until_done(write_one())) return;
            if (last_refusal_.kind != ErrorKind::kBusy) break;
        }
        complain("does not take writes: " + last_refusal_.message + "; " + store_->health().text);
    }

    void stop() {
        stopping_ = true;
        for (auto& each : tasks_) reactor_.run_until_done(std::move(each));
        tasks_.clear();
        reactor_.run_until_done(store_->stop());
        store_.reset();
    }

    void verify() {
        auto report = reactor_.run_until_done(verify_store(reactor_, kDirectory, {}));
        if (!report.ok()) {
            complain("verify: " + report.error().message);
        } else if (!report->damage.empty()) {
            complain("verify: " + report->damage.front());
        }
    }

    Store& store() { return *store_; }
    const std::string& complaint() const { return complaint_; }
    const std::string& error() const { return error_; }
    Random& random() { return random_; }

private:
    // What one replayed seed prints.
    void note(const char* what) {
        if (!talkative) return;
        const RecoveryReport& found = store_->recovery();
        const StoreStats stats = store_->stats();
        std::printf(
            "  %s: %llu frames, %llu rows replayed, %llu torn; %llu segments of %llu rows, "
            "%llu rows in heads; %s\n",
            what, static_cast<unsigned long long>(found.frames),
            static_cast<unsigned long long>(found.rows),
            static_cast<unsigned long long>(found.torn_tails),
            static_cast<unsigned long long>(stats.segments),
            static_cast<unsigned long long>(stats.segment_rows),
            static_cast<unsigned long long>(stats.head_rows), store_->health().text.c_str());
    }

    void complain(std::string what) {
        if (complaint_.empty()) complaint_ = std::move(what);
    }

    StoreOptions draw_options() {
        StoreOptions options;
        options.directory = kDirectory;
        options.sequences = &sequences_;
        options.wal_file_bytes = 64 * kKiB;
        options.wal_frame_bytes = random_.chance(0.5) ? 4 * kKiB : 16 * kKiB;
        options.wal_writes_in_flight = 1 + static_cast<std::uint32_t>(random_.below(2));
        options.wal_spare_files = 1;
        options.wal_recycled_files_max = 2;
        options.head_bytes_max = 24 * kKiB + random_.below(64 * kKiB);
        options.head_age_max_ns = random_.chance(0.3) ? 20 * kMillisecondNs : kMinuteNs;
        options.append_wait_max_ns = 50 * kMillisecondNs;
        options.merge_width = 2 + static_cast<std::uint32_t>(random_.below(3));
        options.segments_slowdown = 6;
        if (random_.chance(0.5)) options.segments_open_max = 1 + random_.below(4);
        options.cold_after_ns = random_.chance(0.3) ? 5 * kMillisecondNs : kMinuteNs;
        if (random_.chance(0.5)) {
            options.group_is_ours_alone = [](model::ShardGroupId) { return true; };
        }
        options.free_space_min = 64 * kKiB;
        options.block_cache_bytes = 256 * kKiB;
        options.purge_after_ns = random_.chance(0.5) ? kMillisecondNs : kSecondNs;
        options.tombstones = book_.map();
        return options;
    }

    void add_row(model::PointBatch& batch, StoreModel::Batch& cells, model::ShardGroupId group) {
        const auto measurement = static_cast<unsigned>(random_.below(2));
        const std::string key = series_key(measurement, random_.below(kSeriesPerMeasurement));
        const model::Timestamp time = time_of(group, random_.between(0, kTimes - 1));
        model::SeriesIndex& index = store_->series_index();
        const model::SeriesId series = index.add_series(key);
        model::ShardSlot slot;
        slot.range = {time_of(group, 0), time_of(group + 1, 0)};
        slot.group = group;
        model::BatchTable& table = batch.table(index.measurement(series), slot);
        const std::uint32_t row = table.rows();
        table.series.push_back(series);
        table.times.push_back(time);
        table.lines.push_back(1);
        const std::uint64_t fields = 1 + random_.below(15);
        for (unsigned f = 0; f < 4; ++f) {
            if ((fields >> f & 1) == 0) continue;
            const std::uint64_t version = ++version_;
            model::BatchColumn& column = table.column(kFields[f].name, kFields[f].type);
            std::string value = std::to_string(version);
            switch (kFields[f].type) {
                case model::FieldType::kFloat:
                    column.set_word(row,
                                    std::bit_cast<std::uint64_t>(static_cast<double>(version)));
                    break;
                case model::FieldType::kString:
                    texts_.push_back(std::make_unique<std::string>("text " + value));
                    column.set_text(row, *texts_.back());
                    break;
                case model::FieldType::kBoolean:
                    value = version % 2 == 0 ? "false" : "true";
                    column.set_flag(row, version % 2 != 0);
                    break;
                default:
                    column.set_word(row, version);
            }
            cells.emplace_back(Cell{group, key, time, kFields[f].name}, value);
        }
    }

    // One batch; true when it was acknowledged.
    io::Task<bool> write_one() {
        model::PointBatch batch;
        StoreModel::Batch cells;
        const std::uint64_t rows =
            random_.chance(0.1) ? 1 + random_.below(150) : 1 + random_.below(8);
        model::ShardGroupId group = 1 + random_.below(kGroups);
        for (std::uint64_t i = 0; i < rows; ++i) {
            if (random_.chance(0.1)) group = 1 + random_.below(kGroups);
            if (model_.takes_writes(group)) add_row(batch, cells, group);
        }
        batch.finish();
        const std::size_t number = model_.begin(cells);
        auto receipt = co_await store_->append(batch);
        if (receipt.ok()) {
            model_.acknowledge(number, receipt->sequence);
        } else {
            model_.refuse(number);
            last_refusal_ = receipt.error();
        }
        co_return receipt.ok();
    }

    io::Task<void> write() {
        while (!stopping_) {
            const bool wrote = co_await write_one();
            if (!wrote || random_.chance(0.2)) {
                co_await reactor_.sleep_ns(random_.between(1, kMillisecondNs));
            }
        }
    }

    io::Task<void> disturb() {
        while (!stopping_) {
            co_await reactor_.sleep_ns(random_.between(1, 3 * kMillisecondNs));
            const std::uint64_t what = random_.below(20);
            if (what < 4) {
                (void)co_await store_->flush();
            } else if (what < 6) {
                (void)co_await store_->compact(random_.chance(0.5));
            } else if (what == 6 && random_.chance(0.2)) {
                const model::ShardGroupId group = 1 + random_.below(kGroups);
                if (!model_.takes_writes(group)) continue;
                model_.begin_drop(group);
                auto dropped = co_await store_->drop_shard_groups(std::vector(1, group));
                if (dropped.ok()) model_.end_drop(group);
            } else if (what == 7 || what == 8) {
                co_await delete_some();
            } else if (what == 9) {
                forget_deletes();
            } else if (what < 12) {
                co_await check_live(1 + random_.below(kGroups));
            } else if (what == 12 && !calm_ && random_.chance(0.3)) {
                // The disk fills up, and has room again later.
                io::SimDisk& disk = backend_.world().disk();
                disk.set_capacity_bytes(disk.capacity_bytes() - disk.free_bytes() +
                                        random_.below(200 * kKiB));
                co_await reactor_.sleep_ns(random_.between(1, 400 * kMillisecondNs));
                disk.set_capacity_bytes(std::uint64_t{1} << 40);
            }
        }
    }

    model::Tombstone draw_delete() {
        model::Tombstone what;
        what.last_group = kGroups;
        if (random_.chance(0.6)) {
            what.range.begin = time_of(1 + random_.below(kGroups), random_.between(0, kTimes - 1));
            what.range.end = what.range.begin + 1 + random_.between(0, 1500);
        }
        if (random_.chance(0.5)) what.measurements.push_back({kMeasurements[random_.below(2)], {}});
        const std::string host = "h" + std::to_string(random_.below(kSeriesPerMeasurement));
        using Kind = model::SeriesPredicate::Kind;
        if (random_.chance(0.7)) {
            what.series = model::SeriesPredicate::compare(
                random_.chance(0.8) ? Kind::kEqual : Kind::kNotEqual, "host", host);
        }
        return what;
    }

    // As the engine does it, with all the time in the world between its steps.
    io::Task<void> delete_some() {
        model::Tombstone what = draw_delete();
        store_->hold_merges();
        if (random_.chance(0.3)) co_await reactor_.sleep_ns(random_.between(1, kMillisecondNs));
        what.sequence = sequences_.take();
        const auto tombstone = std::make_shared<const model::Tombstone>(std::move(what));
        model_.begin_delete(tombstone);
        if (random_.chance(0.5)) co_await reactor_.sleep_ns(random_.between(1, kMillisecondNs));
        std::erase_if(book_.tombstones,
                      [&](const auto& each) { return tombstone->subsumes(*each); });
        book_.tombstones.push_back(tombstone);
        book_.last_sequence = tombstone->sequence;
        if (random_.chance(0.5)) co_await reactor_.sleep_ns(random_.between(1, kMillisecondNs));
        store_->set_tombstones(book_.map());
        model_.install_delete(tombstone->sequence);
        store_->release_merges();
    }

    void forget_deletes() {
        const std::vector<std::uint64_t> open = store_->unsettled_deletes();
        std::erase_if(book_.tombstones, [&](const auto& each) {
            return !std::binary_search(open.begin(), open.end(), each->sequence);
        });
        store_->set_tombstones(book_.map());
    }

    io::Task<void> check_live(model::ShardGroupId group) {
        Cells seen;
        const std::uint64_t tick = model_.tick();
        const bool writable = model_.takes_writes(group);
        // Asked before: the faults may end while it reads.
        const bool reads_fail = backend_.world().faults().read_error != 0 || one_failure_;
        auto read = co_await read_group(group, seen);
        if (!read.ok()) {
            // The device may refuse; damage it did not do itself is ours.
            if (read.error().kind == ErrorKind::kCorrupt) complain("read: " + read.error().message);
            co_return;
        }
        if (blocks_missing_ != 0) {
            // The device did not give it back, asked several times.
            blocks_missing_ = 0;
            if (!reads_fail) complain("live read: blocks are missing");
            co_return;
        }
        // A drop that came in between decides nothing about what the scan sees.
        if (writable != model_.takes_writes(group)) co_return;
        if (auto complaint = model_.check(group, seen, tick)) complain("live " + *complaint);
    }

    io::Task<Result<void>> read_group(model::ShardGroupId group, Cells& seen) {
        for (const char* measurement : kMeasurements) {
            ScanSpec spec;
            spec.group = group;
            spec.measurement = measurement;
            for (const Field& each : kFields) spec.fields.emplace_back(each.name);
            spec.with_sequences = random_.chance(0.5);
            Scan scan = store_->scan(std::move(spec));
            SeriesRun run;
            std::string last_key;
            model::Timestamp last_time = 0;
            for (;;) {
                SLUICE_CO_TRY(const bool more, co_await scan.next(run));
                if (!more) break;
                if (run.series_key < last_key) complain("series out of order");
                for (std::size_t row = 0; row < run.rows; ++row) {
                    if (run.series_key == last_key && run.times[row] <= last_time) {
                        complain("rows out of order");
                    }
                    last_key = run.series_key;
                    last_time = run.times[row];
                    note_row(group, run, row, seen);
                }
            }
            blocks_missing_ += scan.blocks_missing();
        }
        co_return Result<void>();
    }

    void note_row(model::ShardGroupId group, const SeriesRun& run, std::size_t row, Cells& seen) {
        for (unsigned f = 0; f < 4; ++f) {
            const ColumnView& column = run.columns[f];
            if (!column.is_valid(row)) continue;
            std::string value;
            switch (kFields[f].type) {
                case model::FieldType::kFloat:
                    value = std::to_string(
                        static_cast<std::uint64_t>(std::bit_cast<double>(column.words[row])));
                    break;
                case model::FieldType::kString:
                    value = column.texts[row].substr(0, 5) == "text "
                                ? std::string(column.texts[row].substr(5))
                                : "garbage";
                    break;
                case model::FieldType::kBoolean:
                    value = column.flags[row] != 0 ? "true" : "false";
                    break;
                default:
                    value = std::to_string(column.words[row]);
            }
            seen[Cell{group, std::string(run.series_key), run.times[row], kFields[f].name}] = value;
        }
    }

    Random random_;
    io::SequenceSource sequences_;
    io::SimBackend backend_;
    io::Reactor reactor_;
    StoreModel& model_;
    DeleteBook& book_;
    std::uint64_t& version_;
    std::unique_ptr<Store> store_;
    std::vector<io::Task<void>> tasks_;
    std::vector<std::unique_ptr<std::string>> texts_;
    bool one_failure_ = false;          // one operation fails, some time
    std::uint64_t blocks_missing_ = 0;  // by scans whose rows have not been judged
    bool stopping_ = false;
    bool calm_ = false;  // nobody fills the disk any more
    std::string complaint_;
    std::string error_;
    Error last_refusal_;
};

io::SimFaults draw_faults(Random& random) {
    io::SimFaults faults;
    switch (random.below(4)) {
        case 0:
            faults.write_error = faults.sync_error = 0.02;
            faults.metadata_error = 0.02;
            faults.read_error = 0.01;
            break;
        case 1:
            faults.nth_operation = 1 + random.below(150);
            break;
        case 2:
            faults.short_read = faults.short_write = 0.05;
            break;
        default:
            break;
    }
    return faults;
}

// The complaint, or nothing.
std::string run_seed(std::uint64_t seed) {
    Random random(seed);
    StoreModel model;
    DeleteBook book;
    std::uint64_t version = 0;
    io::SimDisk disk;
    const std::uint64_t crashes = 1 + random.below(3);
    bool opened_before = false;
    for (std::uint64_t i = 0; i < crashes; ++i) {
        io::SimOptions sim;
        sim.faults = draw_faults(random);
        // A start on a disk without a byte of room.
        const bool full = opened_before && random.chance(0.08);
        if (full) {
            sim.faults = {};
            disk.set_capacity_bytes(disk.capacity_bytes() - disk.free_bytes());
        }
        Incarnation life(random.next(), sim, std::move(disk), model, book, version);
        const bool opened = life.open();
        opened_before = opened_before || opened;
        if (full && !opened) return "does not open on a full disk: " + life.error();
        if (opened) {
            // With a device that reads well, what was recovered is checked before it changes.
            if (sim.faults.read_error == 0 && sim.faults.nth_operation == 0) {
                life.check_and_settle();
            }
            // Most lives are short: crashes find more per second of CPU than long work does.
            const std::uint64_t turns = random.chance(0.2) ? 300 : 80;
            life.work(static_cast<unsigned>(10 + random.below(turns)));
            // A second of the clock holds many flushes: not every life goes through it.
            if (life.complaint().empty() && random.chance(full ? 0.2 : 0.06)) {
                life.check_recovery();
            }
        }
        if (!life.complaint().empty()) return life.complaint();
        disk = life.crash();
    }
    {
        disk.set_capacity_bytes(std::uint64_t{1} << 40);
        Incarnation life(random.next(), {}, std::move(disk), model, book, version);
        if (!life.open()) return "does not open: " + life.error();
        const RecoveryReport& found = life.store().recovery();
        if (found.frames_lost + found.rows_lost + found.logs_missing != 0) {
            return "frames lost in a log";
        }
        if (found.manifest_records_lost != 0) return "records lost in a manifest";
        if (found.segments_adopted != 0) return "a segment that no manifest names";
        if (!life.store().recovery().quarantined.empty()) return "segment lost";
        life.check_and_settle();
        if (life.complaint().empty()) life.work(30);
        if (life.complaint().empty()) life.stop();
        if (life.complaint().empty()) life.verify();
        return life.complaint();
    }
}

}  // namespace
}  // namespace sluice::storage

int main(int argc, char** argv) {
    std::uint64_t first = 1;
    std::uint64_t count = 300;
    if (const char* seeds = std::getenv("SLUICE_SEEDS")) count = std::strtoull(seeds, nullptr, 10);
    for (int i = 1; i + 2 < argc; ++i) {
        if (std::strcmp(argv[i], "--seeds") != 0) continue;
        first = std::strtoull(argv[i + 1], nullptr, 10);
        count = std::strtoull(argv[i + 2], nullptr, 10);
    }
    sluice::set_log_level(count == 1 ? sluice::LogLevel::kInfo : static_cast<sluice::LogLevel>(4));
    sluice::storage::talkative = count == 1;
    std::uint64_t failed = 0;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        const std::string complaint = sluice::storage::run_seed(seed);
        if (complaint.empty()) continue;
        ++failed;
        std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), complaint.c_str());
        std::fflush(stdout);
        if (failed == 20) break;
    }
    std::printf("%llu seeds from %llu, %llu failed\n", static_cast<unsigned long long>(count),
                static_cast<unsigned long long>(first), static_cast<unsigned long long>(failed));
    return failed == 0 ? 0 : 1;
}
