#include "storage/wal/wal_encoder.h"

#include <algorithm>
#include <cstring>

#include "sluice/base/crc32c.h"
#include "sluice/storage/head.h"
#include "storage/memtable/fetch_ahead.h"
#include "storage/memtable/memtable.h"
#include "storage/rows/bits.h"

namespace sluice::storage {
namespace {

constexpr std::size_t kVarintMax = 10;

std::byte* put_varint(std::byte* to, std::uint64_t value) {
    while (value >= 0x80) {
        *to++ = static_cast<std::byte>(value | 0x80);
        value >>= 7;
    }
    *to++ = static_cast<std::byte>(value);
    return to;
}
std::byte* put_bytes(std::byte* to, const void* from, std::size_t size) {
    if (size != 0) std::memcpy(to, from, size);
    return to + size;
}
std::byte* put_text(std::byte* to, std::string_view text) {
    return put_bytes(put_varint(to, text.size()), text.data(), text.size());
}
template <typename E>
std::byte* put_byte(std::byte* to, E value) {
    *to = static_cast<std::byte>(value);
    return to + 1;
}
template <typename T>
std::byte* put(std::byte* to, T value) {
    store_le(to, value);
    return to + sizeof(T);
}

Error too_large(std::size_t size, std::size_t limit) {
    return Error{ErrorKind::kTooLarge, "a point is too large for the write-ahead log, " +
                                           std::to_string(size) + " > " + std::to_string(limit) +
                                           " bytes: send its fields in several lines"};
}

class BatchEncoder {
public:
    BatchEncoder(Head& head, WalMarks& marks, WalFrameSource& frames)
        : head_(head), marks_(marks), frames_(frames) {}

    Result<void> define_series();
    Result<void> encode_table(const model::BatchTable& table, std::uint64_t sequence);
    std::uint64_t bytes() const { return bytes_; }
    static std::size_t rows_bytes_max(const model::BatchTable& table, std::uint32_t from,
                                      std::uint32_t count);

private:
    // A frame with `size` bytes of room.
    Result<WalFrame*> frame_for(std::size_t size);
    void commit(WalFrame& frame, std::byte* end) {
        bytes_ += static_cast<std::uint64_t>(end - frame.write_place());
        frame.commit(end);
    }
    Result<void> define_table(Memtable& memtable);
    Result<void> define_column(Memtable& memtable, std::uint32_t index);
    Result<void> encode_rows(const model::BatchTable& table, const Memtable& memtable,
                             std::uint64_t sequence, std::uint32_t from, std::uint32_t count);

