#include "query/points/aggregate_scan.h"

#include <algorithm>

#include "query/aggregate/column_job.h"
#include "query/aggregate/filtered_states.h"
#include "query/aggregate/state_job.h"
#include "query/aggregate/store_merger.h"
#include "query/scan/run_slices.h"
#include "query/scan/time_slices.h"
#include "sluice/base/check.h"
#include "sluice/base/units.h"

namespace sluice::query {
namespace {

// Rows of shared series up to this size, of a core, are merged without asking whether they have to
// be. So many series have more.
constexpr std::uint64_t kBytesMergedUnasked = 512 * kKiB;
constexpr std::size_t kSeriesMergedUnasked = kBytesMergedUnasked / 16;

// Returns whether the answer shows in which order the rows of a series were added up.
bool depends_on_order(const SelectPlan& plan) {
    return std::any_of(plan.calls.begin(), plan.calls.end(), [](const AggregateCall& call) {
        return (call.function == Function::kSum || call.function == Function::kMean) &&
               call.argument == influxql::DataType::kFloat;
    });
}

}  // namespace

std::uint32_t AggregateScan::add_call(const AggregateCall& call, const std::string& field) {
    SLUICE_CHECK(!is_begun_);
    SelectPlan& plan = scan_.open_plan();
    AggregateCall added = call;
    added.field = plan.add_field(field, call.argument);
    const auto [place, is_new] = call_places_.try_emplace(
        {added.function, added.field}, static_cast<std::uint32_t>(plan.calls.size()));
    if (is_new) plan.calls.push_back(added);
    return place->second;
}

// A portion that is asked for first gets the size that fits. One that is computed again keeps its
// bounds, because cursors count portions by number; if it does not fit then, the query has less
// memory left than before, and ends.
io::Task<Result<std::shared_ptr<AggregateScan::Portion>>> AggregateScan::portion(
    std::size_t index) {
    if (!is_begun_) {
        is_begun_ = true;
        Result<void> prepared = co_await scan_.prepare();
        if (!prepared.ok()) co_return std::move(prepared).error();
        walk_ = PortionWalk(scan_.outer_count(), scan_.plan().ascending);
    }
    if (index < portions_.size()) {
        if (std::shared_ptr<Portion> held = portions_[index].lock()) co_return held;
    } else if (walk_.at_end()) {
        co_return std::shared_ptr<Portion>();
    }
    for (;;) {
        auto portion = std::make_shared<Portion>(scan_.budget());
        const bool is_new = index == portions_.size();
        portion->first = is_new ? walk_.first() : bounds_[index].first;
        portion->end = is_new ? walk_.end() : bounds_[index].second;
        Result<bool> fits = co_await compute(*portion);
        if (!fits.ok()) co_return std::move(fits).error();
        if (!*fits) {
            if (!is_new || !walk_.shrink()) co_return scan_.too_much_memory();
            continue;
        }
        last_ = portion;
        if (!is_new) {
            portions_[index] = portion;
            co_return portion;
        }
        portions_.push_back(portion);
        bounds_.emplace_back(portion->first, portion->end);
        walk_.advance(portion->table.memory_bytes(), scan_.chunk_bytes_max());
        co_return portion;
    }
}

// Returns false if the portion does not fit into memory.
//
// Series that one store has alone are aggregated where they lie; series that several stores share
// come here as rows. Both end in one table. Where series may turn out not to be shared after all,
// that is found out before anything is read of the others: the loop then goes round again, once for
// a scan.
io::Task<Result<bool>> AggregateScan::compute(Portion& wanted) {
    const ScanPortion portion = scan_.portion(wanted.first, wanted.end);
    const SelectPlan& plan = scan_.plan();
    for (;;) {
        wanted.table = AggregateTable(plan, portion.first_tag_set,
                                      portion.end_tag_set - portion.first_tag_set);
        bool folded = scan_.shared().empty();
        if (asks_for_times()) {
            if (scan_.shared().size() > kSeriesMergedUnasked) {
                SLUICE_CO_TRY_VOID(co_await scan_.exclude_disjoint());
                continue;
            }
            SLUICE_CO_TRY(folded, co_await fold_duplicates(portion, wanted.table));
            if (!folded) continue;
        }
        StateJob job(plan, scan_.sessions(), scan_.shared(), portion, scan_.budget(),
                     scan_.chunk_bytes_max());
        Result<void> done = co_await scan_.source().run_on_every_core(job);
        if (!done.ok()) co_return std::move(done).error();
        for (const std::uint8_t full : job.overflows) {
            if (full != 0) co_return false;
        }
        // Each table is freed as soon as it has been folded: two of them at a time are enough.
        for (AggregateTable& partial : job.tables) {
            wanted.table.fold_table(plan, partial);
            partial = AggregateTable();
            co_await scan_.source().breathe();
        }
        if (!folded) {
            SLUICE_CO_TRY(folded, co_await fold_duplicates(portion, wanted.table));
            SLUICE_CHECK(folded);
        }
        wanted.table.join_overlapping(plan);
        for (const std::uint64_t points : job.points) {
            SLUICE_CO_TRY_VOID(scan_.budget().take_points(points));
        }
        const std::uint64_t bytes = wanted.table.memory_bytes();
        if (bytes > scan_.budget().memory_left()) co_return false;
        wanted.share.set(bytes);
        co_return true;
    }
}

// Sums of floats depend on the order of rows over all stores, and a single row is cheap: in these
// cases merging is right whether or not the stores have a time in common.
bool AggregateScan::asks_for_times() const {
    const SelectPlan& plan = scan_.plan();
    return scan_.may_be_disjoint() && !depends_on_order(plan) && !wants_one_row(plan);
}

// Aggregates the series that lie in several stores: their rows come here, become one per time, and
// are then aggregated like all others. It works in time slices, as few as fit into memory. It
// returns false when there were many rows and some series turned out not to need merging: then
// nothing was added, and the whole portion is computed again with these series left to their
// stores.
io::Task<Result<bool>> AggregateScan::fold_duplicates(ScanPortion portion, AggregateTable& table) {
    const SelectPlan& plan = scan_.plan();
    const ScanColumns& columns = plan.columns();
    FilteredStates aggregator(plan, columns, table);
    RunSlices parts(plan);
    std::uint64_t points_taken = 0;
    bool asks = asks_for_times();
    const model::Timestamp end = portion.range.end;
    TimeSlices slices(portion.range, true);
    while (!slices.at_end()) {
        portion.range = end_with_window(slices.slice(), end);
        std::uint64_t bytes_max = scan_.chunk_bytes_max();
        if (asks) bytes_max = std::min(bytes_max, kBytesMergedUnasked);
        ColumnJob job(plan, columns, scan_.sessions(), scan_.shared(), portion, bytes_max);
        Result<void> done = co_await scan_.source().run_on_every_core(job);
        if (!done.ok()) co_return std::move(done).error();
        if (job.has_overflow()) {
            if (asks) {
                asks = false;
                SLUICE_CO_TRY(const bool fewer, co_await scan_.exclude_disjoint());
                if (fewer) co_return false;
                continue;
            }
            if (!slices.narrow()) co_return scan_.too_much_memory();
            continue;
        }
        slices.advance(portion.range, job.largest_bytes(), scan_.chunk_bytes_max());
        StoreMerger merger(job.take_pieces());
        storage::SeriesRun run;
        while (merger.next_series()) {
            aggregator.begin_series(merger.tag_set(), merger.key());
            while (merger.next_run(run)) {
                for (std::size_t row = 0; row < run.rows; row += parts.rows()) {
                    aggregator.add(parts.part(run, row));
                    co_await scan_.source().breathe();
                }
                SLUICE_CO_TRY_VOID(
                    scan_.budget().check_points(aggregator.rows_added() - points_taken));
            }
            aggregator.end_series();
            co_await scan_.source().breathe();
        }
        SLUICE_CO_TRY_VOID(scan_.budget().take_points(aggregator.rows_added() - points_taken));
        points_taken = aggregator.rows_added();
    }
    co_return true;
}

// Ends a slice where a window ends, if windows are shorter than slices, so that the rows of a
// window are added in one go.
model::TimeRange AggregateScan::end_with_window(model::TimeRange slice,
                                                model::Timestamp end) const {
    const Window& window = scan_.plan().window;
    if (window.is_whole() || slice.end == end) return slice;
    const model::Timestamp start = window.start_of(slice.end);
    if (start > slice.begin && start < slice.end) slice.end = start;
    return slice;
}

io::Task<Result<bool>> AggregatePoints::next(PointBlock& block) {
    block.clear();
    for (;;) {
        if (portion_ != nullptr) {
            read_points(block);
            if (!block.points.empty()) break;
        }
        Result<std::shared_ptr<AggregateScan::Portion>> loaded =
            co_await scan_->portion(next_portion_);
        if (!loaded.ok()) co_return std::move(loaded).error();
        portion_ = std::move(*loaded);
        if (portion_ == nullptr) co_return false;
        ++next_portion_;
        outers_left_ = portion_->end - portion_->first;
        next_outer_ = scan_->scan().plan().ascending ? portion_->first : portion_->end - 1;
        co_await scan_->scan().source().breathe();
    }
    if (ties_ != nullptr) ties_->forget();
    for (const TiedPoint& tied : tied_) {
        SLUICE_CO_TRY_VOID(co_await ties_->choose(block, tied.number, tied.time));
    }
    co_await scan_->scan().source().breathe();
    co_return true;
}

// Orders the points of one outer tag set; see the head of aggregate_scan.h.
void AggregatePoints::begin_outer() {
    places_.clear();
    next_place_ = 0;
    tags_ = nullptr;
    SeriesScan& scan = scan_->scan();
    const std::uint32_t begin = scan.outer_begin(next_outer_);
    const std::uint32_t end = scan.outer_begin(next_outer_ + 1);
    for (std::uint32_t tag_set = begin; tag_set < end; ++tag_set) {
        const Buckets& buckets = portion_->table.buckets(tag_set, call_);
        for (std::uint32_t i = 0; i < buckets.starts.size(); ++i) {
            places_.push_back({tag_set, i, buckets.starts[i], buckets.states[i].time});
        }
    }
    const bool by_time = options_.is_ordered && is_selector(scan.plan().calls[call_].function);
    if (end - begin > 1) {
        std::stable_sort(places_.begin(), places_.end(), [&](const Place& a, const Place& b) {
            if (a.start != b.start) return a.start < b.start;
            return by_time && a.time < b.time;
        });
    }
    // The ascending order read from its end: windows descend, and so do the tag sets within each of
    // them, as in InfluxDB.
    if (!scan.plan().ascending) std::reverse(places_.begin(), places_.end());
}

// Fills the block with points of the portion, and stops at its end. Points of several tag sets may
// share a block: everything that they refer to lives as long as the portion, which portion_ holds.
void AggregatePoints::read_points(PointBlock& block) {
    SeriesScan& scan = scan_->scan();
    const AggregateCall& call = scan.plan().calls[call_];
    const Window& window = scan.plan().window;
    tied_.clear();
    while (block.points.size() < points_per_block(block.width)) {
        if (next_place_ == places_.size()) {
            if (outers_left_ == 0) return;
            begin_outer();
            --outers_left_;
            if (outers_left_ > 0) next_outer_ += scan.plan().ascending ? 1 : -1;
            continue;
        }
        const Place& place = places_[next_place_++];
        if (tags_ == nullptr || tags_number_ != place.tag_set) {
            tags_number_ = place.tag_set;
            tags_ = scan.tags(place.tag_set);
        }
        const AggregateState& state =
            portion_->table.buckets(place.tag_set, call_).states[place.bucket];
        model::Timestamp time = options_.keeps_time ? state.time : place.start;
        // Where clocks are set back, the window of the row may begin later than that of all rows.
        if (!options_.keeps_time && is_selector(call.function) && window.has_zone()) {
            time = window.start_of(state.time);
        }
        if (time == model::kTimestampMin && !options_.keeps_time) time = 0;
        const Value* row =
            state.auxiliary == kNoRow ? nullptr : portion_->table.auxiliary(state.auxiliary);
        if (state.is_tied && ties_ != nullptr) tied_.push_back({block.points.size(), state.time});
        block.points.push_back({tags_, {time, result_of(call, state), block.add_row(row)}});
    }
}

}  // namespace sluice::query
