// Heads of answers, appended to a connection's output buffer.
//
// Header fields come in alphabetical order, then Date, length and connection, as Go's server writes
// them. Text passed in values is made safe: control characters become blanks,
// and blanks at its ends are left out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sluice/base/pod_vector.h"
#include "sluice/http/request.h"

namespace sluice::http {

using OutputBuffer = PodVector<char>;

inline void append_text(OutputBuffer& out, std::string_view text) {
    out.append({text.data(), text.size()});
}

std::string_view reason_phrase(std::uint16_t status);

// A ResponseStamp is what one core puts into every answer: the date, cached for its second, and
// request ids.
class ResponseStamp {
public:
    static constexpr std::size_t kDateSize = 29;       // IMF-fixdate
    static constexpr std::size_t kRequestIdSize = 36;  // a UUID

    // `node` tells this core from all others, here and on other machines: random bits.
    explicit ResponseStamp(std::uint64_t node);

    // Called before answers are made, as often as the clock is read anyway.
    void set_time(std::int64_t wall_ns);

    std::string_view date() const { return {date_.data(), kDateSize}; }
    // A version-1 UUID (RFC 9562) that this stamp never made before. Valid until the next call.
    std::string_view next_request_id();

private:
    std::int64_t wall_ns_ = 0;
    std::int64_t date_second_ = -1;
    std::uint64_t last_ticks_ = 0;
    std::array<char, kDateSize> date_{};
    std::array<char, kRequestIdSize> request_id_{};
};

enum class ResponseBody : std::uint8_t {
    kNone,  // 1xx, 204, 304: no length is sent
    kLength,
    kChunked,
    kUntilClose,  // to an HTTP/1.0 client that cannot take chunks
};
enum class ConnectionField : std::uint8_t { kNone, kClose, kKeepAlive };

class ResponseHead {
public:
    explicit ResponseHead(std::uint16_t status) : status_(status) {}

    std::uint16_t status() const { return status_; }

    // Adds a field, in any order. The views stay alive until append_to().
    void add(std::string_view name, std::string_view value);
    // "Request-Id" and "X-Request-Id".
    void add_request_id(std::string_view id);
    void set_body(ResponseBody body, std::uint64_t content_length = 0) {
        body_ = body;
        content_length_ = content_length;
    }
    void set_connection(ConnectionField field) { connection_ = field; }

    void append_to(OutputBuffer& out, const ResponseStamp& stamp);

private:
    static constexpr std::size_t kFieldsMax = 24;

    std::uint16_t status_;
    ResponseBody body_ = ResponseBody::kLength;
    ConnectionField connection_ = ConnectionField::kNone;
    std::uint64_t content_length_ = 0;
    std::size_t field_count_ = 0;
    std::array<HeaderField, kFieldsMax> fields_;
};

// The answer to a write that landed, made once and copied per request. `version` is the value of
// X-Influxdb-Version.
class NoContentAnswer {
public:
    explicit NoContentAnswer(std::string_view version, std::string_view build);

    // `request_id` has kRequestIdSize bytes: one from the stamp, not one from a client.
    void append_to(OutputBuffer& out, std::string_view date, std::string_view request_id) const;

private:
    PodVector<char> bytes_;
    std::size_t request_id_at_ = 0;
    std::size_t x_request_id_at_ = 0;
    std::size_t date_at_ = 0;
};

inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// Chunks of a streamed body.
void append_chunk(OutputBuffer& out, std::string_view bytes);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace sluice::http
