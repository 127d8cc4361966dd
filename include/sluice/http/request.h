// The head of one HTTP/1.x request, as RequestParser leaves it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::http {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions, kOther };

// The way in which the end of the body is known (RFC 9112 section 6).
enum class BodyFraming : std::uint8_t { kNone, kLength, kChunked };

struct HeaderField {
    std::string_view name;
    std::string_view value;
};

// Views point into the parser and are valid until its reset(). A header that did not come is an
// empty view: for the headers named here, absent and empty mean the same.
struct Request {
    Method method = Method::kOther;
    std::uint8_t minor_version = 1;
    bool keep_alive = true;
    bool expects_continue = false;
    BodyFraming framing = BodyFraming::kNone;
    std::uint64_t content_length = 0;
    // The client has said how long the body is, be it 0. Whoever does not and speaks HTTP/1.0 may
    // mean that its body goes on to the end of the connection.
    bool length_is_said = false;

    std::string_view target;
    std::string_view path;   // of the target, still percent-encoded
    std::string_view query;  // of the target, without the question mark

    std::string_view host;
    std::string_view accept;
    std::string_view accept_encoding;
    std::string_view authorization;
    std::string_view content_encoding;
    std::string_view content_type;
    std::string_view origin;
    std::string_view referer;
    std::string_view user_agent;
    std::string_view request_id;    // Request-Id
    std::string_view x_request_id;  // X-Request-Id

    std::vector<HeaderField> headers;  // all of them, in order

    void clear();
};

// ASCII only, as header names and codings are.
bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace sluice::http
