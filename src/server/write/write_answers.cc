// InfluxDB's words for what can go wrong with a write.
#include "server/write/write_answers.h"

#include <optional>
#include <string>

#include "server/http/answers.h"
#include "server/http/connection.h"
#include "server/write/write_refusal.h"
#include "sluice/query/hidden_directory.h"

namespace sluice::server {
namespace {

bool is_consistency_level(std::string_view level) {
    for (const std::string_view known : {"", "all", "any", "one", "quorum"}) {
        if (http::equals_ignoring_case(level, known)) return true;
    }
    return false;
}

// Keeps the latest of what the parser and the engine refused, up to a bound for each request, so
// that one bad client does not push out what was said about the others.
void remember_rejections(Connection& connection, const WriteRequest& request,
                         const WriteReport& report) {
    CoreServices& services = connection.services();
    services.metrics.lines_rejected.add(report.parsed.rejected);
    services.metrics.points_dropped.add(report.dropped() + report.parsed.beyond_retention);
    std::size_t room = RejectRing::kPerRequestMax;
    for (const auto* list : {&report.parsed.rejections, report.refused}) {
        for (const model::Rejection& rejection : *list) {
            if (room-- == 0) return;
            services.rejects.add(request.now, request.database, connection.peer_address(),
                                 rejection);
        }
    }
}

// Where a partial write was to go, as InfluxDB says it since 1.12 (tsdb/shard.go:
// PartialWriteError). Empty where that has gone meanwhile.
std::string place_of(const CoreServices& services, const WriteRequest& request) {
    const meta::Database* const database = services.core.catalog()->find_database(request.database);
    if (database == nullptr) return {};
    const meta::RetentionPolicy* const policy = database->find_policy(request.policy);
    return " for database: " + database->name +
           (policy == nullptr ? "" : " for retention policy: " + policy->name);
}

}  // namespace

// pretty counts for errors as well, as in InfluxDB.
void refuse(Connection& connection, std::uint16_t status, std::string_view message) {
    answer_error(connection, status, message, query::answer_format_of(connection.request().accept),
                 connection.parameters().get("pretty") == "true");
}

void answer_write_error(Connection& connection, const WriteRequest& request, std::uint16_t status,
                        std::string_view message, std::uint32_t line) {
    if (request.api == WriteApi::kV2) {
        answer_platform_error(connection, status, message, line);
    } else {
        refuse(connection, status, message);
    }
}

// The message may name files below the data directory, which is nobody's business outside.
void answer_busy(Connection& connection, const WriteRequest& request, const Error& error) {
    answer_overload(
        connection, request.api == WriteApi::kV2,
        query::without_directory(error.message, connection.services().config().data.dir),
        connection.services().core.admission().retry_after_s());
}

void answer_too_large(Connection& connection, const WriteRequest& request) {
    answer_write_error(connection, request, 413, too_large_text(request.api));
}

void answer_unreadable(Connection& connection, const WriteRequest& request, std::string_view why) {
    const std::string_view before = request.api == WriteApi::kV2 ? "unable to read data: " : "";
    answer_write_error(connection, request, 400, std::string(before) + std::string(why));
}

void answer_failure(Connection& connection, const WriteRequest& request, const Error& error) {
    const std::optional<WriteRefusal> refusal = refusal_of(request, error);
    if (!refusal) {
        answer_busy(connection, request, error);
    } else {
        answer_write_error(connection, request, refusal->status, refusal->message);
    }
}

// A partial write is an error to the client though its good points are written: 400 in 1.x, 422 in
// 2.x, and both name what was not.
void answer_outcome(Connection& connection, const WriteRequest& request,
                    const WriteReport& report) {
    CoreServices& services = connection.services();
    services.metrics.points_ok.add(report.outcome.rows_written);
    services.metrics.values_ok.add(report.outcome.values_written);
    if (report.is_clean()) [[likely]] {
        connection.answer_no_content();
        return;
    }
    remember_rejections(connection, request, report);
    if (request.api == WriteApi::kV1) {
        refuse(connection, 400, partial_write_text(report) + place_of(services, request));
    } else {
        answer_platform_error(connection, 422,
                              "failure writing points to database: " + partial_write_text(report));
    }
}

// 2.x takes a body as a whole or not at all, 1.x takes its good lines. `rows` counts points that
// would be written, so a body whose points are all too old is no parse error.
bool refuse_unparsable(Connection& connection, const WriteRequest& request,
                       const WriteReport& report) {
    const ingest::ParseResult& parsed = report.parsed;
    if (parsed.rejected == 0) return false;
    if (request.api == WriteApi::kV2) {
        remember_rejections(connection, request, report);
        const model::Rejection& first = parsed.rejections.front();
        answer_platform_error(connection, 400, first.message, first.line);
        return true;
    }
    if (parsed.rows + parsed.dropped + parsed.beyond_retention != 0) return false;
    remember_rejections(connection, request, report);
    refuse(connection, 400, joined_parse_errors(parsed));
    return true;
}

// There is one node, so the level means nothing; a wrong word is refused all the same, and only by
// 1.x.
bool refuse_consistency(Connection& connection, const WriteRequest& request) {
    const std::string_view level = connection.parameters().get("consistency");
    if (request.api == WriteApi::kV2 || is_consistency_level(level)) return false;
    refuse(connection, 400, "invalid consistency level");
    return true;
}

bool refuse_without_length(Connection& connection, const WriteRequest& request) {
    const http::Request& head = connection.request();
    if (head.minor_version != 0 || head.length_is_said) return false;
    connection.close_after_answer();
    answer_write_error(connection, request, 411,
                       "a write by HTTP/1.0 needs a Content-Length: without it nothing of the "
                       "body is read");
    return true;
}

}  // namespace sluice::server
