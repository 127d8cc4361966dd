// InfluxDB's words for what can go wrong with a write.
#include "server/write/write_answers.h"

#include <optional>
#include <string>

#include "server/http/answers.h"
#include "server/http/connection.h"
#include "server/write/write_refusal.h"
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

}  // namespace sluice::server
