// A Core is the part of the engine that one thread owns: its catalog snapshot, its stores and its
// budget of bodies.
//
// Everything is called on the core's own thread. One write of the server:
//
//     Permit permit = admission().try_admit(content_length);        // before the body is read
//     for (;;) {
//         SLUICE_CO_TRY(WriteTarget target, core.resolve(database, policy));
//         batch.clear(); rejections.clear();
//         parse(body, target.shards, core.series_index(), batch, rejections);
//         WriteOutcome outcome = co_await core.write(target, batch, rejections);
//         if (outcome.status != WriteStatus::kParseAgain) break;
//     }
//
// resolve(), parse and the call of write() happen without a co_await between them, or the caller
// makes sure that the head that is active then is the one it began to parse against.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/metrics.h"
#include "sluice/base/result.h"
#include "sluice/engine/admission.h"
#include "sluice/io/task.h"
#include "sluice/meta/catalog.h"
#include "sluice/meta/catalog_editor.h"
#include "sluice/meta/retention_policy.h"
#include "sluice/model/point_batch.h"
#include "sluice/model/rejection.h"
#include "sluice/model/shard_map.h"
#include "sluice/storage/store.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::engine {

class CoreState;
class Engine;
class EngineState;

// Text of rejections that one write adds at most; what exceeds it is only counted.
inline constexpr std::size_t kRejectionBytesMax = 64 * 1024;

// The target of the points of one request, resolved in one snapshot, which it keeps alive.
struct WriteTarget {
    std::shared_ptr<const meta::Catalog> snapshot;
    const meta::Database* database = nullptr;
    const meta::RetentionPolicy* policy = nullptr;
    model::ShardMap shards;  // for the parser; carries time_min
    // The write makes no series that its database does not have where that has so many, and no
    // field in a measurement that has so many in a shard group. 0: there is no bound. Whoever
    // resolved the target may lower them.
    std::uint64_t series_max = 0;
    std::uint64_t fields_max = 0;
};

enum class WriteStatus : std::uint8_t {
    kDone,        // every row that was not rejected is durable and visible
    kParseAgain,  // names were made meanwhile: resolve, parse and write again
    kFailed,      // nothing is acknowledged; `error` says why
};

struct WriteOutcome {
    WriteStatus status = WriteStatus::kDone;
    // kNotFound: the database or policy went away. kBusy, kNoSpace: come again. kIo and others: the
    // store or the catalog cannot be written.
    Error error;
    std::uint64_t rows_written = 0;
    std::uint64_t values_written = 0;
    // Rows this write refused; `rejections` names as many as its bound allows, the first always.
    std::uint64_t rows_rejected = 0;
};

// A listener hears of the writes to policies that have subscriptions, on the core that does them.
class WriteListener {
public:
    virtual ~WriteListener() = default;
    // Is called before the points are stored, and returns the text that accepted() will be given;
    // an empty text means that the points are not wanted. `index` is the index that the batch was
    // parsed against.
    virtual std::string capture(const WriteTarget& target, const model::PointBatch& batch,
                                const model::SeriesIndex& index) = 0;
    // Is called once the write is durable. Points with a type conflict are in `captured` although
    // they were refused, because InfluxDB forwards them too.
    virtual void accepted(const WriteTarget& target, std::string captured, std::uint64_t rows) = 0;
};

// The core writes these, and any core may read them.
struct CoreMetrics {
    Counter writes;  // requests that reached write(), repetitions not counted
    Counter writes_failed;
    Counter points_written;
    Counter values_written;
    Counter points_type_conflict;
    Counter points_beyond_series_max;
    Counter names_requested;  // messages to the catalog's core
    Counter parses_repeated;
};

class Core {
public:
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;
    ~Core();

    io::Reactor& reactor();
    std::uint32_t number() const;
    Engine& engine();

    // Copies share a count that only this core touches.
    const std::shared_ptr<const meta::Catalog>& catalog() const;

    // kNotFound with the text of InfluxDB's write handler: `database not found: "d"`, or
    // `retention policy not found: r` (then the database exists in catalog()). An empty policy
    // means the database's default.
    Result<WriteTarget> resolve(std::string_view database, std::string_view retention_policy);

    // The index of the active head, which requests are parsed against.
    model::SeriesIndex& series_index();

    // Checks every column against the schema of its shard group; rows with a conflict are removed
    // from `batch` and added to `rejections` (kTypeConflict, by line, about kRejectionBytesMax of
    // text). Asks the catalog's core for unknown shard groups, measurements and fields in one
    // message. Then appends to the store. The batch is of no use afterwards.
    // `target` is needed for the first step only; `batch`, `rejections` and the request body that
    // the batch points into live until completion.
    io::Task<WriteOutcome> write(const WriteTarget& target, model::PointBatch& batch,
                                 std::vector<model::Rejection>& rejections);

    // Sets the listener, or none with nullptr. A listener lives until it is replaced and all writes
    // have completed.
    void set_write_listener(WriteListener* listener);

    Admission& admission();

    // All stores dealt to this core; the first is the one written to.
    const std::vector<storage::Store*>& stores() const;

    // The server ends: what the device refuses is given up (storage::Store::expect_stop), also
    // under those who wait for it.
    void expect_stop();

    // Statements that change the catalog. Errors carry InfluxDB's texts. On completion the change
    // is durable and every core works with it; drops have also left every store.
    // CREATE DATABASE name, or CREATE DATABASE name WITH ... when `policy` is given.
    io::Task<Result<void>> create_database(std::string name,
                                           std::optional<meta::RetentionPolicySpec> policy = {});
    io::Task<Result<void>> drop_database(std::string name);
    io::Task<Result<void>> create_retention_policy(std::string database,
                                                   meta::RetentionPolicySpec policy,
                                                   bool make_default);
    io::Task<Result<void>> alter_retention_policy(std::string database, std::string policy,
                                                  meta::RetentionPolicyUpdate update,
                                                  bool make_default);
    io::Task<Result<void>> drop_retention_policy(std::string database, std::string policy);
    // Deletes take milliseconds, however much they cover: one durable record counts for all stores
    // of all cores, together or not at all. On completion every query that begins sees their
    // effect; one that runs meanwhile may see it in some stores only. kNotFound: the database.
    // `what` without sequence and last_group. Types of fields stay, also when no point does.
    io::Task<Result<void>> delete_points(std::string database, model::Tombstone what);
    // The fields of the measurement go too, so they may be written again with other types.
    io::Task<Result<void>> drop_measurement(std::string database, std::string measurement);
    // A shard is the one shard of its group and has the group's number.
    io::Task<Result<void>> drop_shard(model::ShardGroupId id);
    // Makes any change that takes nothing away from the stores, such as those of users, continuous
    // queries and subscriptions.
    io::Task<Result<void>> change_catalog(meta::CatalogChange change);

    const CoreMetrics& metrics() const;

    // See View.
    storage::Epoch begin_view();
    void end_view(storage::Epoch epoch);

private:
    friend class EngineState;
    explicit Core(std::unique_ptr<CoreState> state);
    std::unique_ptr<CoreState> state_;
};

// A View is what a query sees of all stores while rows are handed over between them: for as long as
// it lives, scans and lists that get its epoch find every row, in one place. Made, used and
// destroyed on the core.
class View {
public:
    explicit View(Core& core) : core_(core), epoch_(core.begin_view()) {}
    View(const View&) = delete;
    View& operator=(const View&) = delete;
    ~View() { core_.end_view(epoch_); }

    storage::Epoch epoch() const { return epoch_; }

private:
    Core& core_;
    const storage::Epoch epoch_;
};

}  // namespace sluice::engine
