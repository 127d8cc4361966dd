// A DataSource is where statements find their data. It is the seam between this room and the
// engine.
//
// The engine's side is engine_source.cc; tests bring a source that lies in memory.
//
// A statement runs on the core of its connection. It reaches the data of all cores by a CoreJob,
// which run_on_every_core() runs on each of them at the same time, each with the CoreView of its
// core. A job has a place per core for its results, written on that core only and read when all
// have ended, so nothing is locked. References in a job are to things of the first core that do not
// change while it runs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "query/session/target_rows.h"
#include "sluice/base/result.h"
#include "sluice/io/milestone.h"
#include "sluice/io/reactor.h"  // defines what awaiting a task needs
#include "sluice/io/task.h"
#include "sluice/meta/catalog.h"
#include "sluice/meta/catalog_editor.h"
#include "sluice/meta/retention_policy.h"
#include "sluice/storage/scan.h"
#include "sluice/storage/series_list.h"

namespace sluice::query {

class RunReader {
public:
    virtual ~RunReader() = default;
    // Does what storage::Scan::next() does.
    virtual io::Task<Result<bool>> next(storage::SeriesRun& run) = 0;
    // Does what storage::Scan::expand() does.
    virtual void expand() = 0;
};

// Reads one store, on the core of the store.
class StoreReader {
public:
    virtual ~StoreReader() = default;
    // Does what storage::Store::list_series() does.
    virtual io::Task<Result<storage::SeriesList>> list_series(model::ShardGroupId group,
                                                              std::string measurement,
                                                              storage::SeriesSieve* sieve) = 0;
    // Returns whether the measurement has a point in the group.
    virtual io::Task<Result<bool>> has_series(model::ShardGroupId group,
                                              std::string measurement) = 0;
    virtual std::unique_ptr<RunReader> scan(storage::ScanSpec spec) = 0;
    // Does what storage::Store::holding() does. One that does not know says that there is anything.
    virtual storage::GroupHolding holding(model::ShardGroupId group) {
        static_cast<void>(group);
        storage::GroupHolding anything;
        anything.has_unsorted = true;
        return anything;
    }
};

// A CoreView is what a piece of a query sees of the core it runs on. The order of stores does not
// change while a query runs.
class CoreView {
public:
    virtual ~CoreView() = default;
    virtual std::uint32_t number() const = 0;
    virtual std::size_t store_count() const = 0;
    virtual StoreReader& store(std::size_t index) = 0;
    // Lets other work of the core run if the time slice is used up, and returns at once otherwise.
    virtual io::Task<void> breathe() = 0;
};

// The amounts that one query has read on one core.
struct ScanCounts {
    std::uint64_t series_lists = 0;
    std::uint64_t scans = 0;
    std::uint64_t runs = 0;  // as storage hands them out: rows of one series
    std::uint64_t rows = 0;
};

// Work that is done on the cores. run() is called once per core, at the same time on all; it
// writes to what belongs to its core only.
class CoreJob {
public:
    virtual ~CoreJob() = default;
    // Returns false if there is nothing to do on that core, so that run() need not be called there.
    // It is asked on the core of the query.
    virtual bool concerns(std::uint32_t core) const {
        static_cast<void>(core);
        return true;
    }
    virtual io::Task<Result<void>> run(CoreView& core) = 0;
};

class DataSource {
public:
    virtual ~DataSource() = default;

    virtual std::shared_ptr<const meta::Catalog> catalog() = 0;
    virtual std::int64_t wall_ns() = 0;
    virtual std::uint32_t core_count() = 0;
    // Returns the number of the core that the source is used on.
    virtual std::uint32_t core_number() { return 0; }
    virtual std::int64_t monotonic_ns() { return wall_ns(); }

    // Returns the same data for one query: once `stopping` is reached, everything that reads series
    // or rows ends with kCancelled, on all cores. If `counts` are given, one for each core, reading
    // adds to them. Both outlive the source that is returned. A source that cannot do this returns
    // null, and serves the query itself.
    virtual std::unique_ptr<DataSource> for_query(const io::Milestone& stopping,
                                                  std::vector<ScanCounts>* counts = nullptr) {
        static_cast<void>(stopping);
        static_cast<void>(counts);
        return nullptr;
    }
    // Returns the number of blocks that jobs so far, of this source and of those made from it,
    // could not read for damage and left out. Asked while no job runs.
    virtual std::uint64_t blocks_missing() { return 0; }

    // Runs a job on all cores that it concerns, and completes when all have ended, with the first
    // error in the order of cores. `job` lives until then.
    virtual io::Task<Result<void>> run_on_every_core(CoreJob& job) = 0;
    // Lets other work run, as CoreView::breathe() does, on the core of the query.
    virtual io::Task<void> breathe() = 0;
    // Runs `work`, which touches nothing of the core, where it holds up nobody; completes when it
    // has returned. For what cannot breathe and may take tens of milliseconds.
    virtual io::Task<void> run_aside(std::function<void()> work) {
        work();
        co_return;
    }
    // kCancelled once the query has been stopped: for those who work long without reading.
    virtual Result<void> check_running() { return {}; }

    // Writes rows of a SELECT ... INTO, and completes when they are durable and visible; `rows`
    // lives until then. It fails if one row or all of them could not be written.
    virtual io::Task<Result<void>> write(std::string database, std::string policy,
                                         const TargetRows& rows) = 0;

    // These do what engine::Core does under the same names.
    virtual io::Task<Result<void>> create_database(
        std::string name, std::optional<meta::RetentionPolicySpec> policy) = 0;
    virtual io::Task<Result<void>> drop_database(std::string name) = 0;
    virtual io::Task<Result<void>> create_retention_policy(std::string database,
                                                           meta::RetentionPolicySpec policy,
                                                           bool make_default) = 0;
    virtual io::Task<Result<void>> alter_retention_policy(std::string database, std::string policy,
                                                          meta::RetentionPolicyUpdate update,
                                                          bool make_default) = 0;
    virtual io::Task<Result<void>> drop_retention_policy(std::string database,
                                                         std::string policy) = 0;
    // Every other change of the catalog.
    virtual io::Task<Result<void>> change_catalog(meta::CatalogChange change) = 0;
    virtual io::Task<Result<void>> delete_points(std::string database, model::Tombstone what) = 0;
    virtual io::Task<Result<void>> drop_measurement(std::string database,
                                                    std::string measurement) = 0;
    virtual io::Task<Result<void>> drop_shard(model::ShardGroupId id) = 0;
};

}  // namespace sluice::query
