// A SegmentBlockBuilder collects the rows of one block in arrays and encodes them as the block's
// chunks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sluice/base/arena.h"
#include "sluice/base/byte_writer.h"
#include "sluice/base/pod_vector.h"
#include "sluice/codec/column_chunk.h"
#include "storage/segment/segment_writer.h"

namespace sluice::storage {

// The facts that the block directory records of a block.
struct BuiltBlock {
    std::uint32_t rows = 0;
    std::uint32_t runs = 0;
    std::uint64_t values = 0;
    model::Timestamp time_min = 0;
    model::Timestamp time_max = 0;
    std::uint64_t sequence_min = 0;
    std::uint64_t sequence_max = 0;
};

class SegmentBlockBuilder {
public:
    explicit SegmentBlockBuilder(bool with_sequences) : with_sequences_(with_sequences) {}

    // Sets the columns of the blocks to come, while the block is empty.
    void set_columns(std::span<const SegmentColumn> columns);

    std::uint32_t rows() const { return rows_; }
    std::uint32_t room() const { return rows_max_ - rows_; }
    // How many of these rows the block may take: room() at most, and no
    // more text than a block should have, though an empty one takes kBlockRowsLeast in any case.
    std::uint32_t room_for(const SegmentRows& rows, std::uint32_t begin, std::uint32_t end) const;
    std::uint32_t room_for(const SegmentRows& rows, std::span<const std::uint32_t> picks) const;
    std::uint32_t runs() const { return static_cast<std::uint32_t>(run_rows_.size()); }

    // Begins the rows of another series than those before.
    void begin_series();
    // Begins rows that go on with the series that the block before ended with.
    void resume_series() { run_rows_.push_back(0); }
    // Forgets a run that got no rows.
    void drop_empty_run();
    // At most room() rows.
    void append(const SegmentRows& rows, std::uint32_t begin, std::uint32_t end);
    void append_picks(const SegmentRows& rows, std::span<const std::uint32_t> picks);

    // Appends the chunks to `chunks` and their entry of the block directory to `entry`; the block
    // is empty afterwards.
    BuiltBlock write(ByteWriter& chunks, ByteWriter& entry);

private:
    struct Column {
        model::FieldType type = model::FieldType::kFloat;
        bool has_nulls = false;
        bool has_values = false;
        PodVector<std::uint64_t> words;
        PodVector<std::string_view> texts;
        PodVector<std::uint8_t> flags;
        PodVector<std::uint64_t> validity;  // in use when has_nulls
        // The sum of the floats of the last series in earlier blocks, without the blocks that it
        // shared with other series.
        double sum_before = 0;
    };

    // From now on `column` records validity; the rows before had `before`.
    void start_validity(Column& column, bool before);
    template <typename Pick>
    std::uint32_t count_that_fits(const SegmentRows& rows, std::uint32_t count, Pick pick) const;
    template <typename Pick>
    void append_column(Column& column, const codec::ColumnSlice& from, std::uint32_t count,
                       Pick pick);
    std::uint64_t write_column(Column& column, ByteWriter& chunks, ByteWriter& entry);

    bool with_sequences_;
    std::uint32_t rows_max_ = codec::kBlockRowsMax;
    std::uint32_t rows_ = 0;
    PodVector<std::uint32_t> run_rows_;
    PodVector<model::Timestamp> times_;
    PodVector<std::uint64_t> sequences_;
    std::vector<Column> columns_;
    std::size_t column_count_ = 0;
    bool has_texts_ = false;
    std::size_t text_bytes_ = 0;  // of the block's string values
    Arena text_;
    codec::ChunkEncoder encoder_;
    PodVector<std::uint64_t> run_words_;
};

}  // namespace sluice::storage
