#include <map>
#include <set>

#include "query/show_schema.h"
#include "query/show_selection.h"

namespace sluice::query {
namespace {

using namespace influxql;

// The series of all policies: these two statements do not look at the policies and databases of
// their FROM clause. Time narrows to shard groups, as with InfluxDB's tsi1 index.
io::Task<Result<void>> select_series(StatementContext& context, const ShowClauses& clauses,
                                     SeriesSelection& selection) {
    selection.catalog = context.source.catalog();
    SLUICE_CO_TRY(const meta::Database* database,
                  find_database(*selection.catalog, clauses.database, context.defaults));
    SLUICE_CO_TRY_VOID(selection.set_condition(clauses, context.source.wall_ns()));
    selection.options.with_name = false;
    SLUICE_CO_TRY(const NameCondition names,
                  NameCondition::make(selection.condition.get(), "_name"));
    selection.add_database(*database, [&](std::string_view name) {
        return names_measurement(clauses.sources, name) && names.accepts(name);
    });
    Result<void> listed = co_await list_series(context, selection);
    co_return listed;
}

}  // namespace

io::Task<Result<void>> run(StatementContext& context, ShowTagKeysStatement show) {
    const ShowClauses& clauses = show.clauses;
    SeriesSelection selection;
    Result<void> selected = co_await select_series(context, clauses, selection);
    if (!selected.ok()) co_return selected;
    std::map<std::string, std::set<std::string>> keys;
    SeriesVisit visit(context, selection);
    while (visit.next()) {
        if (visit.is_due()) co_await visit.pause();
        const SeriesVisit::Seen* series = visit.match();
        if (series == nullptr) continue;
        std::set<std::string>& known = keys[series->name.measurement];
        for (const model::Tag& tag : series->name.tags) known.insert(tag.key);
    }
    // SLIMIT and SOFFSET are taken and do nothing, as in InfluxDB.
    for (const auto& [measurement, known] : keys) {
        const std::vector<std::string> shown = limited(
            std::vector<std::string>(known.begin(), known.end()), clauses.limit, clauses.offset);
        if (!shown.empty()) write_column(context.writer, measurement, "tagKey", shown);
    }
    co_return Result<void>();
}

io::Task<Result<void>> run(StatementContext& context, ShowTagValuesStatement show) {
    const ShowClauses& clauses = show.clauses;
    SeriesSelection selection;
    Result<void> selected = co_await select_series(context, clauses, selection);
    if (!selected.ok()) co_return selected;
    SLUICE_CO_TRY(const NameCondition wanted_keys,
                  NameCondition::make(selection.condition.get(), "_tagKey"));
    std::map<std::string, std::set<std::pair<std::string, std::string>>> values;
    SeriesVisit visit(context, selection);
    while (visit.next()) {
        if (visit.is_due()) co_await visit.pause();
        const SeriesVisit::Seen* series = visit.match();
        if (series == nullptr) continue;
        auto& known = values[series->name.measurement];
        for (const model::Tag& tag : series->name.tags) {
            if (show.filter.accepts(tag.key) && wanted_keys.accepts(tag.key)) {
                known.emplace(tag.key, tag.value);
            }
        }
    }
    AnswerWriter& writer = context.writer;
    for (const auto& [measurement, known] : values) {
        const auto shown =
            limited(std::vector<std::pair<std::string, std::string>>(known.begin(), known.end()),
                    clauses.limit, clauses.offset);
        if (shown.empty()) continue;
        writer.begin_series({measurement, {}, {"key", "value"}});
        for (const auto& [key, value] : shown) {
            writer.begin_row();
            writer.value(Value::of_string(key));
            writer.value(Value::of_string(value));
            writer.end_row();
        }
        writer.end_series();
        if (!writer.should_flush()) continue;
        const bool goes_on = co_await writer.flush();
        if (!goes_on) break;
    }
    co_return Result<void>();
}

}  // namespace sluice::query
