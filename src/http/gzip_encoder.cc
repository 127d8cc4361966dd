#include "sluice/http/gzip_encoder.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "sluice/base/check.h"

namespace sluice::http {
namespace {

// JSON of numbers shrinks by about five at the fastest level already, and a core has better to do.
constexpr int kLevel = 1;
// 15 bits of window, and 16 for a gzip frame (zlib.h: deflateInit2).
constexpr int kGzipWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;  // zlib's default: 256 KiB with the window

}  // namespace

struct GzipEncoder::State {
    z_stream stream{};
    std::array<char, 16 * 1024> piece;
};

GzipEncoder::GzipEncoder() : state_(std::make_unique<State>()) {
    SLUICE_CHECK(deflateInit2(&state_->stream, kLevel, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                              Z_DEFAULT_STRATEGY) == Z_OK);
}

GzipEncoder::~GzipEncoder() {
    deflateEnd(&state_->stream);
}

void GzipEncoder::run(std::string_view bytes, int mode, OutputBuffer& out) {
    z_stream& stream = state_->stream;
    // zlib does not write to its input.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    do {
        stream.next_out = reinterpret_cast<Bytef*>(state_->piece.data());
        stream.avail_out = static_cast<uInt>(state_->piece.size());
        const int result = deflate(&stream, mode);
        SLUICE_CHECK(result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR);
        append_text(out, {state_->piece.data(), state_->piece.size() - stream.avail_out});
    } while (stream.avail_out == 0);
}

void GzipEncoder::add(std::string_view bytes, OutputBuffer& out) {
    constexpr std::size_t kStep = std::size_t{1} << 30;  // lengths are 32 bits wide
    while (!bytes.empty()) {
        run(bytes.substr(0, kStep), Z_NO_FLUSH, out);
        bytes.remove_prefix(std::min(kStep, bytes.size()));
    }
}

void GzipEncoder::flush(OutputBuffer& out) {
    run({}, Z_SYNC_FLUSH, out);
}

void GzipEncoder::finish(OutputBuffer& out) {
    run({}, Z_FINISH, out);
}

}  // namespace sluice::http
