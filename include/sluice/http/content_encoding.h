// Bodies that came compressed.
#pragma once

#include <cstddef>
#include <string_view>

#include "sluice/base/bytes.h"
#include "sluice/base/pod_vector.h"
#include "sluice/base/result.h"

struct libdeflate_decompressor;

namespace sluice::http {

// `gzip` and its old name `x-gzip`. Other codings are taken as identity, as InfluxDB does.
bool is_gzip(std::string_view content_encoding);

// One decompressor of one core, used again and again.
class GzipDecoder {
public:
    GzipDecoder();
    ~GzipDecoder();
    GzipDecoder(const GzipDecoder&) = delete;
    GzipDecoder& operator=(const GzipDecoder&) = delete;

    // What the members probably hold, by the size that the last one says it has. It may be less or
    // more: the bytes come from a stranger.
    static std::size_t expected_bytes(ByteSpan compressed);
    // They cannot hold more.
    static std::size_t bytes_max(ByteSpan compressed);

    // Replaces `body` by what the gzip members in `compressed` hold, all of them in a row. At most
    // `body_bytes_max` bytes come out: kTooLarge beyond. kInvalid carries the words of Go's
    // compress/gzip, which InfluxDB's clients know: "EOF", "unexpected EOF", "gzip: invalid
    // header", "gzip: invalid checksum", "flate: corrupt input before offset 5".
    Result<void> decode(ByteSpan compressed, PodVector<std::byte>& body,
                        std::size_t body_bytes_max);

private:
    libdeflate_decompressor* decompressor_;
};

}  // namespace sluice::http
