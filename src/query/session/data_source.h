// Where statements find their data: the seam between this room and the engine.
//
// The engine's side is engine_source.cc; tests bring a source that lies in memory.
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
    // As storage::Scan::next().
    virtual io::Task<Result<bool>> next(storage::SeriesRun& run) = 0;
    // As storage::Scan::expand().
    virtual void expand() = 0;
};

// One store, on its core.
class StoreReader {
public:
    virtual ~StoreReader() = default;
    // As storage::Store::list_series().
    virtual io::Task<Result<storage::SeriesList>> list_series(model::ShardGroupId group,
                                                              std::string measurement,
                                                              storage::SeriesSieve* sieve) = 0;
    // Whether the measurement has a point there.
    virtual io::Task<Result<bool>> has_series(model::ShardGroupId group,
                                              std::string measurement) = 0;
    virtual std::unique_ptr<RunReader> scan(storage::ScanSpec spec) = 0;
};

// What a piece of a query sees of the core it runs on. The order of stores does not change while a
// query runs.
class CoreView {
public:
    virtual ~CoreView() = default;
    virtual std::uint32_t number() const = 0;
    virtual std::size_t store_count() const = 0;
    virtual StoreReader& store(std::size_t index) = 0;
    // Lets others run when the time slice is used up.
    virtual io::Task<void> breathe() = 0;
};

// What one query has read on one core.
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
    // False: there is nothing to do on that core, run() need not be called. Asked on the core of
    // the query.
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
    // Of the core it is used on.
    virtual std::uint32_t core_number() { return 0; }
    virtual std::int64_t monotonic_ns() { return wall_ns(); }

    // The same data for one query: once `stopping` is reached, whatever reads series or rows ends
    // with kCancelled, on all cores. Where `counts` are given, one for each core, reading adds to
    // them. Null: this source cannot, and serves the query itself. Both outlive what is returned.
    virtual std::unique_ptr<DataSource> for_query(const io::Milestone& stopping,
                                                  std::vector<ScanCounts>* counts = nullptr) {
        static_cast<void>(stopping);
        static_cast<void>(counts);
        return nullptr;
    }

    // Completes when all cores that it concerns have ended; the first error in the order of cores.
    // `job` lives until then.
    virtual io::Task<Result<void>> run_on_every_core(CoreJob& job) = 0;
    // On the core of the query.
    virtual io::Task<void> breathe() = 0;
    // Runs `work`, which touches nothing of the core, where it holds up nobody; completes when it
    // has returned. For what cannot breathe and may take tens of milliseconds.
    virtual io::Task<void> run_aside(std::function<void()> work) {
        work();
        co_return;
    }
    // kCancelled once the query has been stopped: for those who work long without reading.
    virtual Result<void> check_running() { return {}; }

    // Rows of a SELECT ... INTO. Completes when they are durable and visible; `rows` lives until
    // then. An error where one row or all of them could not be written.
    virtual io::Task<Result<void>> write(std::string database, std::string policy,
                                         const TargetRows& rows) = 0;

    // As engine::Core has them.
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
