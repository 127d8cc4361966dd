#include "server/tool/export.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "server/tool/console.h"
#include "server/tool/group_export.h"
#include "server/tool/scratch_copy.h"
#include "sluice/base/log.h"
#include "sluice/engine/engine.h"
#include "sluice/influxql/duration.h"
#include "sluice/influxql/printer.h"
#include "sluice/influxql/time_literal.h"
#include "sluice/io/cores.h"
#include "sluice/io/directory_lock.h"

namespace sluice::server {
namespace {

// An engine like the server's, so that what is exported is what a query would have answered: logs
// are replayed, deletes applied and stores merged by the same code. It works on a copy of the
// directory's small files (scratch_copy.h), because an engine writes where it opens, and it is told
// to do nothing by itself.
engine::EngineOptions engine_options(const std::string& directory) {
    constexpr std::int64_t kNeverNs = 100'000 * kHourNs;
    engine::EngineOptions options;
    options.data_directory = directory;
    options.cores = 1;
    options.memory = engine::MemoryBudget::of_total(256 * kMiB);
    options.free_space_min = 0;
    options.store.free_space_min = 0;
    // What the directory has is exported, also what its policies are about to remove.
    options.retention_check_ns = kNeverNs;
    // No flush for age and no merges: they would write all anew.
    options.store.background = false;
    options.store.wal_spare_files = 1;
    // What has expired is exported as long as it is there, whatever the clock says.
    options.retention_enabled = false;
    options.clock_hold_off_ns = 0;
    return options;
}

std::string text_of(model::Timestamp time) {
    const influxql::TimeLiteral literal = influxql::time_from_nanoseconds(time);
    return influxql::format_rfc3339(literal.seconds, literal.nanoseconds);
}

std::string seconds_text(std::int64_t duration_ns) {
    return duration_ns == 0 ? "INF" : std::to_string(duration_ns / kSecondNs) + "s";
}

class Export {
public:
    Export(const ExportOptions& options, const ScratchCopy& copy, LineFile& out)
        : options_(options), copy_(copy), out_(out) {}

    // On the one core of the engine.
    io::Task<void> run(engine::Engine& engine, io::Reactor& reactor) {
        const Result<engine::Core*> core = co_await engine.start_core(reactor);
        if (!core.ok()) {
            result_ = core.error();
            co_return;
        }
        result_ = co_await write_all(**core);
        bar_.clear();
        co_await tell_damage(engine, **core);
        co_await engine.stop_core(**core);
    }
    // False: something could not be read.
    Result<bool> result() const {
        if (!result_.ok()) return result_.error();
        return is_whole_ && sum_.blocks_missing == 0;
    }
    const ExportSum& sum() const { return sum_; }

private:
    bool is_wanted(const meta::Database& database) const {
        return options_.database.empty() || options_.database == database.name;
    }
    bool is_wanted(const meta::RetentionPolicy& policy) const {
        return options_.retention_policy.empty() || options_.retention_policy == policy.name;
    }
    // The first policy of a database comes with it, or the import would leave one named autogen
    // beside those that were exported.
    static std::string create_text(const meta::Database& database,
                                   const meta::RetentionPolicy& policy, bool is_first) {
        const std::string owner = influxql::quote_identifier(database.name);
        const std::string name = influxql::quote_identifier(policy.name);
        const std::string durations = " DURATION " + seconds_text(policy.duration_ns) +
                                      " REPLICATION " + std::to_string(policy.replica_n) +
                                      " SHARD DURATION " +
                                      seconds_text(policy.shard_group_duration_ns);
        std::string limits;
        if (policy.write_limits.future_ns != 0) {
            limits += " FUTURE LIMIT " + influxql::format_duration(policy.write_limits.future_ns);
        }
        if (policy.write_limits.past_ns != 0) {
            limits += " PAST LIMIT " + influxql::format_duration(policy.write_limits.past_ns);
        }
        return is_first ? "CREATE DATABASE " + owner + " WITH" + durations + limits + " NAME " +
                              name + "\n"
                        : "CREATE RETENTION POLICY " + name + " ON " + owner + durations +
                              (policy.name == database.default_retention_policy ? " DEFAULT" : "") +
                              limits + "\n";
    }

    // The head that `influx -import` reads (importer/v8): statements first, then lines, each piece
    // behind the database and policy that it belongs to.
    void write_statements(const meta::Catalog& catalog) {
        std::string& text = out_.text();
        text += "# INFLUXDB EXPORT: " + text_of(options_.range.begin) + " - " +
                text_of(options_.range.end - 1) + "\n# DDL\n";
        for (const auto& database : catalog.databases) {
            if (!is_wanted(*database)) continue;
            bool is_first = true;
            for (const auto& policy : database->retention_policies) {
                if (!is_wanted(*policy)) continue;
                text += create_text(*database, *policy, is_first);
                is_first = false;
            }
        }
        text += "# DML\n";
    }

