// SELECT of functions: partial states from every core, merged, filled, put side by side.
#include <algorithm>

#include "query/fill.h"
#include "query/row_merger.h"
#include "query/select_executor.h"
#include "query/series_aggregator.h"

namespace sluice::query {
namespace {

constexpr std::uint32_t kTagSetsPerPortion = 1u << 16;
constexpr int kRowsPerBreath = 512;

}  // namespace

io::Task<Result<void>> SelectExecutor::run_aggregates() {
    const std::uint32_t total = tag_set_count();
    std::uint32_t batch = std::min(total, kTagSetsPerPortion);
    for (std::uint32_t done = 0; done < total && !writer_.sink_error();) {
        const std::uint32_t count = std::min(batch, total - done);
        ScanPortion portion;
        portion.first_tag_set = plan_.ascending ? done : total - done - count;
        portion.end_tag_set = portion.first_tag_set + count;
        portion.range = data_range();
        AggregateTable table(plan_, portion.first_tag_set, count);
        bool overflow = false;
        Result<void> aggregated = co_await aggregate_portion(portion, table, overflow);
        if (!aggregated.ok()) co_return std::move(aggregated).error();
        if (overflow) {
            if (count == 1) co_return too_much_memory(limits_.memory_bytes_max);
            batch = std::max(1u, count / 8);
            continue;
        }
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint32_t tag_set =
                plan_.ascending ? portion.first_tag_set + i : portion.end_tag_set - 1 - i;
            const bool goes_on = co_await write_points(table, tag_set);
            if (!goes_on) co_return Result<void>();
        }
        done += count;
    }
    co_return Result<void>();
}

io::Task<Result<void>> SelectExecutor::aggregate_portion(ScanPortion portion, AggregateTable& table,
                                                         bool& overflow) {
    AggregateJob job(plan_, sessions_, duplicates_, portion, chunk_bytes_max());
    Result<void> done = co_await source_.run_on_every_core(job);
    if (!done.ok()) co_return std::move(done).error();
    for (const std::uint8_t full : job.overflows) overflow = overflow || full != 0;
    if (overflow) co_return Result<void>();
    for (AggregateTable& partial : job.tables) {
        table.fold_table(plan_, partial);
        partial = AggregateTable();
        co_await source_.breathe();
    }
    if (!duplicates_.empty()) {
        Result<void> folded = co_await fold_duplicates(portion, table);
        if (!folded.ok()) co_return std::move(folded).error();
    }
    overflow = table.memory_bytes() > limits_.memory_bytes_max;
    co_return Result<void>();
}

// Series that lie in several stores: their rows come here, become one per time, and are then
// aggregated like all others. In time slices, as few as fit into memory.
io::Task<Result<void>> SelectExecutor::fold_duplicates(ScanPortion portion, AggregateTable& table) {
    const model::TimeRange all = portion.range;
    std::int64_t width = std::max<std::int64_t>(1, all.end - all.begin);
    SeriesAggregator aggregator(plan_, table);
    model::Timestamp at = all.begin;
    while (at < all.end) {
        portion.range = {at, all.end - at < width ? all.end : at + width};
        CollectJob::Options options;
        options.duplicates_only = true;
        options.memory_bytes_max = chunk_bytes_max();
        CollectJob job(plan_, sessions_, duplicates_, portion, options);
        Result<void> collected = co_await source_.run_on_every_core(job);
        if (!collected.ok()) co_return std::move(collected).error();
        const bool overflow = std::any_of(job.chunks.begin(), job.chunks.end(),
                                          [](const RowChunk& chunk) { return chunk.overflow; });
        if (overflow) {
            if (width == 1) co_return too_much_memory(limits_.memory_bytes_max);
            width = std::max<std::int64_t>(1, width / 4);
            continue;
        }
        RowMerger merger(plan_, std::move(job.chunks));
        for (std::uint32_t tag_set = portion.first_tag_set; tag_set < portion.end_tag_set;
             ++tag_set) {
            merger.begin_tag_set(tag_set);
            merger.visit([&](std::string_view key) { aggregator.begin_series(tag_set, key); },
                         [&](model::Timestamp time, const Value* fields) {
                             aggregator.add_row(time, fields);
                         });
            aggregator.end_series();
            co_await source_.breathe();
        }
        at = portion.range.end;
    }
    co_return Result<void>();
}

// False when the sink refused.
io::Task<bool> SelectExecutor::write_points(AggregateTable& table, std::uint32_t tag_set) {
    begin_tag_set(tag_set);
    const MissingValue missing(plan_);
    const std::vector<std::uint32_t> auxiliary =
        plan_.is_single_selector() ? plan_.auxiliary_inputs() : std::vector<std::uint32_t>();
    std::vector<PointStream> streams;
    std::vector<std::size_t> input_of_call(plan_.calls.size());
    for (std::size_t i = 0; i < plan_.inputs.size(); ++i) {
        if (plan_.inputs[i].kind == Input::Kind::kCall) input_of_call[plan_.inputs[i].index] = i;
    }
    for (std::uint32_t call = 0; call < plan_.calls.size(); ++call) {
        streams.emplace_back(plan_, plan_.calls[call], table.buckets(tag_set, call));
    }
    for (int rows = 1;; ++rows) {
        const Point* nearest = nullptr;
        for (PointStream& stream : streams) {
            const Point* point = stream.peek();
            if (point == nullptr) continue;
            if (nearest == nullptr ||
                (plan_.ascending ? point->time < nearest->time : point->time > nearest->time)) {
                nearest = point;
            }
        }
        if (nearest == nullptr) break;
        const model::Timestamp time = nearest->time;
        for (std::size_t call = 0; call < streams.size(); ++call) {
            Value& value = inputs_[input_of_call[call]];
            const influxql::DataType type = plan_.calls[call].result;
            const Point* point = streams[call].peek();
            const bool here = point != nullptr && point->time == time;
            if (here && !point->value.is_null()) {
                value = point->value;
            } else {
                missing.apply(value, type);
            }
            for (std::size_t i = 0; i < auxiliary.size(); ++i) {
                const Value kept = here && point->auxiliary != kNoRow
                                       ? table.auxiliary(point->auxiliary)[i]
                                       : Value();
                if (kept.is_null()) {
                    missing.apply(inputs_[auxiliary[i]], plan_.inputs[auxiliary[i]].type);
                } else {
                    inputs_[auxiliary[i]] = kept;
                }
            }
            if (here) streams[call].pop();
        }
        write_row(time);
        if (writer_.should_flush()) {
            const bool goes_on = co_await writer_.flush();
            if (!goes_on) co_return false;
        }
        if (rows % kRowsPerBreath == 0) co_await source_.breathe();
    }
    if (series_open_) writer_.end_series();
    co_await source_.breathe();
    co_return true;
}

}  // namespace sluice::query
