// This file finds the series that have a point of one time in several stores.
//
// Points of a series that came over several connections lie in several stores. As long as no time
// is in two of them, every store answers for its own rows, with statistics and conditions; only the
// others have to be merged row by row. Times alone are read to tell.
//
// That is usual for what has just come in: an agent sends each of its points once, over whichever
// connection is open. Until merges have brought its rows home, a series is then spread over the
// stores, in turns, and none of its times repeats. Reading the times costs less than merging the
// values of all fields, and the answer holds for the whole query. It is asked only when many rows
// of shared series have been met, or when so many are shared that there must be many rows, because
// few rows are merged faster. And only where two stores have rows of one time: what is at home is
// mostly older than what has just come in.
#include <algorithm>
#include <map>
#include <utility>

#include "query/expr/time_strides.h"
#include "query/scan/core_session.h"
#include "query/scan/piece_scan.h"
#include "query/scan/run_slices.h"
#include "query/scan/series_scan.h"
#include "query/scan/time_slices.h"
#include "sluice/base/check.h"

namespace sluice::query {
namespace {

using Place = std::pair<std::uint32_t, std::uint32_t>;  // source and group

model::TimeRange intersection(const model::TimeRange& a, const model::TimeRange& b) {
    return {std::max(a.begin, b.begin), std::min(a.end, b.end)};
}

// The times at which two stores may both have rows of a place; places without any are left out.
std::map<Place, model::TimeRange> common_ranges(const std::vector<CoreSession>& sessions) {
    std::map<Place, std::vector<model::TimeRange>> pieces;
    for (const CoreSession& session : sessions) {
        for (const Piece& piece : session.pieces)
            pieces[{piece.source, piece.group}].push_back(piece.range);
    }
    std::map<Place, model::TimeRange> common;
    for (const auto& [place, ranges] : pieces) {
        model::TimeRange all{model::kTimestampMax, model::kTimestampMin};
        for (std::size_t one = 1; one < ranges.size(); ++one) {
            for (std::size_t other = 0; other < one; ++other) {
                const model::TimeRange both = intersection(ranges[one], ranges[other]);
                if (both.empty()) continue;
                all = {std::min(all.begin, both.begin), std::max(all.end, both.end)};
            }
        }
        if (!all.empty()) common[place] = all;
    }
    return common;
}

// Collects when shared series have rows, piece by piece. Each core writes to its own element of
// `cores_`; the core of the query reads them when the job has ended.
class TimeJob final : public CoreJob {
public:
    TimeJob(const SelectPlan& plan, std::vector<CoreSession>& sessions, const SharedSeries& shared,
            const ScanPortion& portion, const std::map<Place, model::TimeRange>& common,
            std::uint64_t memory_bytes_max)
        : plan_(plan),
          sessions_(sessions),
          shared_(shared),
          portion_(portion),
          common_(common),
          memory_bytes_max_(memory_bytes_max),
          cores_(sessions.size()) {}

    bool concerns(std::uint32_t core) const override { return sessions_[core].has_matches; }
    io::Task<Result<void>> run(CoreView& core) override {
        for (const Piece& piece : sessions_[core.number()].pieces) {
            SLUICE_CO_TRY_VOID(co_await collect_piece(core, piece));
            if (cores_[core.number()].overflow) break;
        }
        co_return Result<void>();
    }

    // Returns whether some core stopped at its bound. Then everything that was collected is of no
    // use.
    bool has_overflow() const {
        return std::any_of(cores_.begin(), cores_.end(),
                           [](const Collected& each) { return each.overflow; });
    }
    // What the core that collected most took.
    std::uint64_t largest_bytes() const {
        std::uint64_t bytes = 0;
        for (const Collected& each : cores_) bytes = std::max(bytes, each.memory_bytes());
        return bytes;
    }
    // Adds the series that have a time in several pieces.
    io::Task<void> add_repeating(DataSource& source, std::vector<std::uint64_t>& repeating) const;

private:
    // Times of a series in one piece, within Collected::strides.
    struct Series {
        std::uint64_t identity;
        std::size_t begin;
        std::size_t end;
    };
    struct Collected {
        std::vector<Series> series;
        std::vector<TimeStride> strides;
        bool overflow = false;

        std::uint64_t memory_bytes() const {
            return series.capacity() * sizeof(Series) + strides.capacity() * sizeof(TimeStride);
        }
    };

    io::Task<Result<void>> collect_piece(CoreView& core, const Piece& piece);

