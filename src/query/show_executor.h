// SHOW statements: what the catalog knows, and what the series of all policies of a database know.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "query/answer_writer.h"
#include "query/core_session.h"
#include "query/data_source.h"
#include "query/sources.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

class ShowExecutor {
public:
    ShowExecutor(DataSource& source, const QueryLimits& limits, AnswerWriter& writer,
                 const Defaults& defaults)
        : source_(source), limits_(limits), writer_(writer), defaults_(defaults) {}

    // Each writes the series of its result; the error is the statement's.
    Result<void> show_databases();
    Result<void> show_retention_policies(const influxql::ShowRetentionPoliciesStatement& show);
    Result<void> show_field_keys(const influxql::ShowFieldKeysStatement& show);
    io::Task<Result<void>> show_measurements(influxql::ShowMeasurementsStatement show);
    io::Task<Result<void>> show_series(influxql::ShowSeriesStatement show);
    io::Task<Result<void>> show_tag_keys(influxql::ShowTagKeysStatement show);
    io::Task<Result<void>> show_tag_values(influxql::ShowTagValuesStatement show);

private:
    // The series of a database that a statement is about.
    struct Selection {
        std::vector<PlannedSource> sources;
        influxql::ExprBox condition;
        std::vector<CoreSession> sessions;
    };
    enum class TimeClause : std::uint8_t { kNarrows, kRefused };
    io::Task<Result<void>> select_series(const influxql::ShowClauses& clauses, TimeClause time,
                                         std::string_view statement, Selection& selection);
    Result<const meta::Database*> find_database(const std::string& named);
    void write_column(std::string name, std::string column, const std::vector<std::string>& values);

    DataSource& source_;
    const QueryLimits& limits_;
    AnswerWriter& writer_;
    const Defaults& defaults_;
    std::shared_ptr<const meta::Catalog> catalog_;
};

}  // namespace sluice::query