    io::Task<Result<void>> write_all(engine::Core& core) {
        const std::shared_ptr<const meta::Catalog> catalog = core.catalog();
        SLUICE_CO_TRY_VOID(check_names(*catalog));
        if (!options_.lines_only) write_statements(*catalog);
        for (const auto& database : catalog->databases) {
            if (!is_wanted(*database)) continue;
            for (const auto& policy : database->retention_policies) {
                if (!is_wanted(*policy)) continue;
                SLUICE_CO_TRY_VOID(co_await write_policy(core, *database, *policy));
            }
        }
        co_return Result<void>();
    }

    // A name that is not there is an error, not an empty export that looks like a success.
    Result<void> check_names(const meta::Catalog& catalog) const {
        for (const auto& database : catalog.databases) {
            if (!is_wanted(*database)) continue;
            for (const auto& policy : database->retention_policies) {
                if (is_wanted(*policy)) return {};
            }
        }
        if (options_.database.empty() && options_.retention_policy.empty()) return {};
        return Error{
            ErrorKind::kNotFound,
            "there is no retention policy " +
                (options_.retention_policy.empty() ? "of any name" : options_.retention_policy) +
                " in " +
                (options_.database.empty() ? "any database" : "database " + options_.database)};
    }

    io::Task<Result<void>> write_policy(engine::Core& core, const meta::Database& database,
                                        const meta::RetentionPolicy& policy) {
        const std::string name = database.name + "." + policy.name;
        if (!options_.lines_only) {
            out_.text() += "# CONTEXT-DATABASE:" + database.name +
                           "\n# CONTEXT-RETENTION-POLICY:" + policy.name + "\n";
        }
        const std::uint64_t before = sum_.lines;
        std::uint64_t done = 0;
        for (const auto& group : policy.shard_groups) {
            bar_.show(name, done++, policy.shard_groups.size());
            if (!group->range.overlaps(options_.range)) continue;
            SLUICE_CO_TRY_VOID(
                co_await export_group(core.stores(), *group, options_.range, out_, sum_));
        }
        bar_.clear();
        std::fprintf(stderr, "%s: %llu shard groups, %llu lines\n", name.c_str(),
                     static_cast<unsigned long long>(policy.shard_groups.size()),
                     static_cast<unsigned long long>(sum_.lines - before));
        co_return Result<void>();
    }

    // What was damaged is known by now.
    io::Task<void> tell_damage(engine::Engine& engine, engine::Core& core) {
        const engine::EngineHealth health = co_await engine.health(core);
        for (const std::string& each : health.texts) {
            is_whole_ = false;
            complain(copy_.with_real_paths(each));
        }
    }

    const ExportOptions& options_;
    const ScratchCopy& copy_;
    LineFile& out_;
    ProgressBar bar_;
    ExportSum sum_;
    bool is_whole_ = true;
    Result<void> result_;
};

// A copy of files that somebody is writing to is of no one moment: logs and segments would not fit
// together. So this says what can be done instead.
Error in_use(const Error& conflict, const std::string& directory) {
    return {ErrorKind::kConflict,
            conflict.message +
                ": stop the server first, or let it export itself, a SELECT * ... GROUP BY * for "
                "each measurement through /query (with chunked=true and epoch=ns), or export a "
                "snapshot of " +
                directory + " that the file system takes at one instant"};
}

}  // namespace

Result<bool> export_lines(const ExportOptions& options) {
    end_at_signals();
    set_log_level(LogLevel::kError);
    Result<io::DirectoryLock> lock = io::DirectoryLock::acquire_quietly(options.directory);
    if (!lock.ok() && lock.error().kind == ErrorKind::kConflict) {
        return in_use(lock.error(), options.directory);
    }
    if (!lock.ok()) return std::move(lock).error();
    const char* temporary = std::getenv("TMPDIR");
    const std::string parent = !options.scratch.empty() ? options.scratch
                               : temporary != nullptr   ? temporary
                                                        : "/var/tmp";
    SLUICE_TRY(const ScratchCopy copy, ScratchCopy::make(options.directory, parent));
    for (const std::string& each : copy.unreadable()) complain(each);
    SLUICE_TRY(LineFile out, LineFile::open(options.out, options.compress));
    SLUICE_TRY(const std::unique_ptr<engine::Engine> engine,
               engine::Engine::create(engine_options(copy.data_directory())));
    Export work(options, copy, out);
    io::CoreOptions cores;
    cores.count = 1;
    cores.pin = false;
    SLUICE_TRY(const std::unique_ptr<io::Cores> machine,
               io::Cores::start(cores, [&work, &engine](io::Reactor& reactor) {
                   return work.run(*engine, reactor);
               }));
    machine->wait();
    SLUICE_TRY(const bool is_whole, work.result());
    SLUICE_TRY_VOID(out.finish());
    std::fprintf(stderr, "%llu lines, %llu bytes\n",
                 static_cast<unsigned long long>(work.sum().lines),
                 static_cast<unsigned long long>(out.bytes()));
    if (work.sum().blocks_missing != 0) {
        complain(std::to_string(work.sum().blocks_missing) +
                 " damaged blocks were left out of the export, counted once for each measurement");
    }
    return is_whole && copy.unreadable().empty();
}

}  // namespace sluice::server
