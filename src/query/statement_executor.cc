#include "sluice/query/statement_executor.h"

#include "query/answer_writer.h"
#include "query/data_source.h"
#include "query/parameters.h"
#include "query/statement_dispatch.h"
#include "query/zoned_select.h"
#include "sluice/influxql/parser.h"
#include "sluice/influxql/printer.h"

namespace sluice::query {
namespace {

using namespace influxql;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\n\v\f\r";
    const std::size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

io::Task<Result<void>> refuse(std::string message, const QueryRequest& request, ResultSink& sink) {
    AnswerHead head;
    head.status = 400;
    head.format = request.format;
    head.error = message;
    sink.begin(head);
    const std::string body = error_document(message, request.format, request.pretty);
    Result<void> written = co_await sink.write(body);
    co_return written;
}

}  // namespace

StatementExecutor::StatementExecutor(std::unique_ptr<DataSource> source, QueryLimits limits)
    : source_(std::move(source)), limits_(limits) {}

StatementExecutor::~StatementExecutor() = default;

io::Task<Result<void>> StatementExecutor::execute(QueryRequest request, ResultSink& sink) {
    Result<BoundParameters> parameters = parse_parameters(request.params);
    if (!parameters.ok()) {
        Result<void> refused = co_await refuse(parameters.error().message, request, sink);
        co_return refused;
    }
    Result<std::vector<Statement>> parsed = parse_query(trimmed(request.text), *parameters);
    if (!parsed.ok()) {
        Result<void> refused =
            co_await refuse("error parsing query: " + parsed.error().message, request, sink);
        co_return refused;
    }
    for (const Statement& statement : *parsed) {
        const std::optional<std::string> zone = unknown_time_zone(statement);
        if (!zone) continue;
        Result<void> refused = co_await refuse(
            "error parsing query: unable to find time zone " + *zone, request, sink);
        co_return refused;
    }
    AnswerHead head;
    head.format = request.format;
    sink.begin(head);
    AnswerWriter writer(request, sink);
    writer.begin();
    const Defaults defaults{request.database, request.retention_policy};
    StatementContext context{*source_, limits_, writer, defaults};
    const std::size_t count = parsed->size();
    for (std::size_t i = 0; i < count; ++i) {
        Statement& statement = (*parsed)[i];
        const bool warns = request.read_only_method && changes_something(statement);
        const std::string text = warns ? to_string(statement) : std::string();
        writer.begin_statement(i, shape_of(statement));
        Result<void> done = co_await run_statement(context, std::move(statement));
        std::optional<Error> error;
        if (!done.ok()) error = std::move(done).error();
        if (warns && !error) {
            writer.message("warning", "deprecated use of '" + text +
                                          "' in a read only context, please use a POST request "
                                          "instead");
        }
        const bool cut_short = error && i + 1 < count;
        if (cut_short && !request.chunked) {
            // InfluxDB answers in the name of the statement that failed, as often as statements
            // are left; in an answer of one piece the last of these stands.
            error = Error{ErrorKind::kCancelled, "not executed"};
        }
        writer.end_statement(error);
        for (std::size_t left = i + 1; cut_short && request.chunked && left < count; ++left) {
            writer.begin_statement(i);
            writer.end_statement(Error{ErrorKind::kCancelled, "not executed"});
        }
        if (writer.should_flush()) (void)co_await writer.flush();
        if (error || writer.sink_error()) break;
    }
    writer.end();
    (void)co_await writer.flush();
    if (writer.sink_error()) co_return *writer.sink_error();
    co_return Result<void>();
}

}  // namespace sluice::query