    Head& head_;
    WalMarks& marks_;
    WalFrameSource& frames_;
    const PodVector<std::uint32_t>* map_ = nullptr;
    std::uint64_t bytes_ = 0;
};

Result<WalFrame*> BatchEncoder::frame_for(std::size_t size) {
    WalFrame& current = frames_.current();
    if (current.room() >= size) return &current;
    if (size > frames_.payload_limit()) return too_large(size, frames_.payload_limit());
    return &frames_.next(size);
}

// Writes the keys of all series that the log does not have yet, each as the bytes that it shares
// with the key before and the rest. An item ends with its frame, so `count` is put in front when it
// is known; the next frame begins with a whole key.
Result<void> BatchEncoder::define_series() {
    const model::SeriesIndex& index = head_.series_index();
    while (marks_.series < index.series_count()) {
        std::string_view key = index.key(marks_.series);
        SLUICE_TRY(WalFrame * frame, frame_for(1 + 2 * kVarintMax + 4 + key.size() + kVarintMax));
        std::byte* to = put_byte(frame->write_place(), WalItem::kSeries);
        to = put_varint(to, marks_.series);
        std::byte* count_at = to;
        to += sizeof(std::uint32_t);
        const std::byte* end = frame->write_place() + frame->room();
        std::string_view previous;
        std::uint32_t count = 0;
        do {
            const auto shared = static_cast<std::size_t>(
                std::mismatch(key.begin(), key.end(), previous.begin(), previous.end()).first -
                key.begin());
            to = put_varint(to, shared);
            to = put_text(to, key.substr(shared));
            previous = key;
            ++count;
            if (++marks_.series == index.series_count()) break;
            key = index.key(marks_.series);
        } while (static_cast<std::size_t>(end - to) >= key.size() + 2 * kVarintMax);
        SLUICE_CHECK(count != 0 && to <= end);
        store_le(count_at, count);
        commit(*frame, to);
    }
    return {};
}

Result<void> BatchEncoder::define_table(Memtable& memtable) {
    const std::string_view name = head_.series_index().measurement_name(memtable.measurement());
    SLUICE_TRY(WalFrame * frame, frame_for(1 + 3 * kVarintMax + name.size()));
    std::byte* to = put_byte(frame->write_place(), WalItem::kTable);
    to = put_varint(to, memtable.id());
    to = put_varint(to, memtable.group());
    commit(*frame, put_text(to, name));
    memtable.log_mark() = {marks_.epoch, 0};
    return {};
}

Result<void> BatchEncoder::define_column(Memtable& memtable, std::uint32_t index) {
    const MemtableColumn& column = memtable.columns()[index];
    SLUICE_TRY(WalFrame * frame, frame_for(2 + 3 * kVarintMax + column.name.size()));
    std::byte* to = put_byte(frame->write_place(), WalItem::kColumn);
    to = put_varint(to, memtable.id());
    to = put_varint(to, index);
    to = put_byte(to, column.type);
    commit(*frame, put_text(to, column.name));
    return {};
}

Result<void> BatchEncoder::encode_table(const model::BatchTable& table, std::uint64_t sequence) {
    if (table.rows() == 0) return {};
    Memtable& memtable = head_.memtable(table.shard.group, table.measurement);
    SLUICE_TRY(map_, memtable.map_columns(table));
    if (memtable.log_mark().epoch != marks_.epoch) {
        SLUICE_TRY_VOID(define_table(memtable));
    }
    while (memtable.log_mark().columns < memtable.columns().size()) {
        SLUICE_TRY_VOID(define_column(memtable, memtable.log_mark().columns));
        ++memtable.log_mark().columns;
    }
    for (std::uint32_t from = 0; from < table.rows();) {
        std::uint32_t count = table.rows() - from;
        std::size_t size = rows_bytes_max(table, from, count);
        // Cut only what no frame could hold; otherwise a new frame takes the table whole.
        while (size > frames_.payload_max() && count > 1) {
            count = (count + 1) / 2;
            size = rows_bytes_max(table, from, count);
        }
        SLUICE_TRY_VOID(frame_for(size));
        SLUICE_TRY_VOID(encode_rows(table, memtable, sequence, from, count));
        from += count;
    }
    return {};
}

std::size_t BatchEncoder::rows_bytes_max(const model::BatchTable& table, std::uint32_t from,
                                         std::uint32_t count) {
    std::size_t size = 64 + std::size_t{count} * (sizeof(model::SeriesId) + sizeof(std::int64_t));
    for (std::uint32_t i = 0; i < table.column_count; ++i) {
        const model::BatchColumn& column = table.columns[i];
        size += 1 + kVarintMax;
        if (column.has_nulls) size += bit_words(count) * sizeof(std::uint64_t);
        if (is_word_type(column.type)) {
            const std::size_t values =
                column.has_nulls ? count_bits(column.validity.data(), from, count) : count;
            // One word more: values are packed by writing each and moving on where it is valid.
            size += (values + 1) * sizeof(std::uint64_t);
        } else if (column.type == model::FieldType::kBoolean) {
            size += count + 1;
        } else {
            size += count * kVarintMax;
            for (std::uint32_t row = from; row < from + count; ++row) {
                if (column.is_valid(row)) size += column.texts[row].size();
            }
        }
    }
    return size;
}

std::byte* put_series(std::byte* to, const model::SeriesId* series, std::uint32_t count) {
    bool consecutive = true;
    bool constant = true;
    for (std::uint32_t i = 0; i < count; ++i) {
        consecutive &= series[i] == series[0] + i;
        constant &= series[i] == series[0];
    }
    if (constant) return put_varint(put_byte(to, WalSeriesMode::kConstant), series[0]);
    if (consecutive) return put_varint(put_byte(to, WalSeriesMode::kConsecutive), series[0]);
    return put_bytes(put_byte(to, WalSeriesMode::kRaw), series, count * sizeof(model::SeriesId));
}

std::byte* put_times(std::byte* to, const model::Timestamp* times, std::uint32_t count) {
    const auto [low, high] = std::minmax_element(times, times + count);
    const std::uint64_t span = static_cast<std::uint64_t>(*high) - static_cast<std::uint64_t>(*low);
    if (span == 0) return put(put_byte(to, WalTimeMode::kConstant), *low);
    if (span > 0xFFFFFFFF) {
        return put_bytes(put_byte(to, WalTimeMode::kRaw), times, count * sizeof(*times));
    }
    to = put(put_byte(to, WalTimeMode::kOffset32), *low);
    for (std::uint32_t i = 0; i < count; ++i) {
        store_le(to + i * sizeof(std::uint32_t), static_cast<std::uint32_t>(times[i] - *low));
    }
    return to + count * sizeof(std::uint32_t);
}

// Values of rows that have one, without gaps.
template <typename T>
std::byte* put_valid(std::byte* to, const model::BatchColumn& column, const T* values,
                     std::uint32_t from, std::uint32_t count) {
    if (!column.has_nulls) return put_bytes(to, values + from, count * sizeof(T));
    for (std::uint32_t row = from; row < from + count; ++row) {
        store_le(to, values[row]);
        to += column.is_valid(row) ? sizeof(T) : 0;
    }
    return to;
}

// Writes rows [from, from + count) of a table as one item. The caller has made sure that the frame
// has room for rows_bytes_max() of them, so nothing is checked here.
Result<void> BatchEncoder::encode_rows(const model::BatchTable& table, const Memtable& memtable,
                                       std::uint64_t sequence, std::uint32_t from,
                                       std::uint32_t count) {
    WalFrame& frame = frames_.current();
    const std::size_t room = frame.room();
    std::byte* to = put_byte(frame.write_place(), WalItem::kRows);
    to = put_varint(to, memtable.id());
    to = put(to, sequence);
    to = put_varint(to, count);
    to = put_series(to, table.series.data() + from, count);
    to = put_times(to, table.times.data() + from, count);
    to = put_varint(to, table.column_count);
    for (std::uint32_t i = 0; i < table.column_count; ++i) {
        const model::BatchColumn& column = table.columns[i];
        to = put_varint(to, (*map_)[i]);
        to = put_byte(to, static_cast<unsigned>(column.type) << kWalColumnTypeShift |
                              (column.has_nulls ? kWalColumnHasNulls : 0u));
        if (column.has_nulls) {
            for (std::uint32_t row = 0; row < count; row += 64) {
                const std::uint32_t step = std::min(count - row, 64u);
                to = put(to, load_bits(column.validity.data(), from + row, step));
            }
        }
        if (is_word_type(column.type)) {
            to = put_valid(to, column, column.words.data(), from, count);
        } else if (column.type == model::FieldType::kBoolean) {
            to = put_valid(to, column, column.flags.data(), from, count);
        } else {
            for (std::uint32_t row = from; row < from + count; ++row) {
                if (column.is_valid(row)) to = put_text(to, column.texts[row]);
            }
        }
    }
    // Columns go up to the frame's end unchecked: their twin, rows_bytes_max(), must be right.
    SLUICE_CHECK(static_cast<std::size_t>(to - frame.write_place()) <= room);
    commit(frame, to);
    return {};
}

}  // namespace

ByteSpan WalFrame::seal(WalFrameHeader& header) {
    SLUICE_CHECK(align_up(used_) <= buffer_.size());
    const ByteSpan payload = buffer_.span().subspan(kWalHeaderBytes, payload_bytes());
    header.payload_bytes = static_cast<std::uint32_t>(payload.size());
    header.payload_crc = crc32c(payload);
    encode_wal_header(header, buffer_.data());
    const std::size_t total = align_up(used_);
    std::memset(buffer_.data() + used_, 0, total - used_);
    return buffer_.span().first(total);
}

Result<void> check_rows_fit(const model::PointBatch& batch, std::size_t payload_limit) {
    for (std::size_t i = 0; i < batch.table_count(); ++i) {
        const model::BatchTable& table = batch.table_at(i);
        if (BatchEncoder::rows_bytes_max(table, 0, table.rows()) <= payload_limit) continue;
        for (std::uint32_t row = 0; row < table.rows(); ++row) {
            const std::size_t size = BatchEncoder::rows_bytes_max(table, row, 1);
            if (size > payload_limit) return too_large(size, payload_limit);
        }
    }
    return {};
}

Result<std::uint64_t> encode_batch(Head& head, WalMarks& marks, const model::PointBatch& batch,
                                   std::uint64_t sequence, WalFrameSource& frames) {
    // All types first: a batch that is refused leaves no rows in the log.
    const FetchAhead fetch(head, batch);
    for (std::size_t i = 0; i < batch.table_count(); ++i) {
        fetch.at(i);
        const model::BatchTable& table = batch.table_at(i);
        if (table.rows() == 0) continue;
        SLUICE_TRY_VOID(head.memtable(table.shard.group, table.measurement).map_columns(table));
    }
    BatchEncoder encoder(head, marks, frames);
    SLUICE_TRY_VOID(encoder.define_series());
    for (std::size_t i = 0; i < batch.table_count(); ++i) {
        fetch.at(i);
        SLUICE_TRY_VOID(encoder.encode_table(batch.table_at(i), sequence));
    }
    return encoder.bytes();
}

}  // namespace sluice::storage
