#include "query/show_selection.h"

#include "sluice/influxql/condition.h"
#include "sluice/influxql/time_literal.h"

namespace sluice::query {

using namespace influxql;

Result<const meta::Database*> find_database(const meta::Catalog& catalog, const std::string& named,
                                            const Defaults& defaults) {
    const std::string& name = named.empty() ? defaults.database : named;
    if (name.empty()) return Error{ErrorKind::kInvalid, "database name required"};
    const meta::Database* database = catalog.find_database(name);
    if (database == nullptr) return database_not_found(name);
    return database;
}

void write_column(AnswerWriter& writer, std::string name, std::string column,
                  const std::vector<std::string>& values) {
    writer.begin_series({std::move(name), {}, {std::move(column)}});
    for (const std::string& value : values) {
        writer.begin_row();
        writer.value(Value::of_string(value));
        writer.end_row();
    }
    writer.end_series();
}

bool names_measurement(const std::vector<Source>& sources, std::string_view name) {
    if (sources.empty()) return true;
    return std::any_of(sources.begin(), sources.end(), [&](const Source& source) {
        const Measurement& wanted = *source.measurement();
        return wanted.regex ? wanted.regex->matches(name) : wanted.name == name;
    });
}

io::Task<Result<void>> select_series(StatementContext& context, const ShowClauses& clauses,
                                     TimeClause time, std::string_view statement,
                                     SeriesSelection& selection) {
    DataSource& source = context.source;
    selection.catalog = source.catalog();
    SLUICE_CO_TRY(const meta::Database* database,
                  find_database(*selection.catalog, clauses.database, context.defaults));
    SLUICE_CO_TRY(Condition condition,
                  split_condition(clauses.condition, time_from_nanoseconds(source.wall_ns())));
    const bool has_time = condition.time.min || condition.time.max;
    if (has_time && time == TimeClause::kRefused) {
        co_return Error{ErrorKind::kInvalid,
                        std::string(statement) + " doesn't support time in WHERE clause"};
    }
    model::TimeRange range;
    if (condition.time.min) range.begin = to_nanoseconds(*condition.time.min);
    if (condition.time.max) range.end = to_nanoseconds(*condition.time.max) + 1;
    selection.condition = std::move(condition.expr);
    ResolvedSources resolved;
    for (const auto& policy : database->retention_policies) {
        for (const std::string& name : measurement_names(*policy, range)) {
            if (names_measurement(clauses.sources, name)) {
                add_measurement(*policy, name, range, resolved);
            }
        }
    }
    selection.sources = std::move(resolved.sources);
    selection.sessions.resize(source.core_count());
    ListJob list(selection.sources, false, context.limits.memory_bytes_max / 2, selection.sessions);
    Result<void> listed = co_await source.run_on_every_core(list);
    co_return listed;
}

SeriesCondition::SeriesCondition(const Expr* condition)
    : filter_(condition, [](const VarRef&) { return false; }) {}

bool SeriesCondition::accepts(const model::SeriesName& name) const {
    return filter_.judge([&](std::string_view key) -> std::string_view {
        return key == "_name" ? std::string_view(name.measurement) : name.tag_value(key);
    }) != Verdict::kNever;
}

}  // namespace sluice::query
