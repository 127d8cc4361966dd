// Column chunks: forged ones decode to something or to an error; whatever is encoded comes back.
//
// Input: one byte of choices (bits 0-2 type, bit 3 forge or round trip, bit 4 nulls), two bytes of
// row count, then a chunk without its checksum, or values.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "sluice/base/crc32c.h"
#include "sluice/codec/column_chunk.h"

namespace {

using namespace sluice;
using model::FieldType;

void expect(bool condition) {
    if (!condition) std::abort();
}

void decode_forged(FieldType type, std::uint32_t rows, ByteSpan body) {
    std::vector<std::byte> chunk(body.begin(), body.end());
    chunk.resize(body.size() + 4);
    store_le(chunk.data() + body.size(), crc32c(body));
    codec::DecodedColumn column;
    (void)codec::decode_column(chunk, type, rows, column).ok();
    PodVector<std::uint64_t> words;
    (void)codec::decode_words(chunk, rows, words).ok();
    PodVector<model::Timestamp> times;
    const std::uint32_t runs[] = {rows / 2 + 1, rows};
    (void)codec::decode_times(chunk, runs, times).ok();
}

// Values made of the input's bytes, `stride` bytes each, with zeros behind the last.
struct Values {
    std::vector<std::uint64_t> words;
    std::vector<std::string_view> texts;
    std::vector<std::uint8_t> flags;
    std::vector<std::uint64_t> validity;
};

Values make_values(FieldType type, std::uint32_t rows, bool nulls, ByteSpan bytes) {
    Values values;
    std::vector<std::byte> padded(bytes.begin(), bytes.end());
    padded.resize(std::max<std::size_t>(padded.size(), std::size_t{rows} * 8 + rows));
    for (std::uint32_t row = 0; row < rows; ++row) {
        const auto first = static_cast<std::uint8_t>(padded[row]);
        if (model::is_word_type(type)) {
            values.words.push_back(load_le<std::uint64_t>(padded.data() + row * 8));
        } else if (type == FieldType::kBoolean) {
            values.flags.push_back(first & 1);
        } else {
            const std::size_t size = std::min<std::size_t>(first % 16, padded.size() - row);
            values.texts.push_back(as_text(ByteSpan(padded).subspan(row, size)));
        }
        if (nulls && row % 64 == 0) {
            values.validity.push_back(load_le<std::uint64_t>(padded.data() + row * 8));
        }
    }
    // The views above point into `padded`, which dies here.
    static std::vector<std::byte> keep;
    keep = std::move(padded);
    return values;
}

void round_trip(FieldType type, std::uint32_t rows, bool nulls, ByteSpan bytes) {
    const Values values = make_values(type, rows, nulls, bytes);
    const codec::ColumnSlice slice{type,         values.words,    values.texts,
                                   values.flags, values.validity, 0};
    codec::ChunkEncoder encoder;
    ByteWriter out;
    encoder.encode_column(slice, rows, out);
    codec::DecodedColumn column;
    expect(codec::decode_column(out.span(), type, rows, column).ok());
    for (std::uint32_t row = 0; row < rows; ++row) {
        expect(column.is_valid(row) == slice.is_valid(row));
        if (!column.is_valid(row)) continue;
        if (!values.words.empty()) expect(column.words[row] == values.words[row]);
        if (!values.flags.empty()) expect(column.flags[row] == values.flags[row]);
        if (!values.texts.empty()) expect(column.texts[row] == values.texts[row]);
    }
    const codec::ColumnStatistics statistics = codec::column_statistics(slice, rows);
    expect(statistics.count <= rows);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const auto type = static_cast<FieldType>(data[0] % 5 + 1);
    const bool forge = (data[0] & 8) != 0;
    const bool nulls = (data[0] & 16) != 0;
    const std::uint32_t rows = load_le<std::uint16_t>(data + 1) % codec::kBlockRowsMax + 1;
    const ByteSpan rest(reinterpret_cast<const std::byte*>(data) + 3, size - 3);
    if (forge) {
        decode_forged(type, rows, rest);
    } else {
        round_trip(type, rows, nulls, rest);
    }
    return 0;
}
