#include "server/http/platform_error.h"

#include "sluice/query/value_text.h"

namespace sluice::server {

// kit/transport/http/error_handler.go of InfluxDB 2, read backwards.
std::string_view platform_code(std::uint16_t status) {
    switch (status) {
        case 400:
            return "invalid";
        case 401:
            return "unauthorized";
        case 403:
            return "forbidden";
        case 404:
            return "not found";
        case 405:
            return "method not allowed";
        case 413:
            return "request too large";
        case 422:
            return "unprocessable entity";
        case 429:
            return "too many requests";
        case 501:
            return "not implemented";
        case 503:
            return "unavailable";
        default:
            return "internal error";
    }
}

std::string platform_body(std::string_view code, std::string_view message, std::uint32_t line) {
    std::string body = "{\"code\":";
    query::append_json_string(body, code);
    if (line != 0) body += ",\"line\":" + std::to_string(line);
    body += ",\"message\":";
    query::append_json_string(body, message);
    body += '}';
    return body;
}

}  // namespace sluice::server
