// The shapes of errors and documents on the two APIs.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/query/answer_format.h"

namespace sluice::server {

inline constexpr std::string_view kTooManyParameters = "too many parameters";

class Connection;

// Answers an error of 1.x: {"error":"..."} and a newline, with X-Influxdb-Error.
void answer_error(Connection& connection, std::uint16_t status, std::string_view message,
                  query::AnswerFormat format = query::AnswerFormat::kJson, bool pretty = false);

// Answers 401 in the shape of the endpoint; 1.x names `realm`, so that a browser asks for a
// password. 2.x has one sentence for every reason.
void answer_unauthorized(Connection& connection, bool platform_shape, std::string_view message);

// Answers an error of 2.x: {"code":"...","message":"..."} without a newline, with
// X-Platform-Error-Code. The code follows from the status. `line` is that of the body, if one is to
// blame.
void answer_platform_error(Connection& connection, std::uint16_t status, std::string_view message,
                           std::uint32_t line = 0);

// The same with a code that does not follow from the status.
void answer_platform_code(Connection& connection, std::uint16_t status, std::string_view code,
                          std::string_view message);

// Answers 503 with Retry-After, in the shape of the endpoint.
void answer_overload(Connection& connection, bool platform_shape, std::string_view message,
                     unsigned retry_after_s);

// Answers a client that sends too fast, in the shape of the endpoint: 503 on 1.x, because Telegraf
// drops what is answered 429 there, and 429 on 2.x; with Retry-After.
void answer_too_fast(Connection& connection, bool platform_shape, std::string_view message,
                     unsigned retry_after_s);

void answer_document(Connection& connection, std::uint16_t status, std::string_view content_type,
                     std::string_view body);

// Answers as Go's http.Error() does: plain text without a request id.
void answer_plain(Connection& connection, std::uint16_t status, std::string_view text,
                  std::string_view allow = {});

}  // namespace sluice::server
