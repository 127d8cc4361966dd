#include "query/select/select_executor.h"

#include <algorithm>

#include "query/expr/expression_type.h"
#include "query/scan/core_session.h"
#include "query/scan/list_job.h"
#include "query/select/live_measurements.h"
#include "query/select/statement_weight.h"
#include "query/select/target_writer.h"

namespace sluice::query {
namespace {

Result<void> normalize_all(influxql::SelectStatement& select, const meta::Catalog& catalog,
                           const Defaults& defaults) {
    for (influxql::Source& source : select.sources) {
        if (influxql::Measurement* measurement = source.measurement()) {
            SLUICE_TRY_VOID(normalize(*measurement, catalog, defaults));
        } else if (auto* inner =
                       std::get_if<influxql::Box<influxql::SelectStatement>>(&source.node)) {
            SLUICE_TRY_VOID(normalize_all(**inner, catalog, defaults));
        }
    }
    return {};
}

}  // namespace

io::Task<Result<void>> SelectExecutor::execute(influxql::SelectStatement select,
                                               Defaults defaults) {
    SLUICE_CO_TRY(CursorBuilder::Rows rows, co_await open(select, defaults));
    if (target_) {
        SLUICE_CO_TRY(const std::uint64_t written, co_await write_target(rows));
        answer_written(written);
        co_await tell_left_out(std::move(select));
        co_return Result<void>();
    }
    if (rows.cursor == nullptr) co_return Result<void>();
    Result<void> written = co_await write_answer(*rows.cursor, *rows.grouping);
    co_return written;
}

io::Task<Result<std::uint64_t>> SelectExecutor::write_into(influxql::SelectStatement select,
                                                           Defaults defaults) {
    SLUICE_CHECK(select.target.has_value());
    SLUICE_CO_TRY(CursorBuilder::Rows rows, co_await open(select, defaults));
    Result<std::uint64_t> written = co_await write_target(rows);
    co_return written;
}

io::Task<Result<CursorBuilder::Rows>> SelectExecutor::open(influxql::SelectStatement& select,
                                                           const Defaults& defaults) {
    SLUICE_CO_TRY_VOID(co_await prepare(select, defaults));
    SLUICE_CO_TRY_VOID(check_window_count());
    CursorBuilder builder(source_, budget_, *catalog_, mapped_range(*node_), now_ns_);
    CursorBuilder::Rows rows;
    std::function<Result<void>()> build = [this, &builder, &rows]() -> Result<void> {
        SLUICE_TRY(rows, builder.build(*node_));
        return {};
    };
    SLUICE_CO_TRY_VOID(co_await take_step(std::move(build)));
    // The cursors are built although nothing will be read, because building finds mistakes that
    // InfluxDB names in this case, too.
    if (node_->frame.time_min > node_->frame.time_max) rows.cursor.reset();
    co_return rows;
}

io::Task<Result<void>> SelectExecutor::prepare(influxql::SelectStatement& select,
                                               const Defaults& defaults) {
    catalog_ = source_.catalog();
    now_ns_ = source_.wall_ns();
    if (select.target) {
        SLUICE_CO_TRY_VOID(normalize_target(*select.target, *catalog_, defaults));
        target_ = select.target;
    }
    SLUICE_CO_TRY_VOID(normalize_all(select, *catalog_, defaults));
    SLUICE_CO_TRY(catalog_, co_await catalog_for_patterns(source_, catalog_, select));
    is_large_ = weight_of(select, *catalog_) > kWeightOnCoreMax;
    std::function<Result<void>()> compile = [this, &select]() -> Result<void> {
        SLUICE_TRY(node_, compile_statement(select, now_ns_));
        return resolve_node(*node_, select, *catalog_, mapped_range(*node_));
    };
    SLUICE_CO_TRY_VOID(co_await take_step(std::move(compile)));
    Result<void> listed = co_await list_tag_keys(*node_);
    if (!listed.ok()) co_return std::move(listed).error();
    std::function<Result<void>()> rewrite = [this] { return name_columns(); };
    SLUICE_CO_TRY_VOID(co_await take_step(std::move(rewrite)));
    co_return Result<void>();
}

Result<void> SelectExecutor::name_columns() {
    SLUICE_TRY_VOID(rewrite_node(*node_));
    // Only the error is of interest: types that do not go together.
    for (const influxql::Field& field : node_->fields) {
        SLUICE_TRY(const influxql::DataType type, expression_type(field.expr));
        (void)type;
    }
    columns_.push_back(node_->time_name);
    for (Column& column : columns_of(*node_)) columns_.push_back(std::move(column.name));
    return {};
}

io::Task<Result<void>> SelectExecutor::take_step(std::function<Result<void>()> step) {
    if (!is_large_) co_return step();
    Result<void> done;
    std::function<void()> work = [&done, &step] { done = step(); };
    co_await source_.run_aside(std::move(work));
    co_return done;
}

io::Task<Result<void>> SelectExecutor::list_tag_keys(SelectNode& node) {
    for (const auto& subquery : node.subqueries) {
        Result<void> listed = co_await list_tag_keys(*subquery);
        if (!listed.ok()) co_return std::move(listed).error();
    }
    if (node.measurements.sources.empty() || !needs_tag_keys(node)) co_return Result<void>();
    std::vector<CoreSession> sessions(source_.core_count());
    ListJob list(node.measurements.sources, Listing::kTagKeys, budget_.memory_bytes_max() / 2,
                 sessions);
    Result<void> listed = co_await source_.run_on_every_core(list);
    if (!listed.ok()) co_return std::move(listed).error();
    for (CoreSession& session : sessions) node.tag_keys.merge(session.tag_keys);
    co_return Result<void>();
}

Result<void> SelectExecutor::check_window_count() const {
    const Window& window = node_->frame.window;
    if (node_->is_raw() || window.is_whole() || node_->frame.time_min == model::kTimestampMin)
        return {};
    const std::int64_t first = window.start_of(node_->frame.time_min);
    const std::int64_t last = window.start_of(node_->frame.time_max - 1);
    return budget_.check_windows(
        static_cast<std::uint64_t>((last - first) / window.interval_ns + 1));
}

AnswerSeries SelectExecutor::head_of(const TagSet& tags, const Grouping& grouping) const {
    AnswerSeries head;
    head.name = tags.name;
    const std::vector<std::string>& names = grouping.group_by();
    for (std::size_t i = 0; i < names.size(); ++i) {
        head.tags.emplace_back(names[i], tags.values[i]);
    }
    head.columns = columns_;
    return head;
}

io::Task<Result<std::uint64_t>> SelectExecutor::write_target(CursorBuilder::Rows& rows) {
    const std::vector<std::string> fields(columns_.begin() + 1, columns_.end());
    // A column that is called "time" hides that of the row, which InfluxDB notices at the first
    // row.
    const bool hides_time = std::find(fields.begin(), fields.end(), "time") != fields.end();
    TargetWriter target(source_, *target_, *rows.grouping, fields);
    RowBlock block;
    bool has_rows = false;  // since they ended last
    while (rows.cursor != nullptr) {
        Result<bool> more = co_await rows.cursor->next(block);
        if (!more.ok()) co_return std::move(more).error();
        if (!*more) {
            if (!has_rows || !rows.cursor->may_resume()) break;
            has_rows = false;
            continue;
        }
        has_rows = true;
        if (node_->time_name != "time" || hides_time) {
            co_return Error{ErrorKind::kInvalid, "error finding time index in result"};
        }
        Result<void> written = co_await target.write(block);
        if (!written.ok()) co_return std::move(written).error();
        co_await source_.breathe();
    }
    Result<void> written = co_await target.finish();
    if (!written.ok()) co_return std::move(written).error();
    co_return target.rows_written();
}

// The answer is how many points were written (coordinator/statement_executor.go:
// executeSelectStatement).
void SelectExecutor::answer_written(std::uint64_t points) {
    AnswerSeries head;
    head.name = "result";
    head.columns = {"time", "written"};
    writer_.begin_series(std::move(head));
    writer_.begin_row();
    writer_.time(0);
    writer_.value(Value::of_integer(static_cast<std::int64_t>(points)));
    writer_.end_row();
    writer_.end_series();
}

// What has been written stands, so that a count that fails is no error of the statement.
io::Task<void> SelectExecutor::tell_left_out(influxql::SelectStatement select) {
    std::vector<LeftOutValues> left_out = find_left_out(*node_, *catalog_);
    if (left_out.empty()) co_return;
    influxql::SelectStatement counting = counting_statement(std::move(select), left_out);
    const Result<void> counted = co_await count_left_out(std::move(counting), left_out);
    if (!counted.ok()) {
        writer_.message("warning",
                        "values of other types than those read could not be written, nor "
                        "counted: " +
                            counted.error().message);
        co_return;
    }
    const std::string text = left_out_text(left_out);
    if (!text.empty()) writer_.message("warning", text);
}

io::Task<Result<void>> SelectExecutor::count_left_out(influxql::SelectStatement counting,
                                                      std::vector<LeftOutValues>& left_out) {
    SLUICE_CO_TRY(const std::unique_ptr<SelectNode> node, compile_statement(counting, now_ns_));
    SLUICE_CO_TRY_VOID(resolve_node(*node, counting, *catalog_, mapped_range(*node)));
    SLUICE_CO_TRY_VOID(rewrite_node(*node));
    CursorBuilder builder(source_, budget_, *catalog_, mapped_range(*node), now_ns_);
    SLUICE_CO_TRY(CursorBuilder::Rows rows, builder.build(*node));
    RowBlock block;
    while (rows.cursor != nullptr) {
        Result<bool> more = co_await rows.cursor->next(block);
        if (!more.ok()) co_return std::move(more).error();
        if (!*more) break;
        for (std::size_t i = 0; i < block.values.size(); ++i) {
            const Value& value = block.values[i];
            if (value.kind() != Value::Kind::kInteger) continue;
            left_out[i % left_out.size()].count += value.word();
        }
    }
    co_return Result<void>();
}

io::Task<Result<void>> SelectExecutor::write_answer(RowCursor& rows, const Grouping& grouping) {
    const TagSet* tags = nullptr;
    const std::size_t width = columns_.size() - 1;
    RowBlock block;
    bool has_rows = false;  // since they ended last
    bool has_ended = false;
    for (;;) {
        Result<bool> more = co_await rows.next(block);
        if (!more.ok()) co_return std::move(more).error();
        if (!*more) {
            // InfluxDB has a series in hand then, passes it on and asks again (query/emitter.go).
            if (!has_rows || !rows.may_resume()) break;
            has_rows = false;
            has_ended = true;
            continue;
        }
        has_rows = true;
        // The series goes on in a piece of its own, with its name and tags once more.
        if (has_ended && writer_.chunked()) {
            writer_.end_chunk();
            tags = nullptr;
        }
        has_ended = false;
        for (std::size_t row = 0; row < block.rows.size(); ++row) {
            if (block.rows[row].tags != tags) {
                if (tags != nullptr) writer_.end_series();
                tags = block.rows[row].tags;
                writer_.begin_series(head_of(*tags, grouping));
            }
            writer_.begin_row();
            const model::Timestamp time = block.rows[row].time;
            writer_.time(time, node_->frame.window.zone_offset(time));
            for (std::size_t i = 0; i < width; ++i) writer_.value(block.values[row * width + i]);
            writer_.end_row();
            if (!writer_.should_flush()) continue;
            const bool goes_on = co_await writer_.flush();
            if (!goes_on) co_return Result<void>();
        }
        co_await source_.breathe();
    }
    if (tags != nullptr) writer_.end_series();
    co_return Result<void>();
}

io::Task<Result<void>> execute(StatementContext& context, influxql::SelectStatement select) {
    SelectExecutor executor(context.source, context.limits, context.writer);
    Result<void> done = co_await executor.execute(std::move(select), context.defaults);
    co_return done;
}

io::Task<Result<std::uint64_t>> write_into(StatementContext& context,
                                           influxql::SelectStatement select) {
    SelectExecutor executor(context.source, context.limits, context.writer);
    Result<std::uint64_t> written =
        co_await executor.write_into(std::move(select), context.defaults);
    co_return written;
}

}  // namespace sluice::query
