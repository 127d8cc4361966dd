#include "sluice/query/statement_executor.h"

#include "query/answer/answer_writer.h"
#include "query/compile/full_names.h"
#include "query/compile/zoned_select.h"
#include "query/expr/time_zone.h"
#include "query/request/parameters.h"
#include "query/session/data_source.h"
#include "query/statement_dispatch.h"
#include "sluice/influxql/parser.h"
#include "sluice/influxql/printer.h"
#include "sluice/query/error_document.h"

namespace sluice::query {
namespace {

using namespace influxql;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\n\v\f\r";
    const std::size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

Result<void> check_time_zones(const Statement& statement) {
    const std::optional<std::string> zone = unknown_time_zone(statement);
    if (!zone) return {};
    std::string text = "unable to find time zone " + *zone;
    if (!TimeZone::has_database()) {
        text += ": this machine has no time zone database (package tzdata)";
    }
    return Error{ErrorKind::kInvalid, std::move(text)};
}

Result<std::vector<Statement>> parse(const QueryRequest& request) {
    SLUICE_TRY(const BoundParameters parameters, parse_parameters(request.params));
    Result<std::vector<Statement>> parsed =
        parse_query(trimmed(request.text), parameters, check_time_zones);
    if (!parsed.ok()) {
        return Error{ErrorKind::kInvalid, "error parsing query: " + parsed.error().message};
    }
    return parsed;
}

io::Task<Result<void>> refuse(std::string message, const QueryRequest& request, AnswerSink& sink) {
    AnswerStart head;
    head.status = 400;
    head.format = request.format;
    head.error = message;
    sink.begin(head);
    const std::string body = error_document(message, request.format, request.pretty);
    Result<void> written = co_await sink.write(body);
    co_return written;
}

// Prints the statements as InfluxDB lists a query.
std::string text_of(const std::vector<Statement>& statements) {
    std::string text;
    for (const Statement& statement : statements) {
        if (!text.empty()) text += ";\n";
        text += to_string(statement);
    }
    return text;
}

// Prints a statement as InfluxDB does where it warns: the names of a SELECT are complete by then.
std::string text_with_full_names(Statement statement, const StatementContext& context) {
    if (auto* select = std::get_if<SelectStatement>(&statement)) {
        (void)complete_names(*select, *context.source.catalog(), context.defaults);
    }
    return to_string(statement);
}

// Runs statements[i] and writes its result. False: the following are not run.
io::Task<bool> answer_statement(StatementContext& context, const QueryRequest& request,
                                std::vector<Statement>& statements, std::size_t i) {
    AnswerWriter& writer = context.writer;
    Statement& statement = statements[i];
    const bool warns = request.read_only_method && changes_something(statement);
    const std::string text = warns ? text_with_full_names(statement, context) : std::string();
    writer.begin_statement(i, shape_of(statement));
    Result<void> done = co_await execute_statement(context, std::move(statement));
    std::optional<Error> error;
    if (!done.ok()) error = std::move(done).error();
    if (context.query.stopped()) error = context.query.reason();
    if (!error) error = writer.kept_too_much();
    if (warns && !error) {
        writer.message("warning", "deprecated use of '" + text +
                                      "' in a read only context, please use a POST request "
                                      "instead");
    }
    const std::size_t count = statements.size();
    const bool cut_short = error && i + 1 < count;
    if (cut_short && !request.chunked) {
        // InfluxDB answers in the name of the statement that failed, as often as statements are
        // left; in an answer of one piece the last of these stands.
        error = Error{ErrorKind::kCancelled, "not executed"};
    }
    writer.end_statement(error);
    for (std::size_t left = i + 1; cut_short && request.chunked && left < count; ++left) {
        writer.begin_statement(i);
        writer.end_statement(Error{ErrorKind::kCancelled, "not executed"});
    }
    if (writer.should_flush()) (void)co_await writer.flush_all();
    co_return !error && !writer.sink_error() && !writer.is_full();
}

// Everything outlives the task.
io::Task<Result<void>> execute_statements(DataSource& source, QueryRegistry& registry,
                                          ServerFacts* facts, const QueryLimits& limits,
                                          const QueryRequest& request,
                                          std::vector<Statement>& statements, AnswerSink& sink) {
    Result<std::unique_ptr<RunningQuery>> begun = registry.begin(
        source.core_number(), text_of(statements), request.database, source.monotonic_ns());
    AnswerWriter writer(request, sink, begun.ok() ? begun->get() : nullptr,
                        limits.memory_bytes_max / 2);
    writer.begin();
    if (begun.ok()) {
        RunningQuery& query = **begun;
        sink.attach(query);
        const std::unique_ptr<DataSource> own_source = source.for_query(query.stopping());
        const Defaults defaults{request.database, request.retention_policy};
        StatementContext context{
            own_source ? *own_source : source, limits, writer, defaults, query, registry, facts};
        for (std::size_t i = 0; i < statements.size(); ++i) {
            const bool goes_on = co_await answer_statement(context, request, statements, i);
            if (!goes_on) break;
        }
        sink.detach();
    } else {
        writer.begin_statement(0);
        writer.end_statement(begun.error());
    }
    writer.end();
    (void)co_await writer.flush_all();
    if (writer.sink_error()) co_return *writer.sink_error();
    co_return Result<void>();
}

}  // namespace

StatementExecutor::StatementExecutor(std::unique_ptr<DataSource> source, QueryLimits limits)
    : source_(std::move(source)),
      own_registry_(std::make_unique<QueryRegistry>(source_->core_count())),
      registry_(own_registry_.get()),
      limits_(limits) {}

StatementExecutor::~StatementExecutor() = default;

Result<void> StatementExecutor::check(const QueryRequest& request) {
    Result<std::vector<Statement>> parsed = parse(request);
    if (!parsed.ok()) return std::move(parsed).error();
    return {};
}

io::Task<Result<void>> StatementExecutor::execute(QueryRequest request, AnswerSink& sink) {
    Result<std::vector<Statement>> parsed = parse(request);
    if (!parsed.ok()) {
        Result<void> refused = co_await refuse(parsed.error().message, request, sink);
        co_return refused;
    }
    AnswerStart head;
    head.format = request.format;
    sink.begin(head);
    Result<void> done =
        co_await execute_statements(*source_, *registry_, facts_, limits_, request, *parsed, sink);
    co_return done;
}

}  // namespace sluice::query
