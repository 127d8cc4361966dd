// The text forms of an answer: where its bytes go, which format, how values and errors look.
//
// Bytes match InfluxDB 1.x: JSON as Go's encoding/json writes it, CSV as encoding/csv does, both
// with a newline behind every document; MessagePack as tinylib/msgp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::query {

class RunningQuery;

enum class AnswerFormat : std::uint8_t { kJson, kCsv, kTextCsv, kMsgpack };

inline bool is_csv(AnswerFormat format) {
    return format == AnswerFormat::kCsv || format == AnswerFormat::kTextCsv;
}

// By the Accept header's value: the media range with the highest q that names a format, JSON if
// there is none (InfluxDB 1.8, services/httpd/accept.go).
AnswerFormat answer_format_of(std::string_view accept_header);

// The Content-Type of answers and errors alike: "application/json", "application/csv", "text/csv",
// "application/x-msgpack".
std::string_view content_type_of(AnswerFormat format);

// What is settled before the first byte of a body.
struct AnswerHead {
    int status = 200;  // 400 where the text could not be parsed; errors of statements are 200
    AnswerFormat format = AnswerFormat::kJson;
    std::string error;  // for X-Influxdb-Error; empty with status 200
};

// Where an answer goes. Lives until execute() has completed.
class ResultSink {
public:
    virtual ~ResultSink() = default;

    // Called exactly once, before the first write().
    virtual void begin(const AnswerHead& head) = 0;

    // Before the first statement: the query may be stopped through `query` until execute() has
    // completed or detach() was called.
    virtual void attach(RunningQuery& query) { static_cast<void>(query); }
    virtual void detach() {}

    // One piece of the body; a chunked answer passes each of its documents in one call. Completes
    // when the next piece may come (back-pressure). `bytes` are valid until then. An error (the
    // client is gone) cancels the query.
    virtual io::Task<Result<void>> write(std::string_view bytes) = 0;
};

// The body of a request that failed as a whole, as InfluxDB's httpError() writes it, e.g.
// {"error":"missing required parameter \"q\""} and a newline.
std::string error_document(std::string_view message, AnswerFormat format, bool pretty);

// JSON with Go's escapes: < > & as \u003c \u003e \u0026, U+2028 and U+2029 escaped, bytes that are
// not UTF-8 as \ufffd. Quotes included.
void append_json_string(std::string& out, std::string_view text);

// Shortest digits that read back as `value`; plain notation for 1e-6 <= |x| < 1e21 and zero, else
// an exponent without leading zeros. `value` is finite.
void append_json_float(std::string& out, double value);

// Shortest digits, always plain notation (strconv.FormatFloat 'f', -1).
void append_plain_float(std::string& out, double value);

// RFC 3339, fraction without trailing zeros, as clocks show it that are so far ahead of UTC; ends
// with Z all the same.
void append_rfc3339(std::string& out, std::int64_t timestamp_ns, std::int64_t ahead_ns = 0);

}  // namespace sluice::query
