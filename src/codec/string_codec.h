// Strings: a dictionary where values repeat, and Zstandard over the text where that saves.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "codec/integer_codec.h"

namespace sluice::codec {

class StringScratch {
public:
    StringScratch();
    ~StringScratch();

private:
    friend void encode_strings(StringScratch&, std::span<const std::string_view>, ByteWriter&);
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Appends 1 to kBlockRowsMax values.
void encode_strings(StringScratch& scratch, std::span<const std::string_view> values,
                    ByteWriter& out);
// Views in `out` point into `text_bytes`.
bool decode_strings(FrameScratch& scratch, ByteReader& in, std::span<std::string_view> out,
                    PodVector<char>& text_bytes);

}  // namespace sluice::codec
