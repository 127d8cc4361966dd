#include "query/show_schema.h"
#include "query/show_selection.h"

namespace sluice::query {

io::Task<Result<void>> run(StatementContext& context, influxql::ShowSeriesStatement show) {
    SeriesSelection selection;
    Result<void> selected = co_await select_series(context, show.clauses, TimeClause::kNarrows,
                                                   "SHOW SERIES", selection);
    if (!selected.ok()) co_return std::move(selected).error();
    const SeriesCondition condition(selection.condition.get());
    std::vector<std::string_view> keys;
    for (const CoreSession& session : selection.sessions) {
        for (const Piece& piece : session.pieces) {
            for (const std::string_view key : piece.series.keys()) {
                if (!selection.condition || condition.accepts(model::parse_series_key(key))) {
                    keys.push_back(key);
                }
            }
            co_await context.source.breathe();
        }
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    keys = limited(std::move(keys), show.clauses.limit, show.clauses.offset);
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
