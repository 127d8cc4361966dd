// Runs a SELECT: list series, plan, scan on every core, merge, write.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "query/answer_writer.h"
#include "query/core_session.h"
#include "query/data_source.h"
#include "query/planner.h"
#include "query/scan_jobs.h"
#include "query/sources.h"

namespace sluice::query {

class SelectExecutor {
public:
    // Everything outlives the executor.
    SelectExecutor(DataSource& source, const QueryLimits& limits, AnswerWriter& writer)
        : source_(source), limits_(limits), writer_(writer) {}

    // Writes the series of the result; the caller begins and ends the statement. The error is the
    // statement's. When the sink refuses, it returns early and writer.sink_error() is set.
    io::Task<Result<void>> execute(influxql::SelectStatement select, Defaults defaults);

private:
    io::Task<Result<bool>> prepare(influxql::SelectStatement& select, const Defaults& defaults);
    io::Task<Result<void>> find_series();
    void number_tag_sets();
    void find_duplicates();

    io::Task<Result<void>> run_raw();
    io::Task<Result<void>> write_raw_portion(ScanPortion portion, bool& overflow);
    io::Task<Result<void>> write_raw_slices(std::uint32_t tag_set);
    io::Task<bool> write_rows(class RowMerger& merger, std::uint32_t tag_set);

    io::Task<Result<void>> run_aggregates();
    io::Task<Result<void>> aggregate_portion(ScanPortion portion, AggregateTable& table,
                                             bool& overflow);
    io::Task<Result<void>> fold_duplicates(ScanPortion portion, AggregateTable& table);
    io::Task<bool> write_points(AggregateTable& table, std::uint32_t tag_set);

    void begin_tag_set(std::uint32_t tag_set);
    void write_row(model::Timestamp time);
    model::TimeRange data_range() const;
    std::uint64_t chunk_bytes_max() const;
    std::uint32_t tag_set_count() const { return static_cast<std::uint32_t>(tag_sets_.size()); }

    DataSource& source_;
    const QueryLimits& limits_;
    AnswerWriter& writer_;

    std::shared_ptr<const meta::Catalog> catalog_;
    SelectPlan plan_;
    std::vector<CoreSession> sessions_;
    std::vector<TagSetKey> tag_sets_;
    DuplicateSeries duplicates_;

    // Of the tag set being written.
    SeriesHead head_;
    bool series_open_ = false;
    std::int64_t rows_seen_ = 0;                               // raw: for LIMIT and OFFSET
    std::vector<Value> inputs_;                                // the working row
    std::vector<std::unique_ptr<RowExpression>> expressions_;  // by output
};

}  // namespace sluice::query
