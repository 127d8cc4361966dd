// The process's engine: the data directory, its stores dealt to cores, and the catalog.
//
//     data/LOCK                held as long as the engine is open
//     data/meta/               the catalog's log (src/meta/CATALOG_FORMAT.md)
//     data/stores/0001/ ...    one folder per store; any number may be on disk
//
// Each thread calls start_core() once, on its own reactor, and stop_core() before it ends. Core 0
// is the catalog's core: it locks the directory, reads the catalog and deals the stores; the others
// wait for it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/base/units.h"
#include "sluice/engine/core.h"
#include "sluice/io/task.h"
#include "sluice/storage/store.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::engine {

// Memory of the whole process, divided among cores at start.
struct MemoryBudget {
    std::uint64_t bodies_bytes = 256 * kMiB;  // requests in flight
    std::uint64_t heads_bytes = 512 * kMiB;   // memtables and series indexes
    // What heads may take beyond that while their series have few rows: a series costs as much as
    // ten rows when a head sees it first, and each flush makes it new again.
    std::uint64_t heads_growth_bytes = 0;
    std::uint64_t block_cache_bytes = 128 * kMiB;  // of segments
    std::uint64_t queries_bytes = 512 * kMiB;      // partial states and results

    // The division of `total` for an operator who gives one number.
    static MemoryBudget of_total(std::uint64_t total_bytes);
    // For an operator who gives none: the above, more where there are more than eight cores. Of
    // what is left to half of the machine's memory, heads may grow into one half.
    static MemoryBudget of_machine(std::uint64_t memory_bytes, std::uint32_t cores);
};

struct EngineOptions {
    std::string data_directory;
    std::uint32_t cores = 1;
    MemoryBudget memory;
    // Free space of the data directory below which writes are refused: well above the stores' own
    // bound, so that an admitted write can still be logged.
    std::uint64_t free_space_min = 256 * kMiB;
    std::int64_t free_space_check_ns = 500 * kMillisecondNs;
    // Files of segments that all stores together have open.
    std::uint64_t segments_open_max = 4096;
    // Fields of a measurement in a shard group; rows whose new fields are beyond it are refused. 0:
    // any number.
    std::uint64_t fields_per_measurement_max = 0;
    // Series of a database; rows of further ones are refused. 0: any number.
    std::uint64_t series_per_database_max = 0;
    // Values of a tag of a measurement in a database; rows of series with further ones are refused.
    // 0: any number.
    std::uint64_t values_per_tag_max = 0;
    // A shard group that lies in several stores has a part for each so many values, at most one for
    // each core: see group_homes.h.
    std::uint64_t values_per_part = 4'000'000;
    // False: CREATE DATABASE makes no retention policy, unless it says which.
    bool retention_autocreate = true;
    // A group leaves the server at most about this long after it has expired.
    std::int64_t retention_check_ns = 30 * kMinuteNs;
    // False: groups that have expired stay.
    bool retention_enabled = true;
    // True: this group, which has expired, stays until a later check. Is asked on core 0; empty: no
    // group does.
    std::function<bool(const meta::ExpiredGroup&)> holds_expired;
    // For how long nothing expires after a start at which the clock is more than a day ahead of the
    // last one known. 0: the clock is believed.
    std::int64_t clock_hold_off_ns = 7 * kDayNs;
    // How often deletes that have nothing left to cover are looked for.
    std::int64_t delete_check_ns = 5 * kSecondNs;
    // Directory, sequences, head and cache sizes are filled in by the engine.
    storage::StoreOptions store;
};

struct StoreReport {
    std::string name;  // "0001"
    std::uint32_t core = 0;
    storage::StoreHealth health;
    storage::StoreStats stats;
};

// The report of one shard group, over all stores.
struct ShardReport {
    std::uint64_t segments = 0;
    std::uint64_t segment_bytes = 0;
    std::uint64_t rows = 0;       // stored, before deletes and repetitions are merged
    std::uint64_t head_rows = 0;  // those that are not in segments yet
    // Another one whenever the segments of any store are others.
    std::uint64_t segments_mark = 0;
    // Since start. A write counts once for each group it has points for.
    std::uint64_t writes = 0;
    std::uint64_t writes_failed = 0;
    std::uint64_t points_written = 0;
};

struct CoreReport {
    std::uint32_t core = 0;
    std::uint64_t body_bytes_in_flight = 0;
};

// One picture of all cores, for /metrics and /debug/vars. Counters that only rise are read from
// Core::metrics() and Store::metrics(), which any thread may do.
struct EngineReport {
    std::vector<StoreReport> stores;
    std::vector<CoreReport> cores;
    std::map<model::ShardGroupId, ShardReport> shards;  // those that have anything
    std::uint64_t databases = 0;
    std::uint64_t retention_policies = 0;
    std::uint64_t shard_groups = 0;
    std::uint64_t measurements = 0;  // distinct within their shard group
    std::uint64_t catalog_log_bytes = 0;
    std::uint64_t shard_groups_expired = 0;  // since start
};

enum class HealthState : std::uint8_t { kPass, kWarn, kFail };

struct EngineHealth {
    HealthState state = HealthState::kPass;
    bool writable = true;
    std::vector<std::string> texts;  // one sentence per trouble
};

class EngineState;

class Engine {
public:
    // Makes no I/O yet. kInvalid: the options contradict themselves.
    static Result<std::unique_ptr<Engine>> create(EngineOptions options);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Completes when all cores are ready for writes. kConflict: another process holds the
    // directory, the message names it. The Core lives until stop_core().
    io::Task<Result<Core*>> start_core(io::Reactor& reactor);

    // After the core's connections and queries have ended. Completes when this core's stores have
    // stopped and nothing of any core needs this one any more.
    io::Task<void> stop_core(Core& core);

    std::uint32_t core_count() const;
    // The memory that one query may hold on a core: the core's share of the budget, and never less
    // than 64 MiB.
    std::uint64_t query_bytes_per_core() const;

    // After start; any thread. Its metrics() only, unless it is the caller's own.
    const Core& core(std::uint32_t number) const;

    io::Task<EngineReport> report(Core& here);
    io::Task<EngineHealth> health(Core& here);

private:
    friend class Core;
    explicit Engine(std::unique_ptr<EngineState> state);
    std::unique_ptr<EngineState> state_;
};

}  // namespace sluice::engine
