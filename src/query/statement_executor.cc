#include "sluice/query/statement_executor.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "query/answer/answer_writer.h"
#include "query/compile/full_names.h"
#include "query/compile/zoned_select.h"
#include "query/expr/time_zone.h"
#include "query/request/parameters.h"
#include "query/select/select_executor.h"
#include "query/session/data_source.h"
#include "query/show/show_statements.h"
#include "query/statement_dispatch.h"
#include "sluice/base/log.h"
#include "sluice/influxql/parser.h"
#include "sluice/influxql/printer.h"
#include "sluice/influxql/sanitize.h"
#include "sluice/query/error_document.h"
#include "sluice/query/hidden_directory.h"
#include "sluice/query/privileges.h"

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

// Whether it may take milliseconds to parse a text: a long one, or one with a short pattern that
// makes a large program, by a repetition or a class of Unicode.
bool is_slow_to_parse(std::string_view text) {
    constexpr std::size_t kShortBytes = 4096;
    if (text.size() > kShortBytes) return true;
    return text.find('/') != std::string_view::npos &&
           (text.find('{') != std::string_view::npos ||
            text.find("\\p") != std::string_view::npos ||
            text.find("\\P") != std::string_view::npos);
}

// A long text is parsed on a thread of its own, because the parser cannot let others run in
// between. `request` does not change meanwhile.
io::Task<Result<std::vector<Statement>>> parse_aside(DataSource& source,
                                                     const QueryRequest& request) {
    if (!is_slow_to_parse(request.text)) co_return parse(request);
    std::optional<Result<std::vector<Statement>>> parsed;
    std::function<void()> work = [&parsed, &request] { parsed.emplace(parse(request)); };
    co_await source.run_aside(std::move(work));
    co_return std::move(*parsed);
}

io::Task<Result<void>> refuse(const QueryRefusal& refusal, const QueryRequest& request,
                              AnswerSink& sink) {
    AnswerStart head;
    head.status = refusal.status;
    head.format = request.format;
    head.error = refusal.message;
    sink.begin(head);
    const std::string body = error_document(refusal.message, request.format, request.pretty);
    Result<void> written = co_await sink.write(body);
    co_return written;
}

