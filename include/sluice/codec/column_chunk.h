// One column of one block as bytes: encodes arrays into a self-checking chunk and back.
//
// A chunk is what a segment stores per block and column. Its bytes name their encoding, which is
// chosen by trying the candidates on the data; they end in a CRC-32C. The reader must know the
// field type and the row count (the block directory has both). Layout: src/codec/CHUNK_FORMAT.md.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"
#include "sluice/base/pod_vector.h"
#include "sluice/base/result.h"
#include "sluice/model/field_type.h"
#include "sluice/model/timestamp.h"

namespace sluice::codec {

// Rows of one block, hence values of one chunk, at most.
inline constexpr std::uint32_t kBlockRowsMax = 4096;

// Rows [begin, end) of a chunk.
struct RowRange {
    std::uint32_t begin = 0;
    std::uint32_t end = kBlockRowsMax;

    // Without those beyond the last of `rows`.
    RowRange within(std::size_t rows) const {
        const std::uint32_t last = std::min(end, static_cast<std::uint32_t>(rows));
        return {std::min(begin, last), last};
    }
    std::uint32_t rows() const { return end - begin; }
    // Those of `values`; they reach as far.
    template <typename T>
    std::span<T> of(std::span<T> values) const {
        return values.subspan(begin, rows());
    }
};

// Some rows of one column, by reference. Exactly one of words, texts, flags is used, by type; all
// three empty means that no row has a value. What stands in the place of a null is ignored.
struct ColumnSlice {
    model::FieldType type = model::FieldType::kFloat;
    std::span<const std::uint64_t> words;     // kFloat (bits), kInteger, kUnsigned
    std::span<const std::string_view> texts;  // kString
    std::span<const std::uint8_t> flags;      // kBoolean: 0 or 1
    // Bit `validity_begin + r` says whether row r has a value; an empty span: every row has one.
    std::span<const std::uint64_t> validity;
    std::uint32_t validity_begin = 0;

    bool absent() const { return words.empty() && texts.empty() && flags.empty(); }
    bool is_valid(std::size_t row) const {
        if (validity.empty()) return true;
        const std::size_t bit = validity_begin + row;
        return ((validity[bit / 64] >> (bit % 64)) & 1) != 0;
    }
};

// The statistics of a chunk are what an aggregate over all of its rows needs. Words are values as
// the column holds them (a float by its bits, a boolean as 0 or 1). Strings have only `count`,
// first_row and last_row.
struct ColumnStatistics {
    std::uint32_t count = 0;  // rows with a value; with 0 nothing else has a meaning
    // First row with a value, last one, and the first of the rows that hold the minimum (maximum).
    std::uint32_t first_row = 0;
    std::uint32_t last_row = 0;
    std::uint32_t min_row = 0;
    std::uint32_t max_row = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t min = 0;
    std::uint64_t max = 0;
    // Floats: added in row order to what column_statistics() was given. Integers: modulo 2^64, as
    // Go's int64 adds. Booleans: the number of true values.
    std::uint64_t sum = 0;

    bool operator==(const ColumnStatistics&) const = default;
};

// `rows` is the length of the slice's arrays. The sum of floats begins with `sum_before`: rounding
// shows in which order values are added, so that what a series has in several chunks is added up
// from one to the next.
ColumnStatistics column_statistics(const ColumnSlice& column, std::uint32_t rows,
                                   double sum_before = 0.0);

// The rows of one column, owned. Reused from chunk to chunk: capacity stays.
struct DecodedColumn {
    model::FieldType type = model::FieldType::kFloat;
    std::uint32_t rows = 0;
    bool has_nulls = false;
    PodVector<std::uint64_t> validity;  // empty without nulls; bits beyond `rows` are 0
    PodVector<std::uint64_t> words;     // a null row holds 0
    PodVector<std::string_view> texts;  // into text_bytes; a null row is empty
    PodVector<std::uint8_t> flags;      // a null row holds 0
    PodVector<char> text_bytes;

    bool is_valid(std::size_t row) const {
        return !has_nulls || ((validity[row / 64] >> (row % 64)) & 1) != 0;
    }
    ColumnSlice slice() const;
    void set_all_null(model::FieldType column_type, std::uint32_t row_count);
};

// Holds scratch memory between chunks. Every call appends one chunk to `out`; rows are 1 to
// kBlockRowsMax.
class ChunkEncoder {
public:
    ChunkEncoder();
    ~ChunkEncoder();
    ChunkEncoder(ChunkEncoder&&) noexcept;
    ChunkEncoder& operator=(ChunkEncoder&&) noexcept;

    void encode_column(const ColumnSlice& column, std::uint32_t rows, ByteWriter& out);
    // `run_rows`: row counts of the series that share the block, in order; their sum is
    // times.size(). Time ascends within each run.
    void encode_times(std::span<const model::Timestamp> times,
                      std::span<const std::uint32_t> run_rows, ByteWriter& out);
    // Encodes any 64-bit numbers, such as write sequences and small counts.
    void encode_words(std::span<const std::uint64_t> words, ByteWriter& out);

private:
    struct Scratch;
    std::unique_ptr<Scratch> scratch_;
};

// The counterparts. `chunk` is exactly what one encode call appended and may be damaged: the answer
// is then kCorrupt (or kUnsupported for an encoding this version does not know), never a read
// outside the span, nor an allocation beyond what `rows` explains (for strings: beyond
// kChunkTextBytesMax).
//
// Only the rows `wanted` need to be decoded; what stands in others then means nothing, and damage
// that only they would show is not looked for behind the checksum.
Result<void> decode_column(ByteSpan chunk, model::FieldType type, std::uint32_t rows,
                           DecodedColumn& out, RowRange wanted = {});
Result<void> decode_times(ByteSpan chunk, std::span<const std::uint32_t> run_rows,
                          PodVector<model::Timestamp>& out);
Result<void> decode_words(ByteSpan chunk, std::uint32_t rows, PodVector<std::uint64_t>& out,
                          RowRange wanted = {});

// Text of one string chunk, at most: kBlockRowsMax values of 64 KiB.
inline constexpr std::uint64_t kChunkTextBytesMax = std::uint64_t{kBlockRowsMax} * 64 * 1024;

}  // namespace sluice::codec
