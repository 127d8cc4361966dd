#include "storage/segment/segment_source.h"

#include <algorithm>

#include "sluice/base/units.h"
#include "storage/files/device_failure.h"
#include "storage/files/read_attempts.h"
#include "storage/rows/column_numbers.h"

namespace sluice::storage {
namespace {

// Reading ahead stops when this much is on its way. The bytes count as memory of the scan.
constexpr std::size_t kBlocksAheadMax = 16;
constexpr std::uint64_t kBytesAheadMax = 512 * kKiB;

bool times_repeat(const SegmentBlock& block) {
    const model::Timestamp* run = block.times.data();
    for (const std::uint32_t rows : block.run_rows) {
        bool repeat = false;
        for (std::uint32_t i = 1; i < rows; ++i) repeat |= run[i] == run[i - 1];
        if (repeat) return true;
        run += rows;
    }
    return false;
}

bool is_of_kind(model::FieldType type, model::FieldType kind) {
    return model::is_word_type(type) ? model::is_word_type(kind) : type == kind;
}

}  // namespace

SegmentSource::SegmentSource(std::shared_ptr<const void> owner, const SegmentReader* reader,
                             std::uint64_t sequence, Options options)
    : owner_(std::move(owner)), reader_(reader), options_(std::move(options)) {
    whole_.sequence = sequence;
}

// Finds out, from the cheapest to the dearest, whether the segment has anything of interest: the
// measurement and its times in the footer, which is in memory; then the index; then the series;
// then a block.
io::Task<Result<std::unique_ptr<SegmentSource>>> SegmentSource::open(
    std::shared_ptr<const void> owner, const SegmentReader* reader, std::uint64_t sequence,
    Options options) {
    std::unique_ptr<SegmentSource> source(
        new SegmentSource(std::move(owner), reader, sequence, std::move(options)));
    source->measurement_ = reader->find_measurement(source->options_.measurement);
    const SegmentMeasurement* measurement = source->measurement_;
    if (measurement == nullptr || source->options_.deletes.covers_everything() ||
        !source->options_.range.overlaps({measurement->time_min, measurement->time_max + 1})) {
        co_return std::unique_ptr<SegmentSource>();
    }
    SLUICE_CO_TRY(source->index_, co_await reader->load_index(*measurement));
    const std::vector<std::string>& wanted = source->options_.columns;
    const ColumnNumbers numbers(source->index_->columns(), wanted.size());
    for (const std::string& name : wanted) {
        const std::optional<std::uint32_t> found = numbers.find(name);
        source->column_places_.push_back(found ? static_cast<std::int32_t>(source->columns_.size())
                                               : -1);
        if (found) source->columns_.push_back(*found);
    }
    SLUICE_CO_TRY_VOID(co_await source->pick_series());
    if (!source->next_block()) co_return std::unique_ptr<SegmentSource>();
    co_return source;
}

io::Task<Result<void>> SegmentSource::pick_series() {
    if (options_.keys == nullptr) co_return Result<void>();
    picked_.emplace();
    for (const std::string& key : *options_.keys) {
        const auto found = co_await reader_->find_series(*index_, key);
        if (!found.ok() && !goes_on_without(found.error())) co_return found.error();
        if (found.ok() && *found) picked_->push_back(**found);
    }
    co_return Result<void>();
}

bool SegmentSource::series_is_wanted(std::uint32_t series) const {
    return !picked_ || std::binary_search(picked_->begin(), picked_->end(), series);
}

bool SegmentSource::block_is_wanted(std::uint32_t block) const {
    const SegmentBlockInfo& info = index_->block(block);
    if (!options_.range.overlaps({info.time_min, info.time_max + 1})) return false;
    if (!picked_) return true;
    const auto first = std::lower_bound(picked_->begin(), picked_->end(), info.first_series);
    return first != picked_->end() && *first < info.first_series + info.series_count;
}

// Returns how many rows of the block the caller will certainly get and count, because they have a
// value of some column. 0 says that this is not known without reading the block.
std::uint64_t SegmentSource::rows_for_sure(std::uint32_t block) {
    const SegmentBlockInfo& info = index_->block(block);
    if (info.series_count != 1 || info.time_min < options_.range.begin ||
        info.time_max >= options_.range.end) {
        return 0;
    }
    index_->read_chunks(block, chunks_);
    for (std::size_t c = 0; c < column_places_.size(); ++c) {
        if (column_places_[c] < 0) continue;
        const std::uint32_t column = columns_[static_cast<std::size_t>(column_places_[c])];
        const SegmentChunkInfo& chunk = chunks_.columns[column];
        if (is_of_kind(index_->columns()[column].type, options_.value_kinds[c]) &&
            chunk.has_statistics && chunk.statistics.count == info.rows) {
            return info.rows;
        }
    }
    return 0;
}

// Returns the block to go on with: `block`, or a later one if the rows that are wanted of its
// series certainly lie in blocks before it (earliest wanted) or behind it (latest wanted).
std::uint32_t SegmentSource::skip_rows_not_wanted(std::uint32_t block) {
    const SegmentBlockInfo& info = index_->block(block);
    // Where deletes may have taken rows away, their number says nothing.
    if (options_.rows_wanted == 0 || !options_.deletes.empty() || info.series_count != 1) {
        return block;
    }
    const auto [first, last] = index_->blocks_of_series(info.first_series);
    std::uint64_t rows = 0;
    if (options_.latest_wanted) {
        for (std::uint32_t i = last - 1; i > block; --i) {
            rows += rows_for_sure(i);
            if (rows >= options_.rows_wanted) return i;
        }
        return block;
    }
    for (std::uint32_t i = first; i < block; ++i) {
        rows += rows_for_sure(i);
        // The last block may hold other series as well.
        if (rows >= options_.rows_wanted) return std::max(block + 1, last - 1);
    }
    return block;
}

// Blocks are skipped by time and series, and by Options::rows_wanted.
bool SegmentSource::next_block() {
    block_loaded_ = false;
    for (; next_block_ < index_->block_count(); ++next_block_) {
        if (!block_is_wanted(next_block_)) continue;
        const std::uint32_t wanted = skip_rows_not_wanted(next_block_);
        if (wanted == next_block_) break;
        next_block_ = wanted - 1;
    }
    if (next_block_ == index_->block_count()) {
        state_ = State::kEnd;
        return false;
    }
    block_number_ = next_block_++;
    state_ = State::kLoad;
    return true;
}

io::Task<Result<void>> SegmentSource::read_key(std::uint32_t series) {
    if (series == key_series_) co_return Result<void>();
    const std::uint32_t page = index_->page_of_series(series);
    if (!page_ || page_number_ != page) {
        SLUICE_CO_TRY(page_, co_await reader_->read_series_page(*index_, page));
        page_number_ = page;
    }
    show_key(series);
    co_return Result<void>();
}

// The page of `series` is the one at hand.
void SegmentSource::show_key(std::uint32_t series) {
    key_.clear();
    SLUICE_CHECK(series >= page_->first_series());
    page_->append_key(series - page_->first_series(), key_);
    key_series_ = series;
    options_.deletes.choose(key_);
}

// A query says what is missing; a merge must not go on, or what it leaves out is gone for good.
bool SegmentSource::goes_on_without(const Error& error) {
    return options_.on_damage && is_damage(error) && options_.on_damage(error);
}

// A failure of the device may pass: the same block is asked for some times before it is damage.
io::Task<Result<void>> SegmentSource::load() {
    while (state_ == State::kLoad || state_ == State::kStatistics) {
        const Result<bool> loaded = co_await load_once();
        if (loaded.ok()) {
            failures_in_a_row_ = 0;
            if (*loaded) co_return Result<void>();
            continue;
        }
        const bool again = options_.on_damage && is_device_failure(loaded.error()) &&
                           ++failures_in_a_row_ < kReadAttempts;
        if (again) continue;
        failures_in_a_row_ = 0;
        if (!goes_on_without(loaded.error())) co_return loaded.error();
        // Where the key of a series cannot be read, what the block holds of it is unknown, too.
        next_block();
    }
    co_return Result<void>();
}

// One step on the way to the next rows; true when there are some, or statistics instead.
io::Task<Result<bool>> SegmentSource::load_once() {
    if (!block_loaded_) {
        SLUICE_CHECK(block_number_ < index_->block_count());
        SLUICE_CO_TRY(const bool deleted, co_await block_is_deleted());
        if (deleted) {
            next_block();
            co_return false;
        }
        if (state_ == State::kLoad) {
            SLUICE_CO_TRY(const bool offered, co_await offer_statistics());
            if (offered) co_return true;
        }
        SLUICE_CO_TRY_VOID(co_await load_block());
    }
    if (!find_run()) {
        next_block();
        co_return false;
    }
    SLUICE_CO_TRY_VOID(co_await read_key(block_.first_series + static_cast<std::uint32_t>(run_)));
    if (!find_kept_rows()) {
        leave_run();
        co_return false;
    }
    SLUICE_CHECK(row_begin_ < row_end_ && row_end_ <= run_end_);
    slice_.assign(whole_, row_begin_, row_end_ - row_begin_);
    state_ = State::kRows;
    co_return true;
}

// Whether deletes took away every row of the block, as far as its directory entry shows.
io::Task<Result<bool>> SegmentSource::block_is_deleted() {
    if (options_.deletes.empty()) co_return false;
    const SegmentBlockInfo& info = index_->block(block_number_);
    if (info.series_count != 1) co_return false;
    SLUICE_CO_TRY_VOID(co_await read_key(info.first_series));
    co_return options_.deletes.covers_all(info.time_min, info.time_max);
}

// Returns whether the block's directory entry may stand for its rows, as far as series and times
// decide: one series, and all of its times wanted.
bool SegmentSource::has_statistics(std::uint32_t block) const {
    const SegmentBlockInfo& info = index_->block(block);
    return options_.statistics_allowed && info.series_count == 1 &&
           info.time_min >= options_.range.begin && info.time_max < options_.range.end;
}

// Returns whether the directory entry does stand for its rows, and then shows it in statistics_. No
// delete may touch the block, and each column must be there for all of its rows or for none.
io::Task<Result<bool>> SegmentSource::offer_statistics() {
    if (!has_statistics(block_number_)) co_return false;
    const SegmentBlockInfo& info = index_->block(block_number_);
    if (!options_.deletes.empty()) {
        SLUICE_CO_TRY_VOID(co_await read_key(info.first_series));
        if (options_.deletes.touches(info.time_min, info.time_max)) co_return false;
    }
    index_->read_chunks(block_number_, chunks_);
    statistics_.rows = info.rows;
    statistics_.time_first = info.time_min;
    statistics_.time_last = info.time_max;
    statistics_.block = std::uint64_t{options_.source_number} << 32 | block_number_;
    statistics_.sums_go_on = reader_->has_running_sums() && index_->block_continues(block_number_);
    statistics_.columns.assign(column_places_.size(), {});
    statistics_.types.assign(column_places_.size(), model::FieldType::kFloat);
    for (std::size_t c = 0; c < column_places_.size(); ++c) {
        if (column_places_[c] < 0) continue;
        const std::uint32_t column = columns_[static_cast<std::size_t>(column_places_[c])];
        const SegmentChunkInfo& chunk = chunks_.columns[column];
        statistics_.types[c] = index_->columns()[column].type;
        if (chunk.range.size == 0) continue;
        if (!chunk.has_statistics || chunk.statistics.count != info.rows) co_return false;
        statistics_.columns[c] = chunk.statistics;
    }
    SLUICE_CO_TRY_VOID(co_await read_key(info.first_series));
    state_ = State::kStatistics;
    co_return true;
}

// Begins to read the blocks after this one, because a device serves several requests in the time of
// one and works while the rows of this one are used. Nothing is read ahead if the caller may stop
// at any row, and no block that statistics may answer.
void SegmentSource::read_ahead(const BlockRequest& request) {
    if (options_.rows_wanted != 0) return;
    while (!ahead_.empty() && ahead_.front().block <= block_number_) {
        SLUICE_CHECK(ahead_bytes_ >= ahead_.front().bytes);
        ahead_bytes_ -= ahead_.front().bytes;
        ahead_.pop_front();
    }
    next_ahead_ = std::max(next_ahead_, next_block_);
    for (; next_ahead_ < index_->block_count(); ++next_ahead_) {
        if (ahead_.size() == kBlocksAheadMax || ahead_bytes_ >= kBytesAheadMax) return;
        if (!block_is_wanted(next_ahead_) || has_statistics(next_ahead_)) continue;
        const std::uint64_t bytes = reader_->read_block_ahead(*index_, next_ahead_, request);
        ahead_.push_back({next_ahead_, bytes});
        ahead_bytes_ += bytes;
    }
}

io::Task<Result<void>> SegmentSource::load_block() {
    BlockRequest request;
    request.columns = columns_;
    if (picked_) request.series = &*picked_;
    request.with_sequences =
        options_.with_sequences || (options_.deletes.needs_sequences() && index_->has_sequences());
    read_ahead(request);
    SLUICE_CO_TRY_VOID(co_await reader_->read_block(*index_, block_number_, request, block_));
    whole_.times = view_of(block_.times);
    whole_.times_repeat = reader_->has_sequences() && times_repeat(block_);
    whole_.sequences = view_of(block_.sequences);
    whole_.columns.assign(column_places_.size(), {});
    for (std::size_t c = 0; c < column_places_.size(); ++c) {
        if (column_places_[c] < 0) continue;
        const auto& column = block_.columns[static_cast<std::size_t>(column_places_[c])];
        whole_.columns[c] = column.slice();
    }
    SLUICE_CHECK(whole_.sequences.empty() || whole_.sequences.size() == whole_.times.size());
    run_ = 0;
    run_begin_ = 0;
    row_end_ = 0;
    block_loaded_ = true;
    co_return Result<void>();
}

// Finds the next run of the block, from run_ on, that has rows in the range wanted, and puts these
// into row_begin_ and run_end_. Returns false when there is none.
bool SegmentSource::find_run() {
    for (; run_ < block_.run_rows.size(); run_begin_ += block_.run_rows[run_++]) {
        if (!series_is_wanted(block_.first_series + static_cast<std::uint32_t>(run_))) continue;
        const auto begin = block_.times.begin() + run_begin_;
        const auto end = begin + block_.run_rows[run_];
        const auto from = std::lower_bound(begin, end, options_.range.begin);
        const auto to = std::lower_bound(from, end, options_.range.end);
        row_begin_ = static_cast<std::size_t>(from - block_.times.begin());
        run_end_ = static_cast<std::size_t>(to - block_.times.begin());
        row_end_ = run_end_;
        if (row_begin_ < run_end_) return true;
    }
    return false;
}

// Sets [row_begin_, row_end_) to the first stretch of rows that no delete covers, and returns false
// when none is left. The delete filter has been narrowed to the series of the run before.
bool SegmentSource::find_kept_rows() {
    const auto deleted = [this](std::size_t row) {
        return options_.deletes.covers(whole_.times[row], whole_.sequence_of(row));
    };
    row_end_ = run_end_;
    if (!options_.deletes.touches_series()) return row_begin_ < run_end_;
    while (row_begin_ < run_end_ && deleted(row_begin_)) ++row_begin_;
    row_end_ = row_begin_;
    while (row_end_ < run_end_ && !deleted(row_end_)) ++row_end_;
    return row_begin_ < row_end_;
}

// Moves on without I/O as far as it can: to the next stretch that no delete covers, and to the next
// run whose key is on the page at hand. What was passed stays valid until load(), which changes
// block_.
void SegmentSource::consume(std::size_t rows) {
    SLUICE_CHECK(state_ == State::kRows && rows <= row_end_ - row_begin_);
    row_begin_ += rows;
    if (row_begin_ < row_end_ || (row_end_ < run_end_ && find_kept_rows())) {
        slice_.assign(whole_, row_begin_, row_end_ - row_begin_);
        return;
    }
    state_ = State::kLoad;
    do {
        leave_run();
        if (!find_run()) {
            next_block();
            return;
        }
        const std::uint32_t series = block_.first_series + static_cast<std::uint32_t>(run_);
        // The key is on another page, which only load() can read. The state stays kLoad, and load()
        // goes on with this run.
        if (series - page_->first_series() >= page_->series_count()) return;
        show_key(series);
    } while (!find_kept_rows());
    slice_.assign(whole_, row_begin_, row_end_ - row_begin_);
    state_ = State::kRows;
}

void SegmentSource::consume_statistics() {
    SLUICE_CHECK(state_ == State::kStatistics);
    next_block();
}

std::uint64_t SegmentSource::rows_ahead() const {
    const SegmentBlockInfo& info = index_->block(block_number_);
    // A series that fills its block may go on in the next ones.
    if (info.series_count > 1) return row_end_ - row_begin_;
    const auto [first, last] = index_->blocks_of_series(info.first_series);
    return std::uint64_t{last - std::max(first, block_number_)} * codec::kBlockRowsMax;
}

std::size_t SegmentSource::memory_bytes() const {
    return (columns_.size() + 2) * codec::kBlockRowsMax * sizeof(std::uint64_t) + ahead_bytes_;
}

}  // namespace sluice::storage
