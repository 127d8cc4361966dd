// EngineSource is the engine as a DataSource: it passes calls on to the core it was made on and to
// the stores of the others.
#include "query/session/engine_source.h"

#include <optional>

#include "query/session/engine_write.h"
#include "sluice/engine/core.h"
#include "sluice/engine/engine.h"
#include "sluice/engine/scan.h"
#include "sluice/io/aside.h"
#include "sluice/io/reactor.h"

namespace sluice::query {
namespace {

Error interrupted() {
    return {ErrorKind::kCancelled, "query interrupted"};
}

io::Task<Result<bool>> no_more() {
    co_return interrupted();
}
io::Task<Result<storage::SeriesList>> no_series() {
    co_return interrupted();
}

// The things that the readers of one core share during a job. They lie in its EngineCoreView, which
// outlives the readers. `stopping` belongs to the core of the query and is read from here: it is
// the one thing that changes there while jobs run.
struct Reading {
    const io::Milestone& stopping;
    ScanCounts* counts;  // may be null
    std::uint64_t* blocks_missing;
    storage::Epoch view;
};

class ScanReader final : public RunReader {
public:
    ScanReader(storage::Scan scan, const Reading& reading)
        : scan_(std::move(scan)), reading_(reading) {}
    ~ScanReader() override { *reading_.blocks_missing += scan_.blocks_missing(); }
    io::Task<Result<bool>> next(storage::SeriesRun& run) override {
        if (reading_.stopping.reached()) return no_more();
        return reading_.counts == nullptr ? scan_.next(run) : count(run);
    }
    void expand() override { scan_.expand(); }

private:
    io::Task<Result<bool>> count(storage::SeriesRun& run) {
        Result<bool> more = co_await scan_.next(run);
        if (more.ok() && *more) {
            ++reading_.counts->runs;
            reading_.counts->rows += run.rows;
        }
        co_return more;
    }

    storage::Scan scan_;
    const Reading& reading_;
};

class EngineStore final : public StoreReader {
public:
    EngineStore(storage::Store& store, const Reading& reading) : store_(store), reading_(reading) {}
    io::Task<Result<storage::SeriesList>> list_series(model::ShardGroupId group,
                                                      std::string measurement,
                                                      storage::SeriesSieve* sieve) override {
        if (reading_.counts != nullptr) ++reading_.counts->series_lists;
        return reading_.stopping.reached() ? no_series()
                                           : list(group, std::move(measurement), sieve);
    }
    io::Task<Result<bool>> has_series(model::ShardGroupId group, std::string measurement) override {
        return store_.has_series(group, std::move(measurement), reading_.view);
    }
    std::unique_ptr<RunReader> scan(storage::ScanSpec spec) override {
        if (reading_.counts != nullptr) ++reading_.counts->scans;
        spec.view = reading_.view;
        return std::make_unique<ScanReader>(store_.scan(std::move(spec)), reading_);
    }

    storage::GroupHolding holding(model::ShardGroupId group) override {
        return store_.holding(group, reading_.view);
    }

private:
    io::Task<Result<storage::SeriesList>> list(model::ShardGroupId group, std::string measurement,
                                               storage::SeriesSieve* sieve) {
        auto listed =
            co_await store_.list_series(group, std::move(measurement), sieve, reading_.view);
        if (listed.ok()) *reading_.blocks_missing += listed->parts_missing();
        co_return listed;
    }

    storage::Store& store_;
    const Reading& reading_;
};

io::Task<void> yield_when_due(io::Reactor& reactor) {
    if (reactor.needs_yield()) co_await reactor.yield();
}

class EngineCoreView final : public CoreView {
public:
    EngineCoreView(engine::Core& core, const io::Milestone& stopping,
                   std::vector<ScanCounts>* counts, std::uint64_t& blocks_missing,
                   storage::Epoch view)
        : core_(core),
          reading_{stopping, counts ? &(*counts)[core.number()] : nullptr, &blocks_missing, view} {
        for (storage::Store* store : core.stores()) stores_.emplace_back(*store, reading_);
    }
    std::uint32_t number() const override { return core_.number(); }
    std::size_t store_count() const override { return stores_.size(); }
    StoreReader& store(std::size_t index) override { return stores_[index]; }
    io::Task<void> breathe() override { return yield_when_due(core_.reactor()); }

private:
    engine::Core& core_;
    const Reading reading_;
    std::vector<EngineStore> stores_;
};

// What a core gives back beside its slot in the job.
struct Ended {
    std::uint64_t blocks_missing = 0;
};

// Runs on the core where the job is to be done. Counts of missing blocks travel back with the
// result, because the source that adds them up belongs to the core of the query.
io::Task<Result<Ended>> run_job(engine::Core& core, CoreJob* job, const io::Milestone* stopping,
                                std::vector<ScanCounts>* counts, storage::Epoch epoch) {
    Ended ended;
    EngineCoreView view(core, *stopping, counts, ended.blocks_missing, epoch);
    Result<void> result = co_await job->run(view);
    if (!result.ok()) co_return std::move(result).error();
    co_return ended;
}

class EngineSource final : public DataSource {
public:
    explicit EngineSource(engine::Core& core) : core_(core), stopping_(&never_) {}
    // `blocks_missing` null: it counts for itself.
    EngineSource(engine::Core& core, const io::Milestone& stopping, std::vector<ScanCounts>* counts,
                 std::uint64_t* blocks_missing)
        : core_(core), stopping_(&stopping), counts_(counts) {
        if (blocks_missing != nullptr) blocks_missing_ = blocks_missing;
    }

