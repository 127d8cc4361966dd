// A SelectExecutor runs a SELECT: it resolves names, builds cursors and writes rows.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "query/answer/answer_writer.h"
#include "query/compile/select_node.h"
#include "query/compile/sources.h"
#include "query/scan/select_budget.h"
#include "query/select/cursor_builder.h"
#include "query/select/left_out_values.h"
#include "query/session/data_source.h"
#include "query/session/statement_context.h"

namespace sluice::query {

// It is used for one statement. The catalog is taken once, so all steps see the same names and
// shard groups, however the catalog changes meanwhile; points are read as they are when each scan
// begins.
class SelectExecutor {
public:
    // Everything outlives the executor.
    SelectExecutor(DataSource& source, const QueryLimits& limits, AnswerWriter& writer)
        : source_(source), budget_(limits), writer_(writer) {}

    // Writes the series of the result; the caller begins and ends the statement. The error is the
    // statement's. When the sink refuses, it returns early and writer.sink_error() is set.
    io::Task<Result<void>> execute(influxql::SelectStatement select, Defaults defaults);
    // Runs a SELECT that has a target, and returns the number of points written. The answer has
    // nothing of it.
    io::Task<Result<std::uint64_t>> write_into(influxql::SelectStatement select, Defaults defaults);

private:
    // Resolves the names of `select` and builds the cursor of its rows; there is none where the
    // time range is empty.
    io::Task<Result<CursorBuilder::Rows>> open(influxql::SelectStatement& select,
                                               const Defaults& defaults);
    // Fills in all members that the rows need: compiles, resolves, and gives names their types.
    io::Task<Result<void>> prepare(influxql::SelectStatement& select, const Defaults& defaults);
    // Gives names their types and wildcards their fields, and names the columns.
    Result<void> name_columns();
    // Takes a step of the preparation, on a thread of its own if the statement is a large one. The
    // step touches what this executor owns and nothing of the core.
    io::Task<Result<void>> take_step(std::function<Result<void>()> step);
    // Asks all cores for the tag keys of the measurements, where the meaning depends on them.
    io::Task<Result<void>> list_tag_keys(SelectNode& node);
    // Checks max-select-buckets, for the windows of the outermost statement.
    Result<void> check_window_count() const;
    // Writes the rows to the target, and returns how many points that were.
    io::Task<Result<std::uint64_t>> write_target(CursorBuilder::Rows& rows);
    void answer_written(std::uint64_t points);
    // Adds a message to the result about what the statement that has been written left out.
    io::Task<void> tell_left_out(influxql::SelectStatement select);
    io::Task<Result<void>> count_left_out(influxql::SelectStatement counting,
                                          std::vector<LeftOutValues>& left_out);
    io::Task<Result<void>> write_answer(RowCursor& rows, const Grouping& grouping);
    AnswerSeries head_of(const TagSet& tags, const Grouping& grouping) const;

    DataSource& source_;
    SelectBudget budget_;
    AnswerWriter& writer_;

    std::shared_ptr<const meta::Catalog> catalog_;
    std::int64_t now_ns_ = 0;  // of now(), the same in all subqueries
    bool is_large_ = false;
    std::unique_ptr<SelectNode> node_;
    std::optional<influxql::Measurement> target_;
    std::vector<std::string> columns_;  // of the answer, the time first
};

io::Task<Result<void>> execute(StatementContext& context, influxql::SelectStatement select);

// Runs a SELECT that has a target without an answer: it returns the number of points written.
io::Task<Result<std::uint64_t>> write_into(StatementContext& context,
                                           influxql::SelectStatement select);

}  // namespace sluice::query
