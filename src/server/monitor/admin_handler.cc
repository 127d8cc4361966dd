#include "server/monitor/admin_handler.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/config/config_text.h"
#include "server/config/version.h"
#include "server/http/answers.h"
#include "server/http/connection.h"
#include "server/lake/lake_publisher.h"
#include "server/monitor/debug_vars.h"
#include "server/monitor/metrics_page.h"
#include "server/monitor/server_statistics.h"
#include "server/services/client_counts.h"
#include "sluice/base/go_text.h"
#include "sluice/engine/engine.h"
#include "sluice/influxql/duration.h"
#include "sluice/io/mailbox.h"
#include "sluice/query/error_document.h"
#include "sluice/query/hidden_directory.h"
#include "sluice/query/value_text.h"

namespace sluice::server {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kPlain = "text/plain; charset=utf-8";

bool is_set(std::string_view flag) {
    return !flag.empty() && flag != "0" && flag != "false";
}

// The name is InfluxDB's because clients check it.
std::string health_document(bool pass, std::string_view message) {
    std::string body = "{\"checks\":[],\"message\":";
    query::append_json_string(body, message);
    body += ",\"name\":\"influxdb\",\"status\":";
    body += pass ? "\"pass\"" : "\"fail\"";
    body += ",\"version\":";
    query::append_json_string(body, kVersion);
    body += "}\n";
    return body;
}

// /debug/requests counts over a stretch of time.
constexpr std::int64_t kCountSecondsDefault = 10;
constexpr std::int64_t kCountSecondsMax = 6 * 60 * 60;

std::string too_long_text(std::int64_t seconds) {
    const bool fits = seconds <= INT64_MAX / kSecondNs;
    return "exceeded maximum interval time: " +
           (fits ? influxql::format_duration(seconds * kSecondNs) : std::to_string(seconds) + "s") +
           " > " + influxql::format_duration(kCountSecondsMax * kSecondNs);
}

// Answers as InfluxDB's httpError() does outside its routes: without request id and newline.
void answer_bare_error(Connection& connection, std::string_view message) {
    std::string body = query::error_document(message, query::AnswerFormat::kJson, false);
    body.pop_back();
    http::ResponseHead head(400);
    head.add("Content-Type", kJson);
    head.add("X-Influxdb-Error", message);
    connection.answer(head, body, false);
}

// Core 0 runs them.
// Troubles become the reasons of /health, so they are asked for on the core that knows them.
io::Task<std::vector<std::string>> troubles_of_continuous_queries(CoreServices& services) {
    const ServerShared& shared = services.shared;
    const auto ask = [&shared] { return shared.cores[0]->continuous_queries.troubles(); };
    std::vector<std::string> troubles = co_await io::call_on(0, ask);
    co_return troubles;
}

// Likewise.
io::Task<std::vector<std::string>> troubles_of_lake(CoreServices& services) {
    const std::shared_ptr<LakePublisher>& lake = services.shared.lake;
    if (lake == nullptr) co_return std::vector<std::string>();
    const auto ask = [&lake] { return lake->troubles(); };
    std::vector<std::string> troubles = co_await io::call_on(0, ask);
    for (std::string& each : troubles) {
        each = query::without_directory(each, services.config().lake.place());
    }
    co_return troubles;
}

// A client that has left need not be counted for any longer.
io::Task<void> note_end(Connection& connection, bool& client_left) {
    client_left = co_await connection.watch_client();
}

}  // namespace

void answer_ping(Connection& connection) {
    connection.services().metrics.pings.add();
    if (!is_set(connection.parameters().get("verbose"))) {
        connection.answer_no_content();
        return;
    }
    std::string body = "{\"version\":";
    query::append_json_string(body, kVersion);
    body += '}';
    answer_document(connection, 200, kJson, body);
}

void answer_status(Connection& connection) {
    connection.services().metrics.statuses.add();
    connection.answer_no_content();
}

void answer_options(Connection& connection) {
    http::ResponseHead head(200);
    connection.answer(head, "");
}

