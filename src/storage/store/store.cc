#include "sluice/storage/store.h"

#include <algorithm>

#include "storage/files/file_names.h"
#include "storage/memtable/memtable.h"
#include "storage/store/store_parts.h"

namespace sluice::storage {
namespace {

LogFilePoolOptions pool_options(const StoreOptions& options) {
    LogFilePoolOptions pool;
    pool.store = options.directory;
    pool.file_bytes = options.wal_file_bytes;
    pool.spare_target = std::max(1u, options.wal_spare_files);
    pool.spare_max = std::max(pool.spare_target, options.wal_recycled_files_max);
    return pool;
}

StoreOptions checked(StoreOptions options) {
    SLUICE_CHECK(options.sequences != nullptr);
    SLUICE_CHECK(options.wal_file_bytes % kDirectIoAlignment == 0);
    SLUICE_CHECK(options.wal_frame_bytes % kDirectIoAlignment == 0);
    SLUICE_CHECK(options.wal_frame_bytes <= options.wal_file_bytes);
    return options;
}

}  // namespace

StoreParts::StoreParts(io::Reactor& reactor, StoreOptions options)
    : life_(reactor, checked(std::move(options)), gate_),
      manifest_(reactor, life_.options.directory),
      files_(reactor, pool_options(life_.options)),
      wal_(reactor, files_, life_.metrics, gate_),
      trouble_(life_, wal_, files_, manifest_),
      segments_(life_),
      quarantine_(life_, manifest_, segments_, trouble_, recovery_),
      groups_(life_, manifest_),
      deletes_(life_.options.tombstones),
      heads_(life_, wal_, groups_, deletes_),
      homes_(life_),
      maintenance_(life_, manifest_, wal_, trouble_, heads_),
      warmer_(life_, heads_, segments_),
      flusher_(life_, manifest_, files_, trouble_, segments_, groups_, deletes_, heads_, warmer_),
      merger_(life_, manifest_, trouble_, segments_, quarantine_, groups_, deletes_, heads_, homes_,
              warmer_),
      purger_(life_, manifest_, trouble_, segments_, quarantine_, deletes_, merger_),
      chooser_(life_, segments_, heads_, homes_),
      compactor_(life_, trouble_, segments_, deletes_, homes_, chooser_, merger_, purger_) {
    wal_.file_bytes = life_.options.wal_file_bytes;
    wal_.frame_bytes = life_.options.wal_frame_bytes;
    wal_.writes_in_flight = life_.options.wal_writes_in_flight;
    wal_.on_log_begun = [this](std::uint64_t log_number, std::uint64_t head_id) {
        maintenance_.note_log(log_number, head_id);
    };
}

StoreParts::~StoreParts() = default;

bool StoreParts::must_wait(const Generation& generation) const {
    if (&generation != heads_.active().get()) return false;
    if (life_.options.background && segments_.merges_are_behind() && !trouble_.compaction())
        return true;
    return heads_.must_wait(generation);
}

io::Task<Result<AppendReceipt>> StoreParts::append(model::PointBatch& batch) {
    if (auto error = trouble_.refusal()) {
        life_.metrics.append_refused.add();
        co_return std::move(*error);
    }
    const std::shared_ptr<Generation> generation = heads_.active();
    SLUICE_CHECK(generation->log != nullptr);
    const AppendGuard guard(*generation, life_.changed, &batch);
    // Before any wait: a drop meanwhile must know of the rows, and so must one after a write that
    // failed, because they may be in the log all the same.
    for (std::size_t i = 0; i < batch.table_count(); ++i) {
        if (batch.table_at(i).rows() != 0) groups_.note(batch.table_at(i).shard.group);
    }
    AppendReceipt receipt;
    // Before any wait: all sequences of a head are below those of the next one.
    receipt.sequence = life_.options.sequences->take();
    if (must_wait(*generation)) {
        life_.metrics.append_waits.add();
        const std::int64_t deadline =
            life_.reactor.monotonic_ns() + life_.options.append_wait_max_ns;
        while (must_wait(*generation)) {
            const bool notified = co_await life_.changed.wait_until(deadline);
            if (auto error = trouble_.refusal()) co_return std::move(*error);
            if (!notified && must_wait(*generation)) {
                life_.metrics.append_refused.add();
                if (trouble_.flush()) co_return *trouble_.flush();
                co_return Error{ErrorKind::kBusy, "flush and compaction are behind"};
            }
        }
    }
    if (receipt.sequence < deletes_.last_sequence()) {
        heads_.drop_deleted_tables(*generation, batch, receipt.sequence);
        if (batch.row_count() == 0) co_return receipt;
    }
    SLUICE_CO_TRY(receipt.log_bytes, co_await generation->log->append(batch, receipt.sequence));
    life_.metrics.batches.add();
    life_.metrics.rows.add(batch.row_count());
    life_.metrics.values.add(batch.value_count());
    if (life_.options.background) heads_.rotate_if_due();
    co_return receipt;
}

void StoreParts::start_background() {
    segments_.begin();
    life_.gate.spawn(files_.run());
    life_.gate.spawn(maintenance_.run());
    life_.gate.spawn(flusher_.run());
    if (!manifest_.is_durable()) life_.gate.spawn(maintenance_.make_manifest());
    life_.gate.spawn(compactor_.run());
}

io::Task<void> StoreParts::stop() {
    life_.stopping = true;
    life_.changed.notify_all();
    heads_.flush_wanted.notify_all();
    segments_.merge_wanted.notify_all();
    maintenance_.wake();
    // Appends under way end by themselves: their writes are in flight.
    while (heads_.has_appends()) co_await life_.changed.wait();
    // First: where the device refuses, what is written from here on is tried once.
    manifest_.stop();
    co_await maintenance_.end_logs(flusher_.is_flushing());
    files_.stop();
    co_await life_.gate.close();
    // A flush or merge that was ending may still have added some.
    co_await segments_.close();
    co_await heads_.close();
    co_await files_.close();
    co_await manifest_.close();
}

void Store::expect_stop() {
    parts_->manifest().stop();
}

Store::Store(std::unique_ptr<StoreParts> parts) : parts_(std::move(parts)) {}
Store::~Store() = default;

io::Task<Result<std::unique_ptr<Store>>> Store::open(io::Reactor& reactor, StoreOptions options) {
    auto parts = std::make_unique<StoreParts>(reactor, std::move(options));
    SLUICE_CO_TRY_VOID(co_await parts->open());
    co_return std::unique_ptr<Store>(new Store(std::move(parts)));
}

Head& Store::active_head() {
    return *parts_->heads().active()->head;
}
Result<void> Store::check_size(const model::PointBatch& batch) const {
    return check_rows_fit(batch, parts_->options().wal_file_bytes - kWalHeaderBytes);
}

io::Task<Result<AppendReceipt>> Store::append(model::PointBatch& batch) {
    return parts_->append(batch);
}
std::vector<model::ShardGroupId> Store::shard_groups() const {
    return parts_->shard_groups();
}
io::Task<Result<void>> Store::drop_shard_groups(std::vector<model::ShardGroupId> groups) {
    return parts_->drop_shard_groups(std::move(groups));
}
io::Task<Result<void>> Store::flush() {
    return parts_->flusher().flush_all();
}
io::Task<Result<void>> Store::compact(bool all) {
    return parts_->compactor().run_until_done(all);
}
io::Task<void> Store::stop() {
    return parts_->stop();
}
StoreHealth Store::health() const {
    return parts_->trouble().health();
}
StoreStats Store::stats() const {
    return parts_->stats();
}
std::vector<GroupStats> Store::group_stats() const {
    return parts_->group_stats();
}
const StoreMetrics& Store::metrics() const {
    return parts_->life().metrics;
}
const RecoveryReport& Store::recovery() const {
    return parts_->recovery();
}

}  // namespace sluice::storage