// Prints the statements as InfluxDB lists a query, but for passwords: those of users are never
// printed, those in the URLs of subscriptions are left out here.
std::string text_of(const std::vector<Statement>& statements) {
    std::string text;
    for (const Statement& statement : statements) {
        if (!text.empty()) text += ";\n";
        const bool has_urls = std::holds_alternative<CreateSubscriptionStatement>(statement);
        text += has_urls ? sanitize(to_string(statement)) : to_string(statement);
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

// Text for the log, without passwords.
std::string logged_text(std::string_view text) {
    constexpr std::size_t kBytesMax = 512;
    std::string shown = sanitize(text);
    if (shown.size() <= kBytesMax) return shown;
    shown.resize(kBytesMax);
    return shown + "...";
}

void log_statement(const StatementContext& context, const std::string& text,
                   const std::optional<Error>& error) {
    log_info("statement executed", {{"statement", text},
                                    {"database", context.defaults.database},
                                    {"client", context.request.client},
                                    {"user", context.request.user},
                                    {"result", error ? error->message : "done"}});
}

// Why a request does not run; nothing if it does.
std::optional<QueryRefusal> refusal_of(const Result<std::vector<Statement>>& parsed,
                                       const QueryRequest& request, const meta::Catalog& catalog) {
    if (!parsed.ok()) return QueryRefusal{400, parsed.error().message};
    if (!request.authorize) return std::nullopt;
    const auto principal = meta::Principal::of(catalog, request.user, request.token);
    const Result<void> allowed =
        may_all(catalog, principal, *parsed, {request.database, request.retention_policy});
    if (allowed.ok()) return std::nullopt;
    log_info("Unauthorized request", {{"statement", logged_text(text_of(*parsed))},
                                      {"database", request.database},
                                      {"client", request.client},
                                      {"user", request.user}});
    return QueryRefusal{403, "error authorizing query: " + allowed.error().message};
}

// Runs statements[i] and writes its result. False: the following are not run.
io::Task<bool> answer_statement(StatementContext& context, const QueryRequest& request,
                                std::vector<Statement>& statements, std::size_t i) {
    AnswerWriter& writer = context.writer;
    Statement& statement = statements[i];
    // Texts are made before the statement runs, which takes it apart.
    const bool warns = request.read_only_method && changes_something(statement);
    const std::string text = warns ? text_with_full_names(statement, context) : std::string();
    const std::uint64_t missing_before = context.source.blocks_missing();
    const std::string logged =
        is_administrative(statement) ? logged_text(to_string(statement)) : std::string();
    writer.begin_statement(i, shape_of(statement));
    Result<void> done = co_await execute_statement(context, std::move(statement));
    const std::uint64_t missing = context.source.blocks_missing() - missing_before;
    std::optional<Error> error;
    // Of several reasons the last of these counts: a query that was stopped fails in whatever it
    // was doing, which says less than why it was stopped.
    if (!done.ok()) error = std::move(done).error();
    if (context.query.stopped()) error = context.query.reason();
    if (!error) error = writer.kept_too_much();
    if (!logged.empty()) log_statement(context, logged, error);
    if (warns && !error) {
        writer.message("warning", "deprecated use of '" + text +
                                      "' in a read only context, please use a POST request "
                                      "instead");
    }
    if (missing != 0 && !error) {
        writer.message("warning",
                       "rows may be missing: " + std::to_string(missing) +
                           (missing == 1 ? " block of a segment is" : " blocks of segments are") +
                           " damaged; /health names them");
    }
    if (error) {
        error->message = without_directory(std::move(error->message), request.hidden_directory);
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

// What the requests of a core share.
struct Shared {
    DataSource& source;
    QueryRegistry& registry;
    ServerFacts* facts;
    const QueryLimits& limits;
    QueryMemory& memory;
};

// Takes the memory of a query that reads series or rows; `limits` then says how much it is.
io::Task<Result<QueryMemory::Grant>> take_memory(QueryMemory& memory, const RunningQuery& query,
                                                 const std::string& client,
                                                 const std::vector<Statement>& statements,
                                                 QueryLimits& limits) {
    if (std::none_of(statements.begin(), statements.end(), reads_series)) {
        co_return QueryMemory::Grant();
    }
    Result<QueryMemory::Grant> grant = co_await memory.take(query, client);
    if (grant.ok() && grant->bytes() != 0) limits.memory_bytes_max = grant->bytes();
    co_return grant;
}

// Everything outlives the task.
io::Task<Result<void>> execute_statements(Shared shared, const QueryRequest& request,
                                          std::vector<Statement>& statements, AnswerSink& sink) {
    // The query is listed before it waits for memory, so that one that waits can be seen and
    // killed. A refusal is written as the result of the first statement.
    auto& [source, registry, facts, limits_of_all, memory] = shared;
    Result<std::unique_ptr<RunningQuery>> begun =
        registry.begin(source.core_number(), text_of(statements), request.database,
                       source.monotonic_ns(), request.user);
    QueryLimits limits = limits_of_all;
    Result<QueryMemory::Grant> grant = QueryMemory::Grant();
    std::optional<Error> refusal;
    if (begun.ok()) {
        sink.attach(**begun);
        grant = co_await take_memory(memory, **begun, request.client, statements, limits);
        if (!grant.ok()) refusal = grant.error();
    } else {
        refusal = begun.error();
    }
    AnswerWriter writer(request, sink, begun.ok() ? begun->get() : nullptr,
                        limits.memory_bytes_max / 2);
    writer.begin();
    if (!refusal) {
        RunningQuery& query = **begun;
        const std::unique_ptr<DataSource> own_source = source.for_query(query.stopping());
        const Defaults defaults{request.database, request.retention_policy};
        StatementContext context{own_source ? *own_source : source,
                                 limits,
                                 writer,
                                 defaults,
                                 query,
                                 registry,
                                 facts,
                                 request};
        for (std::size_t i = 0; i < statements.size(); ++i) {
            const bool goes_on = co_await answer_statement(context, request, statements, i);
            if (!goes_on) break;
        }
    } else {
        writer.begin_statement(0);
        writer.end_statement(*refusal);
    }
    if (begun.ok()) sink.detach();
    writer.end();
    (void)co_await writer.flush_all();
    if (writer.sink_error()) co_return *writer.sink_error();
    co_return Result<void>();
}

using NumberOf = std::function<io::Task<Result<std::uint64_t>>(StatementContext&)>;

// Runs what the server itself asks, as one query among the others: it is listed, may be stopped,
// counts for limits, and waits for memory. `text` is what SHOW QUERIES shows. Everything outlives
// the task.
io::Task<Result<std::uint64_t>> run_for_server(Shared shared, std::string text,
                                               std::string database, NumberOf work) {
    auto& [source, registry, facts, limits_of_all, memory] = shared;
    SLUICE_CO_TRY(
        const std::unique_ptr<RunningQuery> query,
        registry.begin(source.core_number(), std::move(text), database, source.monotonic_ns()));
    QueryLimits limits = limits_of_all;
    SLUICE_CO_TRY(const QueryMemory::Grant grant, co_await memory.take(*query));
    if (grant.bytes() != 0) limits.memory_bytes_max = grant.bytes();
    const std::unique_ptr<DataSource> own_source = source.for_query(query->stopping());
    const Defaults defaults{std::move(database), {}};
    // A statement's context has an answer; the work writes nothing to it.
    const QueryRequest request;
    DiscardSink nowhere;
    AnswerWriter writer(request, nowhere, query.get(), limits.memory_bytes_max / 2);
    StatementContext context{own_source ? *own_source : source,
                             limits,
                             writer,
                             defaults,
                             *query,
                             registry,
                             facts,
                             request};
    Result<std::uint64_t> number = co_await work(context);
    if (query->stopped()) co_return query->reason();
    co_return number;
}

}  // namespace

StatementExecutor::StatementExecutor(std::unique_ptr<DataSource> source, QueryLimits limits)
    : source_(std::move(source)),
      own_registry_(std::make_unique<QueryRegistry>(source_->core_count())),
      registry_(own_registry_.get()),
      limits_(limits),
      memory_(limits.memory_bytes_max) {}

StatementExecutor::~StatementExecutor() = default;

io::Task<std::optional<QueryRefusal>> StatementExecutor::check(const QueryRequest& request) {
    const auto parsed = co_await parse_aside(*source_, request);
    co_return refusal_of(parsed, request, *source_->catalog());
}

io::Task<Result<void>> StatementExecutor::execute(QueryRequest request, AnswerSink& sink) {
    Result<std::vector<Statement>> parsed = co_await parse_aside(*source_, request);
    const std::optional<QueryRefusal> refusal = refusal_of(parsed, request, *source_->catalog());
    if (refusal) {
        Result<void> refused = co_await refuse(*refusal, request, sink);
        co_return refused;
    }
    AnswerStart head;
    head.format = request.format;
    sink.begin(head);
    Result<void> done = co_await execute_statements(
        {*source_, *registry_, facts_, limits_, memory_}, request, *parsed, sink);
    co_return done;
}

io::Task<Result<std::uint64_t>> StatementExecutor::write_select(std::string database,
                                                                SelectStatement select) {
    SLUICE_CO_TRY_VOID(check_time_zones(select));
    SLUICE_CO_TRY_VOID(check_sources(select));
    std::string text = to_string(select);
    NumberOf work = [&select](StatementContext& context) {
        return write_into(context, std::move(select));
    };
    const Shared shared{*source_, *registry_, facts_, limits_, memory_};
    Result<std::uint64_t> written =
        co_await run_for_server(shared, std::move(text), std::move(database), std::move(work));
    co_return written;
}

io::Task<Result<std::uint64_t>> StatementExecutor::count_series(std::string database) {
    std::string text = "SHOW SERIES CARDINALITY ON " + quote_identifier(database);
    NumberOf work = [&database](StatementContext& context) {
        return query::count_series(context, database);
    };
    const Shared shared{*source_, *registry_, facts_, limits_, memory_};
    Result<std::uint64_t> count =
        co_await run_for_server(shared, std::move(text), database, std::move(work));
    co_return count;
}

}  // namespace sluice::query
