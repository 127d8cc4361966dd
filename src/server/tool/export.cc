#include "server/tool/export.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "server/export/group_export.h"
#include "server/export/line_file.h"
#include "server/tool/console.h"
#include "server/tool/directory_reading.h"
#include "sluice/influxql/duration.h"
#include "sluice/influxql/printer.h"
#include "sluice/influxql/time_literal.h"
#include "sluice/io/reactor.h"

namespace sluice::server {
namespace {

std::string text_of(model::Timestamp time) {
    const influxql::TimeLiteral literal = influxql::time_from_nanoseconds(time);
    return influxql::format_rfc3339(literal.seconds, literal.nanoseconds);
}

std::string seconds_text(std::int64_t duration_ns) {
    return duration_ns == 0 ? "INF" : std::to_string(duration_ns / kSecondNs) + "s";
}

// Lines leave series by series within a shard group, so the memory is that of a few blocks however
// large the export is.
class Export {
public:
    explicit Export(const ExportOptions& options) : options_(options), wanted_(options.selection) {}

    // On the one core of the engine.
    io::Task<Result<void>> run(engine::Core& core) {
        SLUICE_CO_TRY(out_, LineFile::open(options_.out, options_.compress));
        Result<void> written = co_await write_all(core);
        bar_.clear();
        if (written.ok()) written = out_->finish();
        co_return written;
    }
    const ExportSum& sum() const { return sum_; }
    std::uint64_t bytes() const { return out_->bytes(); }

private:
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
        std::string& text = out_->text();
        text += "# INFLUXDB EXPORT: " + text_of(wanted_.range.begin) + " - " +
                text_of(wanted_.range.end - 1) + "\n# DDL\n";
        for (const auto& database : catalog.databases) {
            if (!wanted_.has(*database)) continue;
            bool is_first = true;
            for (const auto& policy : database->retention_policies) {
                if (!wanted_.has(*policy)) continue;
                text += create_text(*database, *policy, is_first);
                is_first = false;
            }
        }
        text += "# DML\n";
    }

    // Names that were asked for and are not there are an error before anything is written: an empty
    // export would look like an empty database.
    io::Task<Result<void>> write_all(engine::Core& core) {
        const std::shared_ptr<const meta::Catalog> catalog = core.catalog();
        SLUICE_CO_TRY_VOID(wanted_.check_names(*catalog));
        if (!options_.lines_only) write_statements(*catalog);
        for (const auto& database : catalog->databases) {
            if (!wanted_.has(*database)) continue;
            for (const auto& policy : database->retention_policies) {
                if (!wanted_.has(*policy)) continue;
                SLUICE_CO_TRY_VOID(co_await write_policy(core, *database, *policy));
            }
        }
        co_return Result<void>();
    }

    io::Task<Result<void>> write_policy(engine::Core& core, const meta::Database& database,
                                        const meta::RetentionPolicy& policy) {
        const std::string name = database.name + "." + policy.name;
        if (!options_.lines_only) {
            out_->text() += "# CONTEXT-DATABASE:" + database.name +
                            "\n# CONTEXT-RETENTION-POLICY:" + policy.name + "\n";
        }
        const std::uint64_t before = sum_.lines;
        std::uint64_t done = 0;
        for (const auto& group : policy.shard_groups) {
            bar_.show(name, done++, policy.shard_groups.size());
            if (!group->range.overlaps(wanted_.range)) continue;
            SLUICE_CO_TRY_VOID(co_await export_group(core.stores(), *group, wanted_, *out_, sum_));
        }
        bar_.clear();
        std::fprintf(stderr, "%s: %llu shard groups, %llu lines\n", name.c_str(),
                     static_cast<unsigned long long>(policy.shard_groups.size()),
                     static_cast<unsigned long long>(sum_.lines - before));
        co_return Result<void>();
    }

    const ExportOptions& options_;
    const ExportSelection& wanted_;
    std::optional<LineFile> out_;
    ProgressBar bar_;
    ExportSum sum_;
};

}  // namespace

// False: something could not be read. It has been named, and all else is in the export.
Result<bool> export_lines(const ExportOptions& options) {
    end_at_signals();
    Export work(options);
    SLUICE_TRY(const bool is_whole,
               read_directory(options.directory, options.scratch, Beside::kServer,
                              [&work](engine::Core& core) { return work.run(core); }));
    std::fprintf(stderr, "%llu lines, %llu bytes\n",
                 static_cast<unsigned long long>(work.sum().lines),
                 static_cast<unsigned long long>(work.bytes()));
    if (work.sum().blocks_missing == 0) return is_whole;
    complain(std::to_string(work.sum().blocks_missing) +
             " damaged blocks were left out of the export, counted once for each measurement");
    return false;
}

}  // namespace sluice::server
