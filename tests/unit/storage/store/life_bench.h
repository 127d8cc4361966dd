// A store through several lives: it is opened, stopped or cut off, and opened again on what is left
// of the disk.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim_machine.h"
#include "sluice/base/units.h"
#include "storage/files/file_names.h"
#include "storage/store/store_parts.h"
#include "store_bench.h"
#include "wal/log_readback.h"

namespace sluice::storage::test {

class LifeBench {
public:
    explicit LifeBench(StoreOptions options = by_hand()) : options_(std::move(options)) {}
    ~LifeBench() {
        if (parts_) stop();
    }
    static StoreOptions by_hand() {
        StoreOptions options = small_options();
        options.background = false;
        return options;
    }

    // Returns whether the store could be opened.
    bool open() {
        StoreOptions options = options_;
        sequences_ = std::make_unique<io::SequenceSource>();
        options.sequences = sequences_.get();
        parts_ = std::make_unique<StoreParts>(machine_->reactor(), std::move(options));
        const Result<void> opened = machine_->run(parts_->open());
        if (opened.ok()) return true;
        error_ = opened.error();
        parts_.reset();
        return false;
    }
    void stop() {
        machine_->world().faults() = {};
        machine_->run(parts_->stop());
        parts_.reset();
    }
    // The power fails, and the machine starts again with what the disk kept.
    void crash(std::uint64_t seed = 99) {
        io::SimDisk disk = machine_->crash();
        {
            io::Abandon abandon;
            parts_.reset();
        }
        machine_ = std::make_unique<io::SimMachine>(seed, io::SimOptions{}, std::move(disk));
    }

    // A row of one series at a time of its own.
    bool write(model::Timestamp time, model::ShardGroupId group = 1) {
        model::PointBatch batch;
        model::SeriesIndex& index = parts_->heads().active()->head->series_index();
        const model::SeriesId series = index.add_series("m,h=a");
        model::ShardSlot slot;
        slot.range = {0, 1'000'000};
        slot.group = group;
        model::BatchTable& table = batch.table(index.measurement(series), slot);
        table.series.push_back(series);
        table.times.push_back(time);
        table.lines.push_back(1);
        table.column("v", model::FieldType::kInteger).set_word(0, 1);
        batch.finish();
        return machine_->run(parts_->append(batch)).ok();
    }
    bool flush() { return machine_->run(parts_->flusher().flush_all()).ok(); }
    bool compact() { return machine_->run(parts_->compactor().run_until_done(true)).ok(); }

    // The times of all rows of a group: of heads, and of segments by their footers' counts.
    std::set<model::Timestamp> head_times() const {
        std::set<model::Timestamp> times;
        parts_->heads().for_each([&times](const Generation& each) {
            const std::set<model::Timestamp> of_head = times_of(*each.head);
            times.insert(of_head.begin(), of_head.end());
        });
        return times;
    }
    std::uint64_t segment_rows() const {
        std::uint64_t rows = 0;
        for (const auto& [group, segments] : parts_->segments().groups()) {
            for (const SegmentPtr& each : segments) rows += each->record().meta.rows;
        }
        return rows;
    }
    const RecoveryReport& report() { return parts_->recovery(); }
    std::string health() { return parts_->trouble().health().text; }
    // Names of files whose path has `part` in it.
    std::vector<std::string> files(const std::string& part) {
        std::vector<std::string> found;
        for (const std::string& each : disk().files()) {
            if (each.find(part) != std::string::npos) found.push_back(each);
        }
        return found;
    }

    static io::Task<void> sleep(io::Reactor& reactor, std::int64_t duration_ns) {
        co_await reactor.sleep_ns(duration_ns);
    }
    void pass(std::int64_t duration_ns) { machine_->run(sleep(machine_->reactor(), duration_ns)); }

    io::SimMachine& machine() { return *machine_; }
    io::SimDisk& disk() { return machine_->world().disk(); }
    StoreParts& parts() { return *parts_; }
    const std::optional<Error>& error() const { return error_; }

private:
    StoreOptions options_;
    std::unique_ptr<io::SimMachine> machine_ = std::make_unique<io::SimMachine>();
    std::unique_ptr<io::SequenceSource> sequences_;
    std::unique_ptr<StoreParts> parts_;
    std::optional<Error> error_;
};

}  // namespace sluice::storage::test
