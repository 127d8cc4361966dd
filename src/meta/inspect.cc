#include "sluice/meta/inspect.h"

#include "meta/catalog_log.h"
#include "meta/catalog_recovery.h"
#include "sluice/io/file.h"
#include "sluice/io/reactor.h"

namespace sluice::meta {
namespace {

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

void dump_group(const ShardGroup& group, const LineSink& sink) {
    std::uint64_t fields = 0;
    group.measurements.for_each(
        [&fields](const MeasurementSchema& schema) { fields += schema.fields().size(); });
    sink("    shard group " + number(group.id) + " time " + std::to_string(group.range.begin) +
         ".." + std::to_string(group.range.end) + " measurements " +
         number(group.measurements.size()) + " fields " + number(fields));
}

void dump_database(const Database& database, const LineSink& sink) {
    sink("database " + database.name + " default policy " + database.default_retention_policy);
    for (const auto& policy : database.retention_policies) {
        sink("  policy " + policy->name + " duration " + std::to_string(policy->duration_ns) +
             " shard group duration " + std::to_string(policy->shard_group_duration_ns));
        for (const auto& group : policy->shard_groups) dump_group(*group, sink);
        for (const auto& each : policy->subscriptions) sink("    subscription " + each->name);
    }
    for (const auto& each : database.continuous_queries) {
        sink("  continuous query " + each->name + ": " + each->text);
    }
    for (const auto& each : database.tombstones) sink("  delete " + each->text());
    if (database.last_delete != 0) sink("  last delete " + number(database.last_delete));
}

}  // namespace

io::Task<Result<void>> dump_catalog(io::Reactor& reactor, std::string directory, LineSink sink) {
    SLUICE_CO_TRY(const CatalogFiles files, co_await read_catalog_files(reactor, directory));
    if (files.empty()) {
        co_return Error{ErrorKind::kInvalid, directory + ": no files of a catalog"};
    }
    SLUICE_CO_TRY(const CatalogRecovery recovery, recover_catalog(files));
    sink("generation " + number(recovery.generation) + " changes " + number(recovery.sequence) +
         (recovery.torn_tail ? " torn" : ""));
    if (recovery.snapshots_damaged != 0) {
        sink("damaged snapshots " + number(recovery.snapshots_damaged));
    }
    if (recovery.changes_lost != 0) {
        sink("changes lost " + number(recovery.changes_lost) + " operations skipped " +
             number(recovery.operations_skipped));
    }
    for (const auto& database : recovery.catalog->databases) dump_database(*database, sink);
    for (const auto& user : recovery.catalog->users) {
        sink("user " + user->name + (user->is_admin ? " admin" : ""));
    }
    for (const model::ShardGroupId group : recovery.catalog->doomed_groups) {
        sink("doomed shard group " + number(group));
    }
    co_return Result<void>();
}

}  // namespace sluice::meta
