#include "sluice/codec/column_chunk.h"

#include <algorithm>
#include <bit>
#include <string>

#include "codec/boolean_codec.h"
#include "codec/float_codec.h"
#include "codec/integer_codec.h"
#include "codec/string_codec.h"
#include "codec/timestamp_codec.h"
#include "sluice/base/check.h"
#include "sluice/base/crc32c.h"

namespace sluice::codec {
namespace {

using model::FieldType;

// First byte of a chunk; kHasNulls may be added. Stored: values never change.
enum ChunkEncoding : std::uint8_t {
    kWords = 1,
    kFloats = 2,
    kBooleans = 3,
    kStrings = 4,
    kTimes = 5,
};
constexpr std::uint8_t kHasNulls = 0x80;
constexpr std::size_t kChecksumBytes = 4;

ChunkEncoding encoding_of(FieldType type) {
    switch (type) {
        case FieldType::kFloat:
            return kFloats;
        case FieldType::kInteger:
        case FieldType::kUnsigned:
            return kWords;
        case FieldType::kString:
            return kStrings;
        case FieldType::kBoolean:
            return kBooleans;
    }
    SLUICE_CHECK(false);
    return kWords;
}

void append_checksum(ByteWriter& out, std::size_t start) {
    out.write(crc32c(out.span().subspan(start)));
}

// The bits [begin, begin + count) of `from`, moved to bit 0; how many of them are set.
std::size_t copy_bits(std::span<const std::uint64_t> from, std::size_t begin, std::size_t count,
                      std::uint64_t* to) {
    std::size_t set = 0;
    for (std::size_t i = 0; i < count; i += 64) {
        const std::size_t word = (begin + i) / 64;
        const std::size_t shift = (begin + i) % 64;
        std::uint64_t bits = from[word] >> shift;
        if (shift != 0 && word + 1 < from.size()) bits |= from[word + 1] << (64 - shift);
        if (count - i < 64) bits &= ~std::uint64_t{0} >> (64 - (count - i));
        to[i / 64] = bits;
        set += static_cast<std::size_t>(std::popcount(bits));
    }
    return set;
}

// The values at set bits, moved together at the front of `to`.
template <typename T>
void gather_valid(std::span<const T> from, std::span<const std::uint64_t> validity, T* to) {
    for (std::size_t word = 0; word < validity.size(); ++word) {
        for (std::uint64_t bits = validity[word]; bits != 0; bits &= bits - 1) {
            *to++ = from[word * 64 + static_cast<std::size_t>(std::countr_zero(bits))];
        }
    }
}

// The reverse, in place: the first values of `values` move to the rows whose bit is set.
template <typename T>
void spread_valid(std::span<T> values, std::span<const std::uint64_t> validity, std::size_t count) {
    for (std::size_t row = values.size(); row-- > 0;) {
        const bool valid = ((validity[row / 64] >> (row % 64)) & 1) != 0;
        values[row] = valid ? values[--count] : T{};
    }
}

void flags_to_bits(std::span<const std::uint8_t> flags, std::uint64_t* bits) {
    std::fill_n(bits, bitmap_words(flags.size()), 0);
    for (std::size_t i = 0; i < flags.size(); ++i) {
        bits[i / 64] |= std::uint64_t{flags[i] != 0} << (i % 64);
    }
}

Error damaged(const char* what) {
    return {ErrorKind::kCorrupt, std::string("column chunk: ") + what};
}

// Verifies the checksum, and that the chunk holds what the caller expects; the bytes between the
// first one and the checksum, and whether rows may be null.
struct OpenedChunk {
    ByteReader in;
    bool has_nulls;
};
Result<OpenedChunk> open_chunk(ByteSpan chunk, ChunkEncoding expected) {
    if (chunk.size() < 1 + kChecksumBytes) return damaged("too short");
    const ByteSpan body = chunk.first(chunk.size() - kChecksumBytes);
    if (crc32c(body) != load_le<std::uint32_t>(chunk.data() + body.size())) {
        return damaged("checksum does not match");
    }
    const auto head = static_cast<std::uint8_t>(body[0]);
    const auto encoding = static_cast<std::uint8_t>(head & ~kHasNulls);
    if (encoding == 0 || encoding > kTimes) {
        return Error{ErrorKind::kUnsupported,
                     "column chunk: unknown encoding " + std::to_string(encoding)};
    }
    if (encoding != expected) return damaged("holds another type than its column");
    return OpenedChunk{ByteReader(body.subspan(1)), (head & kHasNulls) != 0};
}

Result<void> close_chunk(const ByteReader& in, bool good, bool to_the_end = true) {
    if (!good || !in.ok() || (to_the_end && in.remaining() != 0)) {
        return damaged("contradicts itself");
    }
    return {};
}

bool decode_flags(ByteReader& in, std::size_t count, PodVector<std::uint8_t>& flags) {
    std::uint64_t bits[bitmap_words(kBlockRowsMax)];
    if (!decode_bitmap(in, count, {bits, bitmap_words(count)})) return false;
    for (std::size_t i = 0; i < count; ++i) flags[i] = (bits[i / 64] >> (i % 64)) & 1;
    return true;
}

// Reads `count` values into the front of the array that the type uses, sized for all rows.
bool decode_values(ByteReader& in, std::size_t count, DecodedColumn& out, RowRange wanted) {
    FrameScratch scratch;
    switch (out.type) {
        case FieldType::kFloat:
            out.words.resize_uninitialized(out.rows);
            return count == 0 || decode_floats(scratch, in, {out.words.data(), count}, wanted);
        case FieldType::kInteger:
        case FieldType::kUnsigned:
            out.words.resize_uninitialized(out.rows);
            return count == 0 || decode_stream(scratch, in, {out.words.data(), count}, wanted);
        case FieldType::kString:
            out.texts.resize_uninitialized(out.rows);
            return count == 0 ||
                   decode_strings(scratch, in, {out.texts.data(), count}, out.text_bytes);
        case FieldType::kBoolean:
            out.flags.resize_uninitialized(out.rows);
            return count == 0 || decode_flags(in, count, out.flags);
    }
    return false;
}

void clear(DecodedColumn& out) {
    out.has_nulls = false;
    out.validity.clear();
    out.words.clear();
    out.texts.clear();
    out.flags.clear();
    out.text_bytes.clear();
}

}  // namespace

struct ChunkEncoder::Scratch {
    FloatScratch floats;
    TimeScratch times;
    StringScratch strings;
    std::uint64_t validity[bitmap_words(kBlockRowsMax)];
    std::uint64_t flag_bits[bitmap_words(kBlockRowsMax)];
    std::uint8_t flags[kBlockRowsMax];
    std::uint64_t words[kBlockRowsMax];
    std::string_view texts[kBlockRowsMax];
};

ChunkEncoder::ChunkEncoder() : scratch_(std::make_unique<Scratch>()) {}
ChunkEncoder::~ChunkEncoder() = default;
ChunkEncoder::ChunkEncoder(ChunkEncoder&&) noexcept = default;
ChunkEncoder& ChunkEncoder::operator=(ChunkEncoder&&) noexcept = default;

void ChunkEncoder::encode_column(const ColumnSlice& column, std::uint32_t rows, ByteWriter& out) {
    SLUICE_CHECK(rows > 0 && rows <= kBlockRowsMax);
    Scratch& s = *scratch_;
    const std::size_t start = out.size();
    const std::span<std::uint64_t> validity(s.validity, bitmap_words(rows));
    std::size_t count = rows;
    if (column.absent()) {
        std::fill(validity.begin(), validity.end(), 0);
        count = 0;
    } else if (!column.validity.empty()) {
        count = copy_bits(column.validity, column.validity_begin, rows, s.validity);
    }
    const bool has_nulls = count != rows;
    out.write(static_cast<std::uint8_t>(encoding_of(column.type) | (has_nulls ? kHasNulls : 0)));
    if (has_nulls) encode_bitmap(validity, rows, out);

    // With nulls, the values there are move together first.
    const auto dense = [&]<typename T>(std::span<const T> values, T* space) -> std::span<const T> {
        if (!has_nulls) return values.first(rows);
        gather_valid(values, validity, space);
        return {space, count};
    };
    if (count != 0) switch (column.type) {
            case FieldType::kFloat:
                encode_floats(s.floats, dense(column.words, s.words), out);
                break;
            case FieldType::kInteger:
            case FieldType::kUnsigned:
                encode_stream(s.floats.stream, dense(column.words, s.words), out);
                break;
            case FieldType::kString:
                encode_strings(s.strings, dense(column.texts, s.texts), out);
                break;
            case FieldType::kBoolean:
                flags_to_bits(dense(column.flags, s.flags), s.flag_bits);
                encode_bitmap({s.flag_bits, bitmap_words(count)}, count, out);
                break;
        }
    append_checksum(out, start);
}

void ChunkEncoder::encode_times(std::span<const model::Timestamp> times,
                                std::span<const std::uint32_t> run_rows, ByteWriter& out) {
    SLUICE_CHECK(!times.empty() && times.size() <= kBlockRowsMax);
    const std::size_t start = out.size();
    out.write(static_cast<std::uint8_t>(kTimes));
    encode_run_times(scratch_->times, times, run_rows, out);
    append_checksum(out, start);
}

void ChunkEncoder::encode_words(std::span<const std::uint64_t> words, ByteWriter& out) {
    const std::size_t start = out.size();
    out.write(static_cast<std::uint8_t>(kWords));
    encode_stream(scratch_->floats.stream, words, out);
    append_checksum(out, start);
}

Result<void> decode_column(ByteSpan chunk, FieldType type, std::uint32_t rows, DecodedColumn& out,
                           RowRange wanted) {
    SLUICE_CHECK(rows > 0 && rows <= kBlockRowsMax);
    clear(out);
    out.type = type;
    out.rows = rows;
    SLUICE_TRY(OpenedChunk opened, open_chunk(chunk, encoding_of(type)));
    std::size_t count = rows;
    if (opened.has_nulls) {
        wanted = {};
        out.has_nulls = true;
        out.validity.resize_uninitialized(bitmap_words(rows));
        if (!decode_bitmap(opened.in, rows, {out.validity.data(), out.validity.size()})) {
            return damaged("which rows are null cannot be read");
        }
        count = 0;
        for (const std::uint64_t bits : out.validity) {
            count += static_cast<std::size_t>(std::popcount(bits));
        }
    }
    const bool good = decode_values(opened.in, count, out, wanted);
    SLUICE_TRY_VOID(close_chunk(opened.in, good, wanted.end >= rows));
    if (!out.has_nulls) return {};
    if (model::is_word_type(type)) {
        spread_valid(std::span(out.words.data(), rows), out.validity, count);
    } else if (type == FieldType::kString) {
        spread_valid(std::span(out.texts.data(), rows), out.validity, count);
    } else {
        spread_valid(std::span(out.flags.data(), rows), out.validity, count);
    }
    return {};
}

Result<void> decode_times(ByteSpan chunk, std::span<const std::uint32_t> run_rows,
                          PodVector<model::Timestamp>& out) {
    std::uint64_t rows = 0;
    bool runs_good = !run_rows.empty();
    for (const std::uint32_t run : run_rows) {
        runs_good = runs_good && run != 0 && run <= kBlockRowsMax;
        rows += run;
    }
    if (!runs_good || rows > kBlockRowsMax) return damaged("row counts of series are wrong");
    SLUICE_TRY(OpenedChunk opened, open_chunk(chunk, kTimes));
    if (opened.has_nulls) return damaged("a time cannot be null");
    out.resize_uninitialized(rows);
    FrameScratch scratch;
    return close_chunk(opened.in,
                       decode_run_times(scratch, opened.in, run_rows, {out.data(), rows}));
}

Result<void> decode_words(ByteSpan chunk, std::uint32_t rows, PodVector<std::uint64_t>& out,
                          RowRange wanted) {
    SLUICE_CHECK(rows > 0 && rows <= kBlockRowsMax);
    SLUICE_TRY(OpenedChunk opened, open_chunk(chunk, kWords));
    if (opened.has_nulls) return damaged("a number here cannot be null");
    out.resize_uninitialized(rows);
    FrameScratch scratch;
    const bool good = decode_stream(scratch, opened.in, {out.data(), rows}, wanted);
    return close_chunk(opened.in, good, wanted.end >= rows);
}

ColumnSlice DecodedColumn::slice() const {
    return {type, words, texts, flags, validity, 0};
}

void DecodedColumn::set_all_null(FieldType column_type, std::uint32_t row_count) {
    clear(*this);
    type = column_type;
    rows = row_count;
    has_nulls = true;
    validity.append_copies(bitmap_words(row_count), 0);
    if (model::is_word_type(type)) words.append_copies(row_count, 0);
    if (type == FieldType::kString) texts.append_copies(row_count, {});
    if (type == FieldType::kBoolean) flags.append_copies(row_count, 0);
}

}  // namespace sluice::codec
