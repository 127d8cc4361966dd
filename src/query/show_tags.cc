#include <map>
#include <set>

#include "query/show_schema.h"
#include "query/show_selection.h"

namespace sluice::query {

using namespace influxql;

io::Task<Result<void>> run(StatementContext& context, ShowTagKeysStatement show) {
    SeriesSelection selection;
    Result<void> selected = co_await select_series(context, show.clauses, TimeClause::kNarrows,
                                                   "SHOW TAG KEYS", selection);
    if (!selected.ok()) co_return std::move(selected).error();
    const SeriesCondition condition(selection.condition.get());
    std::map<std::string, std::set<std::string>> keys;
    for (const CoreSession& session : selection.sessions) {
        for (const Piece& piece : session.pieces) {
            std::set<std::string>& known = keys[selection.measurement_of(piece)];
            for (const std::string_view key : piece.series.keys()) {
                const model::SeriesName name = model::parse_series_key(key);
                if (!condition.accepts(name)) continue;
                for (const model::Tag& tag : name.tags) known.insert(tag.key);
            }
            co_await context.source.breathe();
        }
    }
    for (const auto& [measurement, known] : keys) {
        const std::vector<std::string> shown =
            limited(std::vector<std::string>(known.begin(), known.end()), show.clauses.limit,
                    show.clauses.offset);
        if (!shown.empty()) write_column(context.writer, measurement, "tagKey", shown);
    }
    co_return Result<void>();
}

io::Task<Result<void>> run(StatementContext& context, ShowTagValuesStatement show) {
    SeriesSelection selection;
    Result<void> selected = co_await select_series(context, show.clauses, TimeClause::kNarrows,
                                                   "SHOW TAG VALUES", selection);
    if (!selected.ok()) co_return std::move(selected).error();
    const SeriesCondition condition(selection.condition.get());
    std::map<std::string, std::set<std::pair<std::string, std::string>>> values;
    for (const CoreSession& session : selection.sessions) {
        for (const Piece& piece : session.pieces) {
            auto& known = values[selection.measurement_of(piece)];
            for (const std::string_view key : piece.series.keys()) {
                const model::SeriesName name = model::parse_series_key(key);
                if (!condition.accepts(name)) continue;
                for (const model::Tag& tag : name.tags) {
                    if (show.filter.accepts(tag.key)) known.emplace(tag.key, tag.value);
                }
            }
            co_await context.source.breathe();
        }
    }
    AnswerWriter& writer = context.writer;
    for (const auto& [measurement, known] : values) {
        const auto shown =
            limited(std::vector<std::pair<std::string, std::string>>(known.begin(), known.end()),
                    show.clauses.limit, show.clauses.offset);
        if (shown.empty()) continue;
        writer.begin_series({measurement, {}, {"key", "value"}});
        for (const auto& [key, value] : shown) {
            writer.begin_row();
            writer.value(Value::of_string(key));
            writer.value(Value::of_string(value));
            writer.end_row();
        }
        writer.end_series();
    }
    co_return Result<void>();
}

}  // namespace sluice::query
