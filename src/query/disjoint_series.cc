// Which series have a point of one time in several stores.
//
// Points of a series that came over several connections lie in several stores. As long as no time
// is in two of them, every store answers for its own rows, with statistics and conditions; only the
// others have to be merged row by row. Times alone are read to tell.
#include <algorithm>
#include <iterator>

#include "query/collect_columns_job.h"
#include "query/run_merger.h"
#include "query/series_scan.h"

namespace sluice::query {
namespace {

// Adds the series that repeat a time among what was collected of a time slice.
io::Task<void> add_repeating(DataSource& source, std::vector<PieceColumns> pieces,
                             DuplicateSeries& repeating) {
    RunMerger merger(std::move(pieces));
    while (merger.next_series()) {
        if (merger.has_repeated_times()) repeating.push_back(merger.identity());
        co_await source.breathe();
    }
}

}  // namespace

io::Task<Result<bool>> SeriesScan::exclude_disjoint() {
    if (!may_be_disjoint()) co_return false;
    is_disjoint_known_ = true;
    DuplicateSeries repeating;
    const ScanColumns only_times;
    ScanPortion slice = portion(0, outer_count());
    const model::TimeRange all = slice.range;
    std::int64_t width = std::max<std::int64_t>(1, all.end - all.begin);
    model::Timestamp at = all.begin;
    while (at < all.end) {
        slice.range = {at, all.end - at > width ? at + width : all.end};
        CollectColumnsJob job(plan_, only_times, sessions_, duplicates_, slice, chunk_bytes_max());
        Result<void> done = co_await source_.run_on_every_core(job);
        if (!done.ok()) co_return std::move(done).error();
        if (job.has_overflow()) {
            if (width == 1) co_return false;
            width = std::max<std::int64_t>(1, width / 4);
            continue;
        }
        co_await add_repeating(source_, job.take_pieces(), repeating);
        at = slice.range.end;
    }
    std::sort(repeating.begin(), repeating.end());
    repeating.erase(std::unique(repeating.begin(), repeating.end()), repeating.end());
    const bool changed = repeating.size() != duplicates_.size();
    duplicates_ = std::move(repeating);
    co_return changed;
}

}  // namespace sluice::query
