// Writes a segment as a stream of aligned pieces: rows in, bytes out, no file.
//
//     SegmentWriter writer(options);
//     writer.begin_measurement("cpu", {{"usage", FieldType::kFloat}});   // names ascend
//     for each series, keys ascending:
//         writer.begin_series(key, row_count);
//         writer.append(rows, begin, end);             // time ascends; as often as wanted
//         while (auto piece = writer.take_piece()) co_await file.write_at(piece->bytes(), ...);
//     writer.end_measurement();
//     SegmentMeta meta = writer.finish();              // then take the last pieces
//
// Duplicates are resolved by the caller: within a series no time comes twice, but for rows that
// stay apart (rows.h): at most kRowsApartMax of one time, in one append(); a block does not end
// between them. Memory is bounded by one block of all columns, one page of series keys, the block
// directory of one measurement, and the pieces not yet taken.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sluice/base/aligned_buffer.h"
#include "sluice/codec/column_chunk.h"
#include "storage/segment/segment_format.h"
#include "storage/segment/segment_ids.h"

namespace sluice::storage {

struct SegmentWriterOptions {
    model::ShardGroupId group = 0;
    // Rows carry the sequence of their batch (L0).
    bool with_sequences = false;
    // What a merge read, also where no row of it is left; 0: what the rows say.
    std::uint64_t sequence_min = 0;
    std::uint64_t sequence_max = 0;
    // See SegmentFooter.
    std::optional<SegmentIds> lineage;
    // Size of a full piece; a multiple of kDirectIoAlignment. 512 KiB: large enough that the
    // device, not the system call, sets the pace.
    std::uint32_t piece_bytes = 512 * 1024;
};

// Rows of one measurement, by reference: what append() takes ranges or picks of. `columns` are in
// the order of begin_measurement(); an absent slice is a column without values here.
struct SegmentRows {
    std::span<const model::Timestamp> times;
    std::span<const std::uint64_t> sequences;  // empty without sequences
    std::span<const codec::ColumnSlice> columns;
};

// To be written at `offset`; address, offset and size are aligned. Pieces come in file order
// without gaps.
struct SegmentWrite {
    AlignedBuffer buffer;
    std::size_t size = 0;
    std::uint64_t offset = 0;
    ByteSpan bytes() const { return buffer.span().first(size); }
};

class SegmentWriter {
public:
    explicit SegmentWriter(SegmentWriterOptions options);
    ~SegmentWriter();
    SegmentWriter(const SegmentWriter&) = delete;
    SegmentWriter& operator=(const SegmentWriter&) = delete;

    // `name` is unescaped. Columns keep their order in the file; names are unique.
    void begin_measurement(std::string_view name, std::vector<SegmentColumn> columns);
    // `key` is canonical (series_key.h). `rows_expected` (an upper bound will do) decides whether
    // the series gets blocks of its own: from kOwnBlockRowsMin rows on.
    void begin_series(std::string_view key, std::uint64_t rows_expected);
    // Rows [begin, end) of `rows` belong to the current series.
    void append(const SegmentRows& rows, std::uint32_t begin, std::uint32_t end);
    // Does the same for rows that lie in another order: `picks` are indexes into `rows`. This saves
    // the caller the sorted copy.
    void append_picks(const SegmentRows& rows, std::span<const std::uint32_t> picks);
    // Every series has at least one row.
    void end_measurement();

    // Completes the file. Nothing but take_piece() may follow.
    SegmentMeta finish();

    // The next full piece (after finish(): also the last, padded one), or nothing.
    std::optional<SegmentWrite> take_piece();

    static constexpr std::uint64_t kOwnBlockRowsMin = 1024;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::storage
