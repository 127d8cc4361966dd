// One measurement of a retention policy as Parquet files: a folder for each day, in it a file for
// each shard group, or several where one would become too large.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/export/parquet_file.h"
#include "server/export/table_survey.h"
#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::server {

struct TableSum {
    std::uint64_t files = 0;
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    std::uint64_t texts_mended = 0;
    std::uint64_t blocks_missing = 0;
};

class TableExport {
public:
    // `properties` describe the files; `folder` is there or is made.
    TableExport(const TableSurvey& survey, std::string measurement, std::string folder,
                std::vector<std::pair<std::string, std::string>> properties);
    ~TableExport();

    // kCancelled: a signal wants the program to end. Files that are whole by then stay.
    io::Task<Result<void>> write_group(const std::vector<storage::Store*>& stores,
                                       const SurveyedGroup& group, model::TimeRange range);
    const TableSum& sum() const { return sum_; }

private:
    struct Part {
        std::unique_ptr<ParquetFile> file;
        std::uint32_t number = 0;
    };

    io::Task<Result<void>> write_rows(MergedRows& rows, const SurveyedGroup& group,
                                      std::vector<std::size_t> columns);
    Result<void> begin_series(std::string_view series_key);
    Result<void> append(const RowBatch& batch, const SurveyedGroup& group,
                        const std::vector<std::size_t>& columns);
    Result<Part*> part_of(std::int64_t day, const SurveyedGroup& group);
    Result<void> finish_file(Part& part);
    Result<void> finish_files();

    const lake::TableColumns columns_;
    const std::string measurement_;
    const std::string folder_;
    lake::ParquetOptions options_;
    std::map<std::int64_t, Part> open_;  // by day
    std::string series_key_;
    std::vector<std::optional<std::string>> tag_values_;  // of the series
    std::vector<lake::ParquetCells> cells_;
    TableSum sum_;
};

}  // namespace sluice::server
