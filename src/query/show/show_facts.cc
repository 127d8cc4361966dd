// SHOW STATS and SHOW DIAGNOSTICS are answered here, with facts that the server brings.
#include "query/show/show_statements.h"

namespace sluice::query {
namespace {

Value as_value(const Fact& fact) {
    if (const auto* number = std::get_if<std::uint64_t>(&fact)) {
        return Value::of_unsigned(*number);
    }
    if (const auto* flag = std::get_if<bool>(&fact)) return Value::of_boolean(*flag);
    return Value::of_string(std::get<std::string>(fact));
}

// Each row of facts is a series of one row, with columns of its own. `module` is empty for all.
void write_rows(AnswerWriter& writer, const std::vector<FactRow>& rows, std::string_view module) {
    for (const FactRow& row : rows) {
        if (!module.empty() && row.module != module) continue;
        AnswerSeries head{row.module, row.tags, {}};
        for (const auto& [name, value] : row.values) head.columns.push_back(name);
        writer.begin_series(std::move(head));
        writer.begin_row();
        for (const auto& [name, value] : row.values) writer.value(as_value(value));
        writer.end_row();
        writer.end_series();
    }
}

}  // namespace

io::Task<Result<void>> execute(StatementContext& context, influxql::ShowStatsStatement show) {
    if (context.facts == nullptr) co_return Result<void>();
    std::vector<FactRow> rows;
    // This module is not among the others, and is looked for only when it is asked for.
    if (show.module == "indexes") {
        const std::uint64_t bytes = co_await context.facts->index_bytes();
        rows.push_back({"indexes", {}, {{"memoryBytes", bytes}}});
    } else {
        rows = co_await context.facts->statistics();
    }
    write_rows(context.writer, rows, show.module);
    co_return Result<void>();
}

io::Task<Result<void>> execute(StatementContext& context, influxql::ShowDiagnosticsStatement show) {
    if (context.facts == nullptr) co_return Result<void>();
    const std::vector<FactRow> rows = co_await context.facts->diagnostics();
    write_rows(context.writer, rows, show.module);
    co_return Result<void>();
}

}  // namespace sluice::query
