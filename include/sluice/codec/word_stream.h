// 64-bit numbers in few bytes, inside a structure that has a checksum and knows how many there are:
// the number streams of column chunks (src/codec/CHUNK_FORMAT.md), for directories.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"

namespace sluice::codec {

// Holds scratch memory.
class WordStreamEncoder {
public:
    WordStreamEncoder();
    ~WordStreamEncoder();
    WordStreamEncoder(WordStreamEncoder&&) noexcept;
    WordStreamEncoder& operator=(WordStreamEncoder&&) noexcept;

    // Encodes any number of words; the count is not stored.
    void append(std::span<const std::uint64_t> words, ByteWriter& out);

private:
    struct Scratch;
    std::unique_ptr<Scratch> scratch_;
};

// Reads out.size() words. False when damaged. A few bytes may stand for any number of equal words,
// so the caller bounds the count before it allocates.
bool read_word_stream(ByteReader& in, std::span<std::uint64_t> out);

}  // namespace sluice::codec
