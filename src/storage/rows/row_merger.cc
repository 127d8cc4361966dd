#include "storage/rows/row_merger.h"

#include <algorithm>
#include <utility>

#include "storage/rows/block_rows.h"

namespace sluice::storage {
namespace {

// Rows worth passing on as a run of their own; fewer are copied together.
constexpr std::size_t kRunRowsMin = 32;
// Steps between two looks at the time: a step shows a block at most.
constexpr unsigned kStepsPerLook = 4;
static_assert(kRunRowsMin < kBlockRowsLeast);

model::Timestamp first_time(const RowSource& source) {
    return source.state() == RowSource::State::kStatistics ? source.statistics().time_first
                                                           : source.slice().times.front();
}

// Leading rows before `time`, each of a time of its own.
std::size_t rows_before(const RowSlice& slice, model::Timestamp time) {
    const auto& times = slice.times;
    auto end =
        time > times.back() ? times.end() : std::lower_bound(times.begin(), times.end(), time);
    if (slice.times_repeat) {
        const auto repeated = std::adjacent_find(times.begin(), times.end());
        if (repeated != times.end()) end = std::min(end, repeated);
    }
    return static_cast<std::size_t>(end - times.begin());
}

// Leading rows of exactly `time`.
std::size_t rows_at(const RowSource& source, model::Timestamp time) {
    if (source.state() != RowSource::State::kRows) return 0;
    const auto& times = source.slice().times;
    return static_cast<std::size_t>(
        std::find_if(times.begin(), times.end(),
                     [time](model::Timestamp each) { return each != time; }) -
        times.begin());
}

}  // namespace

RowMerger::RowMerger(io::Reactor& reactor, std::vector<std::unique_ptr<RowSource>> sources,
                     std::size_t columns, KeepsApart keeps_apart)
    : reactor_(reactor),
      sources_(std::move(sources)),
      columns_(columns),
      keeps_apart_(std::move(keeps_apart)) {}

bool RowMerger::must_load() const {
    return std::any_of(sources_.begin(), sources_.end(),
                       [](const auto& each) { return each->state() == RowSource::State::kLoad; });
}

io::Task<Result<void>> RowMerger::load_all() {
    for (const auto& each : sources_) {
        while (each->state() == RowSource::State::kLoad) {
            SLUICE_CO_TRY_VOID(co_await each->load());
        }
    }
    co_return Result<void>();
}

// Lets go of what the last call showed.
void RowMerger::finish_run() {
    if (statistics_ != nullptr) {
        shown_->consume_statistics();
        statistics_ = nullptr;
    } else if (shown_ != nullptr) {
        shown_->consume(shown_rows_);
    }
    shown_ = nullptr;
    shown_rows_ = 0;
}

// Finds the least key, and the sources that have it.
void RowMerger::choose_series() {
    current_.clear();
    for (const auto& each : sources_) {
        if (each->state() == RowSource::State::kEnd) continue;
        SLUICE_CHECK(each->state() != RowSource::State::kLoad);
        const int order = current_.empty() ? -1 : each->key().compare(current_.front()->key());
        if (order < 0) current_.clear();
        if (order <= 0) current_.push_back(each.get());
    }
}

io::Task<Result<bool>> RowMerger::next() {
    if (expanding_) {
        expanding_ = false;
        statistics_ = nullptr;
        RowSource* source = std::exchange(shown_, nullptr);
        SLUICE_CHECK(source != nullptr && source->state() == RowSource::State::kStatistics);
        SLUICE_CO_TRY_VOID(co_await source->load());
    } else {
        finish_run();
    }
    for (;;) {
        // Short runs are done faster than a clock is read and a coroutine is made.
        if (++steps_ % kStepsPerLook == 0 && reactor_.needs_yield()) co_await reactor_.yield();
        if (must_load()) {
            SLUICE_CO_TRY_VOID(co_await load_all());
        }
        choose_series();
        if (current_.empty()) co_return false;
        key_ = current_.front()->key();
        rows_ahead_ = 0;
        for (const RowSource* each : current_) rows_ahead_ += each->rows_ahead();
        if (merge_rows()) co_return true;
        // A statistics run overlaps other rows: its own rows are needed.
        for (RowSource* each : current_) {
            if (each->state() == RowSource::State::kStatistics) {
                SLUICE_CO_TRY_VOID(co_await each->load());
            }
        }
    }
}

// Fills slice_ or statistics_ from current_. False when a statistics run stands in the way.
//
// Each round takes the source with the earliest row and what it has before any other source begins.
// That much needs no comparison. If it is a lot, it is shown as it lies; else it is copied, and the
// next round follows. Rows of a time that several sources have are made one, or kept apart. The
// loop ends where it does not know what comes next, or when a block's worth has been copied.
bool RowMerger::merge_rows() {
    buffer_.reset(columns_);
    for (;;) {
        RowSource* earliest = current_.front();
        for (RowSource* each : current_) {
            if (first_time(*each) < first_time(*earliest)) earliest = each;
        }
        // The time at which any other source begins: rows of the earliest before it need no
        // comparison.
        model::Timestamp other_min = model::kTimestampMax + 1;
        for (RowSource* each : current_) {
            if (each != earliest) other_min = std::min(other_min, first_time(*each));
        }
        if (earliest->state() == RowSource::State::kStatistics) {
            if (buffer_.rows() != 0) break;
            if (earliest->statistics().time_last >= other_min) return false;
            statistics_ = &earliest->statistics();
            shown_ = earliest;
            return true;
        }
        const auto& times = earliest->slice().times;
        const std::size_t clear = rows_before(earliest->slice(), other_min);
        SLUICE_CHECK(clear <= times.size());
        if (clear >= kRunRowsMin || (clear == times.size() && current_.size() == 1)) {
            if (buffer_.rows() != 0) break;
            slice_.assign(earliest->slice(), 0, clear);
            shown_ = earliest;
            shown_rows_ = clear;
            return true;
        }
        if (clear != 0) {
            buffer_.append(earliest->slice(), 0, clear);
            earliest->consume(clear);
        } else {
            // Several sources have rows of this time, or one source has several.
            const model::Timestamp time = times.front();
            if (statistics_begin_at(time)) {
                if (buffer_.rows() == 0) return false;
                break;
            }
            merge_rows_at(time);
        }
        // A source that has to read more, or that went on to another series, ends the run: its next
        // rows are not known.
        const bool all_ready =
            std::all_of(current_.begin(), current_.end(), [this](const RowSource* each) {
                return (each->state() == RowSource::State::kRows ||
                        each->state() == RowSource::State::kStatistics) &&
                       each->key() == key_;
            });
        // A run of copied rows is a block's worth.
        if (!all_ready || buffer_.rows() >= block_rows_max(columns_)) break;
    }
    SLUICE_CHECK(buffer_.rows() != 0);
    buffer_.view(slice_);
    return true;
}

bool RowMerger::statistics_begin_at(model::Timestamp time) const {
    return std::any_of(current_.begin(), current_.end(), [time](const RowSource* each) {
        return each->state() == RowSource::State::kStatistics && first_time(*each) == time;
    });
}

void RowMerger::merge_rows_at(model::Timestamp time) {
    candidates_.clear();
    for (const RowSource* each : current_) {
        const std::size_t rows = rows_at(*each, time);
        for (std::size_t row = 0; row < rows; ++row) candidates_.push_back({&each->slice(), row});
    }
    // The sequence decides among them, so which source comes first does not matter.
    SLUICE_CHECK(!candidates_.empty());
    const bool apart = keeps_apart_ && keeps_apart_(key_);
    buffer_.append_merged(candidates_, apart ? EqualTimes::kKeepApart : EqualTimes::kMerge);
    for (RowSource* each : current_) {
        if (const std::size_t rows = rows_at(*each, time)) each->consume(rows);
    }
}

std::size_t RowMerger::memory_bytes() const {
    std::size_t bytes = (columns_ + 2) * block_rows_max(columns_) * sizeof(std::uint64_t);
    for (const auto& each : sources_) bytes += each->memory_bytes();
    return bytes;
}

}  // namespace sluice::storage
