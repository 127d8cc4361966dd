// One measurement of a retention policy as Parquet files: a folder for each day, in it a file for
// each shard group, or several where one would become too large.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/export/export_pace.h"
#include "server/export/parquet_file.h"
#include "server/export/table_survey.h"
#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::server {

// What is said in every file of a table about where it comes from.
std::vector<std::pair<std::string, std::string>> table_properties(const std::string& database,
                                                                  const std::string& policy,
                                                                  const std::string& measurement);
// The folder of a table, below that of all.
std::string table_folder(std::string_view database, std::string_view policy,
                         std::string_view measurement);

// One of the files that have been written.
struct WrittenFile {
    std::int64_t day = 0;    // since 1970
    std::uint32_t part = 0;  // of the group and day
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    std::uint32_t checksum = 0;  // CRC-32C of the bytes
    bool operator==(const WrittenFile&) const = default;
};

// Where the files of a table go, and what stands in them beside the rows.
struct TableFiles {
    std::string measurement;
    // The folder, which is made, and the name in it.
    using Place = std::pair<std::string, std::string>;
    std::function<Place(model::ShardGroupId group, std::int64_t day, std::uint32_t part)> place;
    lake::ParquetOptions options;
};

struct TableSum {
    std::uint64_t files = 0;
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    std::uint64_t texts_mended = 0;
    std::uint64_t blocks_missing = 0;
};

class TableExport {
public:
    // `pace` lives as long.
    TableExport(lake::TableColumns columns, TableFiles files, ExportPace& pace);
    ~TableExport();

    // kCancelled: the pace has ended it. Files that are whole by then stay.
    io::Task<Result<void>> write_group(const RowPlaces& places, const SurveyedGroup& group,
                                       model::TimeRange range);
    const TableSum& sum() const { return sum_; }
    // All files so far, those of a day together.
    const std::vector<WrittenFile>& files() const { return written_; }

private:
    struct Part {
        std::unique_ptr<ParquetFile> file;
        std::uint32_t number = 0;
    };

    io::Task<Result<void>> write_rows(MergedRows& rows, const SurveyedGroup& group,
                                      std::vector<std::size_t> columns);
    // Beside the cores.
    Result<void> append_loaded(MergedRows& rows, const SurveyedGroup& group,
                               const std::vector<std::size_t>& columns);
    Result<void> begin_series(std::string_view series_key);
    Result<void> append(const RowBatch& batch, const SurveyedGroup& group,
                        const std::vector<std::size_t>& columns);
    Result<Part*> part_of(std::int64_t day, const SurveyedGroup& group);
    Result<void> finish_file(std::int64_t day, Part& part);
    Result<void> finish_files();

    const lake::TableColumns columns_;
    const TableFiles files_;
    ExportPace& pace_;
    lake::ParquetOptions options_;
    std::map<std::int64_t, Part> open_;  // by day
    std::string series_key_;
    std::vector<std::optional<std::string>> tag_values_;  // of the series
    std::vector<lake::ParquetCells> cells_;
    TableSum sum_;
    std::vector<WrittenFile> written_;
};

}  // namespace sluice::server
