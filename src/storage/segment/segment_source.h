// A SegmentSource shows the rows of one measurement of a segment as a sorted stream, and skips
// blocks by time, series and deletes.
//
// Three positions, one inside the other, say where it is: the block (block_number_, with
// next_block_ behind it), the run of one series in the block (run_, run_begin_), and the rows of
// that run that are shown (row_begin_, row_end_). The states of RowSource mean here:
//
// kLoad: a block has been chosen. Its rows are not there yet (block_loaded_ is false), or they are
// there and the next run's key is on a page of keys that must be read first. kStatistics: the block
// stands for its rows as a whole; nothing of it was read but its directory entry. kRows: slice_
// shows rows [row_begin_, row_end_) of the block. kEnd: no block is left.
//
// load() goes from kLoad to kRows, to kStatistics or to kEnd, and from kStatistics to kRows (the
// caller wanted the rows after all). consume() stays in kRows while it finds rows without I/O, and
// otherwise goes to kLoad or kEnd. consume_statistics() goes on to the next block.
//
// Deletes may leave holes in a run: then the run is shown in several slices, each a stretch of rows
// that no delete covers. run_end_ remembers where the run ends behind the slice that is shown.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/rows/delete_filter.h"
#include "storage/rows/rows.h"
#include "storage/segment/segment.h"
#include "storage/segment/segment_index.h"
#include "storage/segment/segment_reader.h"

namespace sluice::storage {

class SegmentSource final : public RowSource {
public:
    struct Options {
        std::string measurement;
        std::vector<std::string> columns;
        model::TimeRange range;
        const std::vector<std::string>* keys = nullptr;  // sorted, or nullptr for all; outlives it
        bool with_sequences = false;
        bool statistics_allowed = false;
        std::uint32_t source_number = 0;  // among those of the scan
        std::uint64_t rows_wanted = 0;    // as ScanSpec has them
        bool latest_wanted = false;
        std::vector<model::FieldType> value_kinds;
        DeleteFilter deletes;  // for the measurement's rows in this segment
        // Told of what cannot be read; true: it goes on without it. Empty: such an error ends it.
        std::function<bool(const Error&)> on_damage;
    };

    // Opens a source. `reader` belongs to `owner`, which the source keeps. The result is nullptr
    // when the segment has nothing of the measurement that is wanted.
    static io::Task<Result<std::unique_ptr<SegmentSource>>> open(std::shared_ptr<const void> owner,
                                                                 const SegmentReader* reader,
                                                                 std::uint64_t sequence,
                                                                 Options options);

    std::string_view key() const override { return key_; }
    io::Task<Result<void>> load() override;
    void consume(std::size_t rows) override;
    void consume_statistics() override;
    std::uint64_t rows_ahead() const override;
    std::size_t memory_bytes() const override;

private:
    SegmentSource(std::shared_ptr<const void> owner, const SegmentReader* reader,
                  std::uint64_t sequence, Options options);

    // Finds the numbers of the series in Options::keys.
    io::Task<Result<void>> pick_series();
    bool goes_on_without(const Error& error);
    io::Task<Result<bool>> load_once();
    io::Task<Result<void>> read_key(std::uint32_t series);
    bool has_statistics(std::uint32_t block) const;
    io::Task<Result<bool>> offer_statistics();
    void read_ahead(const BlockRequest& request);
    io::Task<Result<void>> load_block();
    // Chooses the next block that may hold rows, and sets the state to kLoad; false, and kEnd, when
    // there is none.
    bool next_block();
    bool block_is_wanted(std::uint32_t block) const;
    std::uint32_t skip_rows_not_wanted(std::uint32_t block);
    std::uint64_t rows_for_sure(std::uint32_t block);
    io::Task<Result<bool>> block_is_deleted();
    bool find_run();
    bool find_kept_rows();
    void show_key(std::uint32_t series);
    void leave_run() { run_begin_ += block_.run_rows[run_++]; }
    bool series_is_wanted(std::uint32_t series) const;

    // Fixed when the source has been opened. owner_ keeps the segment's file open and reader_
    // alive, also when the segment has left the manifest meanwhile.
    std::shared_ptr<const void> owner_;
    const SegmentReader* reader_;
    Options options_;
    const SegmentMeasurement* measurement_ = nullptr;
    std::shared_ptr<const SegmentIndex> index_;
    // The columns of the segment that are read, and for each column of the options its place among
    // them, or -1 where the segment does not have it.
    std::vector<std::uint32_t> columns_;
    std::vector<std::int32_t> column_places_;
    // The numbers of the series wanted, ascending; without a value every series is wanted.
    std::optional<std::vector<std::uint32_t>> picked_;

    // The block. block_number_ counts unless the state is kEnd; next_block_ is the first that has
    // not been looked at.
    std::uint32_t next_block_ = 0;
    std::uint32_t block_number_ = 0;
    bool block_loaded_ = false;
    int failures_in_a_row_ = 0;  // of the device
    // Blocks whose reads have been begun, from those after block_number_ on.
    struct Ahead {
        std::uint32_t block;
        std::uint64_t bytes;
    };
    std::deque<Ahead> ahead_;
    std::uint64_t ahead_bytes_ = 0;
    std::uint32_t next_ahead_ = 0;
    // The decoded rows, valid while block_loaded_: slice_ refers to them through whole_. Memory is
    // used again from block to block.
    SegmentBlock block_;
    SegmentBlockChunks chunks_;  // what the directory says of one block; scratch
    RowSlice whole_;             // all rows of the block
    // The run: its place in block_.run_rows and its first row in the block.
    std::size_t run_ = 0;
    std::size_t run_begin_ = 0;
    // The rows of slice_ in the block, and the end of the run's rows that lie in the range wanted.
    std::size_t row_begin_ = 0;
    std::size_t row_end_ = 0;
    std::size_t run_end_ = 0;
    // The page of keys at hand, and the series whose key is in key_. The delete filter has been
    // narrowed to that series (DeleteFilter::choose), so both change together.
    std::shared_ptr<const SeriesPage> page_;
    std::uint32_t page_number_ = 0;
    std::uint32_t key_series_ = ~std::uint32_t{0};
    std::string key_;
};

}  // namespace sluice::storage
