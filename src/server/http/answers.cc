#include "server/http/answers.h"

#include <string>

#include "server/http/connection.h"
#include "server/http/platform_error.h"
#include "sluice/query/error_document.h"

namespace sluice::server {
namespace {

// InfluxDB cuts the header, not the body (services/httpd/handler.go: httpError).
constexpr std::size_t kErrorHeaderBytesMax = 1024;

// InfluxDB says the sentence twice, in the header and in the body.
void answer_error_with(Connection& connection, http::ResponseHead& head, std::string_view message,
                       query::AnswerFormat format, bool pretty) {
    head.add("Content-Type", query::content_type_of(format));
    head.add("X-Influxdb-Error", message.substr(0, kErrorHeaderBytesMax));
    connection.answer(head, query::error_document(message, format, pretty));
}

void answer_platform_with(Connection& connection, http::ResponseHead& head, std::string_view code,
                          std::string_view message, std::uint32_t line) {
    head.add("Content-Type", "application/json; charset=utf-8");
    head.add("X-Platform-Error-Code", code);
    connection.answer(head, platform_body(code, message, line));
}
void answer_platform_with(Connection& connection, http::ResponseHead& head,
                          std::string_view message, std::uint32_t line) {
    answer_platform_with(connection, head, platform_code(head.status()), message, line);
}

// Whoever is told to come later is told when: clients without such a word come at once, and all
// together.
void answer_later(Connection& connection, std::uint16_t status, bool platform_shape,
                  std::string_view message, unsigned retry_after_s) {
    const std::string seconds = std::to_string(retry_after_s);
    http::ResponseHead head(status);
    head.add("Retry-After", seconds);
    if (platform_shape) {
        answer_platform_with(connection, head, message, 0);
    } else {
        answer_error_with(connection, head, message, query::AnswerFormat::kJson, false);
    }
}

}  // namespace

void answer_error(Connection& connection, std::uint16_t status, std::string_view message,
                  query::AnswerFormat format, bool pretty) {
    http::ResponseHead head(status);
    answer_error_with(connection, head, message, format, pretty);
}

// 2.x sends no challenge, as InfluxDB 2 does not.
void answer_unauthorized(Connection& connection, bool platform_shape, std::string_view message) {
    connection.services().metrics.auth_failures.add();
    http::ResponseHead head(401);
    if (platform_shape) {
        answer_platform_with(connection, head, "unauthorized access", 0);
        return;
    }
    const query::AnswerFormat format = query::answer_format_of(connection.request().accept);
    const bool pretty = connection.parameters().get("pretty") == "true";
    const std::string challenge =
        "Basic realm=\"" + connection.services().config().http.realm + "\"";
    head.add("Content-Type", query::content_type_of(format));
    head.add("Www-Authenticate", challenge);
    connection.answer(head, query::error_document(message, format, pretty));
}

void answer_platform_error(Connection& connection, std::uint16_t status, std::string_view message,
                           std::uint32_t line) {
    http::ResponseHead head(status);
    answer_platform_with(connection, head, message, line);
}

void answer_platform_code(Connection& connection, std::uint16_t status, std::string_view code,
                          std::string_view message) {
    http::ResponseHead head(status);
    answer_platform_with(connection, head, code, message, 0);
}

void answer_overload(Connection& connection, bool platform_shape, std::string_view message,
                     unsigned retry_after_s) {
    connection.services().metrics.overloads.add();
    answer_later(connection, 503, platform_shape, message, retry_after_s);
}

void answer_too_fast(Connection& connection, bool platform_shape, std::string_view message,
                     unsigned retry_after_s) {
    answer_later(connection, platform_shape ? 429 : 503, platform_shape, message, retry_after_s);
}

void answer_document(Connection& connection, std::uint16_t status, std::string_view content_type,
                     std::string_view body) {
    http::ResponseHead head(status);
    head.add("Content-Type", content_type);
    connection.answer(head, body);
}

// Go's net/http answers so where no handler of InfluxDB is reached: an unknown path, a method that
// is not allowed.
void answer_plain(Connection& connection, std::uint16_t status, std::string_view text,
                  std::string_view allow) {
    http::ResponseHead head(status);
    head.add("Content-Type", "text/plain; charset=utf-8");
    head.add("X-Content-Type-Options", "nosniff");
    if (!allow.empty()) head.add("Allow", allow);
    connection.answer(head, text, false);
}

}  // namespace sluice::server