    const SelectPlan& plan_;
    std::vector<CoreSession>& sessions_;
    const SharedSeries& shared_;
    const ScanPortion portion_;
    const std::map<Place, model::TimeRange>& common_;
    const std::uint64_t memory_bytes_max_;
    std::vector<Collected> cores_;
};

io::Task<Result<void>> TimeJob::collect_piece(CoreView& core, const Piece& piece) {
    const auto common = common_.find({piece.source, piece.group});
    if (common == common_.end()) co_return Result<void>();
    ScanPortion portion = portion_;
    portion.range = intersection(portion.range, common->second);
    if (portion.range.empty()) co_return Result<void>();
    PieceScan scan(plan_, piece, shared_, portion, SeriesChoice::kSharedOnly);
    if (scan.empty()) co_return Result<void>();
    const ScanColumns only_times;
    const std::unique_ptr<RunReader> reader = core.store(piece.store).scan(scan.spec(only_times));
    Collected& to = cores_[core.number()];
    RunSlices slices(plan_);
    storage::SeriesRun run;
    for (;;) {
        SLUICE_CO_TRY(const bool more, co_await reader->next(run));
        if (!more) break;
        const PieceScan::Step step = scan.step(run.series_key);
        if (step == PieceScan::Step::kNotWanted) continue;
        if (step == PieceScan::Step::kNewSeries) {
            to.series.push_back({series_identity(run.series_key, piece.source, piece.group),
                                 to.strides.size(), to.strides.size()});
        }
        append_times(run.times, to.series.back().begin, to.strides);
        to.series.back().end = to.strides.size();
        if (to.memory_bytes() > memory_bytes_max_) {
            to.overflow = true;
            break;
        }
        if (slices.is_due(run.rows)) co_await core.breathe();
    }
    co_return Result<void>();
}

// The pieces of one series are chained from the last one back. Each is compared with all behind it
// until two have a time in common; they are as few as the stores that have the series.
io::Task<void> TimeJob::add_repeating(DataSource& source,
                                      std::vector<std::uint64_t>& repeating) const {
    constexpr std::size_t kSeriesPerBreath = 256;
    constexpr std::uint32_t kNone = ~std::uint32_t{0};
    struct Times {
        std::uint64_t identity;
        std::span<const TimeStride> strides;
        std::uint32_t before;  // of the same series
    };
    std::vector<Times> all;
    std::vector<std::uint32_t> last(shared_.places(), kNone);
    for (const Collected& core : cores_) {
        for (const Series& each : core.series) {
            SLUICE_CHECK(each.begin <= each.end && each.end <= core.strides.size());
            const std::span<const TimeStride> strides = core.strides;
            const std::size_t place = shared_.place(each.identity);
            SLUICE_CHECK(place != SharedSeries::kNone);
            all.push_back(
                {each.identity, strides.subspan(each.begin, each.end - each.begin), last[place]});
            last[place] = static_cast<std::uint32_t>(all.size() - 1);
            if (all.size() % kSeriesPerBreath == 0) co_await source.breathe();
        }
    }
    const auto repeats = [&all](std::uint32_t from) {
        for (std::uint32_t one = from; one != kNone; one = all[one].before) {
            for (std::uint32_t other = all[one].before; other != kNone; other = all[other].before) {
                if (have_common_time(all[one].strides, all[other].strides)) return true;
            }
        }
        return false;
    };
    for (std::size_t place = 0; place < last.size(); ++place) {
        if (last[place] != kNone && repeats(last[place])) {
            repeating.push_back(all[last[place]].identity);
        }
        if (place % kSeriesPerBreath == 0) co_await source.breathe();
    }
}

}  // namespace

// Times are collected in slices that fit into memory. A series stays shared if it has a common time
// in any slice. If even a nanosecond does not fit, all series stay shared, which is always right.
io::Task<Result<bool>> SeriesScan::exclude_disjoint() {
    if (!may_be_disjoint()) co_return false;
    is_disjoint_known_ = true;
    std::vector<std::uint64_t> repeating;
    ScanPortion slice = portion(0, outer_count());
    const std::map<Place, model::TimeRange> common = common_ranges(sessions_);
    model::TimeRange looked_at{model::kTimestampMax, model::kTimestampMin};
    for (const auto& [place, range] : common) {
        looked_at = {std::min(looked_at.begin, range.begin), std::max(looked_at.end, range.end)};
    }
    slice.range = intersection(slice.range, looked_at);
    TimeSlices slices(slice.range, true);
    while (!slices.at_end()) {
        slice.range = slices.slice();
        TimeJob job(plan_, sessions_, shared_, slice, common, chunk_bytes_max());
        SLUICE_CO_TRY_VOID(co_await source_.run_on_every_core(job));
        if (job.has_overflow()) {
            // What was collected of the slice is dropped with the job: series that end at its bound
            // would seem to have no times after it.
            if (!slices.narrow()) co_return false;
            continue;
        }
        slices.advance(slice.range, job.largest_bytes(), chunk_bytes_max());
        co_await job.add_repeating(source_, repeating);
    }
    // Only series that were shared have been looked at, some of them in several slices.
    const std::size_t before = shared_.size();
    co_await set_shared(std::move(repeating));
    SLUICE_CHECK(shared_.size() <= before);
    co_return shared_.size() != before;
}

}  // namespace sluice::query
