// The parts of a store with what works on them. Nothing runs by itself: a test spawns the tasks
// that it is about, or calls the rest.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "segment_files.h"
#include "storage/files/file_names.h"
#include "storage/segment/segment_source.h"
#include "storage/upkeep/cache_warmer.h"
#include "storage/upkeep/compactor.h"
#include "storage/upkeep/flusher.h"
#include "storage/upkeep/maintenance.h"
#include "storage/upkeep/merge_choice.h"
#include "storage/upkeep/purger.h"
#include "storage/upkeep/segment_merger.h"
#include "store_bench.h"

namespace sluice::storage::test {

// Rows of a segment: by key and time, the value of v.
using SegmentRows = std::map<std::pair<std::string, model::Timestamp>, std::uint64_t>;

inline io::Task<Result<SegmentRows>> read_rows(SegmentPtr segment, std::string measurement) {
    SegmentRows rows;
    SLUICE_CO_TRY(const SegmentReader* reader, co_await segment->reader());
    SegmentSource::Options options;
    options.measurement = std::move(measurement);
    options.columns.emplace_back("v");
    SLUICE_CO_TRY(const auto source,
                  co_await SegmentSource::open(segment, reader, 0, std::move(options)));
    while (source != nullptr && source->state() != RowSource::State::kEnd) {
        if (source->state() == RowSource::State::kLoad) {
            SLUICE_CO_TRY_VOID(co_await source->load());
            continue;
        }
        const RowSlice& slice = source->slice();
        for (std::size_t r = 0; r < slice.rows(); ++r) {
            rows[{std::string(source->key()), slice.times[r]}] = slice.columns[0].words[r];
        }
        source->consume(slice.rows());
    }
    co_return rows;
}

class UpkeepBench : public StoreBench {
public:
    explicit UpkeepBench(StoreOptions options = small_options())
        : StoreBench(std::move(options)),
          maintenance(life, manifest, wal, trouble, heads),
          warmer(life, heads, segments),
          flusher(life, manifest, files, trouble, segments, groups, deletes, heads, warmer),
          merger(life, manifest, trouble, segments, quarantine, groups, deletes, heads, homes,
                 warmer),
          purger(life, manifest, trouble, segments, quarantine, deletes, merger),
          chooser(life, segments, heads, homes),
          compactor(life, trouble, segments, deletes, homes, chooser, merger, purger) {}
    ~UpkeepBench() {
        life.stopping = true;
        maintenance.wake();
        stop();
    }

    io::Gate& tasks() { return life.gate; }

    // A live segment, in the manifest as well as on the disk.
    SegmentPtr add_segment(model::ShardGroupId group, ListTables tables, HomePart part = {},
                           std::uint32_t level = 0,
                           model::FieldType others = model::FieldType::kInteger) {
        const std::uint64_t id = manifest.take_segment_id();
        auto record = machine.run(write_segment(machine.reactor(), life.options.directory, id,
                                                group, std::move(tables), others));
        SLUICE_CHECK(record.ok());
        record->part = part;
        record->level = level;
        std::vector<ManifestEdit> edits;
        append_segment_edits(*record, edits);
        SLUICE_CHECK(machine.run(manifest.append(std::move(edits))).ok());
        segments.add(*record);
        return segments.find(*record);
    }
    // The same, without a file.
    SegmentPtr add_record(const SegmentRecord& record) {
        segments.add(record);
        return segments.find(record);
    }
    SegmentRows rows_of(const SegmentPtr& segment, const std::string& measurement = "m") {
        auto rows = machine.run(read_rows(segment, measurement));
        SLUICE_CHECK(rows.ok());
        return *rows;
    }
    // Of all live segments of a group, where each point is in one of them.
    SegmentRows rows_of_group(model::ShardGroupId group, const std::string& measurement = "m") {
        SegmentRows all;
        for (const SegmentPtr& each : segments.of_group(group, kNow)) {
            for (const auto& [place, value] : rows_of(each, measurement)) {
                EXPECT_TRUE(all.emplace(place, value).second) << "a point is in two segments";
            }
        }
        return all;
    }
    std::vector<std::uint64_t> listed() const {
        std::vector<std::uint64_t> ids;
        for (const auto& [id, record] : manifest.state().segments) ids.push_back(id);
        return ids;
    }
    bool exists(const std::string& path) { return machine.world().disk().find(path) != nullptr; }
    bool has_file(std::uint64_t id, model::ShardGroupId group = 1) {
        return exists(segment_path(life.options.directory, group, id));
    }
    // Damages the file of a segment so that it cannot be opened.
    void break_footer(const SegmentPtr& segment) {
        const std::uint64_t bits = segment->record().meta.size_bytes * 8;
        machine.world().disk().flip_bit(segment->path(), bits - 1);
    }

    Maintenance maintenance;
    CacheWarmer warmer;
    Flusher flusher;
    SegmentMerger merger;
    Purger purger;
    MergeChooser chooser;
    Compactor compactor;
};

}  // namespace sluice::storage::test
