#include "sluice/meta/inspect.h"

#include <algorithm>

#include "meta/log/catalog_log.h"
#include "meta/log/catalog_recovery.h"
#include "sluice/io/reactor.h"
#include "sluice/meta/principal.h"

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

std::string limits_text(const model::WriteLimits& limits) {
    std::string text;
    if (limits.past_ns != 0) text += " past limit " + std::to_string(limits.past_ns);
    if (limits.future_ns != 0) text += " future limit " + std::to_string(limits.future_ns);
    return text;
}

void dump_database(const Database& database, const LineSink& sink) {
    sink("database " + database.name + " default policy " + database.default_retention_policy);
    for (const auto& policy : database.retention_policies) {
        sink("  policy " + policy->name + " duration " + std::to_string(policy->duration_ns) +
             " shard group duration " + std::to_string(policy->shard_group_duration_ns) +
             limits_text(policy->write_limits));
        for (const auto& group : policy->shard_groups) dump_group(*group, sink);
        for (const auto& each : policy->subscriptions) sink("    subscription " + each->name);
    }
    for (const auto& each : database.continuous_queries) {
        sink("  continuous query " + each->name + ": " + each->text);
    }
    for (const auto& each : database.tombstones) sink("  delete " + each->text());
    if (database.last_delete != 0) sink("  last delete " + number(database.last_delete));
}

// The first of the two directories that belong to `directory`.
std::string first_directory(std::string directory) {
    const std::string suffix = copy_directory("");
    if (directory.ends_with(suffix)) directory.resize(directory.size() - suffix.size());
    return directory;
}

bool is_absent(const std::vector<CatalogFiles>& copies) {
    return std::all_of(copies.begin(), copies.end(), [](const CatalogFiles& files) {
        return files.empty() && files.unreadable.empty();
    });
}

void count_files(const CatalogFiles& files, CatalogCheck& check) {
    check.files += files.logs.size() + files.snapshots.size();
    for (const auto& [generation, bytes] : files.logs) check.bytes += bytes.size();
    for (const auto& [generation, bytes] : files.snapshots) check.bytes += bytes.size();
    for (const std::string& name : files.set_aside) {
        check.set_aside.push_back(files.directory + "/" + name);
    }
}

}  // namespace

io::Task<Result<void>> dump_catalog(io::Reactor& reactor, std::string directory, LineSink sink) {
    const std::vector<CatalogFiles> copies =
        co_await read_catalog_copies(reactor, first_directory(directory));
    if (is_absent(copies)) {
        co_return Error{ErrorKind::kInvalid, directory + ": no files of a catalog"};
    }
    SLUICE_CO_TRY(const CatalogRecovery recovery, recover_catalog(copies));
    sink("generation " + number(recovery.generation) + " changes " + number(recovery.sequence) +
         (recovery.torn_tail ? " torn" : ""));
    for (const std::string& sentence : recovery.losses) sink("lost: " + sentence);
    for (const std::string& sentence : recovery.findings) sink("damaged: " + sentence);
    for (const auto& database : recovery.catalog->databases) dump_database(*database, sink);
    for (const auto& user : recovery.catalog->users) {
        sink("user " + user->name + (user->is_admin ? " admin" : ""));
    }
    for (const auto& token : recovery.catalog->tokens) {
        sink(token_name(token->id) + (token->is_active ? "" : " inactive") + " permissions " +
             number(token->permissions.size()));
    }
    const std::string& organization = recovery.catalog->organization.name;
    if (!organization.empty()) sink("organization " + organization);
    for (const model::ShardGroupId group : recovery.catalog->doomed_groups) {
        sink("doomed shard group " + number(group));
    }
    co_return Result<void>();
}

io::Task<Result<CatalogCheck>> check_catalog(io::Reactor& reactor, std::string directory) {
    const std::vector<CatalogFiles> copies = co_await read_catalog_copies(reactor, directory);
    CatalogCheck check;
    for (const CatalogFiles& files : copies) count_files(files, check);
    check.is_absent = is_absent(copies);
    SLUICE_CO_TRY(const CatalogRecovery recovery, recover_catalog(copies));
    check.changes = recovery.sequence;
    check.torn_tail = recovery.torn_tail;
    check.losses = recovery.losses;
    check.findings = recovery.findings;
    check.remembered = recovery.remembered;
    for (const CopyRecovery& copy : recovery.copies) {
        check.is_uneven = check.is_uneven || copy.missing_change.has_value();
    }
    co_return check;
}

io::Task<Result<CatalogReading>> read_catalog(io::Reactor& reactor, std::string directory) {
    const std::vector<CatalogFiles> copies =
        co_await read_catalog_copies(reactor, std::move(directory));
    SLUICE_CO_TRY(const CatalogRecovery recovery, recover_catalog(copies));
    co_return CatalogReading{recovery.catalog, !recovery.losses.empty()};
}

}  // namespace sluice::meta
