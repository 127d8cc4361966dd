#include "query/points/scan_points.h"

#include <algorithm>
#include <limits>

#include "query/rows/row_job.h"

namespace sluice::query {
namespace {

// Rows of shared series up to this number, of a core, are merged without asking whether they have
// to be.
constexpr std::uint64_t kRowsMergedUnasked = 8192;
constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

}  // namespace

ScanPoints::ScanPoints(DataSource& source, SelectBudget& budget, SelectPlan plan,
                       std::shared_ptr<Grouping> grouping, std::optional<std::uint32_t> driver)
    : scan_(source, budget, std::move(plan), std::move(grouping)), driver_(driver), share_(budget) {
    const SelectPlan& planned = scan_.plan();
    row_.resize(planned.inputs.size());
    if (planned.limits.limit == 0) return;
    const auto rows = static_cast<std::uint64_t>(planned.limits.limit + planned.limits.offset);
    (scan_.grouping().is_nested() ? series_rows_max_ : rows_max_) = rows;
    // InfluxDB's storage lets one more through.
    if (series_rows_max_ != 0) ++series_rows_max_;
}

// One portion, or one slice of it, is in memory at a time: its merger and all rows go before the
// next one is asked for, since both together would take twice the memory that was granted.
io::Task<Result<bool>> ScanPoints::next(PointBlock& block) {
    block.clear();
    if (!is_begun_) {
        is_begun_ = true;
        Result<void> prepared = co_await scan_.prepare();
        if (!prepared.ok()) co_return std::move(prepared).error();
        walk_ = PortionWalk(scan_.outer_count(), scan_.plan().tag_sets_ascending());
    }
    for (;;) {
        if (merger_ != nullptr) {
            read_rows(block);
            if (!block.points.empty()) break;
            merger_.reset();
            share_.set(0);
        }
        co_await scan_.source().breathe();
        if (!in_slices_ && walk_.at_end()) co_return false;
        Result<void> loaded = co_await load();
        if (!loaded.ok()) co_return std::move(loaded).error();
    }
    co_await scan_.source().breathe();
    co_return true;
}

// Reads the next portion, or the next slice of one. If a portion turned out to be too large, it
// leaves no merger: the caller calls again, with a smaller portion.
io::Task<Result<void>> ScanPoints::load() {
    ScanPortion portion = scan_.portion(walk_.first(), walk_.end());
    if (in_slices_) {
        if (slices_.at_end() || is_satisfied()) {
            in_slices_ = false;
            walk_.advance(scan_.chunk_bytes_max(), scan_.chunk_bytes_max());
            co_return Result<void>();
        }
        portion.range = slices_.slice();
    }
    SLUICE_CO_TRY(const bool fits, co_await collect(portion));
    if (!fits) {
        if (in_slices_) {
            if (!slices_.narrow()) co_return scan_.too_much_memory();
        } else if (!walk_.shrink()) {
            in_slices_ = true;
            slices_ = TimeSlices(portion.range, scan_.plan().ascending, 8);
            rows_seen_ = 0;
        }
        co_return Result<void>();
    }
    const bool up = scan_.plan().tag_sets_ascending();
    tag_sets_left_ = portion.end_tag_set - portion.first_tag_set;
    next_tag_set_ = up ? portion.first_tag_set : portion.end_tag_set - 1;
    in_tag_set_ = false;
    if (in_slices_) {
        slices_.advance(portion.range, chunk_bytes_, scan_.chunk_bytes_max());
    } else {
        walk_.advance(chunk_bytes_, scan_.chunk_bytes_max());
    }
    co_return Result<void>();
}

// Returns false if the portion does not fit into memory.
//
// There are two reasons to collect again at once: many rows of shared series, of which some need
// not be merged after all, and rows from statistics that would have to be merged without their
// sequences. Each happens at most once in a call, because what was learnt is used in the next turn.
io::Task<Result<bool>> ScanPoints::collect(ScanPortion portion) {
    RowJob::Options options;
    if (!in_slices_) options.rows_max = rows_max_;
    options.memory_bytes_max = scan_.chunk_bytes_max();
    for (;;) {
        options.shared_rows_max = scan_.may_be_disjoint() ? kRowsMergedUnasked : kUnlimited;
        RowJob job(scan_.plan(), scan_.sessions(), scan_.shared(), portion, scan_.budget(),
                   options);
        Result<void> collected = co_await scan_.source().run_on_every_core(job);
        if (!collected.ok()) co_return std::move(collected).error();
        if (job.has_many_shared()) {
            SLUICE_CO_TRY_VOID(co_await scan_.exclude_disjoint());
            continue;
        }
        if (job.has_overflow()) co_return false;
        const std::uint64_t points = job.points();
        std::uint64_t bytes = 0;
        chunk_bytes_ = 0;
        for (const RowBatch& batch : job.batches) {
            chunk_bytes_ = std::max(chunk_bytes_, batch.memory_bytes());
            bytes += batch.memory_bytes();
        }
        auto merger = std::make_unique<AnswerOrder>(scan_.plan(), std::move(job.batches));
        if (options.uses_statistics && merger->lacks_sequences()) {
            options.uses_statistics = false;
            continue;
        }
        SLUICE_CO_TRY_VOID(scan_.budget().take_points(points));
        merger_ = std::move(merger);
        share_.set(bytes);
        co_return true;
    }
}

// Reads rows of one tag set only: what they refer to does not outlive it, so a block never goes
// from one tag set to the next.
void ScanPoints::read_rows(PointBlock& block) {
    AnswerOrder::Row row;
    const std::size_t points_max =
        points_per_block(std::max(block.width, scan_.plan().fields.size()));
    while (block.points.size() < points_max) {
        if (!in_tag_set_) {
            if (tag_sets_left_ == 0 || !block.points.empty()) return;
            merger_->begin_tag_set(next_tag_set_);
            if (!scan_.grouping().is_nested()) tags_ = scan_.tags(next_tag_set_);
            series_.clear();
            if (!in_slices_) {
                rows_seen_ = 0;
                group_rows_.clear();
            }
            in_tag_set_ = true;
        }
        if (!is_satisfied() && merger_->next(row)) {
            ++rows_seen_;
            if (is_within_group(row)) append(row, block);
            continue;
        }
        in_tag_set_ = false;
        --tag_sets_left_;
        if (tag_sets_left_ > 0) next_tag_set_ += scan_.plan().tag_sets_ascending() ? 1 : -1;
    }
}

// Counts the rows of one shard group within a tag set (SelectPlan::group_rows_max).
bool ScanPoints::is_within_group(const AnswerOrder::Row& row) {
    const std::int64_t rows_max = scan_.plan().group_rows_max;
    if (rows_max == 0) return true;
    if (group_rows_.size() <= row.stream) group_rows_.resize(row.stream + 1);
    return group_rows_[row.stream]++ < rows_max;
}

void ScanPoints::append(const AnswerOrder::Row& row, PointBlock& block) {
    const TagSet* tags = tags_;
    if (scan_.grouping().is_nested()) {
        SeriesState& series = series_[row.key.data()];
        if (series.tags == nullptr) {
            series.tags = scan_.grouping().of_series(scan_.measurement(next_tag_set_), row.key);
        }
        tags = series.tags;
        if (series_rows_max_ != 0 && series.rows++ >= series_rows_max_) return;
    }
    const SelectPlan& plan = scan_.plan();
    for (std::size_t i = 0; i < row_.size(); ++i) {
        const Input& input = plan.inputs[i];
        row_[i] = input.kind == Input::Kind::kTag ? row.tags[i] : row.fields[input.index];
    }
    const Value value = driver_ ? row.fields[*driver_] : Value();
    block.points.push_back({tags, {row.time, value, block.add_row(row_.data())}});
}

}  // namespace sluice::query