    std::shared_ptr<const meta::Catalog> catalog() override { return core_.catalog(); }
    std::int64_t wall_ns() override { return core_.reactor().wall_ns(); }
    std::uint32_t core_count() override { return core_.engine().core_count(); }
    std::uint32_t core_number() override { return core_.number(); }
    std::int64_t monotonic_ns() override { return core_.reactor().precise_ns(); }
    std::unique_ptr<DataSource> for_query(const io::Milestone& stopping,
                                          std::vector<ScanCounts>* counts) override {
        // A source that is of one query counts for those made from it.
        std::uint64_t* const shared = stopping_ == &never_ ? nullptr : blocks_missing_;
        return std::make_unique<EngineSource>(core_, stopping, counts, shared);
    }
    std::uint64_t blocks_missing() override { return *blocks_missing_; }
    io::Task<void> breathe() override { return yield_when_due(core_.reactor()); }
    io::Task<void> run_aside(std::function<void()> work) override {
        return io::run_on_a_thread(std::move(work));
    }
    Result<void> check_running() override {
        return stopping_->reached() ? Result<void>(interrupted()) : Result<void>();
    }

    io::Task<Result<void>> run_on_every_core(CoreJob& job) override {
        // The function is copied to each core; what it points to lives in this frame or outlives
        // it, and this frame lives until all have answered.
        CoreJob* shared = &job;
        const io::Milestone* stopping = stopping_;
        std::vector<ScanCounts>* counts = counts_;
        std::vector<std::uint32_t> concerned;
        for (std::uint32_t core = 0; core < core_.engine().core_count(); ++core) {
            if (job.concerns(core)) concerned.push_back(core);
        }
        // What reads several times must find each row in the same store each time.
        std::optional<engine::View> own_view;
        if (stopping_ == &never_) {
            own_view.emplace(core_);
        } else if (!view_) {
            view_.emplace(core_);
        }
        const storage::Epoch epoch = own_view ? own_view->epoch() : view_->epoch();
        auto results = co_await engine::on_cores<Ended>(
            core_, std::move(concerned), [shared, stopping, counts, epoch](engine::Core& there) {
                return run_job(there, shared, stopping, counts, epoch);
            });
        for (Result<Ended>& result : results) {
            if (!result.ok()) co_return std::move(result).error();
            *blocks_missing_ += result->blocks_missing;
        }
        co_return Result<void>();
    }

    io::Task<Result<void>> write(std::string database, std::string policy,
                                 const TargetRows& rows) override {
        return write_rows(core_, std::move(database), std::move(policy), rows);
    }

    io::Task<Result<void>> create_database(
        std::string name, std::optional<meta::RetentionPolicySpec> policy) override {
        return core_.create_database(std::move(name), std::move(policy));
    }
    io::Task<Result<void>> drop_database(std::string name) override {
        return core_.drop_database(std::move(name));
    }
    io::Task<Result<void>> create_retention_policy(std::string database,
                                                   meta::RetentionPolicySpec policy,
                                                   bool make_default) override {
        return core_.create_retention_policy(std::move(database), std::move(policy), make_default);
    }
    io::Task<Result<void>> alter_retention_policy(std::string database, std::string policy,
                                                  meta::RetentionPolicyUpdate update,
                                                  bool make_default) override {
        return core_.alter_retention_policy(std::move(database), std::move(policy), update,
                                            make_default);
    }
    io::Task<Result<void>> drop_retention_policy(std::string database,
                                                 std::string policy) override {
        return core_.drop_retention_policy(std::move(database), std::move(policy));
    }
    io::Task<Result<void>> change_catalog(meta::CatalogChange change) override {
        return core_.change_catalog(std::move(change));
    }
    io::Task<Result<void>> delete_points(std::string database, model::Tombstone what) override {
        return core_.delete_points(std::move(database), std::move(what));
    }
    io::Task<Result<void>> drop_measurement(std::string database,
                                            std::string measurement) override {
        return core_.drop_measurement(std::move(database), std::move(measurement));
    }
    io::Task<Result<void>> drop_shard(model::ShardGroupId id) override {
        return core_.drop_shard(id);
    }

private:
    engine::Core& core_;
    const io::Milestone never_;
    const io::Milestone* stopping_;
    std::vector<ScanCounts>* counts_ = nullptr;
    std::optional<engine::View> view_;  // of a source that is of one query
    std::uint64_t own_blocks_missing_ = 0;
    std::uint64_t* blocks_missing_ = &own_blocks_missing_;
};

}  // namespace

std::unique_ptr<DataSource> make_engine_source(engine::Core& core) {
    return std::make_unique<EngineSource>(core);
}

}  // namespace sluice::query
