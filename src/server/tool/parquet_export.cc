#include "server/tool/parquet_export.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "server/export/group_export.h"
#include "server/export/table_export.h"
#include "server/export/table_survey.h"
#include "server/tool/console.h"
#include "server/tool/directory_reading.h"
#include "server/tool/signal_pace.h"
#include "sluice/io/reactor.h"
#include "sluice/lake/table_columns.h"

namespace sluice::server {
namespace {

unsigned long long printed(std::uint64_t number) {
    return number;
}

class ParquetExport {
public:
    explicit ParquetExport(const ParquetExportOptions& options)
        : options_(options), wanted_(options.selection) {}

    io::Task<Result<void>> run(engine::Core& core) {
        Result<void> done = co_await write_all(core);
        bar_.clear();
        co_return done;
    }
    const TableSum& sum() const { return sum_; }

private:
    // A measurement of a policy, and where it goes.
    struct Table {
        const meta::Database* database;
        const meta::RetentionPolicy* policy;
        std::string measurement;
        std::string folder;

        std::string name() const { return database->name + "." + policy->name + "." + measurement; }
    };

    io::Task<Result<void>> write_all(engine::Core& core) {
        const std::shared_ptr<const meta::Catalog> catalog = core.catalog();
        SLUICE_CO_TRY_VOID(wanted_.check_names(*catalog));
        const std::vector<Table> tables = tables_of(*catalog);
        // Before anything is written: files beside those of another export would be read as more of
        // the same points.
        for (const Table& table : tables) {
            SLUICE_CO_TRY_VOID(check_free(table));
        }
        for (const Table& table : tables) {
            SLUICE_CO_TRY_VOID(co_await write_table(core, table));
        }
        co_return Result<void>();
    }

    // A measurement is one table whatever shard groups it is in, and its columns are those of all
    // of them.
    std::vector<Table> tables_of(const meta::Catalog& catalog) const {
        std::vector<Table> tables;
        for (const auto& database : catalog.databases) {
            if (!wanted_.has(*database)) continue;
            for (const auto& policy : database->retention_policies) {
                if (!wanted_.has(*policy)) continue;
                std::set<std::string> names;
                for (const auto& group : policy->shard_groups) {
                    group->measurements.for_each([&](const meta::MeasurementSchema& schema) {
                        if (wanted_.has(schema)) names.insert(schema.name);
                    });
                }
                for (const std::string& name : names) {
                    tables.push_back(
                        {database.get(), policy.get(), name,
                         options_.folder + "/" + table_folder(database->name, policy->name, name)});
                }
            }
        }
        return tables;
    }

    static Result<void> check_free(const Table& table) {
        std::error_code error;
        if (!std::filesystem::exists(table.folder, error)) return {};
        return Error{ErrorKind::kConflict,
                     table.folder +
                         " is there: remove it, or export to another folder, or readers would "
                         "find points twice"};
    }

    // Read twice: once for the columns that the table needs, then for its rows. In between nothing
    // changes, because the server is stopped.
    io::Task<Result<void>> write_table(engine::Core& core, const Table& table) {
        bar_.show(table.name(), 0, table.policy->shard_groups.size());
        const RowPlaces places{places_of({&core})};
        SLUICE_CO_TRY(
            const TableSurvey survey,
            co_await survey_table(places, *table.policy, table.measurement, wanted_.range, pace_));
        TableExport writing(survey.columns({}), files_of(table), pace_);
        std::uint64_t done = 0;
        for (const SurveyedGroup& group : survey.groups) {
            bar_.show(table.name(), done++, survey.groups.size());
            SLUICE_CO_TRY_VOID(co_await writing.write_group(places, group, wanted_.range));
        }
        bar_.clear();
        tell(table, writing.sum());
        co_return Result<void>();
    }

    static TableFiles files_of(const Table& table) {
        TableFiles files;
        files.measurement = table.measurement;
        files.options.properties =
            table_properties(table.database->name, table.policy->name, table.measurement);
        files.place = [folder = table.folder](model::ShardGroupId group, std::int64_t day,
                                              std::uint32_t part) {
            return TableFiles::Place(
                folder + "/day=" + lake::day_name(day),
                std::to_string(group) + "-" + std::to_string(part) + ".parquet");
        };
        return files;
    }

    void tell(const Table& table, const TableSum& sum) {
        std::fprintf(stderr, "%s: %llu rows, %llu files, %llu bytes\n", table.name().c_str(),
                     printed(sum.rows), printed(sum.files), printed(sum.bytes));
        if (sum.texts_mended != 0) {
            complain(std::to_string(sum.texts_mended) + " strings of " + table.name() +
                     " were not UTF-8, which Parquet demands: what is none became U+FFFD");
        }
        sum_.files += sum.files;
        sum_.rows += sum.rows;
        sum_.bytes += sum.bytes;
        sum_.blocks_missing += sum.blocks_missing;
    }

    const ParquetExportOptions& options_;
    const ExportSelection& wanted_;
    SignalPace pace_;
    ProgressBar bar_;
    TableSum sum_;
};

}  // namespace

Result<bool> export_parquet(const ParquetExportOptions& options) {
    end_at_signals();
    ParquetExport work(options);
    SLUICE_TRY(const bool is_whole,
               read_directory(options.directory, options.scratch, Beside::kServer,
                              [&work](engine::Core& core) { return work.run(core); }));
    std::fprintf(stderr, "%llu rows, %llu files, %llu bytes\n", printed(work.sum().rows),
                 printed(work.sum().files), printed(work.sum().bytes));
    if (work.sum().blocks_missing == 0) return is_whole;
    complain(std::to_string(work.sum().blocks_missing) +
             " damaged blocks were left out of the export");
    return false;
}

}  // namespace sluice::server
