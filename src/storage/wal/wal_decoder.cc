#include "storage/wal/wal_decoder.h"

#include <bit>
#include <cstring>

#include "storage/rows/bits.h"
#include "storage/wal/wal_format.h"

namespace sluice::storage {
namespace {

Error bad_payload(const ByteReader& reader, std::string_view what) {
    return Error{ErrorKind::kCorrupt, "log frame, payload byte " +
                                          std::to_string(reader.position()) + ": bad " +
                                          std::string(what)};
}

// `count` elements of T; false when the payload has fewer.
template <typename T>
bool read_array(ByteReader& reader, std::uint64_t count, PodVector<T>& to) {
    if (count > reader.remaining() / sizeof(T)) return false;
    const ByteSpan bytes = reader.read_span(count * sizeof(T));
    std::memcpy(to.append_uninitialized(count), bytes.data(), bytes.size());
    return reader.ok();
}

bool read_series(ByteReader& reader, std::uint32_t count, PodVector<model::SeriesId>& to) {
    const auto mode = static_cast<WalSeriesMode>(reader.read<std::uint8_t>());
    if (mode == WalSeriesMode::kRaw) return read_array(reader, count, to);
    if (mode != WalSeriesMode::kConsecutive && mode != WalSeriesMode::kConstant) return false;
    const auto first = static_cast<model::SeriesId>(reader.read_varint());
    const std::uint32_t step = mode == WalSeriesMode::kConsecutive ? 1 : 0;
    model::SeriesId* series = to.append_uninitialized(count);
    for (std::uint32_t i = 0; i < count; ++i) series[i] = first + i * step;
    return reader.ok();
}

bool read_times(ByteReader& reader, std::uint32_t count, PodVector<model::Timestamp>& to) {
    const auto mode = static_cast<WalTimeMode>(reader.read<std::uint8_t>());
    if (mode == WalTimeMode::kRaw) return read_array(reader, count, to);
    const auto low = reader.read<std::int64_t>();
    if (mode == WalTimeMode::kConstant) {
        to.append_copies(count, low);
        return reader.ok();
    }
    if (mode != WalTimeMode::kOffset32) return false;
    const ByteSpan offsets = reader.read_span(count * sizeof(std::uint32_t));
    if (!reader.ok()) return false;
    model::Timestamp* times = to.append_uninitialized(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto offset = load_le<std::uint32_t>(offsets.data() + i * sizeof(std::uint32_t));
        times[i] = static_cast<model::Timestamp>(static_cast<std::uint64_t>(low) + offset);
    }
    return true;
}

template <typename T>
bool read_valid(ByteReader& reader, const model::BatchColumn& column, std::uint32_t count,
                PodVector<T>& to) {
    if (!column.has_nulls) return read_array(reader, count, to);
    const std::size_t valid = count_bits(column.validity.data(), 0, count);
    const ByteSpan bytes = reader.read_span(valid * sizeof(T));
    if (!reader.ok()) return false;
    T* values = to.append_uninitialized(count);
    const std::byte* from = bytes.data();
    for (std::uint32_t row = 0; row < count; ++row) {
        values[row] = 0;
        if (!column.is_valid(row)) continue;
        values[row] = load_le<T>(from);
        from += sizeof(T);
    }
    return true;
}

bool read_column(ByteReader& reader, std::uint32_t count, model::BatchColumn& column) {
    const auto flags = reader.read<std::uint8_t>();
    const auto type = static_cast<std::uint8_t>(flags >> kWalColumnTypeShift);
    if (!reader.ok() || !model::is_valid_field_type(type)) return false;
    column.clear();
    column.type = static_cast<model::FieldType>(type);
    column.has_nulls = (flags & kWalColumnHasNulls) != 0;
    column.filled = count;
    if (column.has_nulls) {
        if (!read_array(reader, bit_words(count), column.validity)) return false;
        if (count % 64 != 0) column.validity.back() &= (std::uint64_t{1} << (count % 64)) - 1;
    }
    if (is_word_type(column.type)) return read_valid(reader, column, count, column.words);
    if (column.type == model::FieldType::kBoolean) {
        return read_valid(reader, column, count, column.flags);
    }
    std::string_view* texts = column.texts.append_uninitialized(count);
    for (std::uint32_t row = 0; row < count; ++row) {
        texts[row] = column.is_valid(row) ? reader.read_text() : std::string_view();
    }
    return reader.ok();
}

}  // namespace

bool WalDecoder::decode_rows(ByteReader& reader) {
    rows_.memtable = static_cast<std::uint32_t>(reader.read_varint());
    rows_.sequence = reader.read<std::uint64_t>();
    const std::uint64_t count = reader.read_varint();
    // In kConsecutive and kConstant modes a row may cost no byte; no frame holds that many rows.
    if (!reader.ok() || count == 0 || count > reader.remaining() * 8) return false;
    const auto rows = static_cast<std::uint32_t>(count);
    rows_.table.clear();
    rows_.columns.clear();
    if (!read_series(reader, rows, rows_.table.series)) return false;
    if (!read_times(reader, rows, rows_.table.times)) return false;
    const std::uint64_t columns = reader.read_varint();
    if (columns > reader.remaining()) return false;
    if (rows_.table.columns.size() < columns) rows_.table.columns.resize(columns);
    rows_.table.column_count = static_cast<std::uint32_t>(columns);
    for (std::uint32_t c = 0; c < columns; ++c) {
        rows_.columns.push_back(static_cast<std::uint32_t>(reader.read_varint()));
        if (!read_column(reader, rows, rows_.table.columns[c])) return false;
    }
    return reader.ok();
}

Result<void> WalDecoder::decode_series(ByteReader& reader, WalVisitor& visitor) {
    const std::uint64_t first = reader.read_varint();
    const auto count = reader.read<std::uint32_t>();
    key_.clear();
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint64_t shared = reader.read_varint();
        const std::string_view rest = reader.read_text();
        if (!reader.ok() || shared > key_.size()) return bad_payload(reader, "series");
        key_.resize(shared);
        key_ += rest;
        SLUICE_TRY_VOID(visitor.on_series(static_cast<std::uint32_t>(first + i), key_));
    }
    return {};
}

