// The rows of one measurement of a segment as a sorted stream, blocks skipped by time and series.
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

    // `reader` belongs to `owner`, which is kept. nullptr when the segment has nothing of it.
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

    io::Task<Result<void>> pick_series();
    bool goes_on_without(const Error& error);
    io::Task<Result<bool>> load_once();
    io::Task<Result<void>> read_key(std::uint32_t series);
    bool has_statistics(std::uint32_t block) const;
    io::Task<Result<bool>> offer_statistics();
    void read_ahead(const BlockRequest& request);
    io::Task<Result<void>> load_block();
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

    std::shared_ptr<const void> owner_;
    const SegmentReader* reader_;
    Options options_;
    const SegmentMeasurement* measurement_ = nullptr;
    std::shared_ptr<const SegmentIndex> index_;
    std::vector<std::uint32_t> columns_;       // of the segment, those asked for and present
    std::vector<std::int32_t> column_places_;  // per option column: index in columns_, or -1
    std::optional<std::vector<std::uint32_t>> picked_;  // numbers of the series wanted, ascending

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
    SegmentBlock block_;
    SegmentBlockChunks chunks_;
    RowSlice whole_;             // all rows of the block
    std::size_t run_ = 0;        // in block_.run_rows
    std::size_t run_begin_ = 0;  // its first row
    std::size_t row_begin_ = 0;  // of slice_, in the block
    std::size_t row_end_ = 0;
    std::size_t run_end_ = 0;  // of the run's rows in the range wanted
    std::shared_ptr<const SeriesPage> page_;
    std::uint32_t page_number_ = 0;
    std::uint32_t key_series_ = ~std::uint32_t{0};
    std::string key_;
};

}  // namespace sluice::storage
