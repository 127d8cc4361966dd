#include "sluice/codec/word_stream.h"

#include <algorithm>

#include "codec/integer_codec.h"

namespace sluice::codec {

struct WordStreamEncoder::Scratch {
    StreamScratch stream;
};

WordStreamEncoder::WordStreamEncoder() : scratch_(std::make_unique<Scratch>()) {}
WordStreamEncoder::~WordStreamEncoder() = default;
WordStreamEncoder::WordStreamEncoder(WordStreamEncoder&&) noexcept = default;
WordStreamEncoder& WordStreamEncoder::operator=(WordStreamEncoder&&) noexcept = default;

// Streams of kBlockRowsMax words, one after the other.
void WordStreamEncoder::append(std::span<const std::uint64_t> words, ByteWriter& out) {
    while (!words.empty()) {
        const std::size_t count = std::min<std::size_t>(words.size(), kBlockRowsMax);
        encode_stream(scratch_->stream, words.first(count), out);
        words = words.subspan(count);
    }
}

bool read_word_stream(ByteReader& in, std::span<std::uint64_t> out) {
    FrameScratch scratch;
    while (!out.empty()) {
        const std::size_t count = std::min<std::size_t>(out.size(), kBlockRowsMax);
        if (!decode_stream(scratch, in, out.first(count))) return false;
        out = out.subspan(count);
    }
    return in.ok();
}

}  // namespace sluice::codec
