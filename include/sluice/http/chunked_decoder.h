// Removes the framing of chunked bodies (RFC 9112 section 7.1), in whatever pieces they arrive.
//
// Telegraf's gzip writer flushes every 240 bytes, and each flush becomes a chunk, so this runs a
// hundred times per request: a whole chunk inside one piece costs a few instructions and a copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sluice/base/bytes.h"
#include "sluice/base/pod_vector.h"

namespace sluice::http {

class ChunkedDecoder {
public:
    enum class Outcome : std::uint8_t {
        kNeedMore,
        kDone,
        kMalformed,  // where the body ends is unknown: the connection cannot go on
        kTooLarge,
    };
    struct Progress {
        Outcome outcome;
        std::size_t consumed;  // after kDone, the next request begins behind these bytes
    };

    // Appends the content of the chunks in `bytes` to `body`, which never grows beyond
    // `body_bytes_max`.
    Progress feed(std::string_view bytes, PodVector<std::byte>& body, std::size_t body_bytes_max);

    // Returns what was wrong after kMalformed, in the words of Go's reader
    // (net/http/internal/chunked.go).
    std::string_view malformed_text() const;

    void reset() { *this = ChunkedDecoder(); }

private:
    enum class State : std::uint8_t {
        kSizeFirst,  // the first digit of a size
        kSize,
        kExtension,
        kSizeLineFeed,
        kContent,
        kContentReturn,
        kContentLineFeed,
        kTrailerStart,
        kTrailer,
        kTrailerLineFeed,
        kLastLineFeed,
    };
    // Extensions and trailers are read and forgotten; together they have this much room.
    static constexpr std::size_t kIgnoredBytesMax = 16 * 1024;

    const char* whole_chunks(const char* at, const char* end, PodVector<std::byte>& body,
                             std::size_t body_bytes_max);
    bool step(char c);

    State state_ = State::kSizeFirst;
    std::uint64_t left_ = 0;  // of the present chunk
    std::size_t ignored_bytes_ = 0;
};

}  // namespace sluice::http
