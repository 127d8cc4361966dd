#include "sluice/http/chunked_decoder.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace sluice::http {
namespace {

constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> kHexDigits = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(kNoDigit);
    for (unsigned i = 0; i < 10; ++i) table['0' + i] = static_cast<std::uint8_t>(i);
    for (unsigned i = 0; i < 6; ++i) {
        table['a' + i] = static_cast<std::uint8_t>(10 + i);
        table['A' + i] = static_cast<std::uint8_t>(10 + i);
    }
    return table;
}();

std::uint8_t hex_digit(char c) {
    return kHexDigits[static_cast<unsigned char>(c)];
}

}  // namespace

// Takes chunks that lie in [at, end) with both their line ends; stops before anything else, which
// the slow path then names. The body has room for all of [at, end).
const char* ChunkedDecoder::whole_chunks(const char* at, const char* end,
                                         PodVector<std::byte>& body, std::size_t body_bytes_max) {
    std::size_t size_before = body.size();
    std::byte* out = body.data() + size_before;
    for (;;) {
        // Size lines beyond five digits have all the time of the slow path.
        const char* digit = at;
        std::size_t size = 0;
        const char* const digits_end = end - at > 5 ? at + 5 : end;
        while (digit != digits_end && hex_digit(*digit) != kNoDigit) {
            size = size * 16 + hex_digit(*digit++);
        }
        if (size == 0 || static_cast<std::size_t>(end - digit) < size + 4) break;
        if (digit[0] != '\r' || digit[1] != '\n') break;
        const char* const content = digit + 2;
        if (content[size] != '\r' || content[size + 1] != '\n') break;
        if (size_before + size > body_bytes_max) break;
        std::memcpy(out, content, size);
        out += size;
        size_before += size;
        at = content + size + 2;
    }
    body.resize_uninitialized(size_before);
    return at;
}

// One byte of framing. False: malformed.
bool ChunkedDecoder::step(char c) {
    switch (state_) {
        case State::kSizeFirst:
            left_ = 0;
            if (hex_digit(c) == kNoDigit) return false;
            left_ = hex_digit(c);
            state_ = State::kSize;
            return true;
        case State::kSize:
            if (hex_digit(c) != kNoDigit) {
                if (left_ >> 56 != 0) return false;
                left_ = left_ * 16 + hex_digit(c);
                // Zeros may not go on for ever either.
                return ++ignored_bytes_ <= kIgnoredBytesMax;
            }
            if (c == '\r') {
                state_ = State::kSizeLineFeed;
                return true;
            }
            if (c != ';' && c != ' ' && c != '\t') return false;
            state_ = State::kExtension;
            return true;
        case State::kExtension:
            if (c == '\r') state_ = State::kSizeLineFeed;
            return c != '\n' && ++ignored_bytes_ <= kIgnoredBytesMax;
        case State::kSizeLineFeed:
            state_ = left_ == 0 ? State::kTrailerStart : State::kContent;
            return c == '\n';
        case State::kContentReturn:
            state_ = State::kContentLineFeed;
            return c == '\r';
        case State::kContentLineFeed:
            state_ = State::kSizeFirst;
            return c == '\n';
        case State::kTrailerStart:
            state_ = c == '\r' ? State::kLastLineFeed : State::kTrailer;
            return c != '\n' && ++ignored_bytes_ <= kIgnoredBytesMax;
        case State::kTrailer:
            if (c == '\r') state_ = State::kTrailerLineFeed;
            return c != '\n' && ++ignored_bytes_ <= kIgnoredBytesMax;
        case State::kTrailerLineFeed:
            state_ = State::kTrailerStart;
            return c == '\n';
        case State::kLastLineFeed:
            return c == '\n';
        case State::kContent:
            break;
    }
    return false;
}

std::string_view ChunkedDecoder::malformed_text() const {
    if (state_ != State::kSizeFirst && state_ != State::kSize) return "malformed chunked encoding";
    return left_ >> 56 != 0 ? "http chunk length too large" : "invalid byte in chunk length";
}

ChunkedDecoder::Progress ChunkedDecoder::feed(std::string_view bytes, PodVector<std::byte>& body,
                                              std::size_t body_bytes_max) {
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    const auto progress = [&](Outcome outcome) {
        return Progress{outcome, static_cast<std::size_t>(at - bytes.data())};
    };
    body.reserve(std::min(body.size() + bytes.size(), body_bytes_max));
    while (at != end) {
        if (state_ == State::kContent) {
            const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, end - at));
            body.append(as_byte_span({at, size}));
            at += size;
            left_ -= size;
            if (left_ == 0) state_ = State::kContentReturn;
            continue;
        }
        if (state_ == State::kSizeFirst) {
            at = whole_chunks(at, end, body, body_bytes_max);
            if (at == end) break;
        }
        const bool was_last = state_ == State::kLastLineFeed;
        if (!step(*at)) return progress(Outcome::kMalformed);
        ++at;
        if (was_last) return progress(Outcome::kDone);
        if (state_ == State::kContent && left_ > body_bytes_max - body.size()) {
            return progress(Outcome::kTooLarge);
        }
    }
    return progress(Outcome::kNeedMore);
}

}  // namespace sluice::http
