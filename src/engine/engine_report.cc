// This file gathers what the engine tells about itself: one report and one judgement of its health,
// from all cores.
#include <algorithm>
#include <utility>

#include "engine/all_cores.h"
#include "engine/engine_state.h"
#include "sluice/base/hash.h"
#include "sluice/io/mailbox.h"

namespace sluice::engine {
namespace {

struct OneCore {
    CoreReport core;
    std::vector<StoreReport> stores;
    std::map<model::ShardGroupId, ShardReport> shards;
};

// Two stores may have segments of the same numbers.
std::uint64_t mark_of(const std::string& store, const storage::GroupStats& stats) {
    if (stats.segments == 0) return 0;
    return hash_bytes(store + ' ' + std::to_string(stats.segments_mark));
}

// Runs on the core itself: nothing of its stores may be looked at from another one.
OneCore report_of(CoreState& core) {
    OneCore one;
    one.core = {core.reactor.core(), core.admission.bytes_in_flight()};
    for (const CoreState::OwnedStore& owned : core.owned_stores) {
        one.stores.push_back(
            {owned.name, core.reactor.core(), owned.store->health(), owned.store->stats()});
        for (const storage::GroupStats& stats : owned.store->group_stats()) {
            ShardReport& shard = one.shards[stats.group];
            shard.segments += stats.segments;
            shard.segment_bytes += stats.segment_bytes;
            shard.rows += stats.segment_rows + stats.head_rows;
            shard.head_rows += stats.head_rows;
            shard.segments_mark += mark_of(owned.name, stats);
        }
    }
    for (const auto& [group, writes] : core.group_writes) {
        ShardReport& shard = one.shards[group];
        shard.writes = writes.writes;
        shard.writes_failed = writes.failed;
        shard.points_written = writes.points;
    }
    return one;
}

}  // namespace

// Copied on core 0, since the catalog's writer goes on while a report travels.
EngineState::CatalogFacts EngineState::catalog_facts() const {
    CatalogFacts facts;
    facts.failing = catalog_->is_failing();
    facts.low_space = low_space_;
    facts.damage = catalog_->damage();
    facts.catalog_troubles = catalog_->troubles();
    facts.clock_doubt = clock_doubt();
    facts.log_bytes = catalog_->log_bytes();
    facts.groups_expired = groups_expired_;
    return facts;
}

io::Task<EngineReport> EngineState::report(Core& here) {
    EngineReport report;
    std::vector<OneCore> cores = co_await on_all_cores(core_states(), report_of);
    for (OneCore& one : cores) {
        report.cores.push_back(one.core);
        for (StoreReport& store : one.stores) report.stores.push_back(std::move(store));
        for (const auto& [group, part] : one.shards) {
            ShardReport& shard = report.shards[group];
            shard.segments += part.segments;
            shard.segment_bytes += part.segment_bytes;
            shard.rows += part.rows;
            shard.head_rows += part.head_rows;
            shard.segments_mark += part.segments_mark;
            shard.writes += part.writes;
            shard.writes_failed += part.writes_failed;
            shard.points_written += part.points_written;
        }
    }
    const CatalogFacts facts = co_await io::call_on(0, [this] { return catalog_facts(); });
    report.catalog_log_bytes = facts.log_bytes;
    report.shard_groups_expired = facts.groups_expired;
    const std::shared_ptr<const meta::Catalog> catalog = here.catalog();
    report.databases = catalog->databases.size();
    for (const auto& database : catalog->databases) {
        report.retention_policies += database->retention_policies.size();
        for (const auto& policy : database->retention_policies) {
            report.shard_groups += policy->shard_groups.size();
            for (const auto& group : policy->shard_groups) {
                report.measurements += group->measurements.size();
            }
        }
    }
    co_return report;
}

// A fault that keeps writes from being taken makes the whole fail; one that only makes data harder
// to get at is a warning. Every one has its sentence, for /health and for people.
io::Task<EngineHealth> EngineState::health(Core& here) {
    EngineHealth health;
    const auto worsen = [&health](HealthState state, std::string text) {
        health.state = std::max(health.state, state);
        health.texts.push_back(std::move(text));
    };
    const EngineReport picture = co_await report(here);
    std::vector<bool> core_writes(options_.cores, false);
    for (const StoreReport& store : picture.stores) {
        SLUICE_CHECK(store.core < core_writes.size());
        const bool first = !core_writes[store.core];
        core_writes[store.core] = true;
        if (store.health.state == storage::StoreState::kOk) continue;
        const bool read_only = store.health.state == storage::StoreState::kReadOnly;
        // Only the first store of a core is written to.
        if (read_only && first) health.writable = false;
        worsen(read_only && first ? HealthState::kFail : HealthState::kWarn,
               "store " + store.name + ": " + store.health.text);
    }
    const CatalogFacts facts = co_await io::call_on(0, [this] { return catalog_facts(); });
    if (facts.failing) {
        worsen(HealthState::kFail, "the catalog cannot be written: new names are refused");
    }
    if (facts.low_space) {
        health.writable = false;
        worsen(HealthState::kFail, "the disk is nearly full: writes are refused");
    }
    for (const std::string& trouble : facts.catalog_troubles) {
        worsen(HealthState::kWarn, "a copy of the catalog cannot be written: " + trouble);
    }
    if (!facts.clock_doubt.empty()) worsen(HealthState::kWarn, facts.clock_doubt);
    for (const std::string& sentence : facts.damage.sentences()) {
        worsen(HealthState::kWarn, "the catalog was damaged: " + sentence);
    }
    co_return health;
}

}  // namespace sluice::engine
