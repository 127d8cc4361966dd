// SHOW SERIES is answered here: the keys of the series of a database that a condition lets pass.
#include <set>

#include "query/show/listing_order.h"
#include "query/show/series_selection.h"
#include "query/show/show_statements.h"

namespace sluice::query {
namespace {

using namespace influxql;

// tsdb/engine/tsm1: newSeriesPointIterator
Result<void> check_operators(const Expr& condition) {
    bool known = true;
    walk(condition, [&](const Expr& part) {
        const auto* binary = part.as<BinaryExpr>();
        if (binary == nullptr) return;
        const Operator op = binary->op;
        known = known && (op == Operator::kAnd || op == Operator::kOr || op == Operator::kEqual ||
                          op == Operator::kNotEqual || op == Operator::kMatches ||
                          op == Operator::kNotMatches);
    });
    if (!known) return Error{ErrorKind::kInvalid, "invalid tag comparison operator"};
    return {};
}

// Without time InfluxDB asks its index, which knows the series of a whole database: the policy of
// a source only has to have shards.
Result<void> select_by_index(const std::vector<ShowSource>& sources, SeriesSelection& selection) {
    if (selection.condition) {
        SLUICE_TRY_VOID(check_operators(*selection.condition));
    }
    std::set<const meta::Database*> databases;
    for (const ShowSource& source : sources) {
        if (!source.policy->shard_groups.empty()) databases.insert(source.database);
    }
    for (const meta::Database* database : databases) {
        selection.add_database(*database, [&](std::string_view name) {
            return std::any_of(sources.begin(), sources.end(),
                               [&](const ShowSource& source) { return source.names(name); });
        });
    }
    return {};
}

// A statement with time is a SELECT of series keys.
void select_by_time(const std::vector<ShowSource>& sources, SeriesSelection& selection) {
    selection.options.undecided_passes = false;
    for (const ShowSource& source : sources) {
        for (const std::string& name : measurement_names(*source.policy, selection.range)) {
            if (source.names(name)) selection.add(*source.policy, name);
        }
    }
}

}  // namespace

io::Task<Result<void>> execute(StatementContext& context, ShowSeriesStatement show) {
    const ShowClauses& clauses = show.clauses;
    SeriesSelection selection;
    selection.catalog = context.source.catalog();
    SLUICE_CO_TRY(const std::vector<ShowSource> sources,
                  resolve_show_sources(clauses, *selection.catalog, context.defaults));
    SLUICE_CO_TRY_VOID(selection.set_condition(clauses, context.source.wall_ns()));
    const bool by_time = compares_time(clauses.condition.get());
    if (by_time) {
        select_by_time(sources, selection);
    } else {
        SLUICE_CO_TRY_VOID(select_by_index(sources, selection));
    }
    Result<void> listed = co_await list_series(context, selection);
    if (!listed.ok()) co_return listed;
    std::vector<std::string_view> keys;
    SeriesVisit visit(context, selection);
    while (visit.next()) {
        if (visit.is_due()) co_await visit.pause();
        keys.push_back(visit.key());
    }
    // With time, InfluxDB sorts the keys as strings. Lists of several cores and shards overlap: a
    // series may be in many of them and is shown once.
    const auto precedes =
        by_time ? [](std::string_view a, std::string_view b) { return a < b; } : series_precedes;
    if (!std::is_sorted(keys.begin(), keys.end(), precedes)) {
        std::sort(keys.begin(), keys.end(), precedes);
    }
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    keys = limited(std::move(keys), clauses.limit, clauses.offset);
    if (keys.empty()) co_return Result<void>();
    AnswerWriter& writer = context.writer;
    writer.begin_series({"", {}, {"key"}});
    for (const std::string_view key : keys) {
        writer.begin_row();
        writer.value(Value::of_string(key));
        writer.end_row();
        if (!writer.should_flush()) continue;
        const bool goes_on = co_await writer.flush();
        if (!goes_on) co_return Result<void>();
    }
    writer.end_series();
    co_return Result<void>();
}

}  // namespace sluice::query
