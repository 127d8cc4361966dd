// The inside of an Engine: what all cores share, and what core 0 does for all.
//
// There are no locks. What all cores read (options, sequences) does not change or is made for it;
// what belongs to core 0 is touched on core 0 only, to which every public function carries its
// caller's request. Its parts are in engine_start, engine_catalog, engine_deletes, engine_retention
// and engine_report.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/clock_note.h"
#include "engine/core_state.h"
#include "engine/hand_over.h"
#include "engine/retention_enforcer.h"
#include "engine/series_limits.h"
#include "sluice/base/check.h"
#include "sluice/engine/engine.h"
#include "sluice/io/directory_lock.h"
#include "sluice/io/event.h"
#include "sluice/io/gate.h"
#include "sluice/io/sequence_source.h"
#include "sluice/meta/catalog_writer.h"

namespace sluice::engine {

// A DELETE, DROP SERIES or DROP MEASUREMENT.
struct Deletion {
    std::string database;
    model::Tombstone what;            // sequence and last group are filled in
    std::string dropped_measurement;  // empty: the catalog keeps all names
};

// A Barrier completes for all cores when all have come. It is used once, on core 0.
class Barrier {
public:
    explicit Barrier(std::uint32_t expected) : missing_(expected) {}

    // The first error anybody came with.
    io::Task<Result<void>> arrive(Result<void> result);

private:
    std::uint32_t missing_;
    Result<void> result_;
    io::Event complete_;
};

class EngineState {
public:
    EngineState(Engine& engine, EngineOptions options);

    // Any core.
    io::Task<Result<Core*>> start_core(io::Reactor& reactor);
    io::Task<void> stop_core(Core& core);
    io::Task<Result<std::shared_ptr<const meta::Catalog>>> ensure_names(
        const meta::NamesWanted& wanted);  // lives until completion
    // Runs a change of the catalog; every core works with the result when it completes.
    io::Task<Result<void>> change_catalog(meta::CatalogWriter::Change change);
    // change_catalog(), and what left the catalog has left the stores.
    io::Task<Result<void>> remove_from_catalog(meta::CatalogWriter::Change change);
    io::Task<Result<void>> delete_points(Deletion deletion);
    io::Task<EngineReport> report(Core& here);
    io::Task<EngineHealth> health(Core& here);

    // Between the barriers of the start and the stop.
    Core& core(std::uint32_t number) {
        SLUICE_CHECK(number < cores_.size() && cores_[number] != nullptr);
        return *cores_[number];
    }
    const EngineOptions& options() const { return options_; }
    storage::StoreOptions store_options(const std::string& name, std::size_t stores_of_core);

    HandOver& hand_over() { return hand_over_; }              // on core 0
    SeriesLimits& series_limits() { return series_limits_; }  // on core 0
    // Known before any store is open, and never changed.
    bool has_several_stores() const { return store_cores_.size() > 1; }
    std::uint32_t core_of_store(std::uint32_t number) const { return store_cores_.at(number); }
    const std::vector<std::uint32_t>& stores_written_to() const { return stores_written_to_; }
    // On the store's core.
    storage::Store& store(std::uint32_t number);
    // Between the barriers of the start and the stop: the cores in the order of their numbers.
    std::vector<CoreState*> core_states() const;

    io::SequenceSource sequences;
    Engine& engine;

private:
    // The findings of core 0 at the start, for the other cores.
    struct Plan {
        std::shared_ptr<const meta::Catalog> catalog;
        std::vector<std::vector<std::string>> stores;  // by core
    };

    // The facts that core 0 alone knows, for reports.
    struct CatalogFacts {
        bool failing = false;
        bool low_space = false;
        meta::CatalogDamage damage;
        std::vector<std::string> catalog_troubles;
        std::string clock_doubt;  // a sentence, or nothing
        std::uint64_t log_bytes = 0;
        std::uint64_t groups_expired = 0;
    };

    // On core 0.
    CatalogFacts catalog_facts() const;
    io::Task<Result<void>> open_directory(io::Reactor& reactor);
    io::Task<void> rebuild_catalog(io::Reactor& reactor);
    io::Task<Result<Plan>> await_plan();
    io::Task<Result<void>> arrive_started(Result<void> result, model::ShardGroupId last_group);
    io::Task<void> prepare_catalog();
    void publish(const std::shared_ptr<const meta::Catalog>& catalog);
    io::Task<Result<void>> change_on_core_0(meta::CatalogWriter::Change change);
    io::Task<Result<void>> remove_on_core_0(meta::CatalogWriter::Change change);
    // engine_deletes.cc
    io::Task<Result<void>> delete_on_core_0(Deletion deletion);
    io::Task<Result<void>> delete_alone(Deletion& deletion);
    io::Task<void> await_certainty();
    io::Task<void> settle_deletes(io::Reactor& reactor);
    io::Task<void> forget_settled();

    io::Task<void> install_everywhere(std::shared_ptr<const meta::Catalog> catalog);
    io::Task<void> unlink_doomed();
    io::Task<void> run_watchers(io::Reactor& reactor);
    io::Task<void> watch_space(io::Reactor& reactor);
    // engine_retention.cc
    io::Task<void> enforce_retention(io::Reactor& reactor);
    io::Task<void> expire_groups(io::Reactor& reactor);
    io::Task<void> compare_clock(io::Reactor& reactor);
    // A sentence while the clock of the start is not believed.
    std::string clock_doubt() const;
    io::Task<void> note_clock(io::Reactor& reactor);
    io::Task<bool> pause(io::Reactor& reactor, std::int64_t duration_ns);
    void set_low_space(bool low);

    EngineOptions options_;
    // Each written by its core before the barrier of the start and after that of the stop, read by
    // all between them.
    std::vector<std::unique_ptr<Core>> cores_;

    std::map<std::uint32_t, std::uint32_t> store_cores_;  // by number of the store
    std::vector<std::uint32_t> stores_written_to_;        // the first of each core, ascending

    // Core 0's own. The first are set by the start, before the barrier.
    HandOver hand_over_;
    SeriesLimits series_limits_;
    io::DirectoryLock lock_;
    std::unique_ptr<meta::CatalogWriter> catalog_;
    std::optional<Result<Plan>> plan_;
    io::Event plan_ready_;
    Barrier started_;                  // all stores are open, or the start has failed
    Barrier quiet_;                    // no core asks another one for anything any more
    Barrier stores_stopped_;           // nothing writes to the directory but the catalog
    std::uint32_t cores_arrived_ = 0;  // at started_
    model::ShardGroupId last_group_in_stores_ = 0;
    bool stopping_ = false;
    io::Event stop_;       // wakes whoever sleeps in pause()
    io::Gate background_;  // run_watchers()
    bool low_space_ = false;
    bool deleting_ = false;  // one at a time, see engine_deletes.cc
    io::Event delete_ended_;
    RetentionEnforcer retention_;
    ClockNote clock_note_;
    const io::Reactor* clock_ = nullptr;  // since the start compared it
    std::uint64_t groups_expired_ = 0;
};

}  // namespace sluice::engine
