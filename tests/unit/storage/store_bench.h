// The parts of a store on a simulated machine, begun as an opening begins them, without the tasks
// that work on them: tests of a part call it and look at the others.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "batches.h"
#include "sim_machine.h"
#include "sluice/base/units.h"
#include "sluice/io/sequence_source.h"
#include "storage/files/store_directories.h"
#include "storage/parts/delete_ledger.h"
#include "storage/parts/group_ledger.h"
#include "storage/parts/head_set.h"
#include "storage/parts/home_ledger.h"
#include "storage/parts/quarantine.h"
#include "storage/parts/segment_set.h"
#include "storage/parts/store_life.h"
#include "storage/parts/store_trouble.h"

namespace sluice::storage::test {

inline StoreOptions small_options() {
    StoreOptions options;
    options.directory = "/store";
    options.wal_file_bytes = 64 * kKiB;
    options.wal_frame_bytes = 16 * kKiB;
    options.wal_spare_files = 2;
    options.free_space_min = 0;
    options.merge_width = 4;
    options.segments_slowdown = 8;
    return options;
}

inline LogFilePoolOptions pool_options(const StoreOptions& options) {
    LogFilePoolOptions pool;
    pool.store = options.directory;
    pool.file_bytes = options.wal_file_bytes;
    pool.spare_target = options.wal_spare_files;
    pool.spare_max = options.wal_recycled_files_max;
    return pool;
}

// Members are in the order of StoreParts. `life.stopping` is set, and everything closed, by the
// destructor; faults end before.
class StoreBench {
public:
    explicit StoreBench(StoreOptions options = small_options())
        : life(machine.reactor(), with_sequences(std::move(options)), gate),
          manifest(machine.reactor(), life.options.directory),
          files(machine.reactor(), pool_options(life.options)),
          wal(machine.reactor(), files, life.metrics, gate),
          trouble(life, wal, files, manifest),
          segments(life),
          quarantine(life, manifest, segments, trouble, report),
          groups(life, manifest),
          deletes(life.options.tombstones),
          heads(life, wal, groups, deletes),
          homes(life) {
        wal.file_bytes = life.options.wal_file_bytes;
        wal.frame_bytes = life.options.wal_frame_bytes;
        wal.store_id = 7;
        SLUICE_CHECK(
            machine.run(make_store_directories(machine.reactor(), life.options.directory)).ok());
        ManifestState state;
        state.store_id = 7;
        state.incarnation = 1;
        machine.run(manifest.begin(std::move(state), {}));
        segments.begin();
        heads.begin(1, nullptr);
        gate.spawn(files.run());
        while (files.spare_count() < life.options.wal_spare_files) pass(kMillisecondNs);
    }
    StoreBench(const StoreBench&) = delete;
    StoreBench& operator=(const StoreBench&) = delete;
    ~StoreBench() { stop(); }

    // Ends all tasks and closes everything, once. Whoever adds parts calls it before they go.
    void stop() {
        if (!gate.closed()) machine.run(end());
    }

    // A row of one integer field, in a batch for the active head.
    model::PointBatch batch_of(const std::string& key, model::Timestamp time, std::uint64_t value,
                               model::ShardGroupId group = 1, const std::string& field = "v") {
        model::PointBatch batch;
        add_to(batch, key, time, value, group, field);
        batch.finish();
        return batch;
    }
    void add_to(model::PointBatch& batch, const std::string& key, model::Timestamp time,
                std::uint64_t value, model::ShardGroupId group = 1,
                const std::string& field = "v") {
        model::SeriesIndex& index = heads.active()->head->series_index();
        const model::SeriesId series = index.add_series(key);
        model::ShardSlot slot;
        slot.range = {0, 1'000'000};
        slot.group = group;
        model::BatchTable& table = batch.table(index.measurement(series), slot);
        const std::uint32_t row = table.rows();
        table.series.push_back(series);
        table.times.push_back(time);
        table.lines.push_back(row + 1);
        table.column(field, model::FieldType::kInteger).set_word(row, value);
    }

    // As Store::append(), without waiting for anything but the log.
    io::Task<Result<void>> append_to(std::shared_ptr<Generation> generation,
                                     const model::PointBatch& batch) {
        const AppendGuard guard(*generation, life.changed, &batch);
        auto logged = co_await generation->log->append(batch, sequences.take());
        if (!logged.ok()) co_return std::move(logged).error();
        co_return Result<void>();
    }
    Result<void> append(const model::PointBatch& batch) {
        return machine.run(append_to(heads.active(), batch));
    }
    Result<void> write(const std::string& key, model::Timestamp time, std::uint64_t value,
                       model::ShardGroupId group = 1) {
        const model::PointBatch batch = batch_of(key, time, value, group);
        return append(batch);
    }

    io::Task<void> sleep(std::int64_t duration_ns) {
        co_await machine.reactor().sleep_ns(duration_ns);
    }
    void pass(std::int64_t duration_ns) { machine.run(sleep(duration_ns)); }

    io::SimMachine machine;
    io::SequenceSource sequences;

private:
    StoreOptions with_sequences(StoreOptions options) {
        options.sequences = &sequences;
        return options;
    }
    io::Task<void> end() {
        machine.world().faults() = {};
        life.stopping = true;
        life.changed.notify_all();
        heads.flush_wanted.notify_all();
        segments.merge_wanted.notify_all();
        files.stop();
        manifest.stop();
        co_await gate.close();
        co_await segments.close();
        co_await heads.close();
        co_await files.close();
        co_await manifest.close();
    }

    io::Gate gate;

public:
    StoreLife life;
    RecoveryReport report;
    Manifest manifest;
    WalFilePool files;
    WalContext wal;
    StoreTrouble trouble;
    SegmentSet segments;
    Quarantine quarantine;
    GroupLedger groups;
    DeleteLedger deletes;
    HeadSet heads;
    HomeLedger homes;
};

// A tombstone for every row of groups up to `last_group` that was written before.
inline model::Tombstone delete_of(std::uint64_t sequence, const std::string& measurement = {},
                                  model::TimeRange range = {}, model::ShardGroupId last_group = 5) {
    model::Tombstone made;
    made.sequence = sequence;
    made.last_group = last_group;
    made.range = range;
    if (!measurement.empty()) made.measurements.push_back({measurement, {}});
    return made;
}

// All of them, ascending by sequence, hold for each of `groups`.
inline Tombstones deletes_of(const std::vector<model::Tombstone>& tombstones,
                             const std::vector<model::ShardGroupId>& groups = {1}) {
    auto list = std::make_shared<model::TombstoneList>();
    auto map = std::make_shared<model::TombstoneMap>();
    for (const model::Tombstone& each : tombstones) {
        map->last_sequence = each.sequence;
        list->push_back(std::make_shared<const model::Tombstone>(each));
    }
    for (const model::ShardGroupId group : groups) map->groups[group] = list;
    return map;
}

// A record of a segment whose file is not looked at.
inline SegmentRecord record_of(std::uint64_t id, model::ShardGroupId group = 1,
                               std::uint64_t sequence_min = 0, std::uint32_t level = 0) {
    SegmentRecord record;
    record.id = id;
    record.level = level;
    record.has_sequences = true;
    record.meta.group = group;
    record.meta.rows = 10;
    record.meta.values = 10;
    record.meta.time_min = 0;
    record.meta.time_max = 99;
    record.meta.sequence_min = sequence_min == 0 ? id * 10 : sequence_min;
    record.meta.sequence_max = record.meta.sequence_min + 9;
    record.meta.size_bytes = 8192;
    return record;
}

}  // namespace sluice::storage::test