// The checksum of the frame was right, so an item that cannot be read was written by a newer
// version or by a mistake of ours: it is an error and not the end of the log.
Result<void> WalDecoder::decode(ByteSpan payload, WalVisitor& visitor) {
    ByteReader reader(payload);
    while (reader.remaining() != 0) {
        switch (static_cast<WalItem>(reader.read<std::uint8_t>())) {
            case WalItem::kSeries: {
                SLUICE_TRY_VOID(decode_series(reader, visitor));
                break;
            }
            case WalItem::kTable: {
                const auto memtable = static_cast<std::uint32_t>(reader.read_varint());
                const std::uint64_t group = reader.read_varint();
                const std::string_view name = reader.read_text();
                if (!reader.ok()) return bad_payload(reader, "table");
                SLUICE_TRY_VOID(visitor.on_table(memtable, group, name));
                break;
            }
            case WalItem::kColumn: {
                const auto memtable = static_cast<std::uint32_t>(reader.read_varint());
                const auto column = static_cast<std::uint32_t>(reader.read_varint());
                const auto type = reader.read<std::uint8_t>();
                const std::string_view name = reader.read_text();
                if (!reader.ok() || !model::is_valid_field_type(type)) {
                    return bad_payload(reader, "column");
                }
                SLUICE_TRY_VOID(
                    visitor.on_column(memtable, column, static_cast<model::FieldType>(type), name));
                break;
            }
            case WalItem::kRows: {
                if (!decode_rows(reader)) return bad_payload(reader, "rows");
                SLUICE_TRY_VOID(visitor.on_rows(rows_));
                break;
            }
            default:
                return bad_payload(reader, "item kind");
        }
    }
    return {};
}

}  // namespace sluice::storage
