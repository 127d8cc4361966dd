#include "sluice/engine/core.h"

#include <algorithm>
#include <utility>

#include "engine/core_state.h"
#include "engine/engine_state.h"
#include "engine/hand_over.h"
#include "engine/store_layout.h"
#include "sluice/base/check.h"
#include "sluice/base/log.h"

namespace sluice::engine {
namespace {

// One pass, however many groups are asked for.
storage::GroupFactsMap describe_groups(const meta::Catalog& catalog,
                                       const std::set<model::ShardGroupId>& wanted) {
    storage::GroupFactsMap facts;
    for (const auto& database : catalog.databases) {
        for (const auto& policy : database->retention_policies) {
            for (const auto& group : policy->shard_groups) {
                if (!wanted.contains(group->id)) continue;
                facts[group->id] = {database->name, policy->name, group->range,
                                    policy->duration_ns};
            }
        }
    }
    return facts;
}

// Ten of the hundred parts of which MemoryBudget::of_total() gives thirty-five to heads. It is not
// divided: the cores share the catalog.
std::uint64_t names_bytes_of(const MemoryBudget& memory) {
    return memory.heads_bytes / 35 * 10;
}

}  // namespace

CoreState::CoreState(EngineState& engine_, io::Reactor& reactor_, std::uint64_t body_bytes_max)
    : engine(engine_),
      reactor(reactor_),
      admission(body_bytes_max),
      checker_(names_bytes_of(engine_.options().memory)) {}

io::Task<Result<void>> CoreState::open_stores(std::vector<std::string> names) {
    SLUICE_CHECK(!names.empty());
    SLUICE_CHECK(catalog != nullptr && stores.empty() && owned_stores.empty());
    // All at once: recovery is mostly reading.
    std::vector<io::Task<Result<std::unique_ptr<storage::Store>>>> opening;
    for (const std::string& name : names) {
        storage::StoreOptions options = engine.store_options(name, names.size());
        options.tombstones = tombstones_;
        options.number = store_number(name);
        if (engine.has_several_stores()) {
            options.neighbours = make_neighbours(engine, *this, options.number);
        } else {
            options.group_is_ours_alone = [](model::ShardGroupId) { return true; };
        }
        // Asked by flushes and merges, which write down whose groups they are, so that a lost
        // catalog can be rebuilt. The store does not outlive this object.
        options.describe_groups = [this](const std::set<model::ShardGroupId>& groups) {
            return describe_groups(*catalog, groups);
        };
        opening.push_back(storage::Store::open(reactor, std::move(options)));
    }
    // All are awaited, also after one has failed: a task may not be left while it runs, and a store
    // that is open has to be stopped.
    Result<void> result;
    for (std::size_t i = 0; i < opening.size(); ++i) {
        Result<std::unique_ptr<storage::Store>> opened = co_await opening[i];
        if (opened.ok()) {
            owned_stores.push_back({names[i], store_number(names[i]), std::move(opened).value()});
            stores.push_back(owned_stores.back().store.get());
        } else if (result.ok()) {
            result = std::move(opened).error();
        }
    }
    co_return result;
}

void CoreState::expect_stop() {
    for (storage::Store* store : stores) store->expect_stop();
}

io::Task<void> CoreState::stop_stores() {
    // Also where a start has failed and no hand-over has ended.
    expect_stop();
    // A head that is larger than this is left to the log, so that a stop stays short.
    constexpr std::uint64_t kCheapFlushBytes = 16 * kMiB;
    for (storage::Store* store : stores) {
        const storage::StoreStats stats = store->stats();
        if (stats.head_rows != 0 && stats.head_bytes <= kCheapFlushBytes &&
            store->health().state != storage::StoreState::kReadOnly) {
            const Result<void> flushed = co_await store->flush();
            if (!flushed.ok()) {
                log_warn("flush at stop failed", {{"error", flushed.error().message}});
            }
        }
        co_await store->stop();
    }
    stores.clear();
    owned_stores.clear();
}

void CoreState::install(const std::shared_ptr<const meta::Catalog>& newest) {
    SLUICE_CHECK(newest != nullptr);
    // Snapshots come by several ways (a publication, the answer to a question), perhaps not in
    // order.
    if (catalog != nullptr && newest->version <= catalog->version) return;
    // A count of our own: copies made on this core do not touch the one that all cores share.
    auto holder = std::make_shared<const std::shared_ptr<const meta::Catalog>>(newest);
    catalog = std::shared_ptr<const meta::Catalog>(std::move(holder), newest.get());
    if (newest->tombstones.get() == tombstones_.get()) return;
    tombstones_ = std::shared_ptr<const model::TombstoneMap>(catalog, newest->tombstones.get());
    for (storage::Store* store : stores) store->set_tombstones(tombstones_);
}

io::Task<Result<void>> CoreState::drop_groups(
    std::shared_ptr<const std::vector<model::ShardGroupId>> ids) {
    // A store that fails does not keep the others from unlinking; the first error is passed on.
    Result<void> result;
    for (storage::Store* store : stores) {
        Result<void> dropped = co_await store->drop_shard_groups(*ids);
        if (!dropped.ok() && result.ok()) result = std::move(dropped);
    }
    for (const model::ShardGroupId id : *ids) group_writes.erase(id);
    co_return result;
}

model::ShardGroupId CoreState::last_group_in_stores() const {
    model::ShardGroupId last = 0;
    for (const storage::Store* store : stores) {
        const std::vector<model::ShardGroupId> groups = store->shard_groups();
        if (!groups.empty()) last = std::max(last, groups.back());
    }
    return last;
}

Core::Core(std::unique_ptr<CoreState> state) : state_(std::move(state)) {}
Core::~Core() = default;

io::Reactor& Core::reactor() {
    return state_->reactor;
}
std::uint32_t Core::number() const {
    return state_->reactor.core();
}
Engine& Core::engine() {
    return state_->engine.engine;
}
const std::shared_ptr<const meta::Catalog>& Core::catalog() const {
    return state_->catalog;
}
Result<WriteTarget> Core::resolve(std::string_view database, std::string_view retention_policy) {
    return state_->resolve(database, retention_policy);
}
model::SeriesIndex& Core::series_index() {
    SLUICE_CHECK(!state_->stores.empty());
    return state_->stores.front()->series_index();
}
io::Task<WriteOutcome> Core::write(const WriteTarget& target, model::PointBatch& batch,
                                   std::vector<model::Rejection>& rejections) {
    return state_->write(target, batch, rejections);
}
void Core::set_write_listener(WriteListener* listener) {
    state_->listener = listener;
}
Admission& Core::admission() {
    return state_->admission;
}
const std::vector<storage::Store*>& Core::stores() const {
    return state_->stores;
}
void Core::expect_stop() {
    state_->expect_stop();
}
const CoreMetrics& Core::metrics() const {
    return state_->metrics;
}
storage::Epoch Core::begin_view() {
    return state_->begin_view();
}
void Core::end_view(storage::Epoch epoch) {
    state_->end_view(epoch);
}

io::Task<Result<void>> Core::create_database(std::string name,
                                             std::optional<meta::RetentionPolicySpec> policy) {
    const bool makes_policy = state_->engine.options().retention_autocreate || policy.has_value();
    co_return co_await state_->engine.change_catalog(
        [&name, &policy, makes_policy](meta::CatalogEditor& editor) -> Result<void> {
            const bool is_new = editor.catalog().find_database(name) == nullptr;
            SLUICE_TRY_VOID(editor.create_database(name, policy));
            if (makes_policy || !is_new) return {};
            // The two changes are one in the log: nobody sees the policy.
            const std::string made = editor.catalog().find_database(name)->default_retention_policy;
            editor.drop_retention_policy(name, made);
            return {};
        });
}

io::Task<Result<void>> Core::drop_database(std::string name) {
    co_return co_await state_->engine.remove_from_catalog([&name](meta::CatalogEditor& editor) {
        editor.drop_database(name);
        return Result<void>();
    });
}

io::Task<Result<void>> Core::create_retention_policy(std::string database,
                                                     meta::RetentionPolicySpec policy,
                                                     bool make_default) {
    co_return co_await state_->engine.change_catalog(
        [&database, &policy, make_default](meta::CatalogEditor& editor) {
            return editor.create_retention_policy(database, policy, make_default);
        });
}

io::Task<Result<void>> Core::alter_retention_policy(std::string database, std::string policy,
                                                    meta::RetentionPolicyUpdate update,
                                                    bool make_default) {
    co_return co_await state_->engine.change_catalog(
        [&database, &policy, &update, make_default](meta::CatalogEditor& editor) {
            return editor.alter_retention_policy(database, policy, update, make_default);
        });
}

io::Task<Result<void>> Core::delete_points(std::string database, model::Tombstone what) {
    return state_->engine.delete_points({std::move(database), std::move(what), {}});
}

io::Task<Result<void>> Core::drop_measurement(std::string database, std::string measurement) {
    model::Tombstone what;
    what.measurements.push_back({measurement, {}});
    return state_->engine.delete_points(
        {std::move(database), std::move(what), std::move(measurement)});
}

io::Task<Result<void>> Core::drop_shard(model::ShardGroupId id) {
    co_return co_await state_->engine.remove_from_catalog([id](meta::CatalogEditor& editor) {
        editor.drop_group(id);
        return Result<void>();
    });
}

io::Task<Result<void>> Core::drop_retention_policy(std::string database, std::string policy) {
    co_return co_await state_->engine.remove_from_catalog(
        [&database, &policy](meta::CatalogEditor& editor) {
            editor.drop_retention_policy(database, policy);
            return Result<void>();
        });
}

io::Task<Result<void>> Core::change_catalog(meta::CatalogChange change) {
    return state_->engine.change_catalog(std::move(change));
}

}  // namespace sluice::engine
