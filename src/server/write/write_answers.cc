// InfluxDB's words for what can go wrong with a write.
#include "server/write/write_answers.h"

#include <string>

#include "server/http/answers.h"
#include "server/http/connection.h"
#include "sluice/query/hidden_directory.h"

namespace sluice::server {

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

void answer_busy(Connection& connection, const WriteRequest& request, const Error& error) {
    answer_overload(
        connection, request.api == WriteApi::kV2,
        query::without_directory(error.message, connection.services().config().data.dir),
        connection.services().core.admission().retry_after_s());
}

void answer_too_large(Connection& connection, const WriteRequest& request) {
    answer_write_error(connection, request, 413,
                       request.api == WriteApi::kV2
                           ? "unable to read data: points batch is too large"
                           : "Request Entity Too Large");
}

void answer_unreadable(Connection& connection, const WriteRequest& request, std::string_view why) {
    const std::string_view before = request.api == WriteApi::kV2 ? "unable to read data: " : "";
    answer_write_error(connection, request, 400, std::string(before) + std::string(why));
}

void answer_failure(Connection& connection, const WriteRequest& request, const Error& error) {
    switch (error.kind) {
        case ErrorKind::kNotFound:
            if (request.api == WriteApi::kV2) {
                answer_platform_error(connection, 404,
                                      "bucket \"" + std::string(request.bucket) + "\" not found");
            } else if (error.message.starts_with("database")) {
                refuse(connection, 404, error.message);
            } else {
                refuse(connection, 500, error.message);
            }
            return;
        case ErrorKind::kInvalid:
            answer_write_error(connection, request, 400, error.message);
            return;
        case ErrorKind::kTooLarge:
            answer_write_error(connection, request, 413, error.message);
            return;
        default:
            answer_busy(connection, request, error);
            return;
    }
}

}  // namespace sluice::server
