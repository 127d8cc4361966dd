// This file starts and stops the engine: it opens the directory, deals the stores to the cores, and
// lets the cores wait for each other.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/data_directory.h"
#include "engine/engine_state.h"
#include "engine/store_layout.h"
#include "sluice/base/log.h"
#include "sluice/engine/catalog_rebuild.h"
#include "sluice/io/file.h"
#include "sluice/io/mailbox.h"

namespace sluice::engine {
namespace {

// A store opens what one merge needs at once.
constexpr std::uint64_t kSegmentsOpenMin = 64;

}  // namespace

// Runs on core 0, whichever core arrives. An error of one is the result of all, so that all give up
// together.
io::Task<Result<void>> Barrier::arrive(Result<void> result) {
    if (result_.ok() && !result.ok()) result_ = std::move(result);
    SLUICE_CHECK(missing_ != 0);
    if (--missing_ == 0) complete_.notify_all();
    while (missing_ != 0) co_await complete_.wait();
    co_return result_;
}

EngineState::EngineState(Engine& engine_, EngineOptions options)
    : engine(engine_),
      options_(std::move(options)),
      cores_(options_.cores),
      hand_over_(*this),
      series_limits_(*this),
      started_(options_.cores),
      quiet_(options_.cores),
      stores_stopped_(options_.cores),
      retention_(RetentionRules{.spacing_ns = options_.retention_check_ns / 3,
                                .start_hold_off_max_ns = options_.clock_hold_off_ns}),
      clock_note_(options_.data_directory + "/clock") {}

// Each core has an equal part of memory and files, which its stores divide among them.
storage::StoreOptions EngineState::store_options(const std::string& name,
                                                 std::size_t stores_of_core) {
    storage::StoreOptions store = options_.store;
    store.directory = options_.data_directory + "/stores/" + name;
    store.sequences = &sequences;
    // One head is filled while the one before is written out; stores that are only read keep none.
    store.head_bytes_max = options_.memory.heads_bytes / options_.cores / 2;
    store.head_growth_bytes = options_.memory.heads_growth_bytes / options_.cores / 2;
    store.segments_open_max = std::max<std::uint64_t>(
        options_.segments_open_max / options_.cores / stores_of_core, kSegmentsOpenMin);
    store.block_cache_bytes = options_.memory.block_cache_bytes / options_.cores / stores_of_core;
    return store;
}

// The order matters: the directory is looked at before anything is written to it, and locked before
// anything of ours in it is opened, so that neither a foreign directory nor a second process of
// ours is harmed.
io::Task<Result<void>> EngineState::open_directory(io::Reactor& reactor) {
    const std::string& data = options_.data_directory;
    const std::string stores = data + "/stores";
    SLUICE_CO_TRY_VOID(co_await prepare_data_directory(reactor, data));
    if (reactor.backend().is_real()) {
        SLUICE_CO_TRY(lock_, io::DirectoryLock::acquire(data));
    }
    SLUICE_CO_TRY_VOID(co_await io::make_directory(reactor, stores));
    SLUICE_CO_TRY_VOID(co_await io::sync_directory(reactor, data));
    SLUICE_CO_TRY(catalog_, co_await meta::CatalogWriter::open(reactor, data + "/meta"));
    co_await rebuild_catalog(reactor);
    SLUICE_CO_TRY(const std::vector<io::DirectoryEntry> entries,
                  co_await io::list_directory(reactor, stores));
    std::vector<std::string> names;
    for (const io::DirectoryEntry& entry : entries) {
        if (entry.is_directory && is_store_name(entry.name)) names.push_back(entry.name);
    }
    Plan plan{catalog_->catalog(), deal_stores(std::move(names), options_.cores)};
    SLUICE_CHECK(plan.stores.size() == options_.cores);
    for (const std::vector<std::string>& dealt : plan.stores) {
        for (const std::string& name : dealt) {
            const Result<void> made = co_await io::make_directory(reactor, stores + "/" + name);
            // Where there is no room for one more store, those that are there are read all the
            // same.
            if (!made.ok() && made.error().kind != ErrorKind::kNoSpace) co_return made;
        }
    }
    SLUICE_CO_TRY_VOID(co_await io::sync_directory(reactor, stores));
    for (std::uint32_t core = 0; core < plan.stores.size(); ++core) {
        for (const std::string& name : plan.stores[core]) store_cores_[store_number(name)] = core;
        stores_written_to_.push_back(store_number(plan.stores[core].front()));
    }
    std::sort(stores_written_to_.begin(), stores_written_to_.end());
    SLUICE_CHECK(!plan_.has_value());
    plan_ = std::move(plan);
    co_return Result<void>();
}

// Before any store is open. Whatever cannot be had back, the start goes on.
io::Task<void> EngineState::rebuild_catalog(io::Reactor& reactor) {
    const std::string& data = options_.data_directory;
    Result<bool> may_lack =
        co_await may_lack_groups(reactor, data, *catalog_->catalog(), catalog_->damage());
    Error trouble;
    if (!may_lack.ok()) {
        trouble = std::move(may_lack).error();
    } else if (*may_lack) {
        auto found = co_await find_groups_in_stores(reactor, data);
        if (!found.ok()) {
            trouble = std::move(found).error();
        } else {
            const auto rebuilt = co_await rebuild_from_stores(*catalog_, std::move(*found));
            if (rebuilt.ok()) co_return;
            trouble = rebuilt.error();
        }
    }
    if (trouble.message.empty()) co_return;
    log_error("what the catalog may have lost cannot be looked for in the stores",
              {{"error", trouble.message}});
}

// The other cores wait here until core 0 has opened the directory, or has failed to.
io::Task<Result<EngineState::Plan>> EngineState::await_plan() {
    while (!plan_.has_value()) co_await plan_ready_.wait();
    co_return *plan_;
}

io::Task<Result<void>> EngineState::arrive_started(Result<void> result,
                                                   model::ShardGroupId last_group) {
    SLUICE_CHECK(io::Reactor::current().core() == 0 && cores_arrived_ < options_.cores);
    last_group_in_stores_ = std::max(last_group_in_stores_, last_group);
    if (++cores_arrived_ == options_.cores && catalog_ != nullptr) co_await prepare_catalog();
    co_return co_await started_.arrive(std::move(result));
}

// All cores have their Core, none takes writes yet.
io::Task<void> EngineState::prepare_catalog() {
    catalog_->set_publish(
        [this](const std::shared_ptr<const meta::Catalog>& catalog) { publish(catalog); });
    if (last_group_in_stores_ <= catalog_->catalog()->last_group_id) co_return;
    // The catalog has lost changes, if not all. An id must not be given to a second group.
    co_await catalog_->note_unknown_groups(last_group_in_stores_);
    const auto raised = co_await catalog_->change([this](meta::CatalogEditor& editor) {
        editor.raise_group_id(last_group_in_stores_);
        return Result<void>();
    });
    if (!raised.ok()) log_error("cannot change the catalog", {{"error", raised.error().message}});
}

// Runs on each core. A core that fails arrives at the barrier like the others, and brings its
// error: otherwise they would wait for it for ever.
io::Task<Result<Core*>> EngineState::start_core(io::Reactor& reactor) {
    const std::uint32_t number = reactor.core();
    SLUICE_CHECK(number < options_.cores && cores_[number] == nullptr);
    if (number == 0) {
        Result<void> opened = co_await open_directory(reactor);
        if (!opened.ok()) plan_ = std::move(opened).error();
        plan_ready_.notify_all();
    }
    Result<Plan> plan = co_await io::call_on(0, [this] { return await_plan(); });

    auto state =
        std::make_unique<CoreState>(*this, reactor, options_.memory.bodies_bytes / options_.cores);
    Result<void> ready;
    if (plan.ok()) {
        state->install(plan->catalog);
        ready = co_await state->open_stores(plan->stores[number]);
    } else {
        ready = std::move(plan).error();
    }
    // Called by others from here on; they start only after the barrier.
    CoreState& inside = *state;
    cores_[number].reset(new Core(std::move(state)));
    const model::ShardGroupId last_group = inside.last_group_in_stores();
    const Result<void> all_ready = co_await io::call_on(
        0, [this, &ready, last_group] { return arrive_started(std::move(ready), last_group); });
    if (!all_ready.ok()) {
        co_await inside.stop_stores();
        if (number == 0 && catalog_ != nullptr) co_await catalog_->stop();
        cores_[number].reset();
        co_return all_ready.error();
    }
    inside.begin_hand_overs();
    if (number == 0) {
        background_.spawn(run_watchers(reactor));
    }
    co_return cores_[number].get();
}

storage::Store& EngineState::store(std::uint32_t number) {
    for (const CoreState::OwnedStore& each : cores_[core_of_store(number)]->state_->owned_stores) {
        if (each.number == number) return *each.store;
    }
    SLUICE_CHECK(false);
    std::abort();
}

// Runs on each core. Barriers keep the order: nobody asks another core once its stores may be gone,
// and the catalog and the lock end when no store writes to the directory any more.
io::Task<void> EngineState::stop_core(Core& core) {
    const std::uint32_t number = core.number();
    SLUICE_CHECK(number < options_.cores && cores_[number].get() == &core);
    CoreState& inside = *core.state_;
    if (number == 0) {
        stopping_ = true;
        stop_.notify_all();
        hand_over_.stop();
        co_await background_.close();
    }
    co_await inside.end_hand_overs();
    // No core is asked anything after this.
    (void)co_await io::call_on(0, [this] { return quiet_.arrive({}); });
    co_await inside.stop_stores();
    (void)co_await io::call_on(0, [this] { return stores_stopped_.arrive({}); });
    cores_[number].reset();
    if (number == 0) {
        co_await catalog_->stop();
        lock_ = io::DirectoryLock();
    }
}

}  // namespace sluice::engine
