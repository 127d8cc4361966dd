// The formats of an answer, and which one a client asks for.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::query {

enum class AnswerFormat : std::uint8_t { kJson, kCsv, kTextCsv, kMsgpack };

inline bool is_csv(AnswerFormat format) {
    return format == AnswerFormat::kCsv || format == AnswerFormat::kTextCsv;
}

// Returns the format that an Accept header asks for: that of the media range with the highest q
// that names one, or JSON if none does (InfluxDB 1.8, services/httpd/accept.go).
AnswerFormat answer_format_of(std::string_view accept_header);

// The Content-Type of answers and errors alike: "application/json", "application/csv", "text/csv",
// "application/x-msgpack".
std::string_view content_type_of(AnswerFormat format);

}  // namespace sluice::query