void answer_ready(Connection& connection) {
    const ServerShared& shared = connection.services().shared;
    std::string body = "{\"status\":\"ready\",\"started\":\"";
    query::append_rfc3339(body, shared.started_wall_ns);
    body += "\",\"up\":\"";
    body +=
        format_duration(connection.services().reactor.monotonic_ns() - shared.started_monotonic_ns);
    body += "\"}\n";
    answer_document(connection, 200, "application/json; charset=utf-8", body);
}

void answer_alive(Connection& connection) {
    answer_document(connection, 200, kPlain, "Sluice is healthy.\n");
}

void answer_taking_requests(Connection& connection) {
    const ServerShared& shared = connection.services().shared;
    const bool ready = shared.serving.reached() && !shared.draining.reached();
    answer_document(connection, ready ? 200 : 503, kPlain,
                    ready ? "Sluice is ready.\n" : "Sluice is not ready.\n");
}

io::Task<void> handle_health(Connection& connection) {
    CoreServices& services = connection.services();
    if (services.shared.draining.reached()) {
        answer_document(connection, 503, kJson, health_document(false, "shutting down"));
        co_return;
    }
    const engine::EngineHealth health = co_await services.core.engine().health(services.core);
    const std::vector<std::string> put_aside = co_await troubles_of_continuous_queries(services);
    const std::vector<std::string> lake = co_await troubles_of_lake(services);
    std::string message;
    const auto add = [&](const std::string& text) {
        if (!message.empty()) message += "; ";
        message += query::without_directory(text, services.config().data.dir);
    };
    for (const std::string& text : health.texts) add(text);
    for (const std::string& text : put_aside) add(text);
    for (const std::string& text : lake) add(text);
    if (message.empty()) message = "ready for queries and writes";
    const bool pass = health.state != engine::HealthState::kFail;
    answer_document(connection, pass ? 200 : 503, kJson, health_document(pass, message));
}

io::Task<void> handle_metrics(Connection& connection) {
    CoreServices& services = connection.services();
    const engine::EngineReport report = co_await services.core.engine().report(services.core);
    answer_document(connection, 200, "text/plain; version=0.0.4; charset=utf-8",
                    metrics_page(services, report));
}

io::Task<void> handle_variables(Connection& connection) {
    CoreServices& services = connection.services();
    co_await services.series_counts.refresh(services.core.catalog());
    const engine::EngineReport report = co_await services.core.engine().report(services.core);
    http::ResponseHead head(200);
    head.add("Content-Type", "application/json; charset=utf-8");
    const SubscriberReport subscriptions = co_await gather_subscriptions(services.shared);
    connection.answer(head, debug_variables(services, report, subscriptions), false);
}

io::Task<void> handle_request_counts(Connection& connection) {
    CoreServices& services = connection.services();
    std::int64_t seconds = kCountSecondsDefault;
    const std::string_view text = connection.parameters().get("seconds");
    if (!text.empty()) {
        const Result<std::int64_t> parsed = parse_go_integer(text);
        if (!parsed.ok()) {
            answer_bare_error(connection, parsed.error().message);
            co_return;
        }
        seconds = *parsed;
    }
    if (seconds > kCountSecondsMax) {
        answer_bare_error(connection, too_long_text(seconds));
        co_return;
    }
    connection.release_input();
    bool client_left = false;
    io::Task<void> watching = note_end(connection, client_left);
    const ClientCounts counts = co_await count_clients(
        services, std::max<std::int64_t>(seconds, 0) * kSecondNs, client_left);
    connection.stop_watching();
    co_await watching;
    std::string body = "{\n";
    const char* separator = "";
    for (const auto& [client, count] : counts) {
        body += std::exchange(separator, ",\n");
        query::append_json_string(body, client);
        body += ": {\"writes\":" + std::to_string(count.writes) +
                ",\"queries\":" + std::to_string(count.queries) + "}";
    }
    body += "\n}\n";
    connection.close_after_answer();
    http::ResponseHead head(200);
    head.add("Content-Type", "application/json; charset=utf-8");
    connection.answer(head, body, false);
}

}  // namespace sluice::server
