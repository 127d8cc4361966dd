#include "sluice/http/content_encoding.h"

#include <libdeflate.h>

#include <algorithm>

#include "http/deflate_diagnosis.h"
#include "sluice/base/check.h"
#include "sluice/http/request.h"

namespace sluice::http {
namespace {

// libdeflate's fast loop needs this much room behind what it writes (its FASTLOOP_MAX_BYTES_WRITTEN
// is below it), so an exact buffer would make the end of every body slow.
constexpr std::size_t kOutputSlack = 1024;

// Deflate cannot do better: 258 bytes from two bits (zlib's technical notes, "maximum compression
// factor").
constexpr std::size_t kRatioMax = 1032;

Error invalid(std::string_view text) {
    return Error{ErrorKind::kInvalid, std::string(text)};
}

}  // namespace

bool is_gzip(std::string_view content_encoding) {
    return equals_ignoring_case(content_encoding, "gzip") ||
           equals_ignoring_case(content_encoding, "x-gzip");
}

GzipDecoder::GzipDecoder() : decompressor_(libdeflate_alloc_decompressor()) {
    SLUICE_CHECK(decompressor_ != nullptr);
}

GzipDecoder::~GzipDecoder() {
    libdeflate_free_decompressor(decompressor_);
}

// ISIZE, the last word of a member, is the size of its content modulo 2^32 (RFC 1952).
std::size_t GzipDecoder::expected_bytes(ByteSpan compressed) {
    std::size_t hint = compressed.size() * 4;
    if (compressed.size() >= 18) {
        hint = std::max<std::size_t>(
            hint, load_le<std::uint32_t>(compressed.data() + compressed.size() - 4));
    }
    return std::min(hint, bytes_max(compressed));
}

std::size_t GzipDecoder::bytes_max(ByteSpan compressed) {
    return compressed.size() * kRatioMax;
}

Result<void> GzipDecoder::decode(ByteSpan compressed, PodVector<std::byte>& body,
                                 std::size_t body_bytes_max) {
    body.clear();
    if (compressed.empty()) return invalid("EOF");
    std::size_t capacity = std::min(expected_bytes(compressed), body_bytes_max) + kOutputSlack;
    while (!compressed.empty()) {
        body.reserve(std::max(capacity, body.size() + kOutputSlack));
        std::size_t consumed = 0;
        std::size_t produced = 0;
        const libdeflate_result result = libdeflate_gzip_decompress_ex(
            decompressor_, compressed.data(), compressed.size(), body.data() + body.size(),
            body.capacity() - body.size(), &consumed, &produced);
        if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
            // One byte more than allowed has come out for certain.
            if (body.capacity() > body_bytes_max + kOutputSlack / 2) {
                return Error{ErrorKind::kTooLarge, "the inflated body is too large"};
            }
            capacity = std::min(body.capacity() * 2, body_bytes_max + kOutputSlack);
            continue;
        }
        if (result != LIBDEFLATE_SUCCESS) return invalid(explain_bad_gzip(compressed));
        body.resize_uninitialized(body.size() + produced);
        if (body.size() > body_bytes_max) {
            return Error{ErrorKind::kTooLarge, "the inflated body is too large"};
        }
        compressed = compressed.subspan(consumed);
    }
    return {};
}

}  // namespace sluice::http
