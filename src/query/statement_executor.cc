#include "sluice/query/statement_executor.h"

#include "query/answer_writer.h"
#include "query/data_source.h"
#include "query/parameters.h"
#include "query/select_executor.h"
#include "query/show_executor.h"
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

Error not_supported(const Statement& statement) {
    std::string text = to_string(statement);
    // The keywords in front name the statement; names of the user are not repeated.
    std::size_t words = 0;
    std::size_t end = 0;
    while (end < text.size() && words < 3) {
        const std::size_t blank = std::min(text.find(' ', end), text.size());
        const std::string_view word = std::string_view(text).substr(end, blank - end);
        if (word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string_view::npos) break;
        end = std::min(blank + 1, text.size());
        ++words;
    }
    text.resize(end);
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return {ErrorKind::kUnsupported, text + " is not supported by this server yet"};
}

// The statements that change the catalog.
bool is_definition(const Statement& statement) {
    return std::holds_alternative<CreateDatabaseStatement>(statement) ||
           std::holds_alternative<DropDatabaseStatement>(statement) ||
           std::holds_alternative<CreateRetentionPolicyStatement>(statement) ||
           std::holds_alternative<AlterRetentionPolicyStatement>(statement) ||
           std::holds_alternative<DropRetentionPolicyStatement>(statement);
}

std::optional<std::uint32_t> as_replication(const std::optional<std::int64_t>& value) {
    if (!value) return std::nullopt;
    return static_cast<std::uint32_t>(*value);
}

io::Task<Result<void>> define(DataSource& source, Statement statement) {
    if (auto* create = std::get_if<CreateDatabaseStatement>(&statement)) {
        std::optional<meta::RetentionPolicySpec> policy;
        if (create->with_policy) {
            policy.emplace();
            policy->name = create->policy_name;
            policy->duration_ns = create->duration_ns;
            policy->replica_n = as_replication(create->replication);
            policy->shard_group_duration_ns = create->shard_duration_ns;
        }
        Result<void> done = co_await source.create_database(create->name, std::move(policy));
        co_return done;
    }
    if (auto* drop = std::get_if<DropDatabaseStatement>(&statement)) {
        Result<void> done = co_await source.drop_database(drop->name);
        co_return done;
    }
    if (auto* create = std::get_if<CreateRetentionPolicyStatement>(&statement)) {
        meta::RetentionPolicySpec policy;
        policy.name = create->name;
        policy.duration_ns = create->duration_ns;
        policy.replica_n = static_cast<std::uint32_t>(create->replication);
        policy.shard_group_duration_ns = create->shard_duration_ns;
        Result<void> done = co_await source.create_retention_policy(
            create->database, std::move(policy), create->is_default);
        co_return done;
    }
    if (auto* alter = std::get_if<AlterRetentionPolicyStatement>(&statement)) {
        meta::RetentionPolicyUpdate update;
        update.duration_ns = alter->duration_ns;
        update.replica_n = as_replication(alter->replication);
        update.shard_group_duration_ns = alter->shard_duration_ns;
        Result<void> done = co_await source.alter_retention_policy(alter->database, alter->name,
                                                                   update, alter->is_default);
        co_return done;
    }
    auto* drop = std::get_if<DropRetentionPolicyStatement>(&statement);
    Result<void> done = co_await source.drop_retention_policy(drop->database, drop->name);
    co_return done;
}

// What a SHOW statement's answer looks like when it comes in chunks: those that InfluxDB rewrites
// to a SELECT are cut and marked like one.
StatementShape shape_of(const Statement& statement) {
    const bool like_select = std::holds_alternative<SelectStatement>(statement) ||
                             std::holds_alternative<ShowSeriesStatement>(statement) ||
                             std::holds_alternative<ShowFieldKeysStatement>(statement);
    return {like_select, like_select};
}

io::Task<Result<void>> run_statement(DataSource& source, const QueryLimits& limits,
                                     AnswerWriter& writer, Statement statement, Defaults defaults) {
    ShowExecutor show(source, limits, writer, defaults);
    Result<void> done;
    if (auto* select = std::get_if<SelectStatement>(&statement)) {
        SelectExecutor executor(source, limits, writer);
        done = co_await executor.execute(std::move(*select), defaults);
    } else if (std::holds_alternative<ShowDatabasesStatement>(statement)) {
        done = show.show_databases();
    } else if (auto* policies = std::get_if<ShowRetentionPoliciesStatement>(&statement)) {
        done = show.show_retention_policies(*policies);
    } else if (auto* fields = std::get_if<ShowFieldKeysStatement>(&statement)) {
        done = show.show_field_keys(*fields);
    } else if (auto* measurements = std::get_if<ShowMeasurementsStatement>(&statement)) {
        done = co_await show.show_measurements(std::move(*measurements));
    } else if (auto* series = std::get_if<ShowSeriesStatement>(&statement)) {
        done = co_await show.show_series(std::move(*series));
    } else if (auto* keys = std::get_if<ShowTagKeysStatement>(&statement)) {
        done = co_await show.show_tag_keys(std::move(*keys));
    } else if (auto* values = std::get_if<ShowTagValuesStatement>(&statement)) {
        done = co_await show.show_tag_values(std::move(*values));
    } else if (is_definition(statement)) {
        done = co_await define(source, std::move(statement));
    } else {
        done = not_supported(statement);
    }
    co_return done;
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
    AnswerHead head;
    head.format = request.format;
    sink.begin(head);
    AnswerWriter writer(request, sink);
    writer.begin();
    const Defaults defaults{request.database, request.retention_policy};
    const std::size_t count = parsed->size();
    for (std::size_t i = 0; i < count; ++i) {
        Statement& statement = (*parsed)[i];
        const bool warns = request.read_only_method && is_definition(statement);
        const std::string text = warns ? to_string(statement) : std::string();
        writer.begin_statement(i, shape_of(statement));
        Result<void> done =
            co_await run_statement(*source_, limits_, writer, std::move(statement), defaults);
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
